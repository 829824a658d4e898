"""The choice of the model's input size, with what ST measured at each beside it."""

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.published import Estimate, estimate_at, recognise
from n6studio.domain.texts import UNKNOWN, bytes_text
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import clear, label

SIZES = tuple(InputSize.square(side) for side in (192, 256, 320))
FIRST_CUSTOM = InputSize(320, 192)  # about the shape of the board's camera image
TYPED = r"[0-9]{1,4}(\s*[xX×]\s*[0-9]{1,4})?"
REFERENCE = "YOLOv8n-pose"
LARGEST = 2048


class SizeEdit(QLineEdit):
    """Takes a side or width x height; what is typed goes to the nearest multiple of 32 within the limits."""

    def __init__(self) -> None:
        super().__init__()
        self.setValidator(QRegularExpressionValidator(QRegularExpression(TYPED), self))
        self.setPlaceholderText("320x192")
        self.setMaximumWidth(120)
        self.setToolTip("Width x height in pixels, or one number for a square; multiples of 32")
        self.setAccessibleName("Custom input size in pixels, width x height, multiples of 32")

    def size_typed(self) -> InputSize | None:
        """Return what is typed; None where it is unfinished."""
        try:
            return InputSize.parse(self.text())
        except ValueError:
            return None


def nearest(size: InputSize) -> InputSize:
    """Return the nearest possible input size."""
    return InputSize(*(min(LARGEST, side) for side in size.nearest()))


class SizeChoice(QWidget):
    """Squares of 192, 256 or 320 pixels, or any other width and height.

    Signals:
        chosen(size): the user chose an `InputSize`.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._model, self._own = REFERENCE, False
        self._size = SIZES[1]
        self._filled: tuple[InputSize, str, bool] | None = None  # what the table shows
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        group = QButtonGroup(self)
        self.buttons: dict[InputSize, QPushButton] = {}
        for size in SIZES:
            made = QPushButton(str(size))
            made.setAccessibleName(f"Input size {size.shown}")
            made.clicked.connect(lambda _=False, size=size: self.chosen.emit(size))
            self.buttons[size] = made
            row.addWidget(made)
        self.custom = QPushButton("Custom")
        self.custom.setAccessibleName("Custom input size")
        self.edit = SizeEdit()
        self.custom.clicked.connect(self._custom)
        self.edit.editingFinished.connect(self._typed)
        for made in (*self.buttons.values(), self.custom):
            made.setCheckable(True)
            group.addButton(made)
        row.addWidget(self.custom)
        row.addWidget(self.edit)
        row.addStretch(1)
        layout.addLayout(row)
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(16)
        self._table.setVerticalSpacing(4)
        layout.addLayout(self._table)
        self._note = label(role=TextRole.MUTED)
        layout.addWidget(self._note)

    def show_size(self, size: InputSize, facts: ModelFacts | None) -> None:
        """Show the chosen size and the figures that fit an inspected model; ST's own YOLOv8n-pose without one."""
        model = None
        if facts and facts.parameters and facts.macs and facts.input_size:
            model = recognise(facts.parameters, facts.macs, facts.input_size)
        self._model, self._own = model or REFERENCE, model is not None
        custom = size not in SIZES
        self.custom.setChecked(custom)
        if not custom:
            self.buttons[size].setChecked(True)
        self._size = size
        self.edit.setVisible(custom)
        if self.edit.size_typed() != size:
            self.edit.setText(str(size))
        if self._filled != (size, self._model, self._own):
            self._filled = (size, self._model, self._own)
            self._fill(size, custom)

    def _fill(self, size: InputSize, custom: bool) -> None:
        clear(self._table)
        heads = ("Size", "Inference", "RAM", "Weights", "AP50 of ST's weights")
        for column, head in enumerate(heads):
            self._table.addWidget(label(head, TextRole.MUTED, wrap=False), 0, column)
        self._table.setColumnStretch(len(heads), 1)
        for row, each in enumerate((*SIZES, *((size,) if custom else ())), 1):
            known = estimate_at(self._model, each)
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
        self.edit.show()
        self.edit.setFocus()
        self.edit.selectAll()
        typed = self.edit.size_typed()
        self.chosen.emit(FIRST_CUSTOM if typed is None or typed in SIZES else nearest(typed))

    def _typed(self) -> None:
        typed = self.edit.size_typed()
        if typed is None:
            return
        used = nearest(typed)
        self.edit.setText(str(used))
        if used != self._size:  # the focus may just have gone elsewhere
            self.chosen.emit(used)
        if used != typed:
            self._filled = None  # the note is another one until a size is chosen
            self._note.setText(f"Width and height must be multiples of 32 up to {LARGEST}: {typed} became {used}.")


def _cells(size: InputSize, known: Estimate | None) -> tuple[str, ...]:
    if known is None:
        return size.shown, "not published", "", "", ""
    about = "" if known.exact else "about "
    newest = known.milliseconds[max(known.milliseconds)]
    accuracy = known.ap50.get("per_channel")
    return (
        size.shown,
        f"{about}{newest:.1f} ms",
        f"{about}{bytes_text(known.ram_kib * 2**10)}",
        bytes_text(known.weights_kib * 2**10),
        f"{accuracy:.2f} %" if accuracy else UNKNOWN,
    )
