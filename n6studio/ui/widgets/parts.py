"""Small builders that give pages one look: labels, cards, buttons, rows with a state."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from n6studio.ui.icons import state_pixmap
from n6studio.ui.states import Mark
from n6studio.ui.theme import ButtonRole, TextRole, colours_of


def label(text: str = "", role: TextRole = TextRole.PLAIN, wrap: bool = True, select: bool = False) -> QLabel:
    """Return a plain-text label; `role` as in `theme.style_sheet`."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role.value)
    if select:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


_FIELD_PADDING = 6  # pixels before the text of a field, as in the style sheet


class ElidedLabel(QLabel):
    """One line that is cut with dots where there is no room, instead of holding the window wide."""

    def __init__(self, text: str = "", role: TextRole = TextRole.PLAIN) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._text = ""
        if role:
            self.setProperty("role", role.value)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802, D102
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._cut()

    def text(self) -> str:  # noqa: D102
        return self._text

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 4, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        least = self.fontMetrics().horizontalAdvance(self._text[:6] + "…") if self._text else 0
        return QSize(least, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, max(0, self.width()))
        QLabel.setText(self, shown)
        self.setToolTip(self._text if shown != self._text else "")


def make_clearable(line: QLineEdit) -> None:
    """Give a line a button that empties it, with a name, which Qt leaves out."""
    line.setClearButtonEnabled(True)
    for made in line.findChildren(QToolButton):
        made.setAccessibleName(f"Clear {line.accessibleName()}")


def keep_off_the_edge(box: QAbstractSpinBox) -> None:
    """Let a number begin where texts of other fields do: the style sheet's padding does not reach it."""
    box.lineEdit().setTextMargins(_FIELD_PADDING, 0, 0, 0)


def set_role(widget: QWidget, role: TextRole) -> None:
    """Change a widget's role and let the style sheet see it."""
    if widget.property("role") != role.value:
        widget.setProperty("role", role.value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_button_role(made: QPushButton, role: ButtonRole) -> None:
    """Change a button's role and let the style sheet see it."""
    if (made.property("role") or "") != role.value:
        made.setProperty("role", role.value)
        made.style().unpolish(made)
        made.style().polish(made)


def button(
    text: str,
    run: Callable[[], object],
    role: ButtonRole = ButtonRole.NORMAL,
    name: str = "",
    tip: str = "",
    command: str = "",
) -> QPushButton:
    """Return a button that calls `run`.

    Args:
        text: what is written on it.
        run: called without arguments.
        role: as in `theme.style_sheet`.
        name: what a screen reader says where the text alone is not enough.
        tip: its tool tip.
        command: the window's action that does the same; the tool tip then shows the keys that action has now.
    """
    made = QPushButton(text)
    made.setAccessibleName(name or text.replace("&", ""))
    made.setToolTip(tip)
    if command:
        made.setProperty("command", command)
        made.setProperty("hint", tip)
    if role:
        made.setProperty("role", role.value)
    made.clicked.connect(lambda: run())
    return made


def in_a_column(*widgets: QWidget, spacing: int = 12) -> QWidget:
    """Return widgets one below the other, at the top of what room there is."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return made


def widest_text(made: QPushButton | QToolButton, texts: Sequence[str]) -> None:
    """Make a button as wide as the widest text that it will show, so that nothing beside it moves."""
    shown, widths = made.text(), []
    for text in texts:
        made.setText(text)
        made.ensurePolished()
        widths.append(made.sizeHint().width())
    made.setText(shown)
    made.setMinimumWidth(max(widths))


def in_a_row(*widgets: QWidget, spacing: int = 6, stretch: bool = False) -> QWidget:
    """Return widgets that stay beside each other, for a `Flow`; it grows if one of them does, or `stretch` says so."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return made


def nothing_yet(title: str, hint: str, go: QPushButton | None = None) -> QWidget:
    """Return what a page shows before there is anything to show: why, and the button that leads on, if any."""
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(12, 8, 12, 8)
    layout.addStretch(1)
    for text, role in ((title, TextRole.TITLE), (hint, TextRole.MUTED)):
        line = label(text, role)
        line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(line)
    if go is not None:
        layout.addWidget(go, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(2)
    return made


class Card(QFrame):
    """A bordered box with a heading; `body` takes what is in it."""

    def __init__(self, heading: str = "", hint: str = "") -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(8)
        if heading:
            self.setAccessibleName(heading)
            self.body.addWidget(label(heading, TextRole.HEADING))
        if hint:
            self.body.addWidget(label(hint, TextRole.MUTED))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer to copy what the card's page does as a command line."""
        actions: dict[str, QAction] = getattr(self.window(), "named_actions", {})
        if "copy command" in actions:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(actions["copy command"])
            menu.popup(event.globalPos())


class StateIcon(QLabel):
    """An icon for a state or a check's outcome; always put a word beside it."""

    def __init__(self, mark: Mark, size: int = 16) -> None:
        super().__init__()
        self._mark, self._size = mark, size
        self.setFixedSize(size, size)
        self.show_mark(mark)

    def show_mark(self, mark: Mark) -> None:
        """Show another state; showing the same again costs nothing, as Qt would keep every image in its cache."""
        if mark != self._mark or self.pixmap().isNull():
            self._mark = mark
            self._draw()

    def _draw(self) -> None:
        self.setPixmap(state_pixmap(self._mark, colours_of(self), self._size, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802, D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()


class Facts(QWidget):
    """Two columns: what it is called, what it is. Values can be selected and copied."""

    def __init__(self, narrow: bool = False, spacing: int = 5) -> None:
        """Make it; a narrow one cuts values that do not fit and tells them in a tool tip, instead of growing wide."""
        super().__init__()
        self._narrow = narrow
        self._rows: list[tuple[str, str]] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(spacing)
        self._grid.setColumnStretch(1, 1)

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        """Replace all rows; those without a value are left out. Showing the same again costs nothing."""
        if rows == self._rows:
            return
        self._rows = list(rows)
        clear(self._grid)
        for number, (name, value) in enumerate((name, value) for name, value in rows if value):
            self._grid.addWidget(label(name, TextRole.MUTED, wrap=False), number, 0, Qt.AlignmentFlag.AlignTop)
            shown = ElidedLabel(value) if self._narrow else label(value, select=True)
            shown.setAccessibleName(f"{name}: {value}")
            self._grid.addWidget(shown, number, 1)


def column(widget: QWidget) -> QVBoxLayout:
    """Give a panel the layout of its content, one thing below the other, and return it."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(10, 10, 10, 10)
    layout.setSpacing(8)
    return layout


def clear(layout: QLayout) -> None:
    """Remove every widget of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def scrolled(content: QWidget, parent: QWidget | None = None) -> QScrollArea:
    """Return `content` in an area that scrolls; sideways only where large letters leave no other way.

    Give the parent where it is known: all of the content is styled anew whenever something around it gets another one.
    """
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    return area
