"""Settings at the left, what they lead to at the right; one above the other where the window is too narrow for both."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from n6studio.ui.widgets.parts import scrolled

GAP = 12
LEAST_MAIN = 400  # with less width for it, the main part goes below the side


class SideBySide(QWidget):
    """Two panels, each of which scrolls by itself; stacked, they scroll together.

    Args:
        side: the panel of fixed width.
        main: the one that takes the rest.
        side_width: pixels, with the scroll bar; in a wide window it takes up to a third of it.
        parent: see `scrolled`.
    """

    def __init__(self, side: QWidget, main: QWidget, side_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side, self._side_width = side, side_width
        self.stacked = False
        stack = QWidget()
        self._column = QVBoxLayout(stack)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(main, 1)
        self._side_area = scrolled(side, self)
        self._side_area.setFixedWidth(side_width)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._side_area)
        row.addWidget(scrolled(stack, self), 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(self._side_width, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        stacked = event.size().width() < self._side_width + GAP + LEAST_MAIN
        self._side_area.setFixedWidth(max(self._side_width, event.size().width() // 3))
        if stacked != self.stacked:
            self.stacked = stacked
            self._arrange()

    def _arrange(self) -> None:
        self._side_area.setVisible(not self.stacked)
        if self.stacked:
            self._side_area.takeWidget()
            self._side.setAutoFillBackground(False)  # the area had set it
            self._column.insertWidget(0, self._side)
        else:
            self._column.removeWidget(self._side)
            self._side_area.setWidget(self._side)
        self._side.show()
