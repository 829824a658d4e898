"""An area that is as high as its text and scrolls what is more than it may take."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

LEAST = 40  # pixels: two lines and what tells that there are more


class FittedArea(QScrollArea):
    """For text in a place that does not scroll: a layout without enough room would cut its lines.

    Args:
        content: what is shown, with a layout whose height depends on its width.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._most = 1 << 20
        self._content = content
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def fit(self, most: int) -> None:
        """Take no more than so many pixels of height, but always `LEAST`."""
        self._most = max(LEAST, most)
        self._fit()

    def _fit(self) -> None:
        layout = self._content.layout()
        if layout is None:
            return
        width = self.width()
        height = layout.totalHeightForWidth(width)
        scrolls = height > self._most
        if scrolls:
            width -= self.verticalScrollBar().sizeHint().width()
        on, off = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(on if scrolls else off)
        self._content.resize(width, layout.totalHeightForWidth(width))
        self.setFixedHeight(max(1, min(self._most, height)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        taken = super().eventFilter(watched, event)
        if event.type() == QEvent.Type.LayoutRequest and watched is self._content:
            self._fit()
        return taken

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
