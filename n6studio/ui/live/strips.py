"""Strips: the last minute of one kind of figure, drawn cheaply and in turns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from n6studio.ui.charts.chart import Chart, Table, shown
from n6studio.ui.charts.export import Legend
from n6studio.ui.live.history import SECONDS, STAGES, History
from n6studio.ui.theme import Colours

STAGE_COLOURS = ("#7a8fa6", "#b65306", "#d1962e", "#6d8f3c", "#2f9e8f", "#1a6fc9", "#b03a6f", "#8e5bc0")
TURN_MS = 60  # between two strips
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """One line of a strip; `colour` is a field of `theme.Colours` or "#rrggbb"."""

    name: str
    colour: str
    dashed: bool = False

    def drawn(self, chosen: Colours) -> QColor:
        """Return the colour in a look."""
        return QColor(self.colour if self.colour.startswith("#") else getattr(chosen, self.colour))


class Strip(Chart):
    """A small chart over the last minute. Its curves stay; only their data change."""

    def __init__(self, title: str, unit: str, traces: Sequence[Trace], least: float, stacked: bool = False) -> None:
        """Make a strip whose scale reaches at least up to `least`; stacked traces add up, the first at the bottom."""
        super().__init__(title, "s", unit)
        self._traces, self._least, self._stacked = tuple(traces), least, stacked
        self._times = History.times()
        self._values: Array = np.full((len(self._traces), len(self._times)), np.nan)
        self._curves: list[pg.PlotCurveItem] = []
        self._top = 0.0
        self._stack.setMinimumSize(120, 84)
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(10, 5, 6, 4)
            layout.setSpacing(1)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size of which four fit beside each other."""
        return QSize(230, 150)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return how small it may become."""
        return QSize(150, 120)

    def set_values(self, values: Array) -> None:
        """Show (traces, SECONDS) values; NaN leaves a gap. Cheap; draws only where it can be seen."""
        self._values = values
        if not self.isVisible() or not self._curves or not self._drawn:
            self._drawn = False
            return
        self._update_curves()
        if self.as_table.isChecked():
            self._fill_table()

    def draw(self, chosen: Colours) -> None:
        """Put the curves on the canvas."""
        plot = self.canvas.plot
        plot.getAxis("left").setWidth(34)
        plot.setLabel("bottom", None)
        plot.setLabel("left", None)
        self._curves, self._top = [], 0.0
        for trace in self._traces:
            style = Qt.PenStyle.DashLine if trace.dashed else Qt.PenStyle.SolidLine
            colour = trace.drawn(chosen)
            curve = pg.PlotCurveItem(pen=QPen(colour, 1 if self._stacked else 0, style), connect="finite")
            if self._stacked:
                curve.setFillLevel(0.0)
                curve.setBrush(colour)
            self._curves.append(curve)
        for curve in reversed(self._curves):  # of a stack the tallest lies behind
            plot.addItem(curve)
        self._update_curves()

    def _update_curves(self) -> None:
        values = self._values
        if self._stacked:
            known = np.isfinite(values).any(axis=0)
            values = np.where(known, np.cumsum(np.nan_to_num(values), axis=0), np.nan)
        for curve, line in zip(self._curves, values, strict=True):
            curve.setData(self._times, line)
        finite = values[np.isfinite(values)]
        top = _round_up(max(self._least, float(finite.max(initial=0.0))))
        if top != self._top:
            self._top = top
            self.canvas.plot.setXRange(-SECONDS, 0, padding=0)
            self.canvas.plot.setYRange(0, top, padding=0.03)

    def legend(self) -> tuple[Legend, ...]:
        """Return one entry a trace; a stack's names are read out instead, there are too many."""
        return () if self._stacked else tuple(Legend(trace.name, trace.colour, trace.dashed) for trace in self._traces)

    def table(self) -> Table:
        """Return one row a second."""
        rows = tuple(
            (float(time), *(None if np.isnan(value) else float(value) for value in column))
            for time, column in zip(self._times, self._values.T, strict=True)
        )
        return Table(("s", *(trace.name for trace in self._traces)), rows)

    def read_out(self, x: float, y: float) -> str:
        """Return the values at the pointer's time."""
        column = int(np.abs(self._times - x).argmin())
        pairs = zip(self._traces, self._values[:, column], strict=True)
        parts = [f"{trace.name} {shown(float(value), 1)}" for trace, value in pairs if np.isfinite(value)]
        return f"{self._times[column]:.0f} s: " + ", ".join(parts) if parts else ""


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20... so that the scale does not jump with every frame."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-6)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999))


def make_strips() -> dict[str, Strip]:
    """Return the page's strips by the name of what they show."""
    return {
        "rates": Strip(
            "Frames a second", "1/s",
            (Trace("camera", "muted", True), Trace("network", "int8_colour"), Trace("screen", "float_colour")), 10,
        ),
        "delays": Strip(
            "Delay by stage", "ms",
            tuple(Trace(str(stage), colour) for stage, colour in zip(STAGES, STAGE_COLOURS, strict=True)), 20, True,
        ),
        "losses": Strip(
            "Frames missing a second", "1/s",
            (Trace("skipped", "muted"), Trace("lost", "warn", True), Trace("damaged", "bad")), 1,
        ),
        "people": Strip("People", "people", (Trace("people", "float_colour"),), 2),
        "confidence": Strip("Keypoint confidence", "mean", (Trace("confidence", "int8_colour"),), 1),
    }  # fmt: skip


class StripRow(QWidget):
    """All strips in a row. New values reach them one after the other, so that no update takes long."""

    def __init__(self) -> None:
        super().__init__()
        self.strips = make_strips()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for strip in self.strips.values():
            row.addWidget(strip, 1)
        self._waiting: list[tuple[Strip, Array]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._next)

    def show_history(self, history: History) -> None:
        """Show the last minute."""
        self._waiting = [(strip, getattr(history, name).copy()) for name, strip in self.strips.items()]
        self._timer.start()

    def stop(self) -> None:
        """Leave the strips as they are."""
        self._waiting = []
        self._timer.stop()

    def _next(self) -> None:
        if self._waiting:
            strip, values = self._waiting.pop(0)
            strip.set_values(values)
        else:
            self._timer.stop()
