"""Results of an evaluation that somebody else wrote are held against themselves before they are drawn."""

import json

import msgspec
import pytest
from builders import ROOT

from n6studio.domain.evaluation.model import CocoAccuracy, F1Curve, PrecisionRecall
from n6studio.ui.pages.evaluate.data import load_evaluation

KNOWN = ROOT / "tests/fixtures/project-2026-11/runs/evaluate/4fed3b8bfb1d"


@pytest.mark.parametrize("lengths", [(2, 3), (0, 0), (3, 0)])
def test_curves_have_as_many_numbers_of_each_kind(lengths):
    x, y = ([0.5] * length for length in lengths)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"recall": x, "precision": y}, PrecisionRecall)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"confidence": x, "precision": y, "recall": y, "f1": y, "best": None}, F1Curve)
    assert msgspec.convert({"recall": [0.5], "precision": [1.0]}, PrecisionRecall).recall == (0.5,)


@pytest.mark.parametrize(("count", "fits"), [(9, False), (10, True), (11, False)])
def test_there_is_an_ap_for_each_threshold(tmp_path, count, fits):
    results = json.loads((KNOWN / "results.json").read_text())
    accuracy = results["models"][0]["coco"]
    accuracy["by_threshold"] = (accuracy["by_threshold"] + [0.5])[:count]
    if fits:
        assert len(msgspec.convert(accuracy, CocoAccuracy).by_threshold) == count
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(accuracy, CocoAccuracy)


def shown(tmp_path, change):
    heading, *lines = (json.loads(line) for line in (KNOWN / "people.jsonl").read_text().splitlines())
    change(heading, lines)
    people = tmp_path / "people.jsonl"
    people.write_text("".join(json.dumps(one) + "\n" for one in (heading, *lines)))
    return load_evaluation({"results": KNOWN / "results.json", "people": people})


def test_people_that_fit_are_shown(tmp_path):
    found = shown(tmp_path, lambda heading, lines: None)
    assert len(found.images) == 8
    assert not found.images_missing


@pytest.mark.parametrize(
    "change",
    [
        lambda heading, lines: lines[0]["models"][0]["oks"].append(0.5),
        lambda heading, lines: lines[1]["models"][1]["who"].pop(),
        lambda heading, lines: lines[1]["models"][0]["who"].__setitem__(0, 99),
        lambda heading, lines: lines[2]["models"].pop(),
        lambda heading, lines: heading["bones"].append([0, 17]),
        lambda heading, lines: heading["colours"].pop(),
        lambda heading, lines: lines[0]["models"][0].update(errors=[1, 2, 3, 4]),
        lambda heading, lines: lines[0]["models"][0].update(taken=[0] * 99),
        lambda heading, lines: lines[0]["truth"].update(areas=[1.0] * 99),
        lambda heading, lines: lines[0]["truth"].update(classes=[1 << 40] * len(lines[0]["truth"]["boxes"])),
        lambda heading, lines: lines[0]["truth"].update(classes=[-1] * len(lines[0]["truth"]["boxes"])),
    ],
    ids=[
        "more OKS than people",
        "fewer matches",
        "nobody there",
        "a model is missing",
        "edge to nowhere",
        "a colour",
        "fewer kinds of errors",
        "more taken than people",
        "more areas",
        "a class beyond all",
        "a class below all",
    ],
)
def test_people_that_do_not_fit_are_left_out(tmp_path, change):
    found = shown(tmp_path, change)
    assert found.images == ()
    assert "is damaged" in found.images_missing
