"""Which charts the report shows, drawn from the figures of results.json and the pictures' records."""

import math
from collections.abc import Callable
from typing import Any

from n6studio.domain.metrics.matching import THRESHOLDS
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.evaluate.results import Judgement, best_oks
from n6studio.stages.report import charts

Figures = dict[str, Any]

_MOST_POINTS = 3000  # of a scatter: beyond that the file grows and the eye sees no more
_UNIT = (0.0, 1.0)
_KEYPOINT_CHARTS = (
    ("error", "Keypoint error", "mean distance / √area of the person"),
    ("pck", "Keypoints in place (PCK@0.1)", "share of the labelled points of people found"),
    ("recall", "Visible keypoints found", "share of the visible points of all people"),
)


def all_charts(results: Figures, judgement: Judgement, skeleton: Skeleton) -> list[str]:
    """Return the SVG of every chart that says something; ones without data say why."""
    drawn = []
    labelled = results["data"]["people"] > 0
    if labelled:
        drawn += [_precision_recall(results), _f1(results), _by_threshold(results)]
        drawn += [_keypoints(results, *words) for words in _KEYPOINT_CHARTS]
        if judgement.pairs:
            drawn += [_oks_scatter(results, judgement)]
        else:
            drawn += [_oks_histogram(judgement, skeleton)]
    elif judgement.pairs:
        drawn += [_agreement(results, judgement)]
    if judgement.pairs and labelled:  # without labels it would be the agreement once more, in a mirror
        drawn.append(_oks_lost(judgement))
    drawn.append(_times(results))
    return drawn


def _per_model(results: Figures, points: Callable[[Figures], tuple[list[float], list[float]]]) -> list[charts.Line]:
    lines = []
    for index, model in enumerate(results["models"]):
        x, y = points(model)
        lines.append(charts.Line(model["name"], x, y, index, dashed=index > 0))
    return lines


def _precision_recall(results: Figures) -> str:
    lines = _per_model(results, lambda model: (model["pr"]["pose"]["recall"], model["pr"]["pose"]["precision"]))
    return charts.lines("Precision and recall at OKS 0.50", "recall", "precision", lines, _UNIT, _UNIT)


def _f1(results: Figures) -> str:
    lines = _per_model(results, lambda model: (model["f1"]["pose"]["confidence"], model["f1"]["pose"]["f1"]))
    marks = []
    for index, model in enumerate(results["models"]):
        best = model["f1"]["pose"]["best"]
        if best:
            hint = f"{model['name']}: best F1 {best['f1']:.3f} from score {best['confidence']:.3f}"
            marks.append(charts.Mark(best["confidence"], best["f1"], index, hint))
    return charts.lines("F1 over the score threshold, OKS 0.50", "score threshold", "F1", lines, _UNIT, _UNIT, marks)


def _by_threshold(results: Figures) -> str:
    lines = _per_model(
        results, lambda model: (list(THRESHOLDS), [value or 0.0 for value in model["coco"]["by_threshold"]])
    )
    return charts.lines("AP by OKS threshold (COCO)", "OKS threshold", "AP", lines, (0.5, 0.95), _UNIT)


def _keypoints(results: Figures, measure: str, title: str, label: str) -> str:
    series = [
        (model["name"], index, [point[measure] for point in model["keypoints"]])
        for index, model in enumerate(results["models"])
    ]
    if all(value is None for _, _, values in series for value in values):
        return charts.empty(title, "Nobody was found with a score that counts.")
    return charts.bars(title, label, results["data"]["keypoints"], series)


def _names(results: Figures) -> tuple[str, str]:
    models = results["models"]
    return models[0]["name"], models[1]["name"]


def _oks_scatter(results: Figures, judgement: Judgement) -> str:
    judged, reference = _names(results)
    marks = [
        charts.Mark(float(x), float(y), 0, f"{record.item.path.name}: {x:.2f} → {y:.2f}")
        for record, pair in zip(judgement.records, judgement.pairs[0], strict=True)
        for x, y in zip(pair.reference_oks, pair.judged_oks, strict=True)
    ]
    marks = marks[:: math.ceil(len(marks) / _MOST_POINTS) or 1]
    return charts.scatter("OKS of each labelled person", reference, judged, marks, _UNIT)


def _oks_histogram(judgement: Judgement, skeleton: Skeleton) -> str:
    values = [float(value) for record in judgement.records for value in best_oks(record, 0, skeleton)]
    return charts.histogram("OKS of each labelled person", "best OKS; 0 for the missed", values, _UNIT, 20)


def _agreement(results: Figures, judgement: Judgement) -> str:
    _, reference = _names(results)
    title = "OKS between the two networks"
    values = [float(value) for pair in judgement.pairs[0] for value in pair.agreement]
    if not values:
        return charts.empty(title, f"{reference} found nobody with a score that counts.")
    return charts.histogram(title, "OKS to the reference's person; 0 for the lost", values, _UNIT, 20)


def _oks_lost(judgement: Judgement) -> str:
    values = [float(value) for pair in judgement.pairs[0] for value in pair.oks_lost()]
    label = "OKS of the reference − OKS of the judged"
    return charts.histogram("OKS lost per person", label, values, (-1.0, 1.0), 40, 3)


def _times(results: Figures) -> str:
    names = ("read", "resize", "inference", "decode")
    rows = [
        (model["name"], [(name, model["ms"][name]["median"] or 0.0) for name in names]) for model in results["models"]
    ]
    return charts.stacked("Time for a picture on this computer, one core", "milliseconds (median)", rows)
