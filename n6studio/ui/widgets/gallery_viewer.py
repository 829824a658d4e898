"""An image with people drawn on it, in several views that zoom and pan together."""

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPixmap, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPixmapItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from n6studio.domain.pose.people import FloatArray, ImagePixels, People, nobody
from n6studio.domain.pose.skeleton import Skeleton

_LEAST_VISIBILITY = 0.3  # a network's points below this are left out, as they are guesses
_STEP = 1.25  # a notch of the wheel
_LEAST_SCALE, _MOST_SCALE = 0.02, 40.0
_AROUND = 0.15  # of the longer side of a person's box, on each side
_FRAME = QColor(235, 235, 235)


class PeopleItem(QGraphicsItem):
    """Skeletons in pixels of the image, their lines as wide on the screen at every zoom."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self._skeleton = skeleton
        self._people: People[ImagePixels] = nobody(len(skeleton))
        self._marked: FloatArray | None = None
        self._bounds = QRectF()

    def show_people(
        self, people: People[ImagePixels], bounds: QRectF, marked: FloatArray | None, skeleton: Skeleton
    ) -> None:
        """Draw these people and a frame around one box; `bounds` holds them all."""
        self.prepareGeometryChange()
        self._people, self._marked, self._bounds, self._skeleton = people, marked, bounds, skeleton
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return the image's rectangle with room for points outside of it."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw everybody."""
        scale = painter.worldTransform().m11() or 1.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._marked is not None:
            left, top, right, bottom = (float(value) for value in self._marked)
            for colour, width in ((QColor(0, 0, 0), 3.5), (_FRAME, 1.5)):
                painter.setPen(_pen(colour, width))
                painter.drawRect(QRectF(left, top, right - left, bottom - top))
        for points in self._people.keypoints:
            self._paint_person(painter, points, scale)

    def _paint_person(self, painter: QPainter, points: FloatArray, scale: float) -> None:
        shown = points[:, 2] > _LEAST_VISIBILITY
        if not shown.any():
            return
        extent = float(np.ptp(points[shown, :2], axis=0).max()) * scale
        width = 3.0 if extent > 160 else 2.0 if extent > 60 else 1.2
        for outline in (True, False):
            for start, end in self._skeleton.edges:
                if shown[start] and shown[end]:
                    colour = QColor(0, 0, 0, 190) if outline else self._mixed(start, end)
                    painter.setPen(_pen(colour, width + 2 if outline else width))
                    painter.drawLine(QPointF(*map(float, points[start, :2])), QPointF(*map(float, points[end, :2])))
        radius = (width + 1) / scale
        painter.setPen(_pen(QColor(0, 0, 0, 190), 1))
        for index in np.flatnonzero(shown):
            painter.setBrush(QColor(*self._skeleton.colours[index]))
            painter.drawEllipse(QPointF(*map(float, points[index, :2])), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _mixed(self, start: int, end: int) -> QColor:
        first, second = self._skeleton.colours[start], self._skeleton.colours[end]
        return QColor(*((a + b) // 2 for a, b in zip(first, second, strict=True)))


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    pen.setCosmetic(True)
    return pen


class Link(QObject):
    """What several views share: the scale, and the point of the image that is in their middle."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.scale = 1.0
        self.centre = QPointF()
        self.fitted = True
        self.area = QRectF(0, 0, 1, 1)
        self.views: list[Viewer] = []

    def fit(self, area: QRectF | None = None) -> None:
        """Show all of `area` (the last one if None) in every view."""
        self.area = area or self.area
        seen = [view for view in self.views if view.isVisible()] or self.views
        room = [(view.viewport().width(), view.viewport().height()) for view in seen]
        if room and not self.area.isEmpty():
            least = min(min(wide / self.area.width(), high / self.area.height()) for wide, high in room)
            self.scale = min(_MOST_SCALE, max(_LEAST_SCALE, least))
        self.centre, self.fitted = self.area.center(), True
        self.apply()

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom, keeping a point of the image where it is."""
        scale = min(_MOST_SCALE, max(_LEAST_SCALE, self.scale * factor))
        fixed = around if around is not None else self.centre
        self.centre = fixed + (self.centre - fixed) * (self.scale / scale)
        self.scale, self.fitted = scale, False
        self.apply()

    def pan(self, by: QPointF) -> None:
        """Move by a distance in pixels of the image."""
        self.centre, self.fitted = self.centre + by, False
        self.apply()

    def apply(self) -> None:
        """Bring every view to the shared state."""
        for view in self.views:
            view.setTransform(QTransform.fromScale(self.scale, self.scale))
            view.centerOn(self.centre)


class Viewer(QGraphicsView):
    """One image with people. The wheel zooms, dragging pans, a double click fits; its link takes the others along."""

    def __init__(self, link: Link, name: str, skeleton: Skeleton) -> None:
        super().__init__()
        self._link = link
        link.views.append(self)
        self.setAccessibleName(f"Image with {name}")
        self._scene = QGraphicsScene(self)
        self.setScene(self._scene)
        self._pixmap = QGraphicsPixmapItem()
        self._pixmap.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self._scene.addItem(self._pixmap)
        self.people = PeopleItem(skeleton)
        self._scene.addItem(self.people)
        self._pressed: QPointF | None = None
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setMinimumSize(90, 90)

    def show_image(self, pixmap: QPixmap, size: tuple[int, int]) -> None:
        """Show an image of `size` pixels; a pixmap read smaller is drawn as large as it is meant."""
        self._pixmap.setPixmap(pixmap)
        if not pixmap.isNull():
            self._pixmap.setTransform(QTransform.fromScale(size[0] / pixmap.width(), size[1] / pixmap.height()))
        # Room around, so that every point of the image can come to the middle of the view.
        wide, high = size
        self._scene.setSceneRect(-4 * wide, -4 * high, 9 * wide, 9 * high)

    def show_people(
        self, people: People[ImagePixels], size: tuple[int, int], marked: FloatArray | None, skeleton: Skeleton
    ) -> None:
        """Draw these people on the image."""
        wide, high = size
        self.people.show_people(people, QRectF(-wide, -high, 3 * wide, 3 * high), marked, skeleton)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom around the pointer."""
        notches = event.angleDelta().y() / 120
        self._link.zoom(_STEP**notches, self.mapToScene(event.position().toPoint()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to pan."""
        self._pressed = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pan."""
        if self._pressed is not None:
            moved = event.position() - self._pressed
            self._pressed = event.position()
            self._link.pan(-moved / self._link.scale)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End panning."""
        self._pressed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show all again."""
        self._link.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep showing what was shown."""
        super().resizeEvent(event)
        if self._link.fitted:
            self._link.fit()
        else:
            self._link.apply()


def area_around(box: FloatArray | None, size: tuple[int, int]) -> QRectF:
    """Return the part of an image that a person fills, with a little around them; all of the image without one.

    Views are seldom of its shape, and show more of the image in one direction.
    """
    whole = QRectF(0, 0, *size)
    if box is None:
        return whole
    left, top, right, bottom = (float(value) for value in box)
    room = _AROUND * max(right - left, bottom - top)
    return QRectF(left - room, top - room, right - left + 2 * room, bottom - top + 2 * room).intersected(whole)
