"""Parts beside each other where there is room for all of them, one below the other where there is not."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget


class TurningRow(QWidget):
    """A row of parts of equal width, which turns into a column where it has too little room.

    `TurningSplitter` is the same for parts whose sizes people choose.
    """

    def __init__(self, *parts: QWidget, spacing: int = 12) -> None:
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(spacing)
        for part in parts:
            self._row.addWidget(part, 1)

    @property
    def _widths(self) -> list[int]:
        items = [self._row.itemAt(place) for place in range(self._row.count())]
        return [item.minimumSize().width() for item in items if item is not None and not item.isEmpty()]

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(max(self._widths, default=0), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        widths = self._widths
        room = (event.size().width() - self._row.spacing() * (len(widths) - 1)) // max(1, len(widths))
        beside = room >= max(widths, default=0)
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
