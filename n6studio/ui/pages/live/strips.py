"""Strips: the last minute of one kind of figure, drawn cheaply and in turns."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from n6studio.domain.colours import Colours
from n6studio.ui.charts.chart import Chart, Table, shown
from n6studio.ui.charts.export import Legend
from n6studio.ui.pages.live.history import SECONDS, STAGES, History
from n6studio.ui.theme import colours_of

STAGE_COLOURS = ("#7a8fa6", "#b65306", "#d1962e", "#6d8f3c", "#2f9e8f", "#1a6fc9", "#b03a6f", "#8e5bc0")
TURN_MS = 60  # between two strips
HEIGHT = 164
Array = npt.NDArray[np.float64]


class Strip(Chart):
    """A small chart over the last minute. Its curves stay; only their data change."""

    def __init__(
        self, title: str, unit: str, traces: Sequence[Legend], least: float, digits: int = 0, stacked: bool = False
    ) -> None:
        """Make a strip whose scale reaches at least up to `least`; stacked traces add up, the first at the bottom."""
        super().__init__(title, "s", unit)
        self._traces, self._least, self._digits, self._stacked = tuple(traces), least, digits, stacked
        self._times = History.times()
        self._values: Array = np.full((len(self._traces), len(self._times)), np.nan)
        self._curves: list[pg.PlotCurveItem] = []
        self._top = 0.0
        self._stack.setMinimumSize(110, 60)
        self._legend.setWordWrap(True)
        self._legend.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._legend.setFixedHeight(2 * self.fontMetrics().height() + 2)
        self._legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._legend.setVisible(True)
        for heading in self.findChildren(QLabel):
            if heading.property("role") == "heading":
                heading.setProperty("role", "")
                heading.setWordWrap(False)
        self.reading.hide()
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(10, 3, 6, 4)
            layout.setSpacing(0)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size of which four fit beside each other."""
        return QSize(190, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return how small it may become."""
        return QSize(140, HEIGHT - 30)

    def set_values(self, values: Array) -> None:
        """Show (traces, SECONDS) values; NaN leaves a gap. Cheap; draws only where it can be seen."""
        self._values = values
        self._legend.setText(self._values_now())
        if not self.isVisible() or not self._curves or not self._drawn:
            self._drawn = False
            self._draw_when_seen()
            return
        self._update_curves()
        if self.as_table.isChecked():
            self._fill_table()

    def draw(self, chosen: Colours) -> None:
        """Put the curves on the canvas."""
        plot = self.canvas.plot
        plot.getAxis("left").setWidth(34)
        plot.getAxis("bottom").setTicks([[(at, f"\u2212{-at} s") for at in (-40, -20)]])
        plot.setLabel("bottom", None)
        plot.setLabel("left", None)
        self._curves, self._top = [], 0.0
        for trace in self._traces:
            style = Qt.PenStyle.DashLine if trace.dashed else Qt.PenStyle.SolidLine
            colour = QColor(trace.drawn(chosen))
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
        """Return one entry a trace."""
        return self._traces

    def _draw(self) -> None:
        super()._draw()
        self._legend.setText(self._values_now())
        self._legend.setVisible(True)

    def _moved(self, position: Any) -> None:
        values = self.canvas.value_at(position)
        told = self.read_out(*values) if values else ""
        self.canvas.setToolTip(told)
        self._legend.setText(escape(told) or self._values_now())

    def _values_now(self) -> str:
        """Return the newest values as the legend: each beside its line's sign; a stack's as their sum."""
        newest = self._values[:, -1]
        if self._stacked:
            known = newest[np.isfinite(newest)]
            return f"{known.sum():.0f} ms in all" if len(known) else "\u2013"
        chosen = colours_of(self)
        parts = [
            f'<span style="color:{trace.drawn(chosen)}"><b>{"╌" if trace.dashed else "━"}</b></span>&nbsp;'
            f"{escape(trace.name)}&nbsp;{'–' if np.isnan(value) else f'{value:.{self._digits}f}'}"
            for trace, value in zip(self._traces, newest, strict=True)
        ]
        return " ".join(parts)

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
            (Legend("camera", "muted", True), Legend("network", "int8_colour"), Legend("screen", "float_colour")), 10,
        ),
        "delays": Strip(
            "Delay by stage", "ms",
            tuple(Legend(str(stage), colour) for stage, colour in zip(STAGES, STAGE_COLOURS, strict=True)), 20, 0, True,
        ),
        "losses": Strip(
            "Missing frames a second", "1/s",
            (Legend("skipped", "muted"), Legend("lost", "warn", True), Legend("damaged", "bad")), 1,
        ),
        "people": Strip("People", "people", (Legend("people", "float_colour"),), 4, 1),
        "confidence": Strip("Confidence of keypoints", "mean", (Legend("mean", "int8_colour"),), 1, 2),
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
        self.setMaximumHeight(2 * HEIGHT)
        self._waiting: list[tuple[Strip, Array]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._next)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(900, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(760, HEIGHT - 30)

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
