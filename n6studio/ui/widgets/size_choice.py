"""The choice of the model's input size, with what ST measured at each beside it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.published import Estimate, estimate_at, recognise
from n6studio.domain.texts import UNKNOWN, bytes_text
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import clear, label

SIZES = (192, 256, 320)
STEP = 32
REFERENCE = "YOLOv8n-pose"
LARGEST = 2048


class SizeSpin(QSpinBox):
    """Steps by 32; what is typed goes to the nearest multiple."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(STEP, LARGEST)
        self.setSingleStep(STEP)
        self.setSuffix(" px")
        self.setKeyboardTracking(False)
        self.setAccessibleName("Custom input size in pixels, a multiple of 32")
        self.editingFinished.connect(lambda: self.setValue(nearest(self.value())))


def nearest(size: int) -> int:
    """Return the nearest possible input size."""
    return min(LARGEST, max(STEP, round(size / STEP) * STEP))


class SizeChoice(QWidget):
    """192, 256, 320 or another multiple of 32.

    Signals:
        chosen(size): the user chose a size.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._model, self._own = REFERENCE, False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        group = QButtonGroup(self)
        self.buttons: dict[int, QPushButton] = {}
        for size in SIZES:
            made = QPushButton(f"{size}")
            made.setAccessibleName(f"Input size {size} x {size}")
            made.clicked.connect(lambda _=False, size=size: self.chosen.emit(size))
            self.buttons[size] = made
            row.addWidget(made)
        self.custom = QPushButton("Custom")
        self.custom.setAccessibleName("Custom input size")
        self.spin = SizeSpin()
        self.custom.clicked.connect(self._custom)
        self.spin.valueChanged.connect(self._typed)
        for made in (*self.buttons.values(), self.custom):
            made.setCheckable(True)
            group.addButton(made)
        row.addWidget(self.custom)
        row.addWidget(self.spin)
        row.addStretch(1)
        layout.addLayout(row)
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(22)
        self._table.setVerticalSpacing(4)
        layout.addLayout(self._table)
        self._note = label(role=TextRole.MUTED)
        layout.addWidget(self._note)

    def show_size(self, size: int, facts: ModelFacts | None) -> None:
        """Show the chosen size and the figures that fit an inspected model; ST's own YOLOv8n-pose without one."""
        model = None
        if facts and facts.parameters and facts.macs and facts.input_size:
            model = recognise(facts.parameters, facts.macs, facts.input_size)
        self._model, self._own = model or REFERENCE, model is not None
        custom = size not in SIZES
        self.custom.setChecked(custom)
        if not custom:
            self.buttons[size].setChecked(True)
        self.spin.setVisible(custom)
        self.spin.blockSignals(True)
        self.spin.setValue(size)
        self.spin.blockSignals(False)
        self._fill(size, custom)

    def _fill(self, size: int, custom: bool) -> None:
        clear(self._table)
        heads = ("Size", "Inference", "RAM", "Weights", "AP50 of ST's weights")
        for column, head in enumerate(heads):
            self._table.addWidget(label(head, TextRole.MUTED, wrap=False), 0, column)
        self._table.setColumnStretch(len(heads), 1)
        for row, each in enumerate((*SIZES, *((size,) if custom else ())), 1):
            known = estimate_at(self._model, (each, each))
            for column, text in enumerate(_cells(each, known)):
                cell = label(text, TextRole.PLAIN if each == size else TextRole.MUTED, wrap=False)
                cell.setAlignment(Qt.AlignmentFlag.AlignLeft)
                if each == size:
                    font = cell.font()
                    font.setBold(True)
                    cell.setFont(font)
                self._table.addWidget(cell, row, column)
        what = f"ST's figures for {self._model} on the STM32N6570-DK, int8, ST Edge AI Core {self._core()}."
        if not self._own:
            what += " Approximate: this model has a different architecture, or has not been inspected yet."
        self._note.setText(what)

    def _core(self) -> str:
        known = estimate_at(self._model, (256, 256))
        return max(known.milliseconds) if known and known.milliseconds else ""

    def _custom(self) -> None:
        self.spin.show()
        self.spin.setFocus()
        self.chosen.emit(nearest(self.spin.value()) if self.spin.value() not in SIZES else 288)

    def _typed(self, size: int) -> None:
        if size == nearest(size):
            self.chosen.emit(size)
        else:
            self._note.setText(f"{size} is no multiple of 32: {nearest(size)} is used.")


def _cells(size: int, known: Estimate | None) -> tuple[str, ...]:
    if known is None:
        return f"{size} x {size}", "not published", "", "", ""
    about = "" if known.exact else "about "
    newest = known.milliseconds[max(known.milliseconds)]
    accuracy = known.ap50.get("per_channel")
    return (
        f"{size} x {size}",
        f"{about}{newest:.1f} ms",
        f"{about}{bytes_text(known.ram_kib * 2**10)}",
        bytes_text(known.weights_kib * 2**10),
        f"{accuracy:.2f} %" if accuracy else UNKNOWN,
    )
