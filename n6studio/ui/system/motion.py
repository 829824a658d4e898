"""Keeps still what would move by itself, for those whom movement disturbs."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar, QWidget


def system_wants_calm() -> bool:
    """Whether the system is set to reduced motion."""
    style = QGuiApplication.styleHints()
    hints = style.accessibility()
    return hints.motionPreference() == Qt.MotionPreference.ReducedMotion


class Stillness(QObject):
    """Keeps busy bars still while `on`; they show their stripes and do not move. Nothing else moves by itself."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.on = False

    def watch(self, root: QWidget) -> None:
        """Take over every progress bar in a widget."""
        for bar in root.findChildren(QProgressBar):
            bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        if self.on and event.type() == QEvent.Type.StyleAnimationUpdate:
            event.ignore()  # the style then ends its animation
            return True
        return super().eventFilter(watched, event)
