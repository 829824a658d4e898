"""The live image: paints the newest frame with its people, zooms, pans, mirrors, and lets a region be dragged."""

import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.domain.pose.people import ImageFractions, People
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.domain.texts import counted
from n6studio.ui.pages.live.overlay import Overlay, OverlayOptions, Place
from n6studio.ui.pages.live.shown import Region, ShownFrame

NOTCH = 1.25  # zoom of one notch of the wheel
LEAST, MOST = 0.05, 40.0  # screen pixels a pixel of the image
SMALLEST_REGION = 6  # pixels that must be dragged before it is a region and no click
_GROUND = QColor(16, 17, 19)  # dark in both looks, so that the eye judges the image and not its frame
_VEIL = QColor(0, 0, 0, 130)
_SAID = QColor(240, 240, 240)


Painted = Callable[[ShownFrame, float], None]


class ImageView(QWidget):
    """Paints one frame at a time, always the newest it was given. Lives on the GUI thread.

    Signals:
        region_changed(region): a region was dragged, (left, top, right, bottom) as fractions; None where it is gone.
        zoomed: the scale or how it is chosen changed.
    """

    region_changed = Signal(object)
    zoomed = Signal()

    def __init__(self, painted: Painted | None = None) -> None:
        """Make it; `painted(frame, time.monotonic())` is called once for every frame that reached the screen."""
        super().__init__()
        self.setAccessibleName("Live image")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 144)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._painted = painted
        self._frame: ShownFrame | None = None
        self._new = False
        self.skeleton: Skeleton | None = None
        self._overlays: dict[int, Overlay] = {}
        self.options = OverlayOptions()
        self.mirrored = False
        self.overlay_seconds = 0.0  # what drawing the people of the last frame took
        self._veil, self._text = False, ""
        self._scale = 0.0  # 0: as large as fits
        self._centre = QPointF(0.5, 0.5)  # of what is seen, as fractions of the image
        self._selecting = False
        self._region: Region | None = None
        self._pressed: QPointF | None = None
        self._dragged: QRectF | None = None

    # --- what is shown

    @property
    def frame(self) -> ShownFrame | None:
        """The frame that is shown."""
        return self._frame

    def show_frame(self, frame: ShownFrame | None) -> None:
        """Show another frame, or none."""
        self._frame, self._new = frame, frame is not None
        self.update()

    def show_text(self, text: str, veiled: bool) -> None:
        """Say something over the image, "" for nothing; `veiled` darkens the image, which is no longer current."""
        if (text, veiled) != (self._text, self._veil):
            self._text, self._veil = text, veiled
            self.update()

    def set_options(self, options: OverlayOptions) -> None:
        """Choose what is drawn over the image."""
        self.options = options
        self.update()

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Take names, skeleton edges and colours from the project's skeleton; other counts get a generic one."""
        self.skeleton = skeleton
        self._overlays.clear()
        self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        """Exchange left and right, as in a mirror."""
        self.mirrored = mirrored
        self.update()

    def overlay_for(self, people: People[ImageFractions]) -> Overlay:
        """Return what draws people with as many keypoints."""
        count = people.keypoints.shape[1]
        if count not in self._overlays:
            known = self.skeleton if self.skeleton is not None and len(self.skeleton) == count else None
            self._overlays[count] = Overlay(known or for_keypoints(max(1, count)), self.devicePixelRatioF())
        return self._overlays[count]

    def describe(self) -> None:
        """Tell screen readers how many people are seen; more often than once a second nobody can listen to that."""
        results = self._frame.results if self._frame is not None else None
        people = len(results.people) if results is not None else 0
        self.setAccessibleDescription(counted(people, "person", "people"))

    # --- zoom

    @property
    def fitted(self) -> bool:
        """Whether the image is as large as fits."""
        return self._scale == 0.0

    def scale(self) -> float:
        """Return screen pixels a pixel of the image."""
        if self._frame is None:
            return 1.0
        wide, high = self._frame.size
        return self._scale or min(self.width() / wide, self.height() / high)

    def fit(self) -> None:
        """Show all of the image."""
        self._scale, self._centre = 0.0, QPointF(0.5, 0.5)
        self._zoom_changed()

    def actual_size(self) -> None:
        """Show one pixel of the image on one of the screen."""
        self._scale = 1.0 / self.devicePixelRatioF()
        self._zoom_changed()

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom, keeping a point of the widget where it is (the middle if None)."""
        if self._frame is None:
            return
        place = self.place()
        fixed = around if around is not None else QPointF(self.width() / 2, self.height() / 2)
        x, y = place.fraction(fixed.x(), fixed.y())
        before = self.scale()
        self._scale = min(MOST, max(LEAST, before * factor))
        shrunk = before / self._scale
        self._centre = QPointF(x + (self._centre.x() - x) * shrunk, y + (self._centre.y() - y) * shrunk)
        self._zoom_changed()

    def _zoom_changed(self) -> None:
        self._centre = QPointF(min(1.0, max(0.0, self._centre.x())), min(1.0, max(0.0, self._centre.y())))
        self.update()
        self.zoomed.emit()

    def place(self) -> Place:
        """Return where the image lies in the widget."""
        if self._frame is None:
            return Place(0, 0, max(1, self.width()), max(1, self.height()), self.mirrored)
        scale = self.scale()
        wide, high = (length * scale for length in self._frame.size)
        across = 1 - self._centre.x() if self.mirrored else self._centre.x()
        return Place(
            self.width() / 2 - across * wide, self.height() / 2 - self._centre.y() * high, wide, high, self.mirrored
        )

    # --- a region

    def set_selecting(self, selecting: bool) -> None:
        """Let dragging choose a region (or pan, as usual); the region goes when it ends."""
        self._selecting = selecting
        self.setCursor(Qt.CursorShape.CrossCursor if selecting else Qt.CursorShape.ArrowCursor)
        if not selecting and self._region is not None:
            self._region = None
            self.region_changed.emit(None)
        self.update()

    def set_region(self, region: Region | None) -> None:
        """Choose a region as if it had been dragged."""
        self._region = region
        self.region_changed.emit(region)
        self.update()

    @property
    def region(self) -> Region | None:
        """The region that is chosen."""
        return self._region

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.fillRect(self.rect(), _GROUND)
        frame = self._frame
        if frame is not None:
            self._paint_image(painter, frame)
            self._paint_people(painter, frame)
            self._paint_region(painter)
        if self._veil:
            painter.fillRect(self.rect(), _VEIL)
        if self._text:
            self._paint_text(painter)
        painter.end()
        if frame is not None and self._new:
            self._new = False
            if self._painted is not None:
                self._painted(frame, time.monotonic())

    def _paint_image(self, painter: QPainter, frame: ShownFrame) -> None:
        place, scale = self.place(), self.scale() * self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 4)  # larger, and pixels are to be seen
        target = place.rectangle
        if self.mirrored:
            painter.save()
            painter.translate(2 * target.left() + target.width(), 0)
            painter.scale(-1, 1)
        painter.drawImage(target, frame.image)
        if self.mirrored:
            painter.restore()

    def _paint_people(self, painter: QPainter, frame: ShownFrame) -> None:
        results = frame.results
        begun = time.perf_counter()
        if results is not None and len(results.people):
            overlay = self.overlay_for(results.people)
            overlay.paint(painter, results.people, self.place(), self.options, results.by_host)
        self.overlay_seconds = time.perf_counter() - begun

    def _paint_region(self, painter: QPainter) -> None:
        shown = self._dragged
        if shown is None and self._region is not None:
            place, (left, top, right, bottom) = self.place(), self._region
            first = place.left + (1 - left if self.mirrored else left) * place.width
            second = place.left + (1 - right if self.mirrored else right) * place.width
            shown = QRectF(first, place.top + top * place.height, second - first, (bottom - top) * place.height)
        if shown is not None:
            for colour, style in ((QColor(0, 0, 0), Qt.PenStyle.SolidLine), (_SAID, Qt.PenStyle.DashLine)):
                painter.setPen(QPen(colour, 1, style))
                painter.drawRect(shown.normalized())

    def _paint_text(self, painter: QPainter) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(1.3 * font.pointSizeF())
        font.setBold(True)
        painter.setFont(font)
        room = QRectF(self.rect()).adjusted(20, 10, -20, -10)
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        needed = painter.boundingRect(room, flags, self._text).adjusted(-16, -10, 16, 10)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(needed, 8, 8)
        painter.setPen(_SAID)
        painter.drawText(room, flags, self._text)

    # --- mouse

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802, D102
        self.zoom(NOTCH ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        self._pressed = event.position()
        if not self._selecting:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if self._pressed is None or self._frame is None:
            return
        if self._selecting:
            self._dragged = QRectF(self._pressed, event.position())
        elif not self.fitted:
            place, moved = self.place(), event.position() - self._pressed
            across = -moved.x() / place.width * (-1 if self.mirrored else 1)
            self._centre += QPointF(across, -moved.y() / place.height)
            self._pressed = event.position()
            self._zoom_changed()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        self._pressed = None
        dragged, self._dragged = self._dragged, None
        if self._selecting:
            if dragged is not None:
                self.set_region(self._as_region(dragged.normalized()))
        else:
            self.setCursor(Qt.CursorShape.ArrowCursor)

    def _as_region(self, dragged: QRectF) -> Region | None:
        if min(dragged.width(), dragged.height()) < SMALLEST_REGION:
            return None
        place = self.place()
        first = place.fraction(dragged.left(), dragged.top())
        second = place.fraction(dragged.right(), dragged.bottom())
        left, right = sorted(min(1.0, max(0.0, x)) for x in (first[0], second[0]))
        top, bottom = sorted(min(1.0, max(0.0, y)) for y in (first[1], second[1]))
        return (left, top, right, bottom) if right > left and bottom > top else None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if not self._selecting:
            self.fit() if not self.fitted else self.actual_size()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self.zoomed.emit()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(640, 384)
