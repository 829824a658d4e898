"""Lines over a common axis, with marks on them and thresholds across."""

import math
from dataclasses import dataclass

from n6studio.domain.charts.chart import Cell, Chart, Key, Table, Threshold, shown
from n6studio.domain.colours import ColourName

_CLOSE = 0.03  # of the axes' lengths: a pointer within it means the mark


@dataclass(frozen=True)
class Line:
    """One line; values of y may be None where nothing is known. `dots` marks each value, where there are few."""

    name: str
    colour: ColourName
    x: tuple[float, ...]
    y: tuple[float | None, ...]
    dashed: bool = False
    dots: bool = False

    def at(self, x: float) -> float | None:
        """Return the value whose x is nearest."""
        return self.y[min(range(len(self.x)), key=lambda place: abs(self.x[place] - x))] if self.x else None


@dataclass(frozen=True)
class Mark:
    """A point that stands out; `hint` says what it is. Hollow ones mean something else than full ones.

    `key` says which it is where somebody clicks it; -1 where nothing comes of that.
    """

    x: float
    y: float
    colour: ColourName
    hint: str = ""
    hollow: bool = False
    key: int = -1


@dataclass(frozen=True, kw_only=True)
class Lines(Chart):
    """Lines, marks and thresholds.

    Attributes:
        marks_name: what hollow marks stand for.
        filters: parts of the x axis as (from, below, the filter of the images behind it).
    """

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    marks_name: str = ""
    thresholds: tuple[Threshold, ...] = ()
    filters: tuple[tuple[float, float, str], ...] = ()

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the part of the axis."""
        return next((text for low, high, text in self.filters if low <= x < high), "")

    def mark_at(self, x: float, y: float) -> Mark | None:
        """Return the mark that stands for something and is nearest to these values, None where none is close."""
        wide, high = (axis.high - axis.low or 1.0 for axis in (self.x, self.y))

        def apart(mark: Mark) -> float:
            return math.hypot((mark.x - x) / wide, (mark.y - y) / high)

        nearest = min((mark for mark in self.marks if mark.key >= 0), key=apart, default=None)
        return nearest if nearest is not None and apart(nearest) <= _CLOSE else None

    def legend(self) -> tuple[Key, ...]:
        """Return one entry a line and a threshold."""
        lines = [Key(line.name, line.colour, "dashes" if line.dashed else "line") for line in self.lines]
        marks = [Key(self.marks_name, "muted", "ring")] if any(mark.hollow for mark in self.marks) else []
        return (*lines, *marks, *(Key(one.name, one.colour, "dashes") for one in self.thresholds))

    def table(self) -> Table:
        """Return a column for each line; lines over other values of x get rows of their own."""
        places = sorted({x for line in self.lines for x in line.x})
        values = [dict(zip(line.x, line.y, strict=True)) for line in self.lines]
        rows: list[tuple[Cell, ...]] = [(x, *(known.get(x) for known in values)) for x in places]
        return Table((self.x.label, *(line.name for line in self.lines)), tuple(rows))

    def read_out(self, x: float, y: float) -> str:
        """Return what the mark under the pointer is, else the values of all lines at the nearest known x."""
        if (mark := self.mark_at(x, y)) is not None:
            return mark.hint
        known = [place for line in self.lines for place in line.x]
        if not known:
            return ""
        nearest = min(known, key=lambda place: abs(place - x))
        parts = [f"{line.name} {shown(line.at(nearest), self.y.digits + 1)}" for line in self.lines]
        return f"{self.x.read_named(nearest)}: {', '.join(parts)}"
