"""What stands beside the picture: delays, the board's settings and words, parity, brightness."""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QSizePolicy,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.link.commands import REPLY
from n6studio.link.statistics import Spread, Stage
from n6studio.ui.live.shown import LEVELS, Histogram
from n6studio.ui.theme import colours_of
from n6studio.ui.widgets.parts import Facts, button, label, set_role

if TYPE_CHECKING:
    from n6studio.ui.live.controller import Figures

FAULTS = (  # for people, and as `n6studio virtual-board` takes them
    ("Unplug for 3 s", "disconnect=3"),
    ("Stall for 3 s", "stall=3"),
    ("Flip 1 byte in 10 000", "flip=0.0001"),
    ("Lose 1 byte in 10 000", "lose=0.0001"),
    ("Freeze the results", "frozen"),
    ("All scores zero", "zero-scores"),
    ("Black picture", "black"),
    ("Another network", "wrong-model"),
    ("None any more", "clear"),
)
SETTLE_MS = 250  # a slider that is held must not send a command at every step


class FiguresPanel(QWidget):
    """Delay by stage as p50 and p95, and what was counted."""

    def __init__(self) -> None:
        super().__init__()
        layout = _column(self)
        layout.addWidget(label("Delay in ms, last minute", "heading"))
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Delay by stage in milliseconds")
        self.table.setHorizontalHeaderLabels(["stage", "p50", "p95"])
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.table)
        self.painted = label("", "muted")
        layout.addWidget(self.painted)
        layout.addWidget(label("Counted since connecting", "heading"))
        self.facts = Facts()
        layout.addWidget(self.facts)
        layout.addStretch(1)
        self._rows: list[tuple[str, str]] = []
        self.show_delays({})

    def show_figures(self, told: "Figures") -> None:
        """Show delays and counts."""
        counts, statistics = told.counts, told.statistics
        self.show_delays(statistics.stages)
        rows = [
            ("Received", f"{counts.frames} frames, {statistics.megabytes_per_second:.1f} MB/s"),
            ("Skipped", f"{statistics.dropped}, overtaken"),
            ("Lost", f"{counts.lost}"),
            ("Damaged", f"{counts.damaged + told.undecodable}"),
            ("Without results", f"{counts.without_results}"),
            ("Lag", f"{statistics.lag:.1f} ms behind the fastest" if statistics.lag is not None else ""),
        ]
        if rows != self._rows:
            self._rows = rows
            self.facts.show_rows(rows)

    def show_delays(self, stages: Mapping[Stage, Spread]) -> None:
        """Show p50 and p95 of each stage in milliseconds."""
        rows = [(str(stage), told) for stage, told in stages.items() if stage is not Stage.SHOWN]
        self.table.setRowCount(len(rows))
        for row, (name, told) in enumerate(rows):
            for column, text in enumerate((name, f"{told.p50:.1f}", f"{told.p95:.1f}")):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    if column:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(row, column, item)
                item.setText(text)
        height = self.table.horizontalHeader().height() + 4
        self.table.setFixedHeight(height + sum(self.table.rowHeight(row) for row in range(len(rows))))
        painted = stages.get(Stage.SHOWN)
        self.painted.setText(
            f"From the last byte received to painted: {painted.p50:.1f} ms, p95 {painted.p95:.1f} ms" if painted else ""
        )


class ValueSlider(QWidget):
    """A slider with its name and value, which tells of changes once it rests.

    Signals:
        settled(value): the user has chosen a value.
    """

    settled = Signal(float)

    def __init__(self, name: str, unit: str, least: int, most: int, scale: float, tip: str) -> None:
        """Make it; what is shown and told is the slider's whole number times `scale`."""
        super().__init__()
        self._scale, self._unit = scale, unit
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(least, most)
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(tip)
        self._value = label(wrap=False)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.addWidget(label(name, wrap=False), 0, 0)
        grid.addWidget(self._value, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.slider, 1, 0, 1, 2)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(lambda: self.settled.emit(self.value()))
        self.slider.valueChanged.connect(self._changed)
        self._show()

    def value(self) -> float:
        """Return the value."""
        return self.slider.value() * self._scale

    def is_settling(self) -> bool:
        """Whether the user is changing it, so that what the board says is older."""
        return self._settle.isActive() or self.slider.isSliderDown()

    def show_value(self, value: float) -> None:
        """Take over a value without telling anybody."""
        if not self.is_settling():
            self.slider.blockSignals(True)
            self.slider.setValue(round(value / self._scale))
            self.slider.blockSignals(False)
            self._show()

    def step(self, steps: int) -> None:
        """Move by as many steps."""
        self.slider.setValue(self.slider.value() + steps)

    def stop(self) -> None:
        """Forget a change that was not told yet."""
        self._settle.stop()

    def _changed(self) -> None:
        self._show()
        self._settle.start()

    def _show(self) -> None:
        value = self.value()
        self._value.setText(f"{value:.2f}{self._unit}" if self._scale < 1 else f"{value:.0f}{self._unit}")


