"""A board as a sketch of ours: its two USB-C sockets, and its boot switches in the position that is needed.

Not to scale: it shows what to look for and where a lever goes, not where every part sits.
"""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.ui.theme import Colours, colours_of

DEVELOPMENT, FLASH = "development", "flash"
POSITION_WORDS = {DEVELOPMENT: "for writing", FLASH: "for running"}


@dataclass(frozen=True)
class Switch:
    """A boot switch.

    Attributes:
        name: as printed on the board, with what it sets.
        ends: what its two ends are called, left and right.
        places: boot mode -> 0 for the first end, 1 for the second.
        matters: the boot modes in which it decides something.
    """

    name: str
    ends: tuple[str, str]
    places: dict[str, int]
    matters: tuple[str, ...] = (DEVELOPMENT, FLASH)


@dataclass(frozen=True)
class Sketch:
    """What is drawn of a board, in a field of 100 x 64.

    Attributes:
        name: printed below.
        screen: where a display sits, or None.
        sockets: key -> (place, what is printed beside it); 'probe' is the ST-LINK's.
        switches: from top to bottom.
        sliders: True for sliding levers, False for jumper caps on three pins.
    """

    name: str
    screen: tuple[float, float, float, float] | None
    sockets: dict[str, tuple[QPointF, str]]
    switches: tuple[Switch, ...]
    sliders: bool


SKETCHES = {
    "stm32n6570-dk": Sketch(
        "STM32N6570-DK",
        (8, 8, 46, 30),
        {"probe": (QPointF(20, 58), "CN6  ST-LINK and power"), "user": (QPointF(58, 58), "CN18  USB1")},
        (
            Switch("BOOT0", ("left", "right"), {DEVELOPMENT: 1, FLASH: 0}, (FLASH,)),
            Switch("BOOT1", ("left", "right"), {DEVELOPMENT: 1, FLASH: 0}),
        ),
        True,
    ),
    "nucleo-n657x0-q": Sketch(
        "NUCLEO-N657X0-Q",
        None,
        {"probe": (QPointF(20, 58), "ST-LINK and power"), "user": (QPointF(56, 58), "CN8  USB, by the RJ45")},
        (
            Switch("JP1  BOOT0", ("1", "2"), {DEVELOPMENT: 0, FLASH: 0}),
            Switch("JP2  BOOT1", ("1", "2"), {DEVELOPMENT: 1, FLASH: 0}),
        ),
        False,
    ),
    "virtual": Sketch(
        "Virtual board",
        (8, 8, 46, 30),
        {"probe": (QPointF(20, 58), "cable to the ST-LINK"), "user": (QPointF(58, 58), "cable for video")},
        (Switch("BOOT1", ("left", "right"), {DEVELOPMENT: 1, FLASH: 0}),),
        True,
    ),
}


def in_words(board: str, position: str) -> str:
    """Return where the switches of a board go, as a sentence; "" without a position or for an unknown board."""
    sketch = SKETCHES.get(board)
    if sketch is None or not position:
        return ""
    parts = [f"{switch.name.replace('  ', ' (') + (')' if '  ' in switch.name else '')} to "
             f"{'position ' if not sketch.sliders else ''}{switch.ends[switch.places[position]]}"
             for switch in sketch.switches]  # fmt: skip
    return f"Switches {POSITION_WORDS[position]}: {' and '.join(parts)}."


class BoardDrawing(QWidget):
    """Shows one board. Sockets that are seen connected are filled; a needed switch position is marked by an arrow."""

    def __init__(self) -> None:
        super().__init__()
        self._board, self._position = "virtual", ""
        self._seen: dict[str, bool | None] = {}
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(250, 170)
        self._describe()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(330, 216)

    def show_board(self, board: str, position: str = "", seen: dict[str, bool | None] | None = None) -> None:
        """Show a board.

        Args:
            board: its key in the registry.
            position: the boot mode whose switch positions are wanted; '' for none.
            seen: socket -> whether something is seen there; None where that cannot be told.
        """
        self._board, self._position, self._seen = board, position, seen or {}
        self._describe()
        self.update()

    def _describe(self) -> None:
        sketch = SKETCHES.get(self._board)
        name = sketch.name if sketch else self._board
        seen = [f"{where} socket: connected" for where, found in self._seen.items() if found]
        self.setAccessibleName(f"Sketch of {name}")
        self.setAccessibleDescription(" ".join([in_words(self._board, self._position), *seen]))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        sketch = SKETCHES.get(self._board)
        if sketch is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(self.width() / 104, self.height() / 70)
        painter.translate((self.width() - 104 * scale) / 2, (self.height() - 70 * scale) / 2)
        painter.scale(scale, scale)
        painter.translate(2, 1)
        _Painting(painter, sketch, colours_of(self), self.font()).paint(self._position, self._seen)


