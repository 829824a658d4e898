"""What the window shows while nothing is open: the demo, a place for a checkpoint, the projects of late."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from n6studio.domain.pose.skeleton import COCO
from n6studio.ui.context import Context
from n6studio.ui.pages.import_ import texts
from n6studio.ui.pages.import_.recent import RecentProjects
from n6studio.ui.pages.listing import pages
from n6studio.ui.theme import ButtonRole, TextRole, colours_of
from n6studio.ui.widgets.drop_zone import DropZone
from n6studio.ui.widgets.parts import Card, button, label

SIDE_BY_SIDE = 96  # as many letters must fit for the demo and its drawing to stand side by side
# A figure that waves: (x, y) of the 17 COCO keypoints, in parts of its box.
_FIGURE = (
    (0.50, 0.10), (0.53, 0.08), (0.47, 0.08), (0.56, 0.10), (0.44, 0.10), (0.64, 0.24), (0.36, 0.24), (0.80, 0.14),
    (0.26, 0.38), (0.86, 0.00), (0.24, 0.52), (0.60, 0.54), (0.40, 0.54), (0.66, 0.76), (0.36, 0.76), (0.68, 0.98),
    (0.32, 0.98),
)  # fmt: skip
_PEOPLE = ((0.07, 0.20, 0.24, 0.74, False), (0.37, 0.10, 0.28, 0.86, True), (0.70, 0.26, 0.22, 0.66, False))


class Welcome(QWidget):
    """The start page. One button of it is the main one: to see the whole run."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.see = button(
            "See it run", context.demo_requested.emit, ButtonRole.PRIMARY, tip=texts.DEMO_TIP, command="demo"
        )
        self.recent = RecentProjects(context)
        self.zone = DropZone(texts.DROP_TITLE, texts.DROP_HINT, self._ways(context))
        context.dragging.connect(self.zone.show_inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(16)
        layout.addWidget(self._demo())
        layout.addWidget(self.zone)
        layout.addWidget(self.recent)
        layout.addWidget(_workflow())
        layout.addStretch(1)

    def _demo(self) -> QWidget:
        card = QFrame()
        card.setProperty("role", "card")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, card)
        self._row.setContentsMargins(20, 16, 20, 16)
        self._row.setSpacing(20)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addStretch(1)
        words.addWidget(label(texts.WELCOME, TextRole.TITLE))
        words.addWidget(label(texts.DEMO_HINT, TextRole.MUTED))
        words.addSpacing(4)
        words.addWidget(self.see, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        self._row.addLayout(words, 3)
        self._drawing = Skeletons()
        self._row.addWidget(self._drawing, 2)
        return card

    def _ways(self, context: Context) -> list[QWidget]:
        made: list[QWidget] = [
            button("Open…", context.browse_requested.emit, name="Choose a checkpoint or project", command="open")
        ]
        if context.sample_available:
            made.append(button("Open the sample project", context.sample_requested.emit, tip=texts.SAMPLE_TIP))
        made.append(button("Check this computer", context.check_requested.emit, ButtonRole.PLAIN, tip=texts.CHECK_TIP))
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self._drawing.setVisible(self.width() / self.fontMetrics().averageCharWidth() >= SIDE_BY_SIDE)


def _workflow() -> Card:
    card = Card("Workflow")
    entries = [page.entry for page in pages().values() if page.entry.summary]
    for number, entry in enumerate(entries, 1):
        card.body.addWidget(label(f"{number}.  {entry.title}: {entry.summary}"))
    return card


class Skeletons(QWidget):
    """Three figures as the live view draws people."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Drawing: three people with their skeletons")

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(300, 170)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        colours = colours_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        for left, top, width, height, mirrored in _PEOPLE:
            box = QRectF(left * self.width(), top * self.height(), width * self.width(), height * self.height())
            _paint_person(painter, box, mirrored, colours.accent, colours.int8_colour)
        painter.end()


def _paint_person(painter: QPainter, box: QRectF, mirrored: bool, line: str, dot: str) -> None:
    height = min(box.height(), 1.9 * box.width())
    width = height / 1.9
    left, top = box.center().x() - width / 2, box.bottom() - height
    points = [(left + width * (1 - x if mirrored else x), top + height * y) for x, y in _FIGURE]
    painter.setPen(QPen(QColor(line), max(2.0, height / 45), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for first, second in COCO.edges:
        painter.drawLine(*map(round, points[first]), *map(round, points[second]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(dot))
    radius = max(2.0, height / 50)
    for x, y in points:
        painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