class BoardPanel(QWidget):
    """Thresholds that are written to the board, what it says of itself, and its log.

    Signals:
        changed(name, value): 'confidence', 'iou' or 'quality' shall change on the board.
        fault_wanted(text): the virtual board shall make this fault.
    """

    changed = Signal(str, float)
    fault_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = _column(self)
        layout.addWidget(label("On the board", "heading"))
        self.why = label("", "muted")
        layout.addWidget(self.why)
        self.sliders = {
            "confidence": ValueSlider("Confidence threshold", "", 0, 100, 0.01, "Score that a person needs"),
            "iou": ValueSlider("IoU threshold", "", 0, 100, 0.01, "Overlap above which the weaker of two boxes goes"),
            "quality": ValueSlider("JPEG quality", "", 1, 100, 1, "Higher looks better and takes longer to send"),
        }
        for name, slider in self.sliders.items():
            slider.settled.connect(lambda value, name=name: self.changed.emit(name, value))
            layout.addWidget(slider)
        self.faults = self._fault_row()
        layout.addWidget(self.faults)
        layout.addWidget(label("What it says of itself", "heading"))
        self.facts = Facts()
        layout.addWidget(self.facts)
        layout.addWidget(label("Its log", "heading"))
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Log of the board")
        self.log.setMinimumHeight(90)
        self.log.setPlaceholderText("The board has written nothing yet")
        layout.addWidget(self.log, 1)
        self._rows: list[tuple[str, str]] = []
        self._lines: tuple[str, ...] = ()

    def _fault_row(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        self.fault = QComboBox()
        self.fault.setAccessibleName("Fault of the virtual board")
        for text, fault in FAULTS:
            self.fault.addItem(text, fault)
        row.addWidget(self.fault, 1)
        tip = "See how the page behaves when something goes wrong"
        row.addWidget(button("Make it", lambda: self.fault_wanted.emit(str(self.fault.currentData())), tip=tip))
        return made

    def allow(self, allowed: bool, why: str) -> None:
        """Enable the sliders, or say why they have no effect."""
        for slider in self.sliders.values():
            slider.setEnabled(allowed)
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def show_board(self, told: "Figures", network: str) -> None:
        """Show what a board says of itself; `network` is what it runs, in words."""
        for name, slider in self.sliders.items():
            with contextlib.suppress(KeyError, ValueError):
                slider.show_value(float(told.board[name]))
        known = {**({"network": network} if network else {}), **told.board}
        rows = [(name.replace("_", " "), value) for name, value in known.items() if name not in (*self.sliders, REPLY)]
        if rows != self._rows:
            self._rows = rows
            self.facts.show_rows(rows)
        self._show_log(told.log)

    def _show_log(self, lines: tuple[str, ...]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.log.setPlainText("\n".join(lines))
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def clear(self) -> None:
        """Forget what a board has said, and changes that were not told yet."""
        for slider in self.sliders.values():
            slider.stop()
        self._rows, self._lines = [], ()
        self.facts.show_rows([])
        self.log.clear()


class ParityPanel(QWidget):
    """How far the board's results are from those of this computer for the very same input.

    Signals:
        wanted: a frame shall be compared.
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = _column(self)
        layout.addWidget(label("Does the board compute what it should?", "heading"))
        layout.addWidget(
            label(
                "The board sends the network's exact input for one frame. This computer runs the same .tflite and "
                "compares the people of both.",
                "muted",
            )
        )
        self.ask = button("Compare a frame", self.wanted.emit, tip="Y")
        layout.addWidget(self.ask)
        self.verdict = label("", "heading")
        self.facts = Facts()
        layout.addWidget(self.verdict)
        layout.addWidget(self.facts)
        layout.addStretch(1)

    def say(self, text: str, role: str = "") -> None:
        """Show a sentence in place of a result."""
        self.verdict.setText(text)
        set_role(self.verdict, role or "heading")
        self.facts.show_rows([])

    def show_result(self, sentence: str, good: bool, rows: list[tuple[str, str]]) -> None:
        """Show a result with its figures."""
        self.verdict.setText(("✓ " if good else "! ") + sentence)
        set_role(self.verdict, "good" if good else "warn")
        self.facts.show_rows(rows)


class HistogramPanel(QWidget):
    """Brightness of a region."""

    def __init__(self) -> None:
        super().__init__()
        layout = _column(self)
        layout.addWidget(label("Brightness of the region", "heading"))
        self.hint = label("Drag over the picture to choose a region.", "muted")
        self.plot = _HistogramPlot()
        self.facts = Facts()
        for widget in (self.hint, self.plot, self.facts):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_histogram(self, told: Histogram | None) -> None:
        """Show it, or ask for a region."""
        self.plot.show_counts(told.counts if told else None)
        self.hint.setVisible(told is None)
        rows = []
        if told is not None:
            rows = [
                ("Mean", f"{told.mean:.1f}"),
                ("Spread", f"{told.spread:.1f}"),
                ("Range", f"{told.darkest} to {told.brightest}"),
                ("Black or white", f"{100 * told.clipped:.1f} % of the values"),
                ("Pixels", f"{told.pixels}"),
            ]
        self.facts.show_rows(rows)


class _HistogramPlot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Histogram of red, green and blue")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._counts: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 120)

    def show_counts(self, counts: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> None:
        self._counts = counts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(self)
        painter.fillRect(self.rect(), QColor(colours.window))
        if self._counts is not None:
            top = max(1e-9, float(np.quantile(self._counts, 0.99)) * 1.2)  # one clipped level must not flatten the rest
            x = (np.arange(LEVELS) + 0.5) * self.width() / LEVELS
            for line, colour in zip(self._counts, ("#e0453a", "#3c9a46", "#3a72e0"), strict=True):
                y = self.height() * (1 - np.minimum(1.0, line / top))
                painter.setPen(QPen(QColor(colour), 1.6))
                painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
        painter.setPen(QColor(colours.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(10, 10, 10, 10)
    layout.setSpacing(8)
    return layout
