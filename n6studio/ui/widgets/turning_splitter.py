"""Parts beside each other where there is room for it, one above the other where there is not."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget


class TurningSplitter(QSplitter):
    """Turns by its own width.

    Args:
        side_by_side: pixels of width from which the parts stand beside each other.
        parent: see `n6studio.ui.widgets.parts.scrolled`.
    """

    def __init__(self, side_by_side: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._side_by_side = side_by_side
        self.setChildrenCollapsible(False)

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        parts = [one for place in range(self.count()) if (one := self.widget(place)) is not None]
        widest = max((one.minimumWidth() or one.minimumSizeHint().width() for one in parts), default=0)
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        wide = event.size().width() >= self._side_by_side
        self.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
