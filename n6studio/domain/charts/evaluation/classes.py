"""Charts of models and labels with several classes: how accurate each is, and which is taken for which."""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Cell, Chart, Table
from n6studio.domain.charts.evaluation.data import Evaluated
from n6studio.domain.evaluation.model import ClassAccuracy, Confusion

NOBODY, ANOTHER = "nobody", "another"  # in place of a class, in the filter ``as:"CLASS > CLASS"``


def ap_by_class(data: Evaluated) -> Chart | None:
    """Return COCO's AP of each class; None where there is one class only."""
    return _by_class(data, "AP by class, COCO's rule", lambda one: one.ap)


def yolo_map_by_class(data: Evaluated) -> Chart | None:
    """Return mAP50-95 of each class by Ultralytics' rule; None where there is one class only."""
    return _by_class(data, "mAP50-95 by class, Ultralytics' rule", lambda one: one.yolo_map)


def _by_class(data: Evaluated, title: str, figure: Callable[[ClassAccuracy], float | None]) -> Chart | None:
    classes = data.models[0].results.classes
    if not classes:
        return None
    return Bars(
        title=title,
        x=Axis("AP", FRACTION, digits=3),
        y=Axis("class"),
        labels=tuple(f"{one.name} ({one.people})" for one in classes),
        series=tuple(
            Series(model.role, model.colour, tuple(figure(one) for one in model.results.classes))
            for model in data.models
            if len(model.results.classes) == len(classes)
        ),
        filters=tuple(f'class:"{one.name}"' for one in classes) if data.classes_kept else (),
    ).fitted()


def taken_as(labelled: str, found: str) -> str:
    """Return the filter of images with somebody labelled as one class and found as another."""
    return f'as:"{labelled} > {found}"'


@dataclass(frozen=True, kw_only=True)
class ConfusionBars(Bars):
    """People of each class by what they were found as; its table is the whole confusion table.

    Attributes:
        confusion: who was taken for what.
        clickable: whether the images tell what their people were taken for.
    """

    confusion: Confusion
    clickable: bool = False

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the part of the bar."""
        row, end = round(y), 0.0
        if not (self.clickable and 0 <= row < len(self.labels)):
            return ""
        name = self.labels[row]
        for one, found in zip(self.series, (name, ANOTHER, NOBODY), strict=True):
            end += one.values[row] or 0.0
            if x < end:
                return taken_as(name, found)
        return ""

    def picked_cell(self, row: int, column: int) -> str:
        """Return the filter of one labelled class found as one class."""
        names = (*self.confusion.classes, NOBODY)
        there = self.clickable and row < len(names) and 0 < column <= len(names)
        return taken_as(names[row], names[column - 1]) if there and self.confusion.counts[row][column - 1] else ""

    def table(self) -> Table:
        """Return a row for each labelled class, and one for people found where nobody is."""
        names = (*self.confusion.classes, NOBODY)
        rows: list[tuple[Cell, ...]] = [(name, *row) for name, row in zip(names, self.confusion.counts, strict=True)]
        return Table(("labelled", *(f"found as {name}" for name in names)), tuple(rows))


def confusion(data: Evaluated) -> Chart | None:
    """Return what people of each class were found as by the first model; None where there is one class only."""
    found = data.models[0].results.confusion
    if found is None:
        return None
    size = len(found.classes)
    right = [found.counts[place][place] if place < size else 0 for place in range(size + 1)]
    missed = [found.counts[place][size] for place in range(size + 1)]
    wrong = [sum(row) - right[place] - missed[place] for place, row in enumerate(found.counts)]
    return ConfusionBars(
        title=f"Found as, {data.models[0].role}",
        x=Axis("people", COUNT, whole=True),
        y=Axis("labelled class"),
        labels=(*found.classes, NOBODY),
        series=(
            Series("the same class", "good", tuple(map(float, right))),
            Series("another class", "bad", tuple(map(float, wrong))),
            Series("not found", "muted", tuple(map(float, missed))),
        ),
        stacked=True,
        totals=True,
        confusion=found,
        clickable=data.classes_kept,
    ).fitted()
