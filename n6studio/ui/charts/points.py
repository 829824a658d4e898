"""Points on a square, with the diagonal on which both values are equal; and how often values occur."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPen

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Chart, Table
from n6studio.ui.charts.export import Legend

Range = tuple[float, float]
MOST_POINTS = 3000  # beyond that the eye sees no more, and the picture takes longer


@dataclass(frozen=True)
class Point:
    """One point; `name` is read out, `key` is handed back when it is opened."""

    x: float
    y: float
    name: str
    key: int


class ScatterChart(Chart):
    """Points that can be opened with a click.

    Signals:
        opened(key): somebody clicked a point.
    """

    opened = Signal(int)

    def __init__(self, title: str, x_label: str, y_label: str, limits: Range = (0, 1), colour: str = "accent") -> None:
        super().__init__(title, x_label, y_label)
        self._points: tuple[Point, ...] = ()
        self._drawn_points: tuple[Point, ...] = ()
        self._limits, self._colour = limits, colour
        self.hint = "A click on a point opens its picture."
        self._dots = pg.ScatterPlotItem(hoverable=True, size=8, hoverSize=12)
        self._dots.sigClicked.connect(self._clicked)

    def set_limits(self, limits: Range) -> None:
        """Show another square."""
        self._limits = limits
        self.refresh()

    def set_points(self, points: Sequence[Point]) -> None:
        """Show these points; of very many, every so manieth."""
        self._points = tuple(points)
        self._drawn_points = self._points[:: -(-len(self._points) // MOST_POINTS) or 1]
        self.refresh()

    def draw(self, chosen: Colours) -> None:
        """Draw diagonal and points."""
        low, high = self._limits
        self.canvas.show_range(self._limits, self._limits)
        diagonal = pg.mkPen(chosen.muted, width=1, style=Qt.PenStyle.DashLine)
        self.canvas.plot.addItem(pg.PlotDataItem([low, high], [low, high], pen=diagonal))
        colour = QColor(getattr(chosen, self._colour))
        colour.setAlpha(170)
        x, y = ([getattr(point, axis) for point in self._drawn_points] for axis in "xy")
        self._dots.setData(x=x, y=y, data=list(range(len(x))), brush=pg.mkBrush(colour), pen=pg.mkPen(chosen.surface))
        self._dots.setZValue(10)
        self.canvas.plot.addItem(self._dots)

    def _clicked(self, _item: Any, spots: Any, _event: Any) -> None:
        if len(spots):
            self.opened.emit(self._drawn_points[spots[0].data()].key)

    def table(self) -> Table:
        """Return all points."""
        return Table(("", self.x_label, self.y_label), tuple((point.name, point.x, point.y) for point in self._points))

    def read_out(self, x: float, y: float) -> str:
        """Return the nearest point, if it is close."""
        if not self._drawn_points:
            return ""
        places = np.array([[point.x, point.y] for point in self._drawn_points])
        apart = np.hypot(*(places - (x, y)).T)
        nearest = int(apart.argmin())
        point = self._drawn_points[nearest]
        if apart[nearest] > 0.03 * (self._limits[1] - self._limits[0]):
            return self.hint
        return f"{point.name}: {point.x:.2f} → {point.y:.2f}"


class HistogramChart(Chart):
    """How often values occur, of one group or several side by side; values outside go into the outermost bars."""

    def __init__(
        self, title: str, x_label: str, limits: Range, bins: int, colour: str = "accent", counted: str = "people"
    ) -> None:
        super().__init__(title, x_label, counted)
        self._edges = np.linspace(*limits, bins + 1)
        self._groups: tuple[tuple[Legend, npt.NDArray[np.int64]], ...] = ()
        self._colour, self._counted = colour, counted

    def set_values(self, values: Sequence[float]) -> None:
        """Count these values."""
        self.set_groups([(self._counted, self._colour, values)])

    def set_groups(self, groups: Sequence[tuple[str, str, Sequence[float]]]) -> None:
        """Count the values of several groups: (name, colour, values) each."""
        self._groups = tuple((Legend(name, colour), self._count(values)) for name, colour, values in groups)
        self.refresh()

    def _count(self, values: Sequence[float]) -> npt.NDArray[np.int64]:
        low, high = self._edges[0], self._edges[-1]
        return np.histogram(np.clip(np.asarray(values, np.float64), low, high), self._edges)[0]

    def draw(self, chosen: Colours) -> None:
        """Draw the bars."""
        wide = self._edges[1] - self._edges[0]
        each = 0.9 * wide / max(1, len(self._groups))
        for place, (entry, counts) in enumerate(self._groups):
            item = pg.BarGraphItem(
                x0=self._edges[:-1] + 0.05 * wide + place * each, width=each, y0=0, height=counts.astype(np.float64),
                brush=QColor(getattr(chosen, entry.colour)), pen=QPen(Qt.PenStyle.NoPen),
            )  # fmt: skip
            self.canvas.plot.addItem(item)
        most = max([int(counts.max()) for _, counts in self._groups], default=0)
        self.canvas.show_range((self._edges[0], self._edges[-1]), (0, max(1, most) * 1.03))

    def legend(self) -> tuple[Legend, ...]:
        """Return one entry a group."""
        return tuple(entry for entry, _ in self._groups)

    def table(self) -> Table:
        """Return one row a bar."""
        edges = [round(float(edge), 6) for edge in self._edges]
        columns = [[int(count) for count in counts] for _, counts in self._groups]
        rows = zip(edges[:-1], edges[1:], *columns, strict=True)
        names = (self._counted,) if len(self._groups) == 1 else tuple(entry.name for entry, _ in self._groups)
        return Table((f"{self.x_label}, from", "to", *names), tuple(rows) if self._groups else ())

    def read_out(self, x: float, y: float) -> str:
        """Return the count of the bar under the pointer."""
        place = int(np.searchsorted(self._edges, x, side="right")) - 1
        if not 0 <= place < len(self._edges) - 1:
            return ""
        parts = [self._who(entry.name, int(counts[place])) for entry, counts in self._groups]
        where = f"between {self._edges[place]:.2f} and {self._edges[place + 1]:.2f}"
        return f"{', '.join(parts)} {where}".replace("-", "−")

    def _who(self, name: str, count: int) -> str:
        if len(self._groups) > 1:
            return f"{name} {count}"
        return f"1 {_SINGULAR.get(name, name)}" if count == 1 else f"{count} {name}"


_SINGULAR = {"people": "person", "pictures": "picture"}
