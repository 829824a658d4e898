"""Several classes: which are told apart, by which names, and what each figure is, worked out by hand."""

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from n6studio.domain.charts.evaluation.classes import ConfusionBars
from n6studio.domain.charts.evaluation.classes import confusion as confusion_chart
from n6studio.domain.evaluation.model import Confusion
from n6studio.domain.metrics.average_precision import ap_per_class
from n6studio.domain.pose import skeleton
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.people import People
from n6studio.stages.datasets.model import Dataset, Item, Truth, sigmas_of_ultralytics
from n6studio.stages.evaluate.classes import Taken, confusion, taken_for, told_apart, ultralytics_sigmas
from n6studio.stages.evaluate.coco import evaluate_coco
from n6studio.stages.evaluate.one_image import ImageRecord, Seen, best_of_each
from n6studio.stages.model.runner import ModelInfo
from n6studio.stages.process.reporter import Reporter

CORNERS = skeleton.generic(2, ("upper left", "lower right"), (0, 1), (0.5, 0.5))
NAMES = ("cat", "dog")


def people(*rows):
    """Return people (x, side, class, confidence) of the height y = 100."""
    boxes = np.array([[x, 100, x + side, 100 + side] for x, side, _, _ in rows], np.float32).reshape(-1, 4)
    points = np.array([[(x, 100, 2), (x + side, 100 + side, 2)] for x, side, _, _ in rows], np.float32)
    scores = np.array([score for *_, score in rows], np.float32)
    classes = np.array([number for _, _, number, _ in rows], np.int32)
    return People(boxes, scores, points.reshape(-1, 2, 3), classes)


def labelled(*rows):
    """Return the truth of people (x, side, class)."""
    who = people(*((*row, 1.0) for row in rows))
    areas = np.array([side * side for _, side, _ in rows], np.float64)
    return Truth(who, areas, np.zeros(len(rows), bool))


# --- figures ---------------------------------------------------------------------------------------------------------


def test_each_class_is_judged_by_itself_and_the_mean_is_of_those_that_are_labelled():
    truth = labelled((100, 100, 0), (400, 100, 1))
    found = people((100, 100, 0, 0.9), (400, 100, 0, 0.8))  # the dog is taken for a cat
    result = evaluate_coco([truth], [found], CORNERS, classes=3)
    assert result.class_ap == ((1.0, 1.0), (0.0, 0.0), (None, None))
    assert (result.figures.ap, result.figures.ap50) == (0.5, 0.5)
    assert [one.positives.tolist() for one in result.by_class] == [[1], [1], [0]]
    assert result.ranking.positives.tolist() == [2]
    assert result.ranking.hits[:, 0].tolist() == [True, False]
    assert evaluate_coco([truth], [found], CORNERS).figures.ap == 1.0  # whoever is found counts


def test_ultralytics_average_is_of_the_labelled_classes():
    hit = np.ones((2, 10), bool)
    hit[1] = False
    found = ap_per_class(
        [np.array([0.9, 0.8], np.float32)], [hit], [np.array([0, 2], np.int32)], [np.array([0, 1], np.int32)]
    )
    assert sorted(found) == [0, 1]
    assert found[0] == pytest.approx([0.995] * 10)  # the curve drops to 0 behind recall 1
    assert found[1].tolist() == [0.0] * 10
    assert ap_per_class([], [], [], []) == {}


def test_the_best_twenty_of_each_class_are_kept_in_order():
    classes = np.array([0] * 30 + [1] * 3 + [0], np.int32)
    assert best_of_each(classes).tolist() == [*range(20), 30, 31, 32]


# --- decoding --------------------------------------------------------------------------------------------------------


def output(*candidates):
    """Return the output of a model of two classes and one keypoint: (x, scores) of boxes of 10 pixels."""
    return np.array([[x, 50, 10, 10, *scores, x, 50, 0.9] for x, scores in candidates], np.float32).T


LAYOUT = OutputLayout(2, 1, normalised=False)


