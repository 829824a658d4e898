"""Charts about the calibration set."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Chart, Table


class Distribution(Chart):
    """How often values occur: one bar a range of values."""

    def __init__(self, title: str, x_label: str, y_label: str, edges: Sequence[float], digits: int = 0) -> None:
        super().__init__(title, x_label, y_label)
        self._edges = np.array(edges, np.float64)
        self._counts = np.zeros(len(edges) - 1)
        self._digits = digits

    def set_values(self, values: Sequence[float], nothing: str) -> None:
        """Show how `values` are spread; values outside fall into the outer bars. `nothing` is said where none are."""
        clipped = np.clip(np.array(values, np.float64), self._edges[0], self._edges[-1])
        self._counts, _ = np.histogram(clipped, self._edges)
        self.refresh()
        if not len(values):
            self.show_nothing(nothing)

    def draw(self, chosen: Colours) -> None:  # noqa: D102
        low, high = self._edges[:-1], self._edges[1:]
        self.canvas.plot.addItem(
            pg.BarGraphItem(
                x0=low, x1=high, height=self._counts, brush=QColor(chosen.accent), pen=QColor(chosen.surface)
            )
        )
        top = max(float(self._counts.max(initial=0)), 1.0)
        self.canvas.show_range((float(self._edges[0]), float(self._edges[-1])), (0.0, top * 1.05))
        self.canvas.plot.getViewBox().setDefaultPadding(0)
        self.canvas.plot.getAxis("left").setStyle(tickTextOffset=4)

    def table(self) -> Table:  # noqa: D102
        rows = [
            (round(float(low), 4), round(float(high), 4), int(count))
            for low, high, count in zip(self._edges, self._edges[1:], self._counts, strict=False)
        ]
        return Table(("from", "to", self.y_label), tuple(rows))

    def read_out(self, x: float, y: float) -> str:  # noqa: D102
        place = int(np.searchsorted(self._edges, x, side="right")) - 1
        if not 0 <= place < len(self._counts):
            return ""
        low, high = self._edges[place], self._edges[place + 1]
        return f"{low:.{self._digits}f} to {high:.{self._digits}f}: {int(self._counts[place])} {self.y_label}"


def brightness_chart() -> Distribution:
    """Return the chart of mean brightness."""
    return Distribution("Brightness", "mean of 0..255", "pictures", np.linspace(0, 255, 18).tolist())


def height_chart() -> Distribution:
    """Return the chart of people's heights in the input."""
    edges = np.linspace(0, 1, 11).tolist()
    return Distribution("Height of people", "share of the input's height", "people", edges, digits=1)
