"""A form made from a settings class: one typed editor a setting, its help, and a way back to the default.

Editors hold only possible values, so what the form yields never needs to be refused.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from n6studio.domain.model.input_size import InputSize
from n6studio.domain.settings import Setting, settings_of
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import keep_off_the_edge, label
from n6studio.ui.widgets.size_choice import SizeEdit, nearest

LARGEST = 2_147_483_647  # of a QSpinBox
DECIMALS = 6
FILE_NAME = r"[^/\\:*?\"<>|\x00-\x1f]*"  # texts end up in file names, so that is what can be typed


class SettingsForm(QWidget):
    """Editors for some settings of one class.

    Args:
        cls: a settings class.
        names: which of its settings, in this order; None for all but lists of texts, which have no editor.

    Signals:
        changed(settings): the user changed a value; a whole settings object.
    """

    changed = Signal(object)

    def __init__(self, cls: type[Any], names: Sequence[str] | None = None) -> None:
        super().__init__()
        self._settings: Any = cls()
        known = {one.name: one for one in settings_of(cls)}
        chosen = names if names is not None else [one.name for one in known.values() if not one.is_list]
        self._editors: dict[str, _Editor] = {}
        self._resets: dict[str, QToolButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(chosen):
            self._add_row(grid, 3 * row, known[name])
        self.show_settings(self._settings)

    def _add_row(self, grid: QGridLayout, row: int, field: Setting) -> None:
        default = field.shown(field.default)
        tip = f"{_sentence(field.help)}\nAllowed: {field.allowed}. Default: {default}."
        title = field.label
        editor = make_editor(field, lambda: self._edited(field.name))
        editor.widget.setObjectName(field.name)
        editor.widget.setAccessibleName(title)
        editor.widget.setAccessibleDescription(tip)
        editor.widget.setToolTip(tip)
        editor.widget.setMinimumWidth(90)
        editor.widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        name = label(title, wrap=False)
        name.setToolTip(tip)
        name.setBuddy(editor.widget)
        reset = QToolButton()
        reset.setText("↺")
        reset.setAutoRaise(True)
        reset.setToolTip(f"Reset to default: {default}")
        reset.setAccessibleName(f"Reset {title}")
        reset.clicked.connect(lambda: self.reset(field.name))
        kept = reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        reset.setSizePolicy(kept)
        caption = label(_sentence(field.help), TextRole.MUTED)
        grid.addWidget(name, row, 0)
        grid.addWidget(editor.widget, row, 1)
        grid.addWidget(reset, row, 2)
        grid.addWidget(caption, row + 1, 0, 1, 3)
        grid.setRowMinimumHeight(row + 2, 8)
        self._editors[field.name], self._resets[field.name] = editor, reset
        reset.setVisible(False)

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that it edits."""
        return tuple(self._editors)

    def editor(self, name: str) -> QWidget:
        """Return the widget that edits a setting."""
        return self._editors[name].widget

    def show_settings(self, settings: Any) -> None:
        """Show a settings object of the form's class; nothing is emitted."""
        self._settings = settings
        for name, editor in self._editors.items():
            value = getattr(settings, name)
            if editor.value() != value:
                editor.widget.blockSignals(True)
                editor.show(value)
                editor.widget.blockSignals(False)
            self._show_reset(name)

    def settings(self) -> Any:
        """Return what the form shows."""
        return self._settings

    def reset(self, name: str) -> None:
        """Bring a setting's default back."""
        default = getattr(type(self._settings)(), name)
        self.show_settings(dataclasses.replace(self._settings, **{name: default}))
        self.changed.emit(self._settings)

    def _edited(self, name: str) -> None:
        self._settings = dataclasses.replace(self._settings, **{name: self._editors[name].value()})
        self._show_reset(name)
        self.changed.emit(self._settings)

    def _show_reset(self, name: str) -> None:
        self._resets[name].setVisible(getattr(self._settings, name) != getattr(type(self._settings)(), name))


@dataclasses.dataclass(frozen=True)
class _Editor:
    """A widget, how to read it and how to set it."""

    widget: QWidget
    value: Callable[[], Any]
    show: Callable[[Any], object]


def make_editor(field: Setting, edited: Callable[[], object]) -> _Editor:
    """Return an editor for a setting; `edited` is called when the user has changed it."""
    if field.choices:
        return _choice(field.choices, edited)
    if field.kind is bool:
        box = QCheckBox("On")
        box.toggled.connect(lambda: edited())
        return _Editor(box, box.isChecked, box.setChecked)
    if field.kind is int:
        number = QSpinBox()
        number.setRange(int(_or(field.minimum, -LARGEST)), int(_or(field.maximum, LARGEST)))
        number.valueChanged.connect(lambda: edited())
        _say_what_numbers_mean(number, field)
        return _Editor(number, number.value, number.setValue)
    if field.kind is float:
        real = _RealBox()
        real.setDecimals(DECIMALS)
        smallest = _or(field.minimum, -1e9)
        real.setRange(max(smallest, 10.0**-DECIMALS) if smallest > 0 else smallest, _or(field.maximum, 1e9))
        real.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        real.valueChanged.connect(lambda: edited())
        _say_what_numbers_mean(real, field)
        return _Editor(real, real.value, real.setValue)
    if field.kind is InputSize:
        size = SizeEdit()
        size.editingFinished.connect(lambda: edited())
        return _Editor(
            size, lambda: nearest(size.size_typed() or field.default), lambda value: size.setText(str(value))
        )
    text = QLineEdit()
    text.setValidator(QRegularExpressionValidator(QRegularExpression(FILE_NAME), text))
    text.editingFinished.connect(lambda: edited())
    return _Editor(text, text.text, text.setText)


def _choice(choices: Sequence[Any], edited: Callable[[], object]) -> _Editor:
    box = QComboBox()
    for choice in choices:
        box.addItem(str(choice).replace("_", " "), choice)
    box.currentIndexChanged.connect(lambda: edited())
    _keep_wheel_away(box)
    return _Editor(box, box.currentData, lambda value: box.setCurrentIndex(box.findData(value)))


def _say_what_numbers_mean(box: QSpinBox | QDoubleSpinBox, field: Setting) -> None:
    """Show a number's unit behind it, and in place of 0 what it stands for."""
    _keep_wheel_away(box)
    keep_off_the_edge(box)
    if field.unit:
        box.setSuffix(f" {field.unit}")
    if field.zero and box.minimum() == 0:  # Qt shows the text at the smallest value
        box.setSpecialValueText(field.zero[:1].upper() + field.zero[1:])


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


class _RealBox(QDoubleSpinBox):
    """Shows as many decimals as the value has: "30 frames/s", not "30.000000 frames/s"."""

    def textFromValue(self, value: float) -> str:  # noqa: N802
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


class _WheelGuard(QObject):
    """Scrolling a page must not change the values that pass under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def _keep_wheel_away(widget: QWidget) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))
