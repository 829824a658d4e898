"""A stick figure of a skeleton, so that names, sides and skeleton edges can be seen, and skeleton edges be drawn."""

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.ui.theme import colours_of

# A person who faces us, so that the left is at the right: x and y of COCO's points, as fractions of the widget.
_POSE = (
    (0.50, 0.12), (0.55, 0.09), (0.45, 0.09), (0.61, 0.11), (0.39, 0.11), (0.70, 0.26), (0.30, 0.26), (0.82, 0.40),
    (0.18, 0.40), (0.88, 0.54), (0.12, 0.54), (0.62, 0.54), (0.38, 0.54), (0.66, 0.74), (0.34, 0.74), (0.68, 0.93),
    (0.32, 0.93),
)  # fmt: skip
_REACH = 9.0  # pixels around a point in which a click means it


def positions(skeleton: Skeleton) -> tuple[tuple[float, float], ...]:
    """Return where to draw each keypoint, x and y as fractions of the widget.

    COCO's stand as a person does. Others stand in rows in their order: pairs left and right, single ones in the middle.
    """
    if len(skeleton) == len(COCO) and skeleton.mirror == COCO.mirror:
        return _POSE
    rows: list[tuple[int, ...]] = []
    for index, partner in enumerate(skeleton.mirror):
        if partner == index:
            rows.append((index,))
        elif partner > index:
            rows.append((index, partner))
    found: dict[int, tuple[float, float]] = {}
    for row, members in enumerate(rows):
        y = 0.06 + 0.88 * (row + 0.5) / len(rows)
        columns = (0.5,) if len(members) == 1 else (0.78, 0.22)
        # Single points below each other would hide each other's bones, so that every other one steps aside.
        aside = 0.1 * (row % 2) if len(members) == 1 else 0.0
        found |= {index: (x + aside, y) for index, x in zip(members, columns, strict=True)}
    return tuple(found[index] for index in range(len(skeleton)))


class SkeletonView(QWidget):
    """Draws skeleton edges and points. A click on one point and then on another draws an edge, or takes it away.

    Signals:
        bone_wanted(first, second): two points were clicked, one after the other.
    """

    edge_wanted = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.skeleton = COCO
        self.chosen: int | None = None
        self.setAccessibleName("Stick figure: orange is the person's left, blue the right")
        self.setAccessibleDescription("Skeleton edges can also be edited in the table, in the column 'Edges to'.")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def show_skeleton(self, skeleton: Skeleton) -> None:
        """Draw another skeleton."""
        self.skeleton, self.chosen = skeleton, None
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(132, 250)

    def place_of(self, index: int) -> QPointF:
        """Return where a keypoint is drawn."""
        x, y = positions(self.skeleton)[index]
        return QPointF(x * self.width(), y * self.height())

    def _at(self, point: QPointF) -> int | None:
        apart = [(self.place_of(index) - point).manhattanLength() for index in range(len(self.skeleton))]
        nearest = min(range(len(apart)), key=lambda index: apart[index])
        return nearest if apart[nearest] <= _REACH else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        hit = self._at(event.position())
        first = self.chosen
        self.chosen = hit if first is None else None
        if first is not None and hit is not None and hit != first:
            self.edge_wanted.emit(first, hit)
        self.update()

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QHelpEvent):
            hit = self._at(QPointF(event.pos()))
            text = "Orange: the person's left. Blue: the right. Click two points to draw or remove a skeleton edge."
            QToolTip.showText(event.globalPos(), text if hit is None else f"{hit}  {self.skeleton.names[hit]}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        looks = colours_of(self)
        points = [self.place_of(index) for index in range(len(self.skeleton))]
        painter.setPen(QPen(QColor(looks.muted), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for first, second in self.skeleton.edges:
            painter.drawLine(points[first], points[second])
        painter.setPen(Qt.PenStyle.NoPen)
        for point, colour in zip(points, self.skeleton.colours, strict=True):
            painter.setBrush(QColor(*colour))
            painter.drawEllipse(point, 4, 4)
        if self.chosen is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(looks.accent), 2))
            painter.drawEllipse(points[self.chosen], 8, 8)
        painter.end()
