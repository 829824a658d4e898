"""The settings, status and log of the board, beside the image."""

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QPlainTextEdit, QSlider, QWidget

from n6studio.link.session.commands import REPLY, CommandName
from n6studio.ui.pages.live import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Facts, button, column, label

if TYPE_CHECKING:
    from n6studio.ui.pages.live.controller import Figures

FAULTS = (  # label, and the fault as `n6studio virtual-board` takes it
    ("Disconnect for 3 s", "disconnect=3"),
    ("Stall for 3 s", "stall=3"),
    ("Corrupt 1 byte in 10,000", "flip=0.0001"),
    ("Drop 1 byte in 10,000", "lose=0.0001"),
    ("Freeze results", "frozen"),
    ("Zero output", "zero-scores"),
    ("Black image", "black"),
    ("Other model", "wrong-model"),
    ("Clear all", "clear"),
)
SETTLE_MS = 250  # a slider that is held must not send a command at every step
ANSWER_MS = 2000  # after a switch was clicked: what the board says once a second may be older than that


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
    """Thresholds that are written to the board, its status, and its log.

    Signals:
        changed(name, value): 'confidence', 'iou' or 'quality' shall change on the board.
        average_wanted(on): keypoints shall be averaged, or not.
        fault_wanted(text): this fault is to be injected into the virtual board.
    """

    changed = Signal(str, float)
    average_wanted = Signal(bool)
    fault_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Board settings", TextRole.HEADING))
        self.why = label("", TextRole.MUTED)
        layout.addWidget(self.why)
        self.sliders = {
            "confidence": ValueSlider("Confidence threshold", "", 0, 100, 0.01, texts.CONFIDENCE_TIP),
            "iou": ValueSlider("NMS IoU threshold", "", 0, 100, 0.01, texts.IOU_TIP),
            "quality": ValueSlider("JPEG quality", "", 1, 100, 1, texts.QUALITY_TIP),
        }
        for name, slider in self.sliders.items():
            slider.settled.connect(lambda value, name=name: self.changed.emit(name, value))
            layout.addWidget(slider)
        self.average = QCheckBox("Average keypoints")
        self.average.clicked.connect(self._average_clicked)
        layout.insertWidget(layout.indexOf(self.sliders["iou"]) + 1, self.average)
        self._answering = QTimer(self)
        self._answering.setSingleShot(True)
        self._answering.setInterval(ANSWER_MS)
        self.faults = self._fault_row()
        layout.addWidget(self.faults)
        layout.addWidget(label("Board status", TextRole.HEADING))
        self.facts = Facts(narrow=True)
        layout.addWidget(self.facts)
        layout.addWidget(label("Board log", TextRole.HEADING))
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Board log")
        self.log.setMinimumHeight(90)
        self.log.setPlaceholderText(texts.NO_LOG)
        layout.addWidget(self.log, 1)
        self._rows: list[tuple[str, str]] = []
        self._lines: tuple[str, ...] = ()

    def _fault_row(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        self.fault = QComboBox()
        self.fault.setAccessibleName("Fault of the virtual board")
        self.fault.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, fault in FAULTS:
            self.fault.addItem(text, fault)
        row.addWidget(self.fault, 1)
        tip = texts.INJECT_TIP
        row.addWidget(button("Inject", lambda: self.fault_wanted.emit(str(self.fault.currentData())), tip=tip))
        return made

    def allow(self, allowed: bool, why: str) -> None:
        """Enable the sliders, or say why they have no effect."""
        for slider in self.sliders.values():
            slider.setEnabled(allowed)
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def _average_clicked(self, wanted: bool) -> None:
        self._answering.start()
        self.average_wanted.emit(wanted)

    def show_average(self, averages: bool, allowed: bool, tip: str) -> None:
        """Show whether keypoints are averaged; `allowed` to switch it or not, as `tip` explains."""
        self.average.setEnabled(allowed)
        self.average.setToolTip(tip)
        self.average.setAccessibleDescription(tip)
        if not self._answering.isActive():
            self.average.setChecked(averages)

    def show_board(self, figures: "Figures", model: str) -> None:
        """Show a board's status; `model` is what it runs, for people."""
        for name, slider in self.sliders.items():
            with contextlib.suppress(KeyError, ValueError):
                slider.show_value(float(figures.board[name]))
        shown = (*self.sliders, CommandName.AVERAGE, REPLY)
        known = {**({"model": model} if model else {}), **figures.board}
        rows = [(name.replace("_", " "), value) for name, value in known.items() if name not in shown]
        if rows != self._rows:
            self._rows = rows
            self.facts.show_rows(rows)
        self._show_log(figures.log)

    def _show_log(self, lines: tuple[str, ...]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.log.setPlainText("\n".join(lines))
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def clear(self) -> None:
        """Forget a board's status, and changes that were not sent yet."""
        for slider in self.sliders.values():
            slider.stop()
        self._answering.stop()
        self._rows, self._lines = [], ()
        self.facts.show_rows([])
        self.log.clear()
