"""A drawing of the board and its two USB-C sockets: which cable carries the picture."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.domain.colours import Colours
from n6studio.ui.theme import colours_of

_WIDE, _HIGH = 460.0, 190.0  # the drawing's own coordinates
_BOARD = QRectF(150, 18, 160, 112)
_SOCKETS = (
    (QRectF(188, 124, 26, 12), 60.0, "CN6", "power and ST-LINK"),
    (QRectF(246, 124, 26, 12), 400.0, "CN18", "the live picture"),
)


class BoardDrawing(QWidget):
    """The STM32N6570-DK as a sketch, with both sockets named."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(
            "Drawing of the board with two USB-C sockets: CN6 is for power and ST-LINK, CN18 for the live picture"
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(round(_WIDE), round(_HIGH))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        colours = colours_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / _WIDE, self.height() / _HIGH)
        for number, (socket, end, name, use) in enumerate(_SOCKETS):
            _paint_cable(painter, socket, end, colours.accent if number else colours.muted)
            _paint_words(painter, end, name, use, colours)
        _paint_board(painter, colours)
        painter.end()


def _paint_board(painter: QPainter, colours: Colours) -> None:
    painter.setPen(QPen(QColor(colours.muted), 1.5))
    painter.setBrush(QColor(colours.surface))
    painter.drawRoundedRect(_BOARD, 6, 6)
    painter.setBrush(QColor(colours.line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRectF(166, 52, 84, 56), 3, 3)  # the screen
    painter.setPen(QPen(QColor(colours.muted), 1.5))
    painter.setBrush(QColor(colours.window))
    painter.drawRoundedRect(QRectF(216, 6, 28, 28), 4, 4)  # the camera
    painter.setBrush(QColor(colours.text))
    painter.drawEllipse(QPointF(230, 20), 7, 7)
    painter.setBrush(QColor(colours.muted))
    painter.drawRect(QRectF(266, 66, 26, 26))  # the chip
    painter.setPen(QColor(colours.text))
    _write(painter, QRectF(150, 34, 160, 18), "STM32N6570-DK", 11, True)
    for number, (socket, _, _, _) in enumerate(_SOCKETS):
        painter.setPen(QPen(QColor(colours.text), 1.2))
        painter.setBrush(QColor(colours.accent if number else colours.line))
        painter.drawRoundedRect(socket, 5, 5)


def _paint_cable(painter: QPainter, socket: QRectF, end: float, colour: str) -> None:
    start = QPointF(socket.center().x(), socket.bottom())
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x(), 158), QPointF(end, 120), QPointF(end, 148))
    painter.setPen(QPen(QColor(colour), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _paint_words(painter: QPainter, middle: float, name: str, use: str, colours: Colours) -> None:
    painter.setPen(QColor(colours.text))
    _write(painter, QRectF(middle - 60, 150, 120, 18), name, 13, True)
    painter.setPen(QColor(colours.muted))
    _write(painter, QRectF(middle - 60, 168, 120, 18), use, 12, False)


def _write(painter: QPainter, place: QRectF, text: str, pixels: int, bold: bool) -> None:
    font = QFont(painter.font())
    font.setPixelSize(pixels)
    font.setBold(bold)
    painter.setFont(font)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
