"""The items of the status bar: each a text, some with a dot before it; nothing of an item that has no text."""

from PySide6.QtWidgets import QHBoxLayout, QStatusBar, QWidget

from n6studio.domain.states import CheckState
from n6studio.ui.states import Mark
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import ElidedLabel, StateIcon

ITEMS = {
    "project": "Project",
    "tool": "Tools",
    "board": "Board",
    "stream": "Stream",
    "disk": "Disk",
}


class StatusItem(QWidget):
    """One item; hidden while its text is empty."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 12, 2)
        layout.setSpacing(6)
        self.icon = StateIcon(CheckState.OK, 12)
        self.label = ElidedLabel(role=TextRole.MUTED)
        layout.addWidget(self.icon)
        layout.addWidget(self.label, 1)
        self.show_status("")

    def show_status(self, text: str, mark: Mark | None = None) -> None:
        """Show a text with an icon before it, or none."""
        self.label.setText(text)
        self.setToolTip(f"{self._name}: {text}")
        self.setAccessibleName(f"{self._name}: {text}")
        self.icon.setVisible(mark is not None)
        if mark is not None:
            self.icon.show_mark(mark)
        self.setVisible(bool(text))


class StatusLine(QStatusBar):
    """The project at the left, everything else at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.items = {key: StatusItem(name) for key, name in ITEMS.items()}
        for key, item in self.items.items():
            if key == "project":
                self.addWidget(item, 1)
            else:
                self.addPermanentWidget(item)
        self.setMinimumHeight(self.fontMetrics().height() + 10)

    def show_status(self, key: str, text: str, mark: Mark | None = None) -> None:
        """Show an item as `Context.set_status` describes; keys that are not known are left out."""
        if key in self.items:
            self.items[key].show_status(text, mark)