def test_boxes_of_different_classes_suppress_none_of_each_others():
    found = decode(output((50, (0.9, 0.1)), (50, (0.2, 0.8)), (50, (0.7, 0.0))), LAYOUT, (100, 100))
    assert found.classes.tolist() == [0, 1]
    assert found.confidences.tolist() == pytest.approx([0.9, 0.8])


def test_in_ultralytics_validation_a_candidate_stands_for_each_class_that_passes():
    found = decode(output((50, (0.9, 0.4)), (80, (0.1, 0.8))), LAYOUT, (100, 100), every_class=True)
    assert list(zip(found.confidences.round(1).tolist(), found.classes.tolist(), strict=True)) == [
        (pytest.approx(0.9), 0), (pytest.approx(0.8), 1), (pytest.approx(0.4), 1),
    ]  # fmt: skip


def test_an_end_to_end_output_tells_its_classes():
    rows = np.array([[10, 10, 20, 20, 0.9, 1, 15, 15, 0.9], [10, 10, 20, 20, 0.8, 0, 15, 15, 0.9]], np.float32)
    layout = OutputLayout(2, 1, normalised=False, end_to_end=True)
    assert decode(rows, layout, (100, 100)).classes.tolist() == [1, 0]
    one = OutputLayout(1, 1, normalised=False, end_to_end=True)
    assert decode(rows, one, (100, 100)).classes is None


# --- which classes ---------------------------------------------------------------------------------------------------


def info(classes, names=None):
    metadata = {} if names is None else {"names": names}
    return ModelInfo(Path("m.onnx"), "onnx", (64, 64), OutputLayout(classes, 2), metadata=metadata)


def data_set(kind, names, *classes):
    items = tuple(
        Item(Path(f"{place}.jpg"), place, labelled((100, 50, number))) for place, number in enumerate(classes)
    )
    return Dataset("x", kind, Path("x"), items, CORNERS, classes=names)


def judged(dataset, *models):
    reporter = Reporter("evaluate", io.StringIO())
    dataset, names = told_apart(dataset, models, reporter)
    numbers = [item.truth.people.class_numbers.tolist()[0] for item in dataset.items]
    return names, numbers, reporter.warnings


def test_one_class_costs_nothing():
    dataset = data_set("yolo", ("person", "dog"), 0, 0)
    reporter = Reporter("evaluate", io.StringIO())
    assert told_apart(dataset, [info(1)], reporter) == (dataset, ())
    assert reporter.warnings == []


def test_coco_categories_are_matched_by_name():
    names, numbers, warnings = judged(data_set("coco", ("Dog", "cat"), 0, 1), info(2, {0: "cat", 1: "dog"}))
    assert (names, numbers, warnings) == (("cat", "dog"), [1, 0], [])
    names, numbers, _ = judged(data_set("coco", ("dog", "cow"), 0, 1), info(2, {0: "cat", 1: "dog"}))
    assert (names, numbers) == (("dog", "cow"), [0, 1])


def test_ultralytics_classes_are_matched_by_number_and_other_names_are_told():
    names, numbers, (warning,) = judged(data_set("yolo", ("dog", "cat"), 0, 1), info(2, {0: "cat", 1: "dog"}))
    assert (names, numbers) == (("dog", "cat"), [0, 1])
    assert "0 is 'cat' there and 'dog' in the labels" in warning


def test_labels_of_classes_that_the_model_lacks_are_told():
    names, _, (warning,) = judged(data_set("yolo", ("cat", "dog"), 0, 1), info(1))
    assert names == ("cat", "dog")
    assert "the labels use class 1 (dog), and the model has 1 class" in warning.lower()


def test_names_that_nobody_tells_are_numbers():
    names, _, _ = judged(data_set("yolo", ("cat",), 0), info(3, {0: "person", 1: "person", 2: "person"}))
    assert names == ("cat", "class 1", "class 2")


# --- what is taken for what ------------------------------------------------------------------------------------------


