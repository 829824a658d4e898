"""The window's own settings: its theme, what it tells, what it remembers, its shortcuts, and what pages add."""

import functools
import platform
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

import n6studio
from n6studio.domain.texts import bytes_text
from n6studio.ui import theme
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.frame.key_settings import KeySettings
from n6studio.ui.frame.keymap import Keymap
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.frame.preferences import TEXT_SIZES
from n6studio.ui.opening import open_with_system
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import ElidedLabel, button, label, scrolled

_WORDS: dict[theme.Choice, str] = {"system": "System", "light": "Light", "dark": "Dark"}


def _folders(preferences: Path, context: Context) -> list[tuple[str, Path]]:
    """Return what this user's program keeps where."""
    import platformdirs

    own = [("Project", context.project.folder)] if context.project is not None else []
    data = platformdirs.user_data_path("n6studio", appauthor=False)
    cache = platformdirs.user_cache_path("n6studio", appauthor=False)
    logs = platformdirs.user_log_path("n6studio", appauthor=False)
    return [*own, ("Settings", preferences), ("Boards and tools", data), ("Cache", cache), ("Logs", logs)]


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
        self.tabs.addTab(scrolled(self._about(window)), "Folders and version")
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
        layout.addWidget(label("Text size", TextRole.HEADING))
        self.text_size = QComboBox()
        self.text_size.setAccessibleName("Text size")
        for percent in TEXT_SIZES:
            self.text_size.addItem(f"{percent} %", percent)
        self.text_size.setCurrentIndex(self.text_size.findData(remembered.text_percent))
        self.text_size.activated.connect(lambda _: change(text_percent=int(self.text_size.currentData())))
        layout.addWidget(self.text_size, 0, Qt.AlignmentFlag.AlignLeft)
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

    def _about(self, window: QWidget) -> QWidget:
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        layout.addWidget(label("Folders", TextRole.HEADING))
        for name, folder in _folders(self._preferences.file.parent, self._context):
            row = QHBoxLayout()
            row.addWidget(label(name, wrap=False))
            size = label("", TextRole.MUTED, wrap=False)
            row.addWidget(ElidedLabel(str(folder), TextRole.MUTED), 1)
            row.addWidget(size)
            row.addWidget(
                button("Open", functools.partial(self._open, folder), ButtonRole.PLAIN, f"Open the folder: {name}")
            )
            layout.addLayout(row)
            self._measure(folder, size)
        layout.addSpacing(10)
        layout.addWidget(label("Tools", TextRole.HEADING))
        check = button("Check this computer", self._context.check_requested.emit, tip="Packages, tools, memory, disk")
        layout.addWidget(check, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addSpacing(10)
        layout.addWidget(label("Version", TextRole.HEADING))
        layout.addWidget(label(f"N6 Studio {n6studio.__version__}, Python {platform.python_version()}", select=True))
        layout.addStretch(1)
        return made

    def _open(self, folder: Path) -> None:
        open_with_system(self, folder, self._context.notice.emit)

    def _measure(self, folder: Path, shown: QLabel) -> None:
        def measure() -> int:
            from n6studio.engine.project.summary import disk_bytes

            return disk_bytes(folder)

        run_in_background(shown, measure, lambda size: shown.setText(bytes_text(size)), lambda _: None)

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
