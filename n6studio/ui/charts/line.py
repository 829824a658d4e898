"""Lines over a common axis, with a threshold that can be dragged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPen

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Cell, Chart, Table, shown
from n6studio.ui.charts.export import Legend

Range = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One line; `colour` is the name of a field of `theme.Colours`. Values may be None where nothing is known."""

    name: str
    colour: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]
    dashed: bool = False
    dots: bool = False  # mark each value; for few of them


MOST_TICKS = 10  # of whole numbers


class LineChart(Chart):
    """Lines, and optionally a vertical threshold and a marked point on each line.

    Signals:
        threshold_moved(value): somebody drags the threshold.
    """

    threshold_moved = Signal(float)

    def __init__(
        self, title: str, x_label: str, y_label: str, x: Range = (0, 1), y: Range = (0, 1), whole_x: bool = False
    ) -> None:
        """Make it for a part of the plane; `whole_x` where x counts something, so that no half is written on it."""
        super().__init__(title, x_label, y_label)
        self._series: tuple[Series, ...] = ()
        self._x, self._y, self._whole_x = x, y, whole_x
        self._threshold: float | None = None
        self._marks: tuple[tuple[float, float], ...] = ()
        self._line = pg.InfiniteLine(angle=90, movable=True, bounds=x)
        self._line.sigPositionChanged.connect(self._dragged)
        self._dots = pg.ScatterPlotItem()

    def set_series(self, series: Sequence[Series]) -> None:
        """Show these lines."""
        self._series = tuple(series)
        self.refresh()

    def set_ranges(self, x: Range, y: Range) -> None:
        """Show another part of the plane."""
        self._x, self._y = x, y
        self.refresh()

    def set_threshold(self, value: float) -> None:
        """Put the threshold there; shows it if it was not."""
        first = self._threshold is None
        self._threshold = value
        self._line.blockSignals(True)
        self._line.setValue(value)
        self._line.blockSignals(False)
        if first:
            self.refresh()

    def set_marks(self, marks: Sequence[tuple[float, float]]) -> None:
        """Mark a point on each line, in the order of the series."""
        self._marks = tuple(marks)
        self._place_marks()

    def _dragged(self) -> None:
        self._threshold = float(self._line.value())
        self.threshold_moved.emit(self._threshold)

    def draw(self, chosen: Colours) -> None:
        """Draw lines, threshold and marks."""
        self.canvas.show_range(self._x, self._y)
        if self._whole_x:
            step = max(1, round((self._x[1] - self._x[0]) / MOST_TICKS))
            self.canvas.plot.getAxis("bottom").setTickSpacing(levels=[(step, 0)])
        for one in self._series:
            style = Qt.PenStyle.DashLine if one.dashed else Qt.PenStyle.SolidLine
            pen = QPen(QColor(getattr(chosen, one.colour)), 2, style)
            pen.setCosmetic(True)
            y = np.array([np.nan if value is None else value for value in one.y], np.float64)
            colour = QColor(getattr(chosen, one.colour))
            dots = {"symbol": "o", "symbolSize": 7, "symbolBrush": colour, "symbolPen": None} if one.dots else {}
            self.canvas.plot.addItem(pg.PlotDataItem(np.array(one.x), y, pen=pen, connect="finite", **dots))
        if self._threshold is not None:
            self._line.setPen(QPen(QColor(chosen.muted), 0, Qt.PenStyle.DashLine))
            self._line.setHoverPen(QPen(QColor(chosen.accent), 0))
            self._line.setCursor(Qt.CursorShape.SizeHorCursor)
            self.canvas.plot.addItem(self._line)
        self.canvas.plot.addItem(self._dots)
        self._outline = pg.mkPen(chosen.surface)
        self._brushes = [QBrush(QColor(getattr(chosen, one.colour))) for one in self._series]
        self._place_marks()

    def _place_marks(self) -> None:
        brushes = getattr(self, "_brushes", [])
        if len(brushes) >= len(self._marks):
            x, y = [point[0] for point in self._marks], [point[1] for point in self._marks]
            self._dots.setData(x=x, y=y, brush=brushes[: len(self._marks)], pen=self._outline, size=10)

    def legend(self) -> tuple[Legend, ...]:
        """Return one entry a line."""
        return tuple(Legend(one.name, one.colour, one.dashed) for one in self._series)

    def table(self) -> Table:
        """Return a column for each line; lines over other values of x get rows of their own."""
        places = sorted({x for one in self._series for x in one.x})
        values = [dict(zip(one.x, one.y, strict=True)) for one in self._series]
        rows = tuple((x, *(known.get(x) for known in values)) for x in places)
        return Table((self.x_label, *(one.name for one in self._series)), rows)

    def read_out(self, x: float, y: float) -> str:
        """Return the values of all lines at the nearest known x."""
        if not self._series or not self._series[0].x:
            return ""
        nearest = min(self._series[0].x, key=lambda known: abs(known - x))
        parts = [f"{one.name} {shown(_at(one, nearest))}" for one in self._series]
        return f"{self.x_label} {nearest:.2f}: " + ", ".join(parts)


def _at(series: Series, x: float) -> Cell:
    nearest = min(range(len(series.x)), key=lambda place: abs(series.x[place] - x))
    return series.y[nearest]
