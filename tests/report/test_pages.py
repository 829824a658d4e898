"""Reports with names that try to be markup; everything in them comes from files that somebody else may have made."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import msgspec
import pytest

from n6studio.domain.charts.evaluation.data import Evaluated, ImageOks, shown_models
from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.settings import from_mapping
from n6studio.engine.deploy.report import report as deployment_report
from n6studio.report import html
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.report.gallery import DrawnImage, DrawnView, Gallery
from n6studio.stages.report.page import report as evaluation_report

GROUPS = ("size", "crowd", "hidden")
HOSTILE = "</style></title><script>alert(1)</script><img src=x onerror=\"alert('2')\">{{ 7 * 7 }}"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """What a browser would make of it: elements, texts and attributes."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements, self.words, self.attributes = [], [], [], []
        self.feed(page)
        assert self.open == [], "every element is closed"
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def model(name, ap):
    """Return one model's entry of results.json, with two keypoints and three labelled people."""
    curve = [1.0, 0.5]
    pr = {"recall": [0.0, 1.0], "precision": curve}
    f1 = {"confidence": [0.0, 1.0], "precision": curve, "recall": curve, "f1": curve,
          "best": {"confidence": 0.0, "f1": 1.0, "precision": 1.0, "recall": 1.0}}  # fmt: skip
    group = {"name": name, "images": 1, "people": 3, "ap": 0.5, "oks": 0.5, "found": 1.0}
    return {
        "name": name, "path": f"/{name}", "source": f"/{name}.pt", "sha256": "0" * 64, "format": "tflite",
        "input_size": [256, 256], "input_type": "uint8", "output_type": "int8",
        "coco": {"ap": ap, "ap50": 0.5, "ap75": 0.25, "ap_medium": None, "ap_large": 0.3, "ar": 0.4, "ar50": 0.5,
                 "ar75": 0.4, "ar_medium": None, "ar_large": 0.4, "by_threshold": [0.5] * 10},
        "zoo": {"map": 0.4, "map50": 0.6, "images": 1}, "yolo": {"map": 0.3, "map50": 0.6}, "box": {"ap50": 0.5},
        "ultralytics": None, "pr": {"pose": pr, "box": pr}, "f1": {"pose": f1, "box": f1},
        "keypoints": [
            {"name": name, "labelled": 3, "error": 0.05, "pck": 1.0, "recall": 0.5, "swap_rate": None} for _ in range(2)
        ],
        "people": {"labelled": 3, "found": 2, "right": 2, "missed": 1, "false": 0},
        "ms": {part: {"median": 2.0, "p95": 3.0, "mean": 2.0} for part in ("read", "resize", "inference", "decode")},
        "images_per_second": 12.0,
        "groups": {"size": [group], "crowd": [group], "hidden": [group]},
        "errors": {**dict.fromkeys(KINDS, 1), "labelled": 5},
        "calibration": [{"low": 0.0, "high": 1.0, "score": 0.5, "right": 0.5, "people": 9}],
    }  # fmt: skip


def results(name):
    agreement = {"people": 2, "kept": 2, "lost": 0, "invented": 0, "oks_mean": 0.9, "oks_mean_kept": 0.9,
                 "pixels_mean": 1.5}  # fmt: skip
    comparison = {"judged": name, "reference": name, "basis": "labels", "people": 3, "ap_difference": -0.0123,
                  "ap_interval": [-0.05, 0.02], "oks_lost_mean": 0.1234, "oks_lost_interval": None,
                  "agreement": agreement}  # fmt: skip
    content = {
        "schema": 1,
        "models": [model(name, 0.8123), model(f"{name} (2)", 0.8246)],
        "comparison": [comparison],
        "data": {"name": name, "path": f"/{name}", "kind": "coco", "images": 1, "images_read": 1, "unreadable": [],
                 "images_with_people": 1, "people": 3, "keypoints": [name, "b"], "sigmas": [0.1, 0.2],
                 "area_source": name},
        "settings": {"resize": "crop", "confidence": 0.001, "iou": 0.5, "most": 300, "operating_confidence": 0.25},
        "speed": {"images": 1, "seconds": 0.1, "images_per_second": 12.5, "workers": 1, "cores": 2},
        "versions": {name: name},
        "warnings": [name],
    }  # fmt: skip
    return msgspec.json.decode(json.dumps(content), type=Evaluation)


def evaluation(name=HOSTILE):
    found = results(name)
    images = (ImageOks(name, ((0.9, 0.5, 0.0), (0.9, 0.8, 0.7)), ()),)
    evaluated = Evaluated(shown_models(found.models), (name, "b"), 3, 0.25, images)
    view = DrawnView(name, "1 person", "data:image/jpeg;base64,AA==")
    settings = from_mapping(EvaluateSettings, found.settings)
    return evaluation_report(found, settings, evaluated, Gallery(name, "0.25", (DrawnImage(name, name, (view,)),)))


