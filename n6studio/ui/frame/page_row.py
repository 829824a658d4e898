"""The row of pages at the left: number, title, state as icon and words."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from n6studio.ui.icons import paint_state, state_colour
from n6studio.ui.road import state_sentence
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, colours_of
from n6studio.ui.widgets.parts import button

WIDTH = 212
COMPACT_WIDTH = 84

ROOMY = 850  # pixels of a window in which all pages have room for two lines each


class PageButton(QAbstractButton):
    """One page in the row."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self._title, self._keys = title, f"Ctrl+{number % 10}"  # 0 for the tenth
        self._state, self._reason = PageState.EMPTY, ""
        self._ringed = self._compact = False
        self._lines = 1  # of the reason
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(title)
        self.show_state(PageState.EMPTY, "")

    def show_state(self, state: PageState, reason: str) -> None:
        """Show a state with its reason; the tool tip and the accessible name say all of it."""
        self._state, self._reason = state, reason
        whole = state_sentence(state, reason)
        self.setAccessibleName(f"{self._title}, {whole}")
        self._show_tip()
        self.update()

    def show_keys(self, keys: str) -> None:
        """Show in the tool tip which keys lead here."""
        self._keys = keys
        self._show_tip()

    def set_compact(self, compact: bool) -> None:
        """Show an icon with the title in small below it, or both side by side with the state in words."""
        self._compact = compact
        self.updateGeometry()
        self._show_tip()
        self.update()

    def set_lines(self, lines: int) -> None:
        """Show the reason in so many lines at most."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()
            self.update()

    def _show_tip(self) -> None:
        whole = self.accessibleName() if self._compact else self.accessibleName().partition(", ")[2]
        self.setToolTip("\n".join(part for part in (whole, self._keys) if part))

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        if self._compact:
            return QSize(COMPACT_WIDTH - 8, self.fontMetrics().height() + 26)
        return QSize(WIDTH - 16, (1 + self._lines) * self.fontMetrics().height() + 20)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        colours = colours_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(QColor(colours.surface))
            painter.drawRoundedRect(box, 8, 8)
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(QRectF(1, 10, 4, self.height() - 20), 2, 2)
        elif self.underMouse():
            painter.setBrush(QColor(colours.line))
            painter.drawRoundedRect(box, 8, 8)
        if self._ringed and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.accent))
            painter.drawRoundedRect(box, 8, 8)
        if self._compact:
            paint_state(painter, self._state, QRectF(self.width() / 2 - 8, 5, 16, 16), colours)
            self._paint_small(painter)
        else:
            paint_state(painter, self._state, QRectF(16, self.height() / 2 - 9, 18, 18), colours)
            self._paint_state(painter)
        painter.end()

    def _paint_small(self, painter: QPainter) -> None:
        small = QFont(self.font())
        small.setPointSizeF(self.font().pointSizeF() * 0.85)
        if self.isChecked():
            small.setWeight(QFont.Weight.DemiBold)
        painter.setFont(small)
        painter.setPen(QColor(colours_of(self).text))
        place = QRectF(4, 22, self.width() - 8, self.height() - 24)
        shown = QFontMetrics(small).elidedText(self._title, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, shown)

    def _paint_state(self, painter: QPainter) -> None:
        colours, left, width = colours_of(self), 46, self.width() - 56
        height = self.fontMetrics().height()
        lines = _lines_of(state_sentence(self._state, self._reason), self.fontMetrics(), width, self._lines)
        top = (self.height() - (1 + len(lines)) * height - 2) / 2
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(left, top, width, height), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(self.font())
        quiet = self._state in (PageState.EMPTY, PageState.BLOCKED, PageState.READY, PageState.DONE)
        painter.setPen(QColor(colours.muted if quiet else state_colour(self._state, colours)))
        for place, line in enumerate(lines, 1):
            painter.drawText(QRectF(left, top + place * height + 2, width, height), Qt.AlignmentFlag.AlignVCenter, line)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802, D102
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._ringed = event.reason() in keys
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)


def _lines_of(text: str, metrics: QFontMetrics, width: int, most: int) -> list[str]:
    """Return a text in at most so many lines of a width in pixels, broken between words; the last is cut with dots."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1 and metrics.horizontalAdvance(rest) > width:
        words = rest.split(" ")
        fits = [many for many in range(1, len(words)) if metrics.horizontalAdvance(" ".join(words[:many])) <= width]
        if not fits:
            break
        lines.append(" ".join(words[: fits[-1]]))
        rest = " ".join(words[fits[-1] :])
    return [*lines, metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)]


class PageRow(QScrollArea):
    """All pages, one above the other, and a few buttons below them; it scrolls where the window is low.

    Signals:
        chosen(key): the user wants to see a page.
    """

    chosen = Signal(str)

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__()
        self._compact, self._letters = True, 27
        self.setAccessibleName("Pages")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(8, 10, 8, 10)
        self._column.setSpacing(4)
        group = QButtonGroup(self)
        self.buttons: dict[str, PageButton] = {}
        for number, (key, title) in enumerate(pages, 1):
            made = PageButton(number, title)
            made.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            group.addButton(made)
            self._column.addWidget(made)
            self.buttons[key] = made
        self._last: QWidget = made
        # Where it scrolls, the bar takes room of its own and cuts off nothing.
        self.verticalScrollBar().rangeChanged.connect(lambda *_: self._room_changed())
        self._column.addStretch(1)
        self.setWidget(content)
        self.set_compact(False)

    def add_button(self, text: str, run: Callable[[], object], command: str) -> None:
        """Add a button below the pages that does the same as an action of the window."""
        made = button(text, run, ButtonRole.PLAIN, command=command)
        self._column.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        QWidget.setTabOrder(self._last, made)  # the pages' contents were made in between
        self._last = made

    def set_compact(self, compact: bool) -> None:
        """Take less room: icons with small titles."""
        if compact != self._compact:
            self._compact = compact
            for made in self.buttons.values():
                made.set_compact(compact)
            side = 4 if compact else 8
            self._column.setContentsMargins(side, 4 if compact else 10, side, 4 if compact else 10)
            self._column.setSpacing(1 if compact else 4)
            self._set_width()

    def fit(self, width: int, height: int) -> None:
        """Take more room in a large window, so that reasons are not cut."""
        self._letters = max(27, min(44, width // 48))
        for made in self.buttons.values():
            made.set_lines(2 if height >= ROOMY else 1)
        self._set_width()

    def _room_changed(self) -> None:
        self._set_width()
        self._look_at_current()

    def _look_at_current(self) -> None:
        for made in self.buttons.values():
            if made.isChecked():
                self.ensureWidgetVisible(made, 0, 0)

    def _set_width(self) -> None:
        letters = 13 if self._compact else self._letters
        least = COMPACT_WIDTH if self._compact else WIDTH
        bar = self.verticalScrollBar()
        room = bar.sizeHint().width() if self._compact and bar.maximum() > 0 else 0
        self.setFixedWidth(max(least, letters * self.fontMetrics().averageCharWidth()) + room)

    def show_current(self, key: str) -> None:
        """Mark the page that is shown."""
        self.buttons[key].setChecked(True)
        self._look_at_current()
