"""What CONTRIBUTING says about adding a chart to an evaluation, done on a copy of the package.

One function that describes the chart, and one line that names it: report and page show it, with axes, table and files.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from builders import program_environment
from builders_tflite import build_tflite

pytestmark = pytest.mark.slow  # whole programs at work

pytest.importorskip("PySide6.QtWidgets")

ROOT = Path(__file__).resolve().parents[2]
CHARTS = Path("n6studio") / "domain" / "charts" / "evaluation"
DESCRIPTION = '''

def people_found(data: Evaluated) -> Chart | None:
    """Return how many people each model finds."""
    return Bars(
        title="People found & counted",
        x=Axis("people", COUNT, whole=True),
        y=Axis("model"),
        labels=tuple(model.role for model in data.models),
        series=(Series("people found", "accent", tuple(model.results.people.found for model in data.models)),),
    ).fitted()
'''

EVALUATE = """
import sys, threading
from pathlib import Path
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings

folder, hashes = Path(sys.argv[1]), HashCache()
models = tuple(input_of(folder / name, hashes) for name in ("int8.tflite", "float.tflite"))
inputs = {"models": models, "data": (input_of(folder / "labels.json", hashes),)}
request = make_request(EVALUATE, EvaluateSettings(worst=0), inputs)
run_stage(EVALUATE, request, folder / "result", lambda message: None, threading.Event(), hashes)
"""

SHOW = """
import json, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from n6studio.domain.project import Project
from n6studio.engine.jobs.run import load_result
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.ui import theme
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate.page import EvaluatePage

application, folder = QApplication([]), Path(sys.argv[1])
theme.apply(application, "light")

def wait(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        application.processEvents()
        time.sleep(0.005)

context = Context()
context.set_project(Project(folder / "a.n6", folder / "a.pt", data=folder / "labels.json"))
page = EvaluatePage(context)
page.resize(1100, 700)
page.show()
context.results["evaluate"] = load_result(EVALUATE, folder / "result")
context.result_changed.emit("evaluate")
wait(lambda: page.evaluation is not None)
view = next(view for view in page.overview.shown if view.chart.title.startswith("People found"))
wait(lambda: view._drawn)
told = []
context.notice.connect(told.append)
page.ways.export_charts(folder / "charts")
wait(lambda: told)
axes = [view.canvas.plot.getAxis(side).labelText for side in ("bottom", "left")]
print(json.dumps({"name": view.accessibleName(), "visible": view.canvas.isVisible(), "axes": axes}))
"""


def child(code, folder, package):
    environment = program_environment(PYTHONPATH=str(package), QT_QPA_PLATFORM="offscreen")
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=package, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def package(tmp_path):
    """A copy of the program to which the chart was added."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "n6studio", copy / "n6studio", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "resources" / "boards", copy / "resources" / "boards")
    overview = copy / CHARTS / "overview.py"
    overview.write_text(overview.read_text(encoding="utf-8") + DESCRIPTION, encoding="utf-8")
    groups = copy / CHARTS / "groups.py"
    listed = groups.read_text(encoding="utf-8")
    last = "        overview.image_times,\n"
    assert listed.count(last) == 1
    groups.write_text(listed.replace(last, f"{last}        overview.people_found,\n"), encoding="utf-8")
    return copy


@pytest.fixture
def data(tmp_path):
    """Two models and a labelled image."""
    folder = tmp_path / "data"
    for name in ("int8", "float"):
        build_tflite(folder / f"{name}.tflite", 64)
    cv2.imwrite(str(folder / "a.png"), np.full((64, 64, 3), 90, np.uint8))
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [8, 8, 40, 40], "keypoints": [20, 20, 2] * 17}
    names = [f"point {number}" for number in range(17)]
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 64}],
        "annotations": [person | {"area": 1600, "iscrowd": 0}],
        "categories": [{"id": 1, "name": "person", "keypoints": names}],
    }
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder


def test_a_chart_is_one_description_and_one_line(package, data):
    child(EVALUATE, data, package)
    found = [model["people"]["found"] for model in json.loads((data / "result" / "results.json").read_text())["models"]]
    assert len(found) == 2
    assert all(found)

    report = (data / "result" / "report.html").read_text(encoding="utf-8")
    drawing = re.search(r'<svg[^>]*aria-label="People found &amp; counted".*?</svg>', report, re.DOTALL)
    assert drawing is not None
    words = [element.text for element in ElementTree.fromstring(drawing[0]).iter() if element.tag.endswith("text")]
    assert {"People found & counted", "people (count)", "model", "int8.tflite", "float.tflite"} <= set(words)

    shown = json.loads(child(SHOW, data, package).splitlines()[-1])
    assert shown == {"name": "People found & counted", "visible": True, "axes": ["people (count)", "model"]}
    saved = data / "charts" / "people-found-counted"
    with saved.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["model", "people (count)"], ["int8", str(found[0])], ["float", str(found[1])]]
    assert min(cv2.imread(str(saved.with_suffix(".png"))).shape[:2]) > 300
    assert ElementTree.parse(saved.with_suffix(".svg")).getroot().attrib["aria-label"] == "People found & counted"
