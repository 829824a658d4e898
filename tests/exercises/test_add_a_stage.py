"""CONTRIBUTING's "Add a stage", done on a copy of the package: one folder, one line, and everything knows the stage.

The folder is `image_sizes` beside this file. What forgets one thing is told by name what is missing.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builders import image_folder

pytestmark = pytest.mark.slow  # whole programs and windows at work

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "image_sizes"
LINE = '    "image_sizes",\n'


def house(place):
    """Copy the package to a folder, and add the stage as CONTRIBUTING says."""
    shutil.copytree(ROOT / "n6studio", place / "n6studio", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "resources").symlink_to(ROOT / "resources")
    shutil.copytree(FOLDER, place / "n6studio/stages/image_sizes", ignore=shutil.ignore_patterns("__pycache__"))
    registry = place / "n6studio/stages/registry.py"
    text = registry.read_text()
    assert text.count(")\n\n\ndef _descriptor") == 1
    registry.write_text(text.replace(")\n\n\ndef _descriptor", LINE + ")\n\n\ndef _descriptor"))
    return place


def python(place, *arguments, cwd=None):
    home = place / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ, "PYTHONPATH": str(place), "HOME": str(home), "XDG_STATE_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    words = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        words, cwd=cwd or place, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def n6(place, *words):
    return python(place, "-m", "n6studio.cli", *words)


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    return house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return image_folder(tmp_path_factory.mktemp("images"), 3)


# --- with its folder and its line, everything knows it ---------------------------------------------------------------


def test_its_command_is_listed_and_has_its_options(added):
    assert "measure how large images are" in n6(added, "--help").stdout
    shown = n6(added, "image-sizes", "--help").stdout
    assert "--max-images" in shown
    assert "FOLDER" in shown


def test_its_command_runs_and_tells_what_it_found(added, images, tmp_path):
    done = n6(added, "image-sizes", images, "-o", tmp_path, "--max-images", 2)
    assert done.returncode == 0, done.stderr
    assert "2 images of " in done.stdout
    again = json.loads(n6(added, "image-sizes", images, "-o", tmp_path, "--max-images", 2, "--json").stdout)
    assert again["fresh"] is True
    assert again["figures"]["images"] == 2


def test_its_settings_are_in_the_table(added):
    table = json.loads(n6(added, "settings", "--json").stdout)["settings"]
    assert {"stage": "image_sizes", "name": "max_images"}.items() <= table[-1].items() or [
        row for row in table if (row["stage"], row["name"]) == ("image_sizes", "max_images")
    ]


PROJECT = """
import dataclasses, json, sys
from pathlib import Path
from n6studio.domain.project import Project
from n6studio.engine.chain.run import run_to
from n6studio.engine.chain.states import Caller, states_of
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.runs import hashes_of
from n6studio.stages.image_sizes.stage import IMAGE_SIZES, ImageSizesSettings

folder, images = map(Path, sys.argv[1:])
project = Project(folder, folder / "a.pt", calibration=images)
told = []
caller = Caller(announce=lambda stage, fresh, why: told.append((stage, fresh)))
found = run_to(project, IMAGE_SIZES, caller)["image_sizes"].figures
run_to(project, IMAGE_SIZES, caller)
fewer = dataclasses.replace(project, settings={"image_sizes": ImageSizesSettings(max_images=1)})
save_project(fewer)
state = states_of(load_project(folder), hashes_of(fewer))["image_sizes"]
print(json.dumps([found.images, told, state.stale]))
"""


def test_a_project_keeps_its_settings_and_knows_when_its_result_is_fresh(added, images, tmp_path):
    done = python(added, "-c", PROJECT, tmp_path, images)
    assert done.returncode == 0, done.stderr
    count, told, stale = json.loads(done.stdout)
    assert count == 3
    assert told == [["image_sizes", False], ["image_sizes", True]]
    assert stale == ["max images changed from all images to 1"]


WINDOW = """
import sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from n6studio.domain.project import Project
from n6studio.engine.project.project import save_project
from n6studio.ui.frame.main_window import MainWindow
from n6studio.ui.frame.page_help import HelpDialog

folder, images = map(Path, sys.argv[1:])
save_project(Project(folder, folder / "a.pt", calibration=images))
(folder / "a.pt").write_bytes(b"no checkpoint")
(folder / "window.json").write_text('{"welcomed": true}')
application = QApplication([])
window = MainWindow(folder / "window.json", folder)
window.show()


def wait(what):
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "waited in vain"
        application.processEvents()
        time.sleep(0.01)


