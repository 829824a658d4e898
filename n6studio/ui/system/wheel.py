"""Keeps the wheel from changing values that the pointer merely passes while a page is scrolled."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QSlider, QWidget


class WheelGuard(QObject):
    """Fields take the wheel only while they have the focus; otherwise the page scrolls."""

    def watch(self, root: QWidget) -> None:
        """Take over every field in a widget."""
        for kind in (QComboBox, QAbstractSpinBox, QSlider):
            for field in root.findChildren(kind):
                if field.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()  # the scroll area behind takes it
            return True
        return False
