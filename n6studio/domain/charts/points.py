"""Points on a square, with the diagonal on which both values are equal."""

import math
from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart, Key, Table
from n6studio.domain.colours import ColourName

MOST_POINTS = 3000  # beyond that the eye sees no more, and drawing takes longer
_CLOSE = 0.03  # of the square's side: a pointer within it means the point


@dataclass(frozen=True)
class Point:
    """One point; `name` is read out, `key` says which it is where somebody clicks it."""

    x: float
    y: float
    name: str
    key: int = 0


@dataclass(frozen=True, kw_only=True)
class Points(Chart):
    """Points over two axes of the same range.

    Attributes:
        points: all of them.
        each: what a point stands for, as the legend and the table call it.
        colour: of the points.
        equal: what the diagonal stands for.
        hint: what to read out where no point is near.
    """

    points: tuple[Point, ...]
    each: str
    colour: ColourName = "accent"
    equal: str = "equal"
    hint: str = ""

    @property
    def drawn(self) -> tuple[Point, ...]:
        """The points that are drawn: of very many, every so manieth."""
        return self.points[:: math.ceil(len(self.points) / MOST_POINTS) or 1]

    def legend(self) -> tuple[Key, ...]:
        """Return what a point and what the diagonal stands for."""
        return (Key(self.each, self.colour, "dot"), Key(self.equal, "muted", "dashes"))

    def table(self) -> Table:
        """Return all points."""
        rows = tuple((point.name, point.x, point.y) for point in self.points)
        return Table((self.each, self.x.label, self.y.label), rows)

    def read_out(self, x: float, y: float) -> str:
        """Return the nearest point, if it is close."""
        if not self.points:
            return ""
        nearest = min(self.drawn, key=lambda point: math.hypot(point.x - x, point.y - y))
        if math.hypot(nearest.x - x, nearest.y - y) > _CLOSE * (self.x.high - self.x.low):
            return self.hint
        return self.read_point(nearest)

    def read_point(self, point: Point) -> str:
        """Return what to say about a point."""
        return f"{point.name}: {self.x.read(point.x)} → {self.y.read(point.y)}"
