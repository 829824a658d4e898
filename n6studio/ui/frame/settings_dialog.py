"""The window's own settings: its theme, what it tells, what it remembers, its shortcuts, and what pages add."""

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
from n6studio.ui.context import Context
from n6studio.ui.frame.key_settings import KeySettings
from n6studio.ui.frame.keymap import Keymap
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label, scrolled

_WORDS: dict[theme.Choice, str] = {"system": "System", "light": "Light", "dark": "Dark"}


class SettingsDialog(QDialog):
    """Changes apply at once."""

    def __init__(self, window: QWidget, context: Context, keymap: Keymap, preferences: PreferenceStore) -> None:
        super().__init__(window)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 560)
        self._context, self._preferences = context, preferences
        self.keys = KeySettings(keymap, window)
        self.tabs = QTabWidget()
        self.tabs.addTab(scrolled(self._general()), "General")
        self.tabs.addTab(self.keys, "Shortcuts")
        for title, make in context.settings_tabs:
            self.tabs.addTab(make(), title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.tabs, 1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        layout.addWidget(box)

    def _general(self) -> QWidget:
        made, change, remembered = QWidget(), self._preferences.change, self._preferences.now
        layout = QVBoxLayout(made)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        layout.addWidget(label("Theme", TextRole.HEADING))
        group = QButtonGroup(self)
        self.themes: dict[theme.Choice, QRadioButton] = {}
        for choice in theme.CHOICES:
            radio = QRadioButton(_WORDS[choice])
            radio.setAccessibleName(f"Theme: {_WORDS[choice]}")
            radio.setChecked(choice == remembered.theme)
            radio.clicked.connect(lambda _=False, choice=choice: change(theme=choice))
            group.addButton(radio)
            layout.addWidget(radio)
            self.themes[choice] = radio
        self.calm = self._switch(layout, "Reduce motion: busy bars do not move", remembered.calm)
        self.calm.toggled.connect(lambda on: change(calm=on))
        layout.addSpacing(10)
        layout.addWidget(label("Notifications", TextRole.HEADING))
        self.notify = self._switch(
            layout, "Notify on the desktop when a job ends while another window is active", remembered.notify
        )
        self.notify.toggled.connect(lambda on: change(notify=on))
        layout.addSpacing(10)
        layout.addWidget(label("Recent projects", TextRole.HEADING))
        layout.addWidget(label("Clears the list only; the projects are not touched.", TextRole.MUTED))
        forget = button("Clear recent projects", self._forget_recent)
        layout.addWidget(forget, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        return made

    def _forget_recent(self) -> None:
        self._preferences.change(recent=())
        self._context.notice.emit("Recent projects cleared")

    @staticmethod
    def _switch(layout: QVBoxLayout, text: str, on: bool) -> QCheckBox:
        made = QCheckBox(text)
        made.setAccessibleName(text)
        made.setChecked(on)
        layout.addWidget(made)
        return made