def test_the_confusion_table():
    truth = labelled((100, 100, 0), (400, 100, 1), (700, 100, 1))
    found = people((100, 100, 0, 0.9), (400, 100, 0, 0.8), (2000, 100, 1, 0.7), (700, 100, 1, 0.1))
    seen = Seen(found, 3, found.confidences, found.class_numbers, None, (0.0, 0.0, 0.0))
    record = ImageRecord(Item(Path("a.jpg"), 1, truth), (3000, 300), truth, seen=(seen,))
    table = confusion(NAMES, [record], 0, CORNERS)
    assert table.classes == NAMES
    assert table.counts == ((1, 0, 0), (1, 0, 1), (0, 1, 0))
    assert taken_for(record, 0, CORNERS) == Taken((0, 0, None), (1,))


def test_people_found_in_a_crowd_are_not_wrong():
    crowd = dataclasses.replace(labelled((100, 100, 0)), crowd=np.array([True]))
    found = people((110, 50, 1, 0.9))
    seen = Seen(found, 1, found.confidences, found.class_numbers, None, (0.0, 0.0, 0.0))
    record = ImageRecord(Item(Path("a.jpg"), 1, crowd), (300, 300), crowd, seen=(seen,))
    assert confusion(NAMES, [record], 0, CORNERS).counts == ((0, 0, 0),) * 3


def test_a_confusion_table_has_as_many_rows_as_columns():
    with pytest.raises(ValueError, match="3 rows and columns"):
        Confusion(classes=NAMES, counts=((1, 2), (3, 4)))


def test_the_chart_of_it_has_the_whole_table():
    table = Confusion(classes=NAMES, counts=((5, 1, 2), (0, 3, 0), (0, 4, 0)))
    from n6studio.domain.charts.axis import Axis

    chart = ConfusionBars(title="", x=Axis("people"), y=Axis("class"), labels=(), series=(), confusion=table)
    assert chart.table().headers == ("labelled", "found as cat", "found as dog", "found as nobody")
    assert chart.table().rows == (("cat", 5, 1, 2), ("dog", 0, 3, 0), ("nobody", 0, 4, 0))


def test_parts_of_its_bars_and_cells_of_its_table_stand_for_images():
    table = Confusion(classes=NAMES, counts=((5, 1, 2), (0, 3, 0), (0, 4, 0)))
    results = SimpleNamespace(confusion=table)
    made = confusion_chart(SimpleNamespace(models=(SimpleNamespace(role="int8", results=results),), classes_kept=True))
    assert [made.picked(x, 0.2) for x in (2.0, 5.5, 7.5, 8.5)] == [
        'as:"cat > cat"', 'as:"cat > another"', 'as:"cat > nobody"', "",
    ]  # fmt: skip
    assert made.picked(1.0, 2.1) == 'as:"nobody > another"'
    assert made.picked(1.0, 7.0) == ""
    assert made.picked_cell(0, 2) == 'as:"cat > dog"'
    assert made.picked_cell(2, 2) == 'as:"nobody > dog"'
    assert made.picked_cell(1, 1) == "", "nobody is there"
    assert made.picked_cell(0, 0) == "", "the name"
    old = confusion_chart(SimpleNamespace(models=(SimpleNamespace(role="int8", results=results),), classes_kept=False))
    assert old.picked(2.0, 0.2) == old.picked_cell(0, 2) == "", "an earlier evaluation kept no classes"


# --- sigmas ----------------------------------------------------------------------------------------------------------


def test_ultralytics_takes_cocos_sigmas_for_any_17_by_3():
    assert sigmas_of_ultralytics(17, 3, None) == skeleton.COCO.sigmas
    assert sigmas_of_ultralytics(17, 2, None) == (1 / 17,) * 17
    assert sigmas_of_ultralytics(4, 3, None) == (0.25,) * 4
    assert sigmas_of_ultralytics(2, 3, [0.1, 0.2]) == (0.1, 0.2)


def test_sigmas_that_somebody_states_are_used():
    stated = dataclasses.replace(data_set("yolo", NAMES, 0), ultralytics_sigmas=(0.5, 0.5))
    assert ultralytics_sigmas(stated, skeleton.generic(2)) == (0.5, 0.5)
    assert ultralytics_sigmas(stated, skeleton.generic(2, sigmas=(0.1, 0.2))) == (0.1, 0.2)