def deployment(name=HOSTILE):
    figures = msgspec.convert({
        "model": {"name": name, "sha256": name, "input_size": [192, 192]}, "board": {"key": "virtual", "name": name},
        "compile": {"compiler": name, "macc": 3, "weights_bytes": 512, "activations_bytes": None,
                    "epochs": {"total": 10, "hardware": 7, "hybrid": 2, "software": 1}},
        "application": {"name": name}, "finished": name, "versions": {name: name},
        "memory": [{"name": name, "address": 0x70000000, "size": 1024, "parts": {"weights": 512, "application": 256}}],
        "images": [{"role": "fsbl", "path": name, "words": name, "address": name, "size": 4, "sha256": name}],
        "steps": [{"name": name, "seconds": 1.5, "fresh": False}, {"name": "again", "seconds": 0, "fresh": True}],
        "programmed": {"programmer": name, "probe": name, "mode": name, "seconds": 1, "images": [
            {"role": "fsbl", "address": name, "size": 4, "action": "written", "seconds": 0.25}]},
        "running": {"runs": None, "words": name, "remarks": []},
    }, DeployFigures)  # fmt: skip
    return deployment_report(figures, {name: [name], "on": True, "none": None}, [name])


@pytest.mark.parametrize("make", [evaluation, deployment])
def test_names_cannot_become_markup(make):
    markup = make()
    page = Page(markup)
    assert not {"script", "iframe", "object", "link"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert {value for name, value in page.attributes if name == "src"} <= {"data:image/jpeg;base64,AA=="}
    assert page.text.count("<script>alert(1)</script>") > 10, "but they are shown"
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in page.text.split("{{ 7 * 7 }}")[0]
    assert page.elements.count("style") == 1
    assert page.elements == Page(make("plain")).elements, "the same elements as with a plain name"


def test_an_evaluation_names_files_from_the_project_on():
    stored = json.dumps(msgspec.to_builtins(results("a")))
    for short, whole in (("/a", "/mnt/secret/a"), ("/a (2)", "/mnt/p.n6/runs/a"), ("/a.pt", "/mnt/secret/a.pt")):
        stored = stored.replace(f'"{short}"', f'"{whole}"')
    found = msgspec.json.decode(stored, type=Evaluation)
    found = msgspec.structs.replace(found, warnings=("/mnt/secret/1.jpg cannot be read",))
    evaluated = Evaluated(shown_models(found.models), ("a", "b"), 3, 0.25, ())
    settings = from_mapping(EvaluateSettings, found.settings)
    text = Page(evaluation_report(found, settings, evaluated, None, Path("/mnt/p.n6"))).text
    assert "/mnt" not in text
    for named in ("runs/a", "made from a.pt", ".../1.jpg cannot be read"):
        assert named in text


def test_a_deployment_names_files_and_not_where_they_lie():
    text = Page(deployment("/mnt/secret/tools/gcc")).text
    rows = text[text.index("Settings") :]
    assert ".../gcc" in rows
    assert rows.count("/mnt/secret") == 1, "the name of a setting is ours; only in this test it is a path"


@pytest.mark.parametrize("make", [evaluation, deployment])
def test_a_report_needs_no_other_file_and_has_both_themes(make):
    markup = make("plain")
    style = markup[markup.index("<style>") : markup.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme:dark" in style
    assert "@media print" in style
    used = set(re.findall(r"var\(--(\w+)\)", markup))
    assert used
    assert used <= set(re.findall(r"--(\w+):#", style)), "every colour is defined"


def test_figures_are_those_of_the_results():
    page = Page(evaluation("plain"))
    for text in ("81.2 %", "82.5 %", "−1.2", "2 / 3", "−5.0 to +2.0", "Mean OKS lost per labelled person: 0.123"):
        assert text in page.text, text
    titles = [value for name, value in page.attributes if name == "aria-label"]
    assert len(titles) == len(set(titles)) == 16
    assert "1.2 points of AP lost, within noise of 3.5 (95 % CI -5.0 to +2.0)" in page.text.replace("−", "-")


def test_a_deployment_shows_memory_and_epochs():
    page = Page(deployment("plain"))
    titles = [value for name, value in page.attributes if name == "aria-label"]
    assert titles == ["Epochs by execution unit", "Memory map"]
    assert "weights, plain  1.0 KiB: 50.0 % of region" in page.text
    for text in ("0x70000000", "512 B (512)", "192 × 192", "up to date", "written, 0.2 s", "on"):
        assert text in page.text, text


def test_a_name_that_a_template_misses_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="warnings"):
        html.render("base.html", title="a", subtitle="b", lead="c")


def test_kinds_of_images_are_chosen_without_a_script():
    view = DrawnView("int8", "1 person", "data:image/jpeg;base64,AA==")
    images = (DrawnImage("a.jpg", "", (view,), ("missed", "several")), DrawnImage("b.jpg", "", (view,), ("several",)))
    gallery = Gallery("OKS", "0.25", images)
    assert [(kind.key, kind.images) for kind in gallery.kinds] == [("missed", 1)], "all show several people"
    found = results("x")
    evaluated = Evaluated(shown_models(found.models), ("x", "b"), 3, 0.25, ())
    page = evaluation_report(found, from_mapping(EvaluateSettings, found.settings), evaluated, gallery)
    assert 'id="only-missed"' in page
    assert 'class="card worst is-missed is-several"' in page
    assert "main:has(#only-missed:checked) .worst:not(.is-missed){display:none}" in page
    assert "<script" not in page
