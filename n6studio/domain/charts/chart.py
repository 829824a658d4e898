"""What every chart has: title, axes, a legend, what a pointer reads out, and its data as a table."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from n6studio.domain.charts.axis import Axis
from n6studio.domain.colours import ColourName
from n6studio.domain.texts import decimals

Cell = str | float | int | None
Sign = Literal["line", "dashes", "box", "dot", "ring"]


@dataclass(frozen=True)
class Table:
    """A chart's data: one header a column, and rows of as many cells; None where nothing is known."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Key:
    """One entry of a legend.

    Attributes:
        name: what it stands for.
        colour: in which it is drawn.
        sign: the form in which it is drawn.
        strength: how much of the colour there is, from 0 (the chart's background) to 1; of a scale of colours.
    """

    name: str
    colour: ColourName
    sign: Sign = "line"
    strength: float = 1.0


@dataclass(frozen=True)
class Threshold:
    """A straight line across a chart, at a value of the x axis, or of the y axis where it is not `upright`.

    Attributes:
        value: where.
        name: what it stands for.
        colour: of the line.
        upright: whether it stands at a value of x.
        movable: whether it can be dragged, where somebody looks who has a pointer.
    """

    value: float
    name: str
    colour: ColourName = "muted"
    upright: bool = True
    movable: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """A chart without its data, which the kinds of charts add.

    Attributes:
        title: a few words, as a heading.
        x, y: the axes. Bars lie on their side: their y axis has names along it.
        picks: the word of a filter that a click stands for: 'off' (a keypoint), 'oks', 'lost', ...; "" for none.
        nothing: why there is nothing to draw, as a sentence; "" where there is something.
    """

    title: str
    x: Axis
    y: Axis
    nothing: str = ""
    picks: str = ""

    @abstractmethod
    def legend(self) -> tuple[Key, ...]:
        """Return the legend; one entry alone need not be shown."""

    @abstractmethod
    def table(self) -> Table:
        """Return the data."""

    @abstractmethod
    def read_out(self, x: float, y: float) -> str:
        """Return what to say about the values under a pointer, "" where there is nothing."""

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the images that a point of the chart stands for; "" where there is none."""
        return ""

    def picked_cell(self, row: int, column: int) -> str:
        """Return the filter of the images that a cell of the table stands for; "" where there is none."""
        return ""

    @property
    def has_data(self) -> bool:
        """Whether there is anything to draw or to export."""
        return not self.nothing and bool(self.table().rows)

    @property
    def description(self) -> str:
        """What it shows, for those who hear it."""
        return f"{self.y.name} over {self.x.name}"


def shown(value: Cell, digits: int = 3) -> str:
    """Return a value as it is read out; a dash where there is none."""
    return decimals(value, digits) if isinstance(value, float | None) else str(value)
