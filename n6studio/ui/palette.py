"""Two ways to find what the window can do: the command palette and the sheet of shortcuts."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from n6studio.ui.widgets.parts import label


def keys_of(action: QAction) -> str:
    """Return an action's shortcut as this system writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def matches(typed: str, text: str) -> bool:
    """Return whether every word typed begins a word of `text` or is part of it."""
    return all(word in text.lower() for word in typed.lower().split())


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
        self.line.setPlaceholderText("Type what you want to do")
        self.line.setAccessibleName("Search for a command")
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands found")
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for action in self._actions:
            if action.isEnabled() and matches(typed, action.text()):
                keys = keys_of(action)
                item = QListWidgetItem(f"{action.text()}    {keys}" if keys else action.text())
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.currentItem():
                self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _run(self, item: QListWidgetItem) -> None:
        if self.chosen is None:  # a click both activates and clicks on some systems
            self.chosen = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            self.chosen.trigger()


class ShortcutSheet(QDialog):
    """Every shortcut and what it does."""

    def __init__(self, actions: list[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 20)
        layout.addWidget(label("Shortcuts", "title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(7)
        for row, action in enumerate(action for action in actions if keys_of(action)):
            grid.addWidget(label(keys_of(action), "muted", wrap=False), row, 0)
            grid.addWidget(label(action.text(), wrap=False), row, 1)
        layout.addLayout(grid)
