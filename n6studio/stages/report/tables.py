"""The tables of an evaluation's report, from the contents of results.json."""

from typing import Any

from n6studio.domain.charts.evaluation.data import Model
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.texts import UNKNOWN, change, decimals, percent, points
from n6studio.report.tables import Cell, Heading, Row, Table, Verdict, row

Figures = dict[str, Any]

# Row: label, path into a model's figures, kind, whether more is better. None: neither.
_ROWS: tuple[tuple[str, tuple[str, ...], str, bool | None], ...] = (
    ("COCO AP (OKS 0.50 to 0.95)", ("coco", "ap"), "percent", True),
    ("COCO AP at OKS 0.50", ("coco", "ap50"), "percent", True),
    ("COCO AP at OKS 0.75", ("coco", "ap75"), "percent", True),
    ("COCO AP, medium people", ("coco", "ap_medium"), "percent", True),
    ("COCO AP, large people", ("coco", "ap_large"), "percent", True),
    ("COCO average recall", ("coco", "ar"), "percent", True),
    ("Model zoo mAP", ("zoo", "map"), "percent", True),
    ("Model zoo mAP50", ("zoo", "map50"), "percent", True),
    ("Ultralytics' rule, mAP50-95", ("yolo", "map"), "percent", True),
    ("Ultralytics' own val, mAP50-95", ("ultralytics", "map"), "percent", True),
    ("Box AP at IoU 0.50", ("box", "ap50"), "percent", True),
    ("TP / labelled people", ("people", "right"), "count", True),
    ("FP (people found and not labelled)", ("people", "false"), "count", False),
    ("People found", ("people", "found"), "count", None),
    ("Inference, median ms", ("ms", "inference", "median"), "ms", False),
    ("Images/s on this computer, alone", ("images_per_second",), "ms", None),
)
_KEY_ROWS = 2
_GROUPS = (
    ("size", "AP, {name} people", "ap"),
    ("crowd", "AP, images with {name}", "ap"),
    ("hidden", "Mean OKS, {name}", "oks"),
)
_MEASURES = (("error", "Error"), ("pck", "PCK@0.1"), ("recall", "Recall"), ("swap_rate", "Swaps"))


def _headings(models: tuple[Model, ...]) -> tuple[Heading, ...]:
    return tuple(Heading(model.name, model.colour) for model in models)


# --- figures ---------------------------------------------------------------------------------------------------------


def figures_table(results: Figures, models: tuple[Model, ...]) -> Table:
    """Return the figures of all models, and the difference of the first two."""
    rows = []
    for place, (label, path, kind, better) in enumerate(_ROWS):
        values = [_value(model, path) for model in results["models"]]
        if all(value is None for value in values):
            continue
        cells = [Cell(_shown(value, kind, model, path)) for value, model in zip(values, results["models"], strict=True)]
        if len(values) > 1:
            cells.append(_difference(values[0], values[1], kind, better))
        rows.append(Row(label, tuple(cells), place < _KEY_ROWS))
    difference = (Heading("Difference"),) if len(models) > 1 else ()
    return Table((*_headings(models), *difference), tuple(rows))


def _value(model: Figures, path: tuple[str, ...]) -> Any:
    value: Any = model
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _shown(value: Any, kind: str, model: Figures, path: tuple[str, ...]) -> str:
    if kind == "percent":
        return percent(value)
    if kind == "ms" or value is None:
        return decimals(value, 1)
    return f"{value} / {model['people']['labelled']}" if path[-1] == "right" else str(value)


def _difference(judged: Any, reference: Any, kind: str, better: bool | None) -> Cell:
    if judged is None or reference is None:
        return Cell(UNKNOWN)
    difference = judged - reference
    text = points(difference) if kind == "percent" else change(difference, 0 if kind == "count" else 1)
    verdict: Verdict = ""
    if better is not None and text.strip("+−0."):
        verdict = "good" if (difference > 0) == better else "bad"
    return Cell(text, verdict)


# --- where accuracy is lost ------------------------------------------------------------------------------------------


def breakdown_table(results: Figures, models: tuple[Model, ...]) -> Table | None:
    """Return accuracy by size, crowd and occlusion, and how often points are wrong; None where nothing is labelled."""
    found = [model for model in results["models"] if model["groups"]]
    if not found or results["data"]["people"] == 0:
        return None
    rows = [one for group, title, figure in _GROUPS for one in _group_rows(found, group, title, figure)]
    rows += [
        row(f"Keypoints: {kind}", "", *(percent(_share(model["errors"], kind)) for model in found)) for kind in KINDS
    ]
    return Table((Heading("People"), *_headings(models)), tuple(rows))


def _group_rows(models: list[Figures], group: str, title: str, figure: str) -> list[Row]:
    return [
        row(
            title.format(name=one["name"]),
            str(one["people"]),
            *(percent(model["groups"][group][place][figure]) for model in models),
        )
        for place, one in enumerate(models[0]["groups"][group])
        if one["people"]
    ]


def _share(errors: Figures, kind: str) -> float | None:
    return errors[kind] / errors["labelled"] if errors["labelled"] else None


# --- keypoints -------------------------------------------------------------------------------------------------------


def keypoint_table(results: Figures, models: tuple[Model, ...]) -> Table | None:
    """Return every measure of every keypoint; None where nothing is labelled."""
    found = [model for model in results["models"] if model["keypoints"]]
    if not found or results["data"]["people"] == 0:
        return None
    headings = tuple(Heading(title, model.colour) for _, title in _MEASURES for model in models)
    rows = [
        row(name, *(_measured(model["keypoints"][place][key], key) for key, _ in _MEASURES for model in found))
        for place, name in enumerate(results["data"]["keypoints"])
    ]
    return Table(headings, tuple(rows))


def _measured(value: float | None, measure: str) -> str:
    return decimals(value) if measure == "error" else percent(value, 0)
