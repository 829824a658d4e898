"""The row of pages at the left: number, title, state as icon and words."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from n6studio.ui.icons import STATE_WORDS, paint_state, state_colour
from n6studio.ui.theme import colours_of
from n6studio.ui.widgets.parts import button

WIDTH = 212


class PageButton(QAbstractButton):
    """One page in the row."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self._title, self._number = title, number
        self._kind, self._reason = "empty", ""
        self._ringed = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(title)
        self.show_state("empty", "")

    def show_state(self, kind: str, reason: str) -> None:
        """Show a state with its reason; the tool tip and the accessible name say all of it."""
        self._kind, self._reason = kind, reason
        words = STATE_WORDS.get(kind, kind)
        whole = f"{words}: {reason}" if reason else words
        self.setAccessibleName(f"{self._title}, {whole}")
        self.setToolTip(f"{whole}\nCtrl+{self._number}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(WIDTH - 16, 2 * self.fontMetrics().height() + 20)

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
        paint_state(painter, self._kind, QRectF(16, self.height() / 2 - 9, 18, 18), colours)
        self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        colours, left, width = colours_of(self), 46, self.width() - 56
        height = self.fontMetrics().height()
        top = (self.height() - 2 * height - 2) / 2
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(left, top, width, height), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(self.font())
        quiet = self._kind in ("empty", "ready", "done")
        painter.setPen(QColor(colours.muted if quiet else state_colour(self._kind, colours)))
        words = STATE_WORDS.get(self._kind, self._kind)
        if self._reason:
            words = f"{words}: {self._reason}"
        shown = QFontMetrics(self.font()).elidedText(words, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(left, top + height + 2, width, height), Qt.AlignmentFlag.AlignVCenter, shown)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802, D102
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._ringed = event.reason() in keys
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)


class PageRow(QWidget):
    """All pages, one above the other.

    Signals:
        chosen(key): the user wants to see a page.
    """

    chosen = Signal(str)

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.setAccessibleName("Pages")
        self.setFixedWidth(max(WIDTH, 27 * self.fontMetrics().averageCharWidth()))
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(8, 10, 8, 10)
        layout.setSpacing(4)
        group = QButtonGroup(self)
        self.buttons: dict[str, PageButton] = {}
        for number, (key, title) in enumerate(pages, 1):
            made = PageButton(number, title)
            made.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            group.addButton(made)
            layout.addWidget(made)
            self.buttons[key] = made
        layout.addStretch(1)

    def add_button(self, text: str, run: Callable[[], object], keys: str) -> None:
        """Add a button below the pages."""
        self._column.addWidget(button(text, run, "plain", tip=keys), 0, Qt.AlignmentFlag.AlignLeft)

    def show_current(self, key: str) -> None:
        """Mark the page that is shown."""
        self.buttons[key].setChecked(True)