class _Painting:
    """One painting of a sketch; units are those of its field."""

    def __init__(self, painter: QPainter, sketch: Sketch, chosen: Colours, font: QFont) -> None:
        self.painter, self.sketch, self.colours, self._font = painter, sketch, chosen, font

    def paint(self, position: str, seen: dict[str, bool | None]) -> None:
        """Draw everything."""
        painter, colours = self.painter, self.colours
        painter.setPen(QPen(QColor(colours.muted), 0.6))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(QRectF(0, 0, 100, 58), 3, 3)
        painter.setBrush(QColor(colours.surface))
        for x in (4, 96):
            painter.drawEllipse(QPointF(x, 4), 1.4, 1.4)
        if self.sketch.screen is not None:
            place = QRectF(*self.sketch.screen)
            painter.drawRect(place)
            self._text(place, "camera and screen" if self.sketch.name != "Virtual board" else "this computer", 3.2)
        else:
            painter.drawRect(QRectF(14, 10, 16, 16))
            self._text(QRectF(14, 10, 16, 16), "N657", 3.2)
            painter.drawRect(QRectF(36, 10, 18, 12))
            self._text(QRectF(36, 10, 18, 12), "camera", 3)
        for key, (place, words) in self.sketch.sockets.items():
            self._socket(place, words, bool(seen.get(key)))
        self._text(QRectF(6, 40, 50, 5), self.sketch.name, 3.6, bold=True, left=True)
        for number, switch in enumerate(self.sketch.switches):
            self._switch(switch, 8 + 24 * number + (10 if len(self.sketch.switches) == 1 else 0), position)

    def _text(self, place: QRectF, text: str, size: float, bold: bool = False, left: bool = False) -> None:
        font = QFont(self._font)
        font.setPointSizeF(size * 0.75)
        font.setBold(bold)
        self.painter.setFont(font)
        self.painter.setPen(QPen(QColor(self.colours.text), 0.5))
        aligned = Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter)
        self.painter.drawText(place, int(aligned), text)
        self.painter.setPen(QPen(QColor(self.colours.muted), 0.6))

    def _socket(self, middle: QPointF, words: str, seen: bool) -> None:
        colour = QColor(self.colours.good if seen else self.colours.muted)
        self.painter.setPen(QPen(colour, 0.9))
        self.painter.setBrush(colour if seen else QColor(self.colours.surface))
        self.painter.drawRoundedRect(QRectF(middle.x() - 6, middle.y() - 2.6, 12, 5.2), 2.4, 2.4)
        inside = QColor(self.colours.surface if seen else self.colours.muted)
        self.painter.setPen(QPen(inside, 0.9))
        self.painter.drawLine(QPointF(middle.x() - 3.2, middle.y()), QPointF(middle.x() + 3.2, middle.y()))
        label = f"{words} ✓" if seen else words
        self._text(QRectF(middle.x() - 22, middle.y() - 9.5, 44, 6), label, 3)

    def _switch(self, switch: Switch, top: float, position: str) -> None:
        wanted = bool(position) and position in switch.matters
        place = switch.places.get(position, -1)
        self._text(QRectF(60, top, 38, 5), switch.name, 3.4, bold=True)
        body = QRectF(66, top + 6, 26, 7)
        self.painter.setBrush(QColor(self.colours.surface))
        self.painter.setPen(QPen(QColor(self.colours.text), 0.6))
        self.painter.drawRoundedRect(body, 1.2, 1.2)
        if not self.sketch.sliders:
            self.painter.setBrush(QColor(self.colours.muted))
            for pin in range(3):
                self.painter.drawEllipse(QPointF(70.5 + 8.5 * pin, top + 9.5), 1, 1)
        if place >= 0:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(self.colours.accent if wanted else self.colours.muted))
            width = 11 if self.sketch.sliders else 13
            left = body.left() + 1 if place == 0 else body.right() - 1 - width
            self.painter.drawRoundedRect(QRectF(left, top + 7, width, 5), 0.8, 0.8)
        for end, name in enumerate(switch.ends):
            column = QRectF(66 if end == 0 else 79, top + 13.4, 13, 5)
            marked = wanted and end == place
            self._text(column, f"▲ {name}" if marked else name, 3, bold=marked)
