"""A stick figure of COCO's skeleton, so that names and sides can be seen."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.domain.skeleton import COCO
from n6studio.ui.theme import colours_of

# A person who faces us, so that the left is at the right: x and y of COCO's points, as fractions of the widget.
_POSE = (
    (0.50, 0.12), (0.55, 0.09), (0.45, 0.09), (0.61, 0.11), (0.39, 0.11), (0.70, 0.26), (0.30, 0.26), (0.82, 0.40),
    (0.18, 0.40), (0.88, 0.54), (0.12, 0.54), (0.62, 0.54), (0.38, 0.54), (0.66, 0.74), (0.34, 0.74), (0.68, 0.93),
    (0.32, 0.93),
)  # fmt: skip


class SkeletonView(QWidget):
    """Draws the bones and points of a standing person; hide it for other skeletons."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Stick figure: orange is the person's left, blue the right")
        self.setToolTip("Orange: the person's left. Blue: the right.")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(112, 230)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = [QPointF(x * self.width(), y * self.height()) for x, y in _POSE]
        painter.setPen(QPen(QColor(colours_of(self).muted), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for first, second in COCO.bones:
            painter.drawLine(points[first], points[second])
        painter.setPen(Qt.PenStyle.NoPen)
        for point, colour in zip(points, COCO.colours, strict=True):
            painter.setBrush(QColor(*colour))
            painter.drawEllipse(point, 4, 4)
        painter.end()
