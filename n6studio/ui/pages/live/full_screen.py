"""The image alone, as large as the screen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class FullScreen(QWidget):
    """Borrows a widget until it is closed. Keys other than Esc go to the page, so that all of them work here, too.

    Signals:
        left: it is closed; the widget can be taken back.
    """

    left = Signal()

    def __init__(self, borrowed: QWidget, page: QWidget) -> None:
        super().__init__(page, Qt.WindowType.Window)
        self.setWindowTitle("Live image")
        self.setAccessibleName("Live image, full screen")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(borrowed)
        self.addActions(page.actions())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802, D102
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802, D102
        self.left.emit()
        super().closeEvent(event)