window.opening.open_path(folder)
wait(lambda: "inspect" in window.context.errors and not window.engine.job)
assert list(window.row.buttons)[2:5] == ["calibration", "sizes", "quantize"], list(window.row.buttons)
window.stack.show_page("sizes")
page = window.stack.current_page()
page.form.editor("max_images").setValue(2)
assert window.context.project.settings["image_sizes"].max_images == 2
window.named_actions["main"].trigger()
wait(lambda: "image_sizes" in window.context.results)
assert "2 images of" in page.run_view.text.text(), page.run_view.text.text()
assert page.state()[0] == "done", page.state()
window.dialogs.show_help()
(dialog,) = window.findChildren(HelpDialog)
assert "how large the calibration images are" in dialog.text.toPlainText()
window.close()
"""


def test_the_window_has_its_page_with_form_run_results_and_help(added, images, tmp_path):
    done = python(added, "-c", WINDOW, tmp_path, images)
    assert done.returncode == 0, done.stderr


def test_the_quick_test_of_stages_is_content(added):
    done = check(added)
    assert done.returncode == 0, done.stdout


# --- what forgets something is told what -----------------------------------------------------------------------------


def check(place):
    """Run the quick test of stages on a copy."""
    shutil.copy2(ROOT / "tests/stages/test_registry.py", place / "test_registry.py")
    return python(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_registry.py")


@pytest.fixture
def copy(added):
    """The same copy for every case; the stage's folder and the registry are put back afterwards."""
    folder, registry = added / "n6studio/stages/image_sizes", added / "n6studio/stages/registry.py"
    before = registry.read_text()
    yield added
    registry.write_text(before)
    shutil.rmtree(folder)
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))


def change(place, file, before, after):
    path = place / "n6studio/stages" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


STAGE = "image_sizes/stage.py"
OTHER = 'OTHER = Stage("other", "Other", ImageSizesSettings)\n\nIMAGE_SIZES: '
AT_START = [
    (STAGE, 'title="Image sizes"', 'title=""', "stage 'image_sizes' has no title"),
    (STAGE, 'name="image_sizes"', 'name="sizes"', "describes no stage 'image_sizes'"),
    (STAGE, '"Max images"', '""', "setting 'max_images' of 'image_sizes' has no label"),
    (STAGE, '"max images to measure; 0 for all"', '""', "setting 'max_images' of 'image_sizes' has no help"),
    (STAGE, 'setting(0, "Max images", "max images to measure; 0 for all", zero="all images", minimum=0)', "0",
     "ImageSizesSettings.max_images is not made by setting(...)"),
    (STAGE, ", help=HELP", "", "page of stage 'image_sizes' has no help"),
    (STAGE, '"sizes", "Sizes", 35', '"export", "Sizes", 35', "two stages have the page 'export'"),
    (STAGE, '"measure how large images are"', '""', "command of stage 'image_sizes' has no summary"),
    (STAGE, 'Argument("images", "FOLDER"', 'Argument("images", "FOLDER", option="--images"',
     "command of stage 'image_sizes' needs a first argument that is no option"),
    ("registry.py", LINE, '    "image_size",\n', "there is no n6studio/stages/image_size/stage.py"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "before", "after", "told"), AT_START)
def test_start_is_refused_and_says_what_is_missing(copy, file, before, after, told):
    change(copy, file, before, after)
    done = n6(copy, "--help")
    assert done.returncode != 0
    assert told in done.stderr


def test_a_need_that_is_not_registered_is_named(copy):
    change(copy, STAGE, "IMAGE_SIZES: ", OTHER)
    change(copy, STAGE, "    given=_given,", "    given=_given,\n    needs=(OTHER,),")
    assert "stage 'image_sizes' needs unknown stage 'other'" in n6(copy, "--help").stderr


IN_THE_TEST = [
    ("registry.py", LINE, "", "is not in FOLDERS of its registry.py"),
    ("image_sizes/run.py", "STEPS = ", "PARTS = ", "of stage 'image_sizes' lacks STEPS"),
    ("image_sizes/run.py", "def run(", "def work(", "of stage 'image_sizes' lacks run"),
    ("image_sizes/figures.py", "class ImageSizesFigures", "class Found",
     "stage 'image_sizes': there is no ImageSizesFigures in n6studio.stages.image_sizes.figures"),
    (STAGE, 'PageEntry("sizes", "Sizes", 35', 'PageEntry("sizes", "Sizes", 35, widget="n6studio.ui.pages.none:Page"',
     "page 'sizes': there is no Page in n6studio.ui.pages.none"),
    (STAGE, '"Max images"', '"max images."', "its label 'max images.' does not begin with a capital letter"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "before", "after", "told"), IN_THE_TEST)
def test_the_quick_test_of_stages_says_what_is_missing(copy, file, before, after, told):
    change(copy, file, before, after)
    done = check(copy)
    assert done.returncode != 0
    assert told in done.stdout
