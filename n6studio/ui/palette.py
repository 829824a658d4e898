"""Two ways to find what the window can do: the command palette and the sheet of shortcuts."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

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
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for action in self._actions:
            if action.isEnabled() and matches(typed, action.text()):
                item = QTreeWidgetItem([action.text(), keys_of(action)])
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
