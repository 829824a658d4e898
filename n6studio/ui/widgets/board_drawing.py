"""A board as a sketch of ours: its two USB-C sockets, and its boot switches in the position that is needed.

Not to scale: it shows what to look for and where a lever goes, not where every part sits.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.board.registry import Board, BootSwitch
from n6studio.domain.colours import Colours
from n6studio.ui.theme import colours_of

_SOCKETS = {"st-link": QPointF(20, 58), "video": QPointF(60, 58)}  # in a field of 100 x 64, as everything below


def switch_words(board: Board, mode: str) -> str:
    """Return where the switches of a board go for a boot mode, as a sentence."""
    chosen = board.boot_mode(mode)
    parts = [f"{switch.label} {_place_words(switch, chosen.switches[switch.name])}" for switch in board.switches]
    return f"{chosen.title}: {', '.join(parts)}."


def _place_words(switch: BootSwitch, position: str) -> str:
    name = "" if switch.label == switch.name else f"({switch.name}) "
    return f"{name}in position {position}" if switch.kind == "jumper" else f"{name}{position}"


class BoardDrawing(QWidget):
    """Shows one board. Sockets that are seen connected are filled; a needed switch position is marked by an arrow."""

    def __init__(self) -> None:
        super().__init__()
        self._board: Board | None = None
        self._mode = ""
        self._seen: frozenset[str] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(250, 168)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(330, 216)

    def show_board(self, board: Board, mode: str = "", seen: frozenset[str] = frozenset()) -> None:
        """Show a board.

        Args:
            board: its description.
            mode: the boot mode whose switch positions are wanted; '' for none.
            seen: keys of the connectors where something is seen.
        """
        self._board, self._mode, self._seen = board, mode, seen
        words = [switch_words(board, mode)] if mode else []
        words += [f"{one.marking}: {'connected' if one.key in seen else 'nothing seen'}." for one in board.connectors]
        self.setAccessibleName(f"Sketch of {board.name}")
        self.setAccessibleDescription(" ".join(words))
        self.setToolTip("\n".join([*words, "A sketch, not to scale."]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        if self._board is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(self.width() / 104, self.height() / 68)
        painter.translate((self.width() - 104 * scale) / 2, (self.height() - 68 * scale) / 2)
        painter.scale(scale, scale)
        painter.translate(2, 2)
        _Painting(painter, self._board, colours_of(self), self.font()).paint(self._mode, self._seen)


class _Painting:
    """One painting of a board; units are those of its field."""

    def __init__(self, painter: QPainter, board: Board, chosen: Colours, font: QFont) -> None:
        self.painter, self.board, self.colours, self._font = painter, board, chosen, font

    def paint(self, mode: str, seen: frozenset[str]) -> None:
        """Draw everything."""
        painter, colours = self.painter, self.colours
        painter.setPen(QPen(QColor(colours.muted), 0.6))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(QRectF(0, 0, 100, 58), 3, 3)
        painter.setBrush(QColor(colours.surface))
        for x in (4, 96):
            painter.drawEllipse(QPointF(x, 4), 1.4, 1.4)
        self._middle()
        self._text(QRectF(8, 40, 50, 5), self.board.name, 3.6, bold=True, left=True)
        for connector in self.board.connectors:
            self._socket(_SOCKETS[connector.key], connector.marking, connector.key in seen)
        for number, switch in enumerate(self.board.switches):
            self._switch(switch, 8 + 24 * number, mode)

    def _middle(self) -> None:
        """Draw what fills the board: a screen where it has one, else the chip and the camera's connector."""
        parts = [(QRectF(14, 10, 16, 16), "N657"), (QRectF(36, 10, 18, 12), "camera")]
        if self.board.virtual:
            parts = [(QRectF(8, 8, 46, 30), "this computer")]
        elif any(switch.kind == "slide" for switch in self.board.switches):
            parts = [(QRectF(8, 8, 46, 30), "screen")]
        for place, words in parts:
            self.painter.drawRect(place)
            self._text(place, words, 3.2)

    def _text(self, place: QRectF, text: str, size: float, bold: bool = False, left: bool = False) -> None:
        font = QFont(self._font)
        font.setPointSizeF(size * 0.75)
        font.setBold(bold)
        self.painter.setFont(font)
        self.painter.setPen(QPen(QColor(self.colours.text), 0.5))
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
        self.painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | side), text)
        self.painter.setPen(QPen(QColor(self.colours.muted), 0.6))

    def _socket(self, middle: QPointF, marking: str, seen: bool) -> None:
        colour = QColor(self.colours.good if seen else self.colours.muted)
        self.painter.setPen(QPen(colour, 0.9))
        self.painter.setBrush(colour if seen else QColor(self.colours.surface))
        self.painter.drawRoundedRect(QRectF(middle.x() - 6, middle.y() - 2.6, 12, 5.2), 2.4, 2.4)
        inside = QColor(self.colours.surface if seen else self.colours.muted)
        self.painter.setPen(QPen(inside, 0.9))
        self.painter.drawLine(QPointF(middle.x() - 3.2, middle.y()), QPointF(middle.x() + 3.2, middle.y()))
        self._text(QRectF(middle.x() - 20, middle.y() - 9.5, 40, 6), f"{marking} ✓" if seen else marking, 3)

    def _switch(self, switch: BootSwitch, top: float, mode: str) -> None:
        chosen = self.board.boot_mode(mode) if mode else None
        decisive = chosen is not None and switch.name in chosen.decisive
        place = switch.positions.index(chosen.switches[switch.name]) if chosen is not None else -1
        name = switch.label if switch.label == switch.name else f"{switch.label}  {switch.name}"
        self._text(QRectF(60, top, 38, 5), name, 3.4, bold=True)
        body = QRectF(66, top + 6, 26, 7)
        self.painter.setBrush(QColor(self.colours.surface))
        self.painter.setPen(QPen(QColor(self.colours.text), 0.6))
        self.painter.drawRoundedRect(body, 1.2, 1.2)
        jumper = switch.kind == "jumper"
        if jumper:
            self.painter.setBrush(QColor(self.colours.muted))
            for pin in range(3):
                self.painter.drawEllipse(QPointF(70.5 + 8.5 * pin, top + 9.5), 1, 1)
        if place >= 0:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(self.colours.accent if decisive else self.colours.muted))
            width = 13 if jumper else 11
            left = body.left() + 1 if place == 0 else body.right() - 1 - width
            self.painter.drawRoundedRect(QRectF(left, top + 7, width, 5), 0.8, 0.8)
        for end, position in enumerate(switch.positions):
            marked = decisive and end == place
            column = QRectF(64 if end == 0 else 79, top + 13.4, 15, 5)
            self._text(column, f"▲ {position}" if marked else position, 3, bold=marked)
