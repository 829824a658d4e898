"""The tables of an evaluation's report, from the contents of results.json."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from n6studio.domain.charts.evaluation.classes import NOBODY
from n6studio.domain.charts.evaluation.data import Model
from n6studio.domain.evaluation.model import KeypointAccuracy, ModelResults
from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.texts import UNKNOWN, change, decimals, percent, points
from n6studio.report.tables import Cell, Heading, Row, Table, Verdict, row

Kind = Literal["percent", "count", "decimal"]


@dataclass(frozen=True)
class _Figure:
    """A row of the table.

    Attributes:
        label: what it is called.
        of: where it stands.
        kind: how it is shown.
        more_is_better: None: neither.
        out_of: what it is a part of.
    """

    label: str
    of: Callable[[ModelResults], float | None]
    kind: Kind
    more_is_better: bool | None
    out_of: Callable[[ModelResults], int | None] = lambda one: None


_FIGURES = (
    _Figure("COCO AP (OKS 0.50 to 0.95)", lambda one: one.coco.ap if one.coco else None, "percent", True),
    _Figure("COCO AP at OKS 0.50", lambda one: one.coco.ap50 if one.coco else None, "percent", True),
    _Figure("COCO AP at OKS 0.75", lambda one: one.coco.ap75 if one.coco else None, "percent", True),
    _Figure("COCO AP, medium people", lambda one: one.coco.ap_medium if one.coco else None, "percent", True),
    _Figure("COCO AP, large people", lambda one: one.coco.ap_large if one.coco else None, "percent", True),
    _Figure("COCO average recall", lambda one: one.coco.ar if one.coco else None, "percent", True),
    _Figure("Model zoo mAP", lambda one: one.zoo.map if one.zoo else None, "percent", True),
    _Figure("Model zoo mAP50", lambda one: one.zoo.map50 if one.zoo else None, "percent", True),
    _Figure("Ultralytics rule, mAP50-95", lambda one: one.yolo.map if one.yolo else None, "percent", True),
    _Figure("Ultralytics val, mAP50-95", lambda one: one.ultralytics.map if one.ultralytics else None, "percent", True),
    _Figure("Box AP at IoU 0.50", lambda one: one.box.ap50 if one.box else None, "percent", True),
    _Figure("TP / labelled people", lambda one: one.people.right, "count", True, lambda one: one.people.labelled),
    _Figure("FP (people found, not labelled)", lambda one: one.people.false, "count", False),
    _Figure("People found", lambda one: one.people.found, "count", None),
    _Figure("Inference time, median (ms)", lambda one: one.ms.inference.median, "decimal", False),
    _Figure("Images/s on this computer", lambda one: one.images_per_second, "decimal", None),
)
_KEY_ROWS = 2
_MEASURES: tuple[tuple[str, Callable[[KeypointAccuracy], str]], ...] = (
    ("Error", lambda point: decimals(point.error)),
    ("PCK@0.1", lambda point: percent(point.pck, 0)),
    ("Recall", lambda point: percent(point.recall, 0)),
    ("Swaps", lambda point: percent(point.swap_rate, 0)),
)


def _headings(models: tuple[Model, ...]) -> tuple[Heading, ...]:
    return tuple(Heading(model.name, model.colour) for model in models)


# --- figures ---------------------------------------------------------------------------------------------------------


def figures_table(models: tuple[Model, ...]) -> Table:
    """Return the figures of all models, and the difference of the first two."""
    rows = []
    for place, figure in enumerate(_FIGURES):
        values = [figure.of(model.results) for model in models]
        if all(value is None for value in values):
            continue
        cells = [Cell(_shown(model.results, figure)) for model in models]
        if len(values) > 1:
            cells.append(_difference(values[0], values[1], figure))
        rows.append(Row(figure.label, tuple(cells), place < _KEY_ROWS))
    difference = (Heading("Difference"),) if len(models) > 1 else ()
    return Table((*_headings(models), *difference), tuple(rows))


def _shown(model: ModelResults, figure: _Figure) -> str:
    value, whole = figure.of(model), figure.out_of(model)
    if figure.kind == "percent":
        return percent(value)
    if figure.kind == "decimal" or value is None:
        return decimals(value, 1)
    return str(value) if whole is None else f"{value} / {whole}"


def _difference(judged: float | None, reference: float | None, figure: _Figure) -> Cell:
    if judged is None or reference is None:
        return Cell(UNKNOWN)
    difference = judged - reference
    text = points(difference) if figure.kind == "percent" else change(difference, 0 if figure.kind == "count" else 1)
    verdict: Verdict = ""
    if figure.more_is_better is not None and text.strip("+−0."):
        verdict = "good" if (difference > 0) == figure.more_is_better else "bad"
    return Cell(text, verdict)


# --- where accuracy is lost ------------------------------------------------------------------------------------------


def breakdown_table(results: Evaluation, models: tuple[Model, ...]) -> Table | None:
    """Return accuracy by size, crowd and occlusion, and how often points are wrong; None where nothing is labelled."""
    groups = [one.groups for one in results.models if one.groups is not None]
    errors = [one.errors for one in results.models if one.errors is not None]
    if not groups or not results.labelled:
        return None
    sizes = zip(*(one.size for one in groups), strict=True)
    crowds = zip(*(one.crowd for one in groups), strict=True)
    hidden = zip(*(one.hidden for one in groups), strict=True)
    rows = [
        *(_row(f"AP, {of[0].name} people", of[0].people, [one.ap for one in of]) for of in sizes),
        *(_row(f"AP, images with {of[0].name}", of[0].people, [one.ap for one in of]) for of in crowds),
        *(_row(f"Mean OKS, {of[0].name}", of[0].people, [one.oks for one in of]) for of in hidden),
        *(row(f"Keypoints: {kind}", "", *(percent(one.share(one.by_kind[kind])) for one in errors)) for kind in KINDS),
    ]
    return Table((Heading("People"), *_headings(models)), tuple(one for one in rows if one is not None))


def _row(label: str, people: int, values: Sequence[float | None]) -> Row | None:
    return row(label, str(people), *(percent(value) for value in values)) if people else None


# --- classes ---------------------------------------------------------------------------------------------------------


def class_table(models: tuple[Model, ...]) -> Table | None:
    """Return accuracy of each class by both rules; None where there is one class only."""
    judged = models[0].results.classes
    found = [model for model in models if judged and len(model.results.classes) == len(judged)]
    if not found:
        return None
    headings = [Heading(title, model.colour) for title in ("COCO AP", "Ultralytics mAP50-95") for model in found]
    rows = [
        row(
            one.name,
            str(one.people),
            *(percent(model.results.classes[place].ap) for model in found),
            *(percent(model.results.classes[place].yolo_map) for model in found),
        )
        for place, one in enumerate(judged)
    ]
    return Table((Heading("People"), *headings), tuple(rows), first="Class")


def confusion_table(models: tuple[Model, ...]) -> Table | None:
    """Return who was taken for what by the first model; None where there is one class only."""
    found = models[0].results.confusion
    if found is None:
        return None
    names = (*found.classes, NOBODY)
    rows = [row(name, *(str(count) for count in counts)) for name, counts in zip(names, found.counts, strict=True)]
    return Table(tuple(Heading(f"found as {name}") for name in names), tuple(rows), first="Labelled")


# --- keypoints -------------------------------------------------------------------------------------------------------


def keypoint_table(results: Evaluation, models: tuple[Model, ...]) -> Table | None:
    """Return every measure of every keypoint; None where nothing is labelled."""
    found = [model for model in models if model.results.keypoints]
    if not found or not results.labelled:
        return None
    headings = tuple(Heading(title, model.colour) for title, _ in _MEASURES for model in found)
    rows = [
        row(name, *(shown(model.results.keypoints[place]) for _, shown in _MEASURES for model in found))
        for place, name in enumerate(results.data.keypoints)
    ]
    return Table(headings, tuple(rows))
