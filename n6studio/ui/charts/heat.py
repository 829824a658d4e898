"""How often something is in each part of a picture, as a map."""

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Chart, Table


class HeatMapChart(Chart):
    """Counts by cell, the darker (in the dark look, the lighter) the more; (0, 0) is the upper left corner."""

    def __init__(self, title: str, x_label: str, y_label: str, counted: str) -> None:
        super().__init__(title, x_label, y_label)
        self._counts: npt.NDArray[np.int64] = np.zeros((1, 1), np.int64)
        self._counted = counted

    def set_counts(self, counts: npt.NDArray[np.int64], nothing: str) -> None:
        """Show (rows, columns) of counts, rows from the top; `nothing` is said where all are 0."""
        self._counts = counts
        self.refresh()
        if not counts.any():
            self.show_nothing(nothing)

    def draw(self, chosen: Colours) -> None:
        """Draw the map."""
        plot = self.canvas.plot
        low, high = QColor(chosen.surface), QColor(chosen.accent)
        ends = np.array([[low.red(), low.green(), low.blue()], [high.red(), high.green(), high.blue()]], np.float64)
        steps = np.linspace(0, 1, 256)[:, None]
        # Few people stand at the edges; by the square root they can still be told from nobody.
        shares = np.sqrt(self._counts / max(1, int(self._counts.max())))
        item = pg.ImageItem(shares.T, levels=(0, 1), lut=(ends[0] * (1 - steps) + ends[1] * steps).astype(np.uint8))
        item.setRect(QRectF(0, 0, 1, 1))
        plot.addItem(item)
        plot.getViewBox().invertY(True)
        plot.showGrid(x=False, y=False)
        self.canvas.show_range((0, 1), (0, 1))

    def table(self) -> Table:
        """Return one row a cell that is not empty."""
        rows, columns = self._counts.shape
        found = [
            (round((x + 0.5) / columns, 4), round((y + 0.5) / rows, 4), int(self._counts[y, x]))
            for y, x in zip(*np.nonzero(self._counts), strict=True)
        ]
        return Table((self.x_label, self.y_label, self._counted), tuple(found))

    def read_out(self, x: float, y: float) -> str:
        """Return the count under the pointer."""
        rows, columns = self._counts.shape
        if not (0 <= x < 1 and 0 <= y < 1):
            return ""
        return f"{int(self._counts[int(y * rows), int(x * columns)])} {self._counted} here"
