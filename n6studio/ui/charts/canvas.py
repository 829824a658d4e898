"""The drawing area of a chart: pyqtgraph's plot without what gets in the way on a page that scrolls."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPen, QWheelEvent

from n6studio.domain.colours import Colours

_BETWEEN = 6  # pixels between two labels
_ROOM = 12  # pixels around the plot for labels that stand at the ends of its axes


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose labels may stick out at its ends; pyqtgraph leaves them out where there is a grid.

    Labels that would touch each other along the lower axis are left out, never those at its ends.
    """

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self._wanted: list[tuple[float, str]] = []

    def setTicks(self, ticks: list[list[tuple[float, str]]] | None) -> None:  # noqa: N802
        """Take what is written along the axis."""
        self._wanted = ticks[0] if ticks else []
        super().setTicks(ticks)

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """Choose the labels that have room, then say what is drawn."""
        if self._wanted and self.orientation == "bottom":
            widest = max(p.fontMetrics().horizontalAdvance(text) for _, text in self._wanted)
            most = max(2, int(self.size().width() / (widest + _BETWEEN)) + 1)
            self._tickLevels = [thinned(self._wanted, most)]
        return super().generateDrawSpecs(p)

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return where it draws: labels of the lower axis may stand below the left one, too."""
        left = 2 * _ROOM if self.orientation == "bottom" else _ROOM
        return QRectF(super().boundingRect().adjusted(-left, -_ROOM, _ROOM, _ROOM))


def thinned(ticks: list[tuple[float, str]], most: int) -> list[tuple[float, str]]:
    """Return at most so many of these ticks, and at least two, evenly from among them: the first and last always."""
    if len(ticks) <= most:
        return ticks
    steps = len(ticks) - 1
    step = next(step for step in range(1, steps + 1) if steps // step + 1 <= most)
    kept = ticks[::step] if steps % step == 0 else [one for one in ticks[::step] if steps - ticks.index(one) >= step]
    return kept if kept[-1] is ticks[-1] else [*kept, ticks[-1]]


class Canvas(pg.PlotWidget):  # type: ignore[misc]
    """A plot that leaves the wheel to the page and has no menu of its own."""

    def __init__(self) -> None:
        axes = {side: _Axis(side) for side in ("left", "bottom")}
        super().__init__(viewBox=pg.ViewBox(enableMenu=False), axisItems=axes)
        self.plot = self.getPlotItem()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.layout.setContentsMargins(2, 8, _ROOM, 2)
        self.plot.getViewBox().setMouseEnabled(x=False, y=False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAntialiasing(True)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setZValue(-10)  # the grid belongs behind bars and lines
            axis.setStyle(maxTickLevel=0, hideOverlappingLabels=False)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Hand the wheel on to the scroll area around."""
        event.ignore()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size that fits several charts on a page; Qt's own wish is a whole screen."""
        return QSize(300, 200)

    def dress(self, chosen: Colours) -> None:
        """Give background, axes and grid their colours."""
        self.setBackground(QColor(chosen.surface))
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QPen(QColor(chosen.line)))
            axis.setTextPen(QPen(QColor(chosen.muted)))
        self.plot.showGrid(x=True, y=True, alpha=0.35)

    def label(self, x_label: str, y_label: str) -> None:
        """Name the axes; units stand in the name, as no axis here wants SI prefixes."""
        self.plot.setLabel("bottom", x_label)
        self.plot.setLabel("left", y_label)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)

    def show_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Fix what is shown, with a little room so that lines at the edge are not cut in half."""
        self.plot.setXRange(*x, padding=0.02)
        self.plot.setYRange(*y, padding=0.03)

    def value_at(self, position: Any) -> tuple[float, float] | None:
        """Return the values under a point of the scene, None outside the plot."""
        if not self.plot.getViewBox().sceneBoundingRect().contains(position):
            return None
        point = self.plot.getViewBox().mapSceneToView(position)
        return float(point.x()), float(point.y())
