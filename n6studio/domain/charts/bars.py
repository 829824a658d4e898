"""Horizontal bars, side by side or stacked: long names stay readable."""

from dataclasses import dataclass, replace
from typing import Self

from n6studio.domain.charts.axis import round_above
from n6studio.domain.charts.chart import Cell, Chart, Key, Table, shown
from n6studio.domain.colours import ColourName

_ROOM = 1.1  # what a bar and the total behind it take, where the bar is 1


@dataclass(frozen=True)
class Series:
    """One bar a label; None leaves a gap."""

    name: str
    colour: ColourName
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """Groups of bars, one group a label, from the top down. The x axis begins at 0.

    Attributes:
        labels: one a group.
        series: one bar of each group.
        stacked: whether bars of a group follow each other, as parts of a whole; else they lie side by side.
        totals: whether the sum of the parts is written at their end.
        filters: of each label, the filter of the images behind its bars, where `picks` and the label do not say it.
    """

    labels: tuple[str, ...]
    series: tuple[Series, ...]
    stacked: bool = False
    totals: bool = False
    filters: tuple[str, ...] = ()

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the label at this height."""
        return self.picked_cell(round(y), 0)

    def picked_cell(self, row: int, column: int) -> str:
        """Return the filter of the row's label."""
        if not 0 <= row < len(self.labels):
            return ""
        if self.filters:
            return self.filters[row]
        return f'{self.picks}:"{self.labels[row]}"' if self.picks else ""

    def end_text(self, row: int) -> str:
        """Return what is written where a row's bars end: a total, or why no bar is seen; "" for nothing."""
        values = [one.values[row] for one in self.series]
        if self.totals:
            return self.total_text(sum(value or 0.0 for value in values))
        if any(values):
            return ""
        return "none" if all(value is None for value in values) else "0"

    def total_text(self, total: float) -> str:
        """Return how a total is written."""
        return shown(total, self.x.digits)

    def fitted(self) -> Self:
        """Return the same with an x axis on which every bar has room."""
        known = [[value or 0.0 for value in one.values] for one in self.series]
        if self.stacked:
            known = [[sum(values) * (_ROOM if self.totals else 1) for values in zip(*known, strict=True)]]
        return replace(self, x=replace(self.x, high=round_above(value for values in known for value in values)))

    def legend(self) -> tuple[Key, ...]:
        """Return one entry a series."""
        return tuple(Key(one.name, one.colour, "box") for one in self.series)

    def table(self) -> Table:
        """Return one row a label."""
        rows: list[tuple[Cell, ...]] = [
            (label, *(self._cell(one.values[row]) for one in self.series)) for row, label in enumerate(self.labels)
        ]
        names = (self.x.label,) if len(self.series) == 1 else tuple(one.name for one in self.series)
        return Table((self.y.label, *names), tuple(rows))

    def _cell(self, value: float | None) -> Cell:
        return int(value) if self.x.whole and value is not None else value

    def read_out(self, x: float, y: float) -> str:
        """Return the values of the group under the pointer."""
        row = round(y)
        if not 0 <= row < len(self.labels):
            return ""
        parts = [f"{one.name} {shown(one.values[row], self.x.digits)}" for one in self.series]
        return f"{self.labels[row]}: {', '.join(parts)}"
