"""State icons, drawn so that they need no files and fit every scale and look. Each has a shape of its own."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from n6studio.domain.colours import Colours
from n6studio.domain.states import CheckState
from n6studio.ui.states import Mark, PageState

_TICK, _CROSS = (PageState.DONE, CheckState.OK), (PageState.FAILED, CheckState.FAIL)
_ATTENTION, _DASHED = (PageState.STALE, CheckState.WARN), (PageState.EMPTY, CheckState.LATER)


def state_colour(mark: Mark, colours: Colours) -> str:
    """Return the colour of a state or of a check's outcome."""
    if mark is PageState.RUNNING:
        return colours.accent
    for marks, colour in ((_TICK, colours.good), (_ATTENTION, colours.warn), (_CROSS, colours.bad)):
        if mark in marks:
            return colour
    return colours.muted


def paint_state(painter: QPainter, mark: Mark, place: QRectF, colours: Colours) -> None:
    """Draw a state's icon into a square: ring, dot, arrow, tick, exclamation mark or cross."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / 16, place.height() / 16)
    colour = QColor(state_colour(mark, colours))
    pen = QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if mark in _TICK or mark in _CROSS:
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(1, 1, 14, 14))
        painter.setPen(QPen(QColor(colours.surface), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if mark in _TICK:
            painter.drawPolyline(QPolygonF([QPointF(4.6, 8.4), QPointF(7, 10.8), QPointF(11.4, 5.6)]))
        else:
            painter.drawLine(QPointF(5.4, 5.4), QPointF(10.6, 10.6))
            painter.drawLine(QPointF(10.6, 5.4), QPointF(5.4, 10.6))
    elif mark in _ATTENTION:
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(8, 1.6), QPointF(15, 14), QPointF(1, 14)]))
        painter.setPen(QPen(QColor(colours.surface), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(8, 6), QPointF(8, 9.6))
        painter.drawPoint(QPointF(8, 12))
    elif mark is PageState.RUNNING:
        painter.drawEllipse(QRectF(1.5, 1.5, 13, 13))
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(6.4, 5), QPointF(11, 8), QPointF(6.4, 11)]))
    else:
        if mark in _DASHED:
            pen.setDashPattern([1.6, 2.4])
            painter.setPen(pen)
        painter.drawEllipse(QRectF(1.5, 1.5, 13, 13))
        if mark is PageState.BLOCKED:
            painter.drawLine(QPointF(5, 8), QPointF(11, 8))
        elif mark is PageState.READY:
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(6, 6, 4, 4))
    painter.restore()


def state_pixmap(mark: Mark, colours: Colours, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return a state's icon as an image of `size` logical pixels at the screen's pixel ratio."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_state(painter, mark, QRectF(0, 0, size, size), colours)
    painter.end()
    return pixmap


def window_icon() -> QIcon:
    """Return the program's icon: a small stick figure on a chip."""
    pixmap = QPixmap(64, 64)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#1a5fc4"))
    painter.drawRoundedRect(QRectF(4, 4, 56, 56), 12, 12)
    painter.setPen(QPen(QColor("#ffffff"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for line in ((32, 26, 32, 40), (18, 30, 46, 30), (32, 40, 22, 53), (32, 40, 42, 53)):
        painter.drawLine(*line)
    painter.setBrush(QColor("#ffffff"))
    painter.drawEllipse(QRectF(27, 11, 10, 10))
    painter.end()
    return QIcon(pixmap)
