"""State icons, drawn so that they need no files and fit every scale and look. Each has a shape of its own."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from n6studio.domain.colours import Colours

STATE_WORDS = {
    "empty": "Nothing yet",
    "ready": "Ready to run",
    "running": "Running",
    "done": "Done",
    "stale": "Out of date",
    "failed": "Failed",
}
CHECK_WORDS = {"ok": "Fine", "warn": "Mind this", "fail": "Problem", "later": "Comes later"}


def state_colour(kind: str, colours: Colours) -> str:
    """Return the colour of a state or of a check's outcome."""
    known = {
        "running": colours.accent,
        "done": colours.good,
        "ok": colours.good,
        "stale": colours.warn,
        "warn": colours.warn,
        "failed": colours.bad,
        "fail": colours.bad,
    }
    return known.get(kind, colours.muted)


def paint_state(painter: QPainter, kind: str, place: QRectF, colours: Colours) -> None:
    """Draw a state's icon into a square: ring, dot, arrow, tick, exclamation mark or cross."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / 16, place.height() / 16)
    colour = QColor(state_colour(kind, colours))
    pen = QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if kind in ("done", "ok", "failed", "fail"):
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(1, 1, 14, 14))
        painter.setPen(QPen(QColor(colours.surface), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if kind in ("done", "ok"):
            painter.drawPolyline(QPolygonF([QPointF(4.6, 8.4), QPointF(7, 10.8), QPointF(11.4, 5.6)]))
        else:
            painter.drawLine(QPointF(5.4, 5.4), QPointF(10.6, 10.6))
            painter.drawLine(QPointF(10.6, 5.4), QPointF(5.4, 10.6))
    elif kind in ("stale", "warn"):
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(8, 1.6), QPointF(15, 14), QPointF(1, 14)]))
        painter.setPen(QPen(QColor(colours.surface), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(8, 6), QPointF(8, 9.6))
        painter.drawPoint(QPointF(8, 12))
    elif kind == "running":
        painter.drawEllipse(QRectF(1.5, 1.5, 13, 13))
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(6.4, 5), QPointF(11, 8), QPointF(6.4, 11)]))
    else:
        if kind in ("empty", "later"):
            pen.setDashPattern([1.6, 2.4])
            painter.setPen(pen)
        painter.drawEllipse(QRectF(1.5, 1.5, 13, 13))
        if kind == "ready":
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(6, 6, 4, 4))
    painter.restore()


def state_pixmap(kind: str, colours: Colours, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return a state's icon as a picture of `size` logical pixels at the screen's pixel ratio."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_state(painter, kind, QRectF(0, 0, size, size), colours)
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
