"""Trees of ST's shape as releases to come may have them: written otherwise in places, and read all the same."""

import json
import re
import shutil
import subprocess

import pytest
from standins.small_application import write_application

from n6studio.board.application.recognise import identify


@pytest.mark.parametrize(
    "heading",
    [
        "### v2.4.0 / 2027-03-01", "## v2.4.0", "### 2.4.0 / March 2027", "### v2.4.0 - March 14, 2027",
        "### [v2.4.0] (March 2027)", "# Release 2.4", "<h3 id='x'>V2.4.0</h3>",
    ],
)  # fmt: skip
def test_a_release_whose_notes_are_headed_otherwise_is_not_taken_for_an_older_one(tmp_path, heading):
    root = write_application(tmp_path, "getting-started-2.3")
    notes = root / "Release_Notes.md"
    notes.write_text(notes.read_text().replace("### v2.3.9 / July 2025", heading))
    assert heading in notes.read_text()
    assert identify(root).version == (2, 4, 0)


@pytest.mark.parametrize(
    "words", ["ST Edge AI Core 4.1.0", "STEdgeAI v4.1", "[ST Edge AI Core](https://x) (**v4.1.0**)"]
)
def test_the_compiler_that_a_release_wants_is_read_in_the_words_that_st_uses(tmp_path, words):
    root = write_application(
        tmp_path, "getting-started-2.3", version="2.4.0", ll_aton=(1, 1, 4, 5), runtime="NetworkRuntime1300_CM55_GCC.a"
    )
    (root / "README.md").write_text(f"# STM32N6-GettingStarted-PoseEstimation\n\n- {words}\n")
    notes = root / "Release_Notes.md"
    notes.write_text(notes.read_text().replace("- Update STEdgeAI to v4.0.0\n", ""))
    assert identify(root).pair.compiler.release == (4, 1)


def test_the_profile_that_the_applications_script_names_is_used(tmp_path):
    root = write_application(tmp_path, "getting-started-2.3")
    for path in root.glob("Model/user_neuralart*.json"):
        profiles = json.loads(path.read_text())
        other = {**profiles["Profiles"]["default"], "options": "-O1 --native-float"}
        path.write_text(json.dumps({**profiles, "Profiles": {**profiles["Profiles"], "pose": other}}))
    assert {tree.pair.options for tree in identify(root).trees} != {"-O1 --native-float"}
    for path in root.glob("Model/generate*.sh"):
        path.write_text(path.read_text().replace("default@", "pose@"))
    assert {tree.pair.options for tree in identify(root).trees} == {"-O1 --native-float"}


HERE, GONE = "LDSCRIPT = {here}", "LDSCRIPT = gone.ld"


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
@pytest.mark.parametrize(
    "lines",
    [
        (f"{HERE} # the linker script",),
        ("ifeq ($(XIP),1)", GONE, "else", HERE, "endif"),
        ("ifneq ($(XIP),1)", HERE, "else", GONE, "endif"),
        ("ifndef XIP", HERE, "else ifeq ($(XIP),2)", GONE, "else", GONE, "endif"),
        ("ifdef XIP # no", GONE, "else ifeq ($(TARGET),Project)", HERE, "else", GONE, "endif"),
        ("ifdef XIP", "ifeq (a,a)", GONE, "endif", "endif", HERE, "ifdef XIP", GONE, "endif"),
    ],
)
def test_a_makefile_with_conditions_and_comments_is_read_as_make_does(tmp_path, lines):
    root = write_application(tmp_path, "getting-started-2.3")
    for path in root.glob("Application/*/Makefile"):
        text = path.read_text()
        whole, here = re.search(r"^LDSCRIPT = (.*)$", text, re.M).group(0, 1)
        path.write_text(text.replace(whole, "\n".join(lines).format(here=here)))
        shown = subprocess.run(
            ["make", "-pn", "-f", path.name], cwd=path.parent, capture_output=True, text=True, check=False
        ).stdout
        assert f"LDSCRIPT = {here}" in shown, "this is what make makes of it"
    assert {tree.layout.linker.name for tree in identify(root).trees} == {"STM32N657xx.ld"}


def test_a_boot_loader_that_was_moved_is_found_and_of_two_none_is_taken(tmp_path):
    root = write_application(tmp_path, "getting-started-2.3")
    moved = root / "Binary" / "STM32N6570-DK" / "trusted_fsbl.hex"
    moved.parent.mkdir(parents=True)
    (root / "FSBL" / "ai_fsbl.hex").rename(moved)
    assert identify(root).fsbl == moved
    other = root / "Binary" / "NUCLEO-N657X0-Q" / "trusted_fsbl.hex"
    other.parent.mkdir()
    other.write_bytes(moved.read_bytes())
    assert identify(root).fsbl is None
