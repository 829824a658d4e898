"""The window's own settings: its look, and what it remembers."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QDialog, QDialogButtonBox, QRadioButton, QVBoxLayout, QWidget

from n6studio.ui import theme
from n6studio.ui.widgets.parts import button, label

_WORDS: dict[theme.Choice, str] = {"system": "As the system has it", "light": "Light", "dark": "Dark"}


class SettingsDialog(QDialog):
    """Changes apply at once."""

    def __init__(
        self,
        look: theme.Choice,
        choose_look: Callable[[theme.Choice], None],
        forget_recent: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label("Look", "heading"))
        group = QButtonGroup(self)
        self.looks: dict[theme.Choice, QRadioButton] = {}
        for choice in theme.CHOICES:
            made = QRadioButton(_WORDS[choice])
            made.setAccessibleName(f"Look: {_WORDS[choice]}")
            made.setChecked(choice == look)
            made.clicked.connect(lambda _=False, choice=choice: choose_look(choice))
            group.addButton(made)
            layout.addWidget(made)
            self.looks[choice] = made
        layout.addSpacing(8)
        layout.addWidget(label("Recent projects", "heading"))
        layout.addWidget(label("The list only; the projects themselves stay where they are.", "muted"))
        layout.addWidget(button("Forget recent projects", forget_recent), 0, Qt.AlignmentFlag.AlignLeft)
        layout.addSpacing(8)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        layout.addWidget(box)
