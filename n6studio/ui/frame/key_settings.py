"""Where shortcuts are changed: a table of commands, and a field that takes the keys as they are pressed."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.ui.frame.keymap import Keymap, native, objection, page_of, page_user_of
from n6studio.ui.frame.palette import matches
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label, set_role

NAME = int(Qt.ItemDataRole.UserRole)


class KeySettings(QWidget):
    """Keys that nobody uses act at once; keys of another command are told, and taken over only if the user says so.

    Args:
        keymap: what is changed.
        window: its pages have shortcuts of their own, which must not be used twice.
    """

    def __init__(self, keymap: Keymap, window: QWidget) -> None:
        super().__init__()
        self._keymap, self._window = keymap, window
        self._wanted = QKeySequence()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a command or shortcut")
        self.filter.setAccessibleName("Find a command or shortcut")
        self.filter.textChanged.connect(self._fill)
        layout.addWidget(self.filter)
        layout.addWidget(self._make_table(), 1)
        layout.addLayout(self._make_editor())
        self.message = label("", TextRole.MUTED)
        self.message.setMinimumHeight(2 * self.fontMetrics().height())
        layout.addWidget(self.message)
        self._fill()
        keymap.changed.connect(self._fill)

    def _make_table(self) -> QTreeWidget:
        self.table = QTreeWidget()
        self.table.setAccessibleName("Commands and shortcuts")
        self.table.setHeaderLabels(["Command", "Shortcut"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.header().setStretchLastSection(False)
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.currentItemChanged.connect(lambda *_: self._chosen())
        self.table.itemActivated.connect(lambda *_: self.editor.setFocus())
        return self.table

    def _make_editor(self) -> QHBoxLayout:
        self.editor = QKeySequenceEdit()
        self.editor.setMaximumSequenceLength(1)
        self.editor.setAccessibleName("Press the new shortcut")
        for line in self.editor.findChildren(QLineEdit):
            line.setAccessibleName("Press the new shortcut")
        self.editor.editingFinished.connect(self._typed)
        self.take = button("Reassign", self._take, ButtonRole.PRIMARY)
        self.take.hide()
        self.remove = button("Remove", lambda: self._keymap.set(self.current(), QKeySequence()))
        self.reset = button("Reset", self._reset, name="Reset this command to its default keys")
        self.reset_all = button("Reset all", self._keymap.reset_all, name="Reset all commands to their default keys")
        row = QHBoxLayout()
        row.addWidget(self.editor, 1)
        for made in (self.take, self.remove, self.reset, self.reset_all):
            row.addWidget(made)
        return row

    def current(self) -> str:
        """Return the name of the command that is chosen."""
        item = self.table.currentItem()
        return str(item.data(0, NAME)) if item is not None else ""

    def choose(self, name: str) -> None:
        """Choose a command."""
        for row in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(row)
            if item is not None and item.data(0, NAME) == name:
                self.table.setCurrentItem(item)

    def _fill(self, *_: object) -> None:
        known, typed = self.current(), self.filter.text()
        self.table.clear()
        for name, action in self._keymap.actions.items():
            keys = native(self._keymap.keys(name))
            if not matches(typed, f"{action.text()} {keys}".lower()):
                continue
            item = QTreeWidgetItem([action.text(), keys])
            item.setData(0, NAME, name)
            item.setSizeHint(0, QSize(0, self.fontMetrics().height() + 10))
            if not self._keymap.is_default(name):
                font = item.font(1)
                font.setBold(True)
                item.setFont(1, font)
                item.setToolTip(1, "Changed by you")
            self.table.addTopLevelItem(item)
        self.choose(known)
        first = self.table.topLevelItem(0)
        if self.table.currentItem() is None and first is not None:
            self.table.setCurrentItem(first)
        self._chosen()

    def _chosen(self) -> None:
        name = self.current()
        self.take.hide()
        self.editor.clear()
        for made in (self.editor, self.remove, self.reset):
            made.setEnabled(bool(name))
        if name:
            self.remove.setEnabled(not self._keymap.keys(name).isEmpty())
            self.reset.setEnabled(not self._keymap.is_default(name))
        self._say("Changes take effect at once. Changed shortcuts are in bold.")

    def _say(self, text: str, role: TextRole = TextRole.MUTED) -> None:
        self.message.setText(text)
        set_role(self.message, role)

    def _typed(self) -> None:
        keys, name = self.editor.keySequence(), self.current()
        self.take.hide()
        if keys.isEmpty() or not name or keys == self._keymap.keys(name):
            return
        on_page = bool(page_of(name))
        reason = objection(keys, on_page) or ("" if on_page else self._page_user(keys))
        if reason:
            self._say(reason, TextRole.BAD)
            return
        other = self._keymap.user_of(keys, but=name)
        if other:
            self._wanted = keys
            text = self._keymap.actions[other].text()
            self._say(f"{native(keys)} is already used by: {text}. That command would have no shortcut.", TextRole.WARN)
            self.take.show()
        else:
            self._keymap.set(name, keys)

    def _page_user(self, keys: QKeySequence) -> str:
        user = page_user_of(keys, self._window)
        return f"{native(keys)} is used by {user}." if user else ""

    def _take(self) -> None:
        self._keymap.set(self.current(), self._wanted)

    def _reset(self) -> None:
        self._keymap.reset(self.current())
