"""What the page shows while a source is open: image with its bars, panels at its side, strips below."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from n6studio.ui.pages.live.board_panel import BoardPanel
from n6studio.ui.pages.live.compare_panel import ComparePanel
from n6studio.ui.pages.live.figures_panel import FiguresPanel
from n6studio.ui.pages.live.full_screen import FullScreen
from n6studio.ui.pages.live.image_view import ImageView, Painted
from n6studio.ui.pages.live.panels import HistogramPanel, ParityPanel
from n6studio.ui.pages.live.plots_panel import PlotsPanel
from n6studio.ui.pages.live.replay_bar import ReplayBar
from n6studio.ui.pages.live.strips import StripRow
from n6studio.ui.pages.live.view_bar import ViewBar
from n6studio.ui.widgets.parts import scrolled
from n6studio.ui.widgets.turning_splitter import TurningSplitter

SIDE_WIDTH = 340  # five tabs beside each other
SIDE_BY_SIDE = 760  # pixels from which the panels stand beside the image
PANEL_HEIGHT = 200  # pixels, of the panels below it


class LiveBody(QSplitter):
    """Lays the parts out; what they do is connected elsewhere.

    Attributes:
        view_bar, image, replay_bar, strips: from top to bottom.
        other: a second image beside the first, hidden until something is compared.
        figures, board, plots, parity, compare, histogram: the panels in `tabs`.

    Signals:
        full_screen_left: the image is back in its place.
    """

    full_screen_left = Signal()

    def __init__(self, page: QWidget, painted: Painted) -> None:
        """Make it for a page; `painted` as in `ImageView`."""
        super().__init__(Qt.Orientation.Vertical)
        self._page = page
        self._full: FullScreen | None = None
        self.view_bar, self.image = ViewBar(page), ImageView(painted)
        self.replay_bar, self.strips = ReplayBar(), StripRow()
        self.figures, self.board = FiguresPanel(), BoardPanel()
        self.parity, self.histogram, self.compare = ParityPanel(), HistogramPanel(), ComparePanel()
        self.plots = PlotsPanel()
        self.other = ImageView()
        self.other.setAccessibleName("Reference image")
        self.other.hide()
        across = TurningSplitter(SIDE_BY_SIDE, self)
        self.tabs = QTabWidget(across)
        self.tabs.setAccessibleName("Stream details")
        self.tabs.setMinimumSize(SIDE_WIDTH, PANEL_HEIGHT)
        self._areas: dict[str, QScrollArea] = {}
        panels = {
            "Figures": self.figures, "Board": self.board, "Plots": self.plots,
            "Compare": _below_each_other(self.compare, self.parity), "Brightness": self.histogram,
        }  # fmt: skip
        for name, panel in panels.items():
            self._areas[name] = scrolled(panel)
            self.tabs.addTab(self._areas[name], name)
        self._areas["Parity"] = self._areas["Compare"]
        left = _Column(across)
        self._column = QVBoxLayout(left)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.view_bar)
        self._images = QHBoxLayout()
        self._images.setSpacing(4)
        self._images.addWidget(self.image, 1)
        self._images.addWidget(self.other, 1)
        self._column.addLayout(self._images, 1)
        self._column.addWidget(self.replay_bar)
        across.addWidget(left)
        across.addWidget(self.tabs)
        self.addWidget(across)
        self.addWidget(self.strips)
        for splitter in (self, across):
            splitter.setStretchFactor(0, 1)
            splitter.setCollapsible(0, False)
        across.setSizes([10_000, SIDE_WIDTH])
        self.setSizes([400, self.strips.sizeHint().height()])

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front."""
        self.tabs.setCurrentWidget(self._areas[name])
        if name == "Parity":
            self._areas[name].ensureWidgetVisible(self.parity)

    def show_full_screen(self, wanted: bool) -> None:
        """Fill the screen with the image, or put it back."""
        if wanted and self._full is None:
            self._full = FullScreen(self.image, self._page)
            self._full.left.connect(self._put_back)
            self._full.showFullScreen()
            self.image.setFocus()
        elif not wanted and self._full is not None:
            self._full.close()

    def _put_back(self) -> None:
        full, self._full = self._full, None
        self._images.insertWidget(0, self.image, 1)
        self.image.show()
        self.image.setFocus()
        self.full_screen_left.emit()
        if full is not None:
            full.deleteLater()


class _Column(QWidget):
    """What a splitter, which knows nothing of heights for widths, gives as much height as wrapped rows need."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        layout, least = self.layout(), super().minimumSizeHint()
        if layout is None or not layout.hasHeightForWidth():
            return least
        return QSize(least.width(), layout.totalMinimumHeightForWidth(max(least.width(), self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def _below_each_other(*panels: QWidget) -> QWidget:
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for panel in panels:
        layout.addWidget(panel)
    layout.addStretch(1)
    return made
