"""Horizontal bars, side by side or stacked: long names stay readable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Chart, Table, shown
from n6studio.ui.charts.export import Legend

_THICK = 0.8  # of a row's height that bars fill
_ROW = 8  # pixels a bar needs


@dataclass(frozen=True)
class BarSeries:
    """One bar a label; `colour` is the name of a field of `theme.Colours`. None leaves a gap."""

    name: str
    colour: str
    values: tuple[float | None, ...]


class BarChart(Chart):
    """Bars in groups, one group a label."""

    def __init__(self, title: str, x_label: str, stacked: bool = False, digits: int = 3) -> None:
        super().__init__(title, x_label, "")
        self.setAccessibleDescription(f"Bars of {x_label}. The same data is there as a table.")
        self._labels: tuple[str, ...] = ()
        self._series: tuple[BarSeries, ...] = ()
        self._stacked, self._digits = stacked, digits

    def set_bars(self, labels: Sequence[str], series: Sequence[BarSeries]) -> None:
        """Show these bars, or say that there are none."""
        self._labels, self._series = tuple(labels), tuple(series)
        bars = 4 if self._stacked else max(1, len(self._series))
        self._stack.setMinimumHeight(int(len(self._labels) * (_ROW * bars + 5)) + 60)
        self.refresh()
        if all(value is None for one in self._series for value in one.values):
            self.show_nothing("There is nothing to measure here: nobody was found with a score that counts.")

    def draw(self, chosen: Colours) -> None:
        """Draw the bars from the top down."""
        plot = self.canvas.plot
        rows = np.arange(len(self._labels), dtype=np.float64)
        thick = _THICK if self._stacked else _THICK / max(1, len(self._series))
        starts = np.zeros(len(rows))
        for place, one in enumerate(self._series):
            values = np.array([value or 0.0 for value in one.values], np.float64)
            middle = rows if self._stacked else rows - _THICK / 2 + thick * (place + 0.5)
            item = pg.BarGraphItem(
                x0=starts.copy(), y=middle, width=values, height=thick * 0.92,
                brush=QColor(getattr(chosen, one.colour)), pen=QPen(Qt.PenStyle.NoPen),
            )  # fmt: skip
            plot.addItem(item)
            if self._stacked:
                starts += values
        axis = plot.getAxis("left")
        axis.setTicks([list(zip(rows, self._labels, strict=True))])
        axis.setStyle(tickLength=0)
        plot.getViewBox().invertY(True)
        plot.showGrid(x=True, y=False, alpha=0.35)
        self.canvas.plot.setXRange(0, self._most() * 1.03, padding=0)
        self.canvas.plot.setYRange(-0.5, len(rows) - 0.5, padding=0.01)

    def _most(self) -> float:
        known = [[value or 0.0 for value in one.values] for one in self._series]
        if self._stacked:
            return max([sum(values) for values in zip(*known, strict=True)], default=1.0) or 1.0
        return max([value for values in known for value in values], default=1.0) or 1.0

    def legend(self) -> tuple[Legend, ...]:
        """Return one entry a series."""
        return tuple(Legend(one.name, one.colour) for one in self._series)

    def table(self) -> Table:
        """Return one row a label."""
        rows = tuple((label, *(one.values[row] for one in self._series)) for row, label in enumerate(self._labels))
        return Table((self.x_label, *(one.name for one in self._series)), rows)

    def read_out(self, x: float, y: float) -> str:
        """Return the values of the group under the pointer."""
        row = round(y)
        if not 0 <= row < len(self._labels):
            return ""
        parts = [f"{one.name} {shown(one.values[row], self._digits)}" for one in self._series]
        return f"{self._labels[row]}: " + ", ".join(parts)
