"""The window's own settings: its look, what it tells, what it remembers, its shortcuts, and what pages add."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QRadioButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from n6studio.ui import theme
from n6studio.ui.frame.key_settings import KeySettings
from n6studio.ui.widgets.parts import button, label, scrolled

if TYPE_CHECKING:
    from n6studio.ui.frame.main_window import MainWindow

_WORDS: dict[theme.Choice, str] = {"system": "As the system has it", "light": "Light", "dark": "Dark"}


class SettingsDialog(QDialog):
    """Changes apply at once."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 560)
        self._window = window
        self.keys = KeySettings(window.keymap, window)
        self.tabs = QTabWidget()
        self.tabs.addTab(scrolled(self._general()), "General")
        self.tabs.addTab(self.keys, "Shortcuts")
        for title, make in window.context.settings_tabs:
            self.tabs.addTab(make(), title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.tabs, 1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        layout.addWidget(box)

    def _general(self) -> QWidget:
        made, remembered = QWidget(), self._window.preferences
        layout = QVBoxLayout(made)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        layout.addWidget(label("Look", "heading"))
        group = QButtonGroup(self)
        self.looks: dict[theme.Choice, QRadioButton] = {}
        for choice in theme.CHOICES:
            radio = QRadioButton(_WORDS[choice])
            radio.setAccessibleName(f"Look: {_WORDS[choice]}")
            radio.setChecked(choice == remembered.look)
            radio.clicked.connect(lambda _=False, choice=choice: self._window.choose_look(choice))
            group.addButton(radio)
            layout.addWidget(radio)
            self.looks[choice] = radio
        self.calm = self._switch(layout, "Keep still: busy bars do not move", remembered.calm)
        self.calm.toggled.connect(lambda on: self._window.remember(calm=on))
        layout.addSpacing(10)
        layout.addWidget(label("Messages", "heading"))
        self.notify = self._switch(
            layout, "Tell on the desktop when a job ends while another window is in use", remembered.notify
        )
        self.notify.toggled.connect(lambda on: self._window.remember(notify=on))
        layout.addSpacing(10)
        layout.addWidget(label("Recent projects", "heading"))
        layout.addWidget(label("The list only; the projects themselves stay where they are.", "muted"))
        forget = button("Forget recent projects", self._window.forget_recent)
        layout.addWidget(forget, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        return made

    @staticmethod
    def _switch(layout: QVBoxLayout, text: str, on: bool) -> QCheckBox:
        made = QCheckBox(text)
        made.setAccessibleName(text)
        made.setChecked(on)
        layout.addWidget(made)
        return made
