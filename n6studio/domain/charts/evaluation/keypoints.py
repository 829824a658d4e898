"""Charts of each keypoint: how far off, how often in place, found, and on the wrong side."""

from collections.abc import Callable
from dataclasses import replace

from n6studio.domain.charts.axis import FRACTION, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation.data import Evaluated
from n6studio.domain.evaluation.model import KeypointAccuracy


def keypoint_error(data: Evaluated) -> Chart | None:
    """Return the mean distance from the label."""
    return _bars(
        data,
        lambda point: point.error,
        "Keypoint error",
        Axis("mean distance", "fraction of √person area", digits=3),
    )


def keypoint_pck(data: Evaluated) -> Chart | None:
    """Return how many labelled points are in place."""
    return _bars(data, lambda point: point.pck, "PCK@0.1", Axis("correct keypoints of people found", FRACTION))


def keypoint_recall(data: Evaluated) -> Chart | None:
    """Return how many visible points are found."""
    return _bars(data, lambda point: point.recall, "Recall of visible keypoints", Axis("recall", FRACTION))


def keypoint_swaps(data: Evaluated) -> Chart | None:
    """Return how many pairs are exchanged."""
    return _bars(data, lambda point: point.swap_rate, "Left/right swaps", Axis("swapped pairs", FRACTION))


def _bars(data: Evaluated, measure: Callable[[KeypointAccuracy], float | None], title: str, x: Axis) -> Chart | None:
    if not data.labelled:
        return None
    series = tuple(
        Series(model.role, model.colour, tuple(measure(point) for point in model.results.keypoints))
        for model in data.models
    )
    known = any(value is not None for one in series for value in one.values)
    return Bars(
        title=title,
        x=replace(x, digits=3),
        y=Axis("keypoint"),
        picks="off",
        nothing="" if known else "No people found at the operating confidence.",
        labels=data.keypoints,
        series=series,
    ).fitted()
