"""Strips: the last minute of one kind of figure, drawn cheaply and in turns."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis, tick_text
from n6studio.domain.charts.chart import Key
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.colours import ColourName, Colours
from n6studio.ui.charts import export
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.live.history import SECONDS, STAGES, History
from n6studio.ui.theme import colours_of

STAGE_COLOURS: tuple[ColourName, ...] = (
    "part_1", "part_2", "part_3", "part_4", "part_5", "part_6", "part_7", "part_8",
)  # fmt: skip
TURN_MS = 60  # between two strips
HEIGHT = 164
LEAST_WIDTH = 150  # of a strip
_TIME = Axis("time", "s", -SECONDS, 0, digits=0)
_AGO = [(at, f"\u2212{-at} s" if at else "now") for at in range(-SECONDS, 1, 30)]
Array = npt.NDArray[np.float64]


class Strip(ChartView):
    """A small chart over the last minute. Its curves stay; only their data change."""

    def __init__(self, title: str, y: Axis, traces: Sequence[Key], stacked: bool = False) -> None:
        """Make a strip whose scale reaches at least up to the end of `y`; stacked traces add up, the first lowest."""
        self._title, self._y, self._traces, self._stacked = title, y, tuple(traces), stacked
        self._times = History.times()
        self._values: Array = np.full((len(self._traces), len(self._times)), np.nan)
        self._curves: list[pg.PlotCurveItem] = []
        self._top = 0.0
        super().__init__(self._described())
        self._stack.setMinimumSize(110, 60)
        self._legend.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._legend.setFixedHeight(2 * self.fontMetrics().height() + 2)
        self._legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._legend.setVisible(True)
        self._heading.setProperty("role", "")
        self._heading.setWordWrap(False)
        self.reading.hide()
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(10, 3, 6, 4)
            layout.setSpacing(0)

    def _described(self) -> Lines:
        x = tuple(float(time) for time in self._times)
        lines = [
            Line(key.name, key.colour, x, tuple(None if np.isnan(value) else float(value) for value in values),
                 dashed=key.sign == "dashes")
            for key, values in zip(self._traces, self._values, strict=True)
        ]  # fmt: skip
        return Lines(title=self._title, x=_TIME, y=self._y, lines=tuple(lines))

    @property
    def chart(self) -> Lines:
        """What is shown now; described when somebody asks, as values come every second."""
        return self._described()

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
        plot.clear()
        self.canvas.dress(chosen)
        plot.getAxis("left").setWidth(34)
        plot.getAxis("bottom").setTicks([_AGO])
        self._curves, self._top = [], 0.0
        for trace in self._traces:
            style = Qt.PenStyle.DashLine if trace.sign == "dashes" else Qt.PenStyle.SolidLine
            colour = export.drawn(trace, chosen)
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
        top = _round_up(max(self._y.high, float(finite.max(initial=0.0))))
        if top != self._top:
            self._top = top
            ticks = [(tick, tick_text(tick)) for tick in (0.0, top / 2, top)]
            self.canvas.plot.getAxis("left").setTicks([ticks])
            self.canvas.plot.setXRange(-SECONDS, 0, padding=0)
            self.canvas.plot.setYRange(0, top, padding=0.03)

    def _draw(self) -> None:
        super()._draw()
        self._legend.setText(self._values_now())
        self._legend.setVisible(True)

    def _moved(self, position: Any) -> None:
        values = self.canvas.value_at(position)
        values_text = self.chart.read_out(*values) if values else ""
        self.canvas.setToolTip(values_text)
        self._legend.setText(escape(values_text) or self._values_now())

    def _values_now(self) -> str:
        """Return the newest values as the legend: each beside its line's sign; a stack's as their sum."""
        newest = self._values[:, -1]
        if self._stacked:
            known = newest[np.isfinite(newest)]
            return f"{known.sum():.0f} ms total" if len(known) else "\u2013"
        chosen = colours_of(self)
        parts = [
            f"{export.sign_html(trace, chosen)}&nbsp;{escape(trace.name)}&nbsp;"
            f"{'–' if np.isnan(value) else self._y.read(float(value))}"
            for trace, value in zip(self._traces, newest, strict=True)
        ]
        return " ".join(parts)


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20... so that the scale does not jump with every frame."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-6)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999))


def make_strips() -> dict[str, Strip]:
    """Return the page's strips by the name of what they show."""
    stages = zip(STAGES, STAGE_COLOURS, strict=True)
    return {
        "rates": Strip(
            "Frame rate (frames/s)", Axis("frame rate", "frames/s", high=10, digits=0),
            (Key("camera", "muted", "dashes"), Key("model", "int8_colour"), Key("screen", "float_colour")),
        ),
        "delays": Strip(
            "Latency by stage (ms)", Axis("delay", "ms", high=20, digits=0),
            tuple(Key(str(stage), colour) for stage, colour in stages), stacked=True,
        ),
        "losses": Strip(
            "Missing (frames/s)", Axis("missing frames", "frames/s", digits=0),
            (Key("skipped", "muted"), Key("lost", "warn", "dashes"), Key("damaged", "bad")),
        ),
        "people": Strip("People", Axis("people", COUNT, high=4, digits=1), (Key("people", "float_colour"),)),
        "confidence": Strip(
            "Keypoint confidence", Axis("confidence", FRACTION), (Key("mean", "int8_colour"),)
        ),
    }  # fmt: skip


class StripRow(QWidget):
    """All strips in a row, or in as many rows as a narrow window takes.

    New values reach them one after the other, so that no update takes long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.strips = make_strips()
        self._across = 0  # strips in a row
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._set_out(len(self.strips))
        self._waiting: list[tuple[Strip, Array]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._next)

    @property
    def _rows(self) -> int:
        return -(-len(self.strips) // self._across)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(900, HEIGHT * self._rows)

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(2 * LEAST_WIDTH, (HEIGHT - 30) * self._rows)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self._set_out(min(len(self.strips), max(1, event.size().width() // LEAST_WIDTH)))

    def _set_out(self, across: int) -> None:
        if across == self._across:
            return
        self._across = across
        for number, strip in enumerate(self.strips.values()):
            self._grid.addWidget(strip, number // across, number % across)
        for column in range(len(self.strips)):
            self._grid.setColumnStretch(column, int(column < across))
        self.setMaximumHeight(2 * HEIGHT * self._rows)
        self.updateGeometry()

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
