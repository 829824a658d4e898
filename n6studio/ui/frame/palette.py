"""Two ways to find what the window can do: the command palette and the sheet of shortcuts."""

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.pages import Pairs
from n6studio.ui.frame.keymap import Keymap, native, page_of
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label, scrolled


def matches(typed: str, text: str) -> bool:
    """Return whether every word typed begins a word of `text` or is part of it."""
    return all(word in text.lower() for word in typed.lower().split())


SCATTERED = 10.0  # ranks from here on are of letters that lie apart


def fuzzy_rank(typed: str, text: str) -> float | None:
    """Return how well what was typed fits a text, lower is better; None where it does not.

    Its words as they stand fit best, at the beginning of words better; else its letters in order, with few gaps.
    """
    wanted, known = typed.lower().split(), text.lower()
    if not wanted:
        return 0.0
    if all(word in known for word in wanted):
        starts = sum(bool(re.search(rf"\b{re.escape(word)}", known)) for word in wanted)
        return 1.0 - starts / len(wanted) + len(known) / 1000
    place, gaps = -1, 0
    for letter in "".join(wanted):
        found = known.find(letter, place + 1)
        if found < 0:
            return None
        gaps += found - place - 1
        place = found
    return SCATTERED + gaps


class CommandPalette(QDialog):
    """A line to type in and the commands that match; Enter runs the one that is marked."""

    def __init__(self, actions: list[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 380)
        self._actions = actions
        self.chosen: QAction | None = None
        layout = QVBoxLayout(self)
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type a command")
        self.line.setAccessibleName("Search for a command")
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Commands found")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.nothing = label("", TextRole.MUTED)
        layout.addWidget(self.nothing)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        ranked = [
            (rank, number, action)
            for number, action in enumerate(self._actions)
            if action.isEnabled() and (rank := fuzzy_rank(typed, action.text())) is not None
        ]
        if any(rank < SCATTERED for rank, _, _ in ranked):
            ranked = [one for one in ranked if one[0] < SCATTERED]
        self.nothing.setVisible(not ranked)
        self.nothing.setText(f"Nothing found for '{typed}'")
        for _, _, action in sorted(ranked, key=lambda one: one[:2]):
            item = QTreeWidgetItem([action.text(), native(action.shortcut())])
            item.setData(0, Qt.ItemDataRole.UserRole, action)
            item.setSizeHint(0, QSize(0, self.fontMetrics().height() + 10))
            self.list.addTopLevelItem(item)
        self._mark(0)

    def _mark(self, row: int) -> None:
        item = self.list.topLevelItem(row % max(1, self.list.topLevelItemCount()))
        if item is not None:
            self.list.setCurrentItem(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        item = self.list.currentItem()
        if item is not None and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step:
                self._mark(self.list.currentIndex().row() + step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(item)
                return True
        return super().eventFilter(watched, event)

    def _run(self, item: QTreeWidgetItem) -> None:
        if self.chosen is None:  # a click both activates and clicks on some systems
            self.chosen = item.data(0, Qt.ItemDataRole.UserRole)
            self.accept()
            self.chosen.trigger()


class ShortcutSheet(QDialog):
    """Every shortcut as it is now, and what it does.

    Args:
        keymap: whose.
        parent: the window.
        change: opens where they can be changed.
        page: title of the page that is shown.
        page_keys: (keys, what they do) on that page only.
    """

    def __init__(
        self, keymap: Keymap, parent: QWidget, change: Callable[[], object], page: str, page_keys: Pairs
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._change = change
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addWidget(label("Shortcuts", TextRole.TITLE))
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        shown = [
            (native(keymap.keys(name)), action.text()) for name, action in keymap.actions.items() if not page_of(name)
        ]
        for keys, what in shown:
            if keys:
                _add_row(grid, keys, what)
        if page_keys:
            grid.addWidget(label(f"On the page {page}", TextRole.HEADING), grid.rowCount(), 0, 1, 2)
        for keys, what in page_keys:
            _add_row(grid, keys, what[:1].upper() + what[1:])
        grid.setRowStretch(grid.rowCount(), 1)
        layout.addWidget(scrolled(content), 1)
        layout.addWidget(label("Shortcuts of other pages are in their help (F1).", TextRole.MUTED))
        buttons = QHBoxLayout()
        buttons.addWidget(button("Change shortcuts...", self._to_settings))
        buttons.addStretch(1)
        buttons.addWidget(button("Close", self.reject))
        layout.addLayout(buttons)
        room = self.screen().availableGeometry().height() - 120
        self.resize(480, min(room, content.sizeHint().height() + 170))

    def _to_settings(self) -> None:
        self.reject()
        self._change()


def _add_row(grid: QGridLayout, keys: str, what: str) -> None:
    row = grid.rowCount()
    grid.addWidget(label(keys, TextRole.MUTED, wrap=False), row, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(label(what), row, 1)
