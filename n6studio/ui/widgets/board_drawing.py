"""A board as its description draws it: its sockets, and its boot switches in the position that is needed.

Not to scale: it shows what to look for and where a lever goes, not where every part sits.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.board.description import Board, BootSwitch, Connector, DrawnPart
from n6studio.domain.colours import Colours
from n6studio.domain.deploy import Boot
from n6studio.ui.theme import colours_of

# In the units of the descriptions.
MARGIN = 4.0  # around the board: half a socket, and a pen
CABLES_HIGH = 38.0  # below the board, with what each cable is for
CABLES_WIDE = 60.0  # beside it, likewise
WIDEST, HIGHEST = 330.0, 240.0  # pixels that a drawing asks for
_CAPTION = 100.0  # width of what a cable is for


def switch_text(board: Board, mode: Boot) -> str:
    """Return where the switches of a board go for a boot mode, as a sentence."""
    chosen = board.boot_mode(mode)
    parts = [f"{switch.label} {_place_text(switch, chosen.switches[switch.name])}" for switch in board.switches]
    return f"{chosen.title}: {', '.join(parts)}."


def _place_text(switch: BootSwitch, position: str) -> str:
    name = "" if switch.label == switch.name else f"({switch.name}) "
    return f"{name}in position {position}" if switch.kind == "jumper" else f"{name}{position}"


class BoardDrawing(QWidget):
    """Shows one board. Sockets that are seen connected are filled; a needed switch position is marked by an arrow.

    Args:
        cables: show instead of the switches which cable goes where.
    """

    def __init__(self, cables: bool = False) -> None:
        super().__init__()
        self._cables = cables
        self._board: Board | None = None
        self._mode: Boot | None = None
        self._seen: frozenset[str] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(250, 168)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        width, height = self._field()
        scale = min(WIDEST / width, HIGHEST / height) * (1.4 if self._cables else 1.0)
        return QSize(round(width * scale), round(height * scale))

    def show_board(self, board: Board, mode: Boot | None = None, seen: frozenset[str] = frozenset()) -> None:
        """Show a board.

        Args:
            board: its description.
            mode: the boot mode whose switch positions are wanted; None for none.
            seen: keys of the connectors where something is seen.
        """
        self._board, self._mode, self._seen = board, mode, seen
        lines = [switch_text(board, mode)] if mode is not None else []
        if self._cables:
            lines += [f"{one.message}." for one in board.connectors]
        else:
            lines += [
                f"{one.marking}: {'connected' if one.key in seen else 'not detected'}." for one in board.connectors
            ]
        self.setAccessibleName(f"Sketch of {board.name}")
        self.setAccessibleDescription(" ".join(lines))
        self.setToolTip("\n".join([*lines, "Not to scale."]))
        self.updateGeometry()
        self.update()

    def _field(self) -> tuple[float, float]:
        """Return width and height of everything, in the units of the description."""
        width, height = self._board.drawing.size if self._board is not None else (100.0, 58.0)
        beside, below = (CABLES_WIDE, CABLES_HIGH) if self._cables else (0.0, 0.0)
        return width + 2 * (MARGIN + beside), height + 2 * MARGIN + below

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        if self._board is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self._field()
        scale = min(self.width() / width, self.height() / height)
        painter.translate((self.width() - width * scale) / 2, (self.height() - height * scale) / 2)
        painter.scale(scale, scale)
        painter.translate(MARGIN + (CABLES_WIDE if self._cables else 0.0), MARGIN)
        painting = _Painting(painter, self._board, colours_of(self), self.font())
        if self._cables:
            painting.paint_cables()
        painting.paint_board(self._seen)
        if not self._cables:
            painting.paint_switches(self._mode)


class _Painting:
    """One painting of a board."""

    def __init__(self, painter: QPainter, board: Board, chosen: Colours, font: QFont) -> None:
        self.painter, self.board, self.colours, self._font = painter, board, chosen, font

    def paint_board(self, seen: frozenset[str]) -> None:
        """Draw the board, what it carries, its name and its sockets."""
        painter, colours, drawing = self.painter, self.colours, self.board.drawing
        width, height = drawing.size
        painter.setPen(QPen(QColor(colours.muted), 0.6))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(QRectF(0, 0, width, height), 3, 3)
        painter.setBrush(QColor(colours.surface))
        for x in (4.0, width - 4.0):
            painter.drawEllipse(QPointF(x, 4), 1.4, 1.4)
        for part in drawing.parts:
            self._part(part)
        place = QRectF(drawing.name.x, drawing.name.y - 2.5, width, 5)
        self._text(place, self.board.name, 3.6, bold=True, side=Qt.AlignmentFlag.AlignLeft)
        for connector in self.board.connectors:
            self._socket(connector, connector.key in seen)

    def paint_switches(self, mode: Boot | None) -> None:
        """Draw the boot switches, in the positions that a mode needs."""
        for switch in self.board.switches:
            self._switch(switch, mode)

    def paint_cables(self) -> None:
        """Draw a cable at each socket, and what it is for."""
        width, height = self.board.drawing.size
        ordered = sorted(self.board.connectors, key=lambda one: one.at.x)
        room = (width + 2 * CABLES_WIDE) / len(ordered)
        for number, connector in enumerate(ordered):
            middle = -CABLES_WIDE + room * (number + 0.5)
            carries_video = connector == self.board.video_connector
            self._cable(connector, QPointF(middle, height + 16), carries_video)
            caption = min(_CAPTION, room)
            place = QRectF(middle - caption / 2, height + 16, caption, 6)
            self._text(place, connector.marking, 4.4, bold=True)
            self._text(place.adjusted(0, 6.5, 0, 14), connector.use, 3.6, wrap=True)

    def _part(self, part: DrawnPart) -> None:
        place = QRectF(*part.place)
        self.painter.setBrush(QColor(self.colours.line if part.kind == "screen" else self.colours.surface))
        self.painter.drawRoundedRect(place, 1, 1)
        if part.kind == "camera":
            lens = min(place.width(), place.height()) / 2 - 1.5
            self.painter.drawEllipse(place.center(), lens, lens)
            place = QRectF(place.left(), place.bottom() + 0.5, place.width(), 4)
        self._text(place, part.label, 3.2)

    def _text(
        self,
        place: QRectF,
        text: str,
        size: float,
        bold: bool = False,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
        wrap: bool = False,
    ) -> None:
        font = QFont(self._font)
        font.setPointSizeF(size * 0.75)
        font.setBold(bold)
        self.painter.setFont(font)
        self.painter.setPen(QPen(QColor(self.colours.text), 0.5))
        upright = Qt.AlignmentFlag.AlignTop if wrap else Qt.AlignmentFlag.AlignVCenter
        flags = int(upright | side) | (int(Qt.TextFlag.TextWordWrap) if wrap else 0)
        self.painter.drawText(place, flags, text)
        self.painter.setPen(QPen(QColor(self.colours.muted), 0.6))

    def _outwards(self, connector: Connector) -> QPointF:
        """Return the direction out of the board at a socket."""
        (x, y), (width, height) = connector.at, self.board.drawing.size
        if y in (0, height):
            return QPointF(0, 1 if y else -1)
        return QPointF(1 if x == width else -1, 0)

    def _socket(self, connector: Connector, seen: bool) -> None:
        middle, outwards = QPointF(*connector.at), self._outwards(connector)
        colour = QColor(self.colours.good if seen else self.colours.muted)
        self.painter.setPen(QPen(colour, 0.9))
        self.painter.setBrush(colour if seen else QColor(self.colours.surface))
        along = QPointF(3.2, 0) if outwards.y() else QPointF(0, 3.2)
        wide, high = (12.0, 5.2) if outwards.y() else (5.2, 12.0)
        self.painter.drawRoundedRect(QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high), 2.4, 2.4)
        inside = QColor(self.colours.surface if seen else self.colours.muted)
        self.painter.setPen(QPen(inside, 0.9))
        self.painter.drawLine(middle - along, middle + along)
        place = QRectF(0, 0, 40, 6)
        place.moveCenter(middle - outwards * (6.5 if outwards.y() else 24.5))
        side = {0: Qt.AlignmentFlag.AlignHCenter, 1: Qt.AlignmentFlag.AlignRight, -1: Qt.AlignmentFlag.AlignLeft}
        text = f"{connector.marking} ✓" if seen else connector.marking
        self._text(place, text, 3, side=side[round(outwards.x())])

    def _cable(self, connector: Connector, end: QPointF, important: bool) -> None:
        outwards = self._outwards(connector)
        start = QPointF(*connector.at) + outwards * 2.0
        path = QPainterPath(start)
        path.cubicTo(start + outwards * 14.0, end - QPointF(0, 14), end - QPointF(0, 1))
        colour = QColor(self.colours.accent if important else self.colours.muted)
        self.painter.setPen(QPen(colour, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPath(path)

    def _switch(self, switch: BootSwitch, mode: Boot | None) -> None:
        chosen = self.board.boot_mode(mode) if mode is not None else None
        decisive = chosen is not None and switch.name in chosen.decisive
        place = switch.positions.index(chosen.switches[switch.name]) if chosen is not None else -1
        name = switch.label if switch.label == switch.name else f"{switch.label}  {switch.name}"
        left, top = switch.at
        self._text(QRectF(left, top, 38, 5), name, 3.4, bold=True)
        body = QRectF(left + 6, top + 6, 26, 7)
        self.painter.setBrush(QColor(self.colours.surface))
        self.painter.setPen(QPen(QColor(self.colours.text), 0.6))
        self.painter.drawRoundedRect(body, 1.2, 1.2)
        jumper = switch.kind == "jumper"
        if jumper:
            self.painter.setBrush(QColor(self.colours.muted))
            for pin in range(3):
                self.painter.drawEllipse(QPointF(left + 10.5 + 8.5 * pin, top + 9.5), 1, 1)
        if place >= 0:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(self.colours.accent if decisive else self.colours.muted))
            width = 13 if jumper else 11
            start = body.left() + 1 if place == 0 else body.right() - 1 - width
            self.painter.drawRoundedRect(QRectF(start, top + 7, width, 5), 0.8, 0.8)
        for end, position in enumerate(switch.positions):
            marked = decisive and end == place
            column = QRectF(left + (4 if end == 0 else 19), top + 13.4, 15, 5)
            self._text(column, f"▲ {position}" if marked else position, 3, bold=marked)
