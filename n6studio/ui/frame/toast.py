"""A short message at the lower edge of the window that goes by itself."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from n6studio.ui.widgets.parts import label

SHOWN_MS = 4500
MARGIN = 18


class Toast(QFrame):
    """Shows one message at a time; the newest wins. Screen readers hear it.

    Args:
        parent: the window.
        keep_free: returns how many pixels at the parent's lower edge must not be covered.
    """

    def __init__(self, parent: QWidget, keep_free: Callable[[], int]) -> None:
        super().__init__(parent)
        self._keep_free = keep_free
        self.setProperty("role", "toast")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        self._label = label(wrap=True)
        layout.addWidget(self._label)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def say(self, text: str) -> None:
        """Show `text` for some seconds."""
        self._label.setText(text)
        self._label.setFixedWidth(min(self._label.fontMetrics().horizontalAdvance(text) + 4, 420))
        self.adjustSize()
        self.place()
        self.show()
        self.raise_()
        self._timer.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def text(self) -> str:
        """Return the message that is, or was last, shown."""
        return self._label.text()

    def place(self) -> None:
        """Move to the lower right corner, above what is kept free; call it when sizes change."""
        parent = self.parentWidget()
        if parent is not None:
            lowest = parent.height() - self._keep_free() - MARGIN
            self.move(parent.width() - self.width() - MARGIN, lowest - self.height())
