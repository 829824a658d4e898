"""The dialogs that can be opened from everywhere: help, commands, shortcuts, settings, doctor, diagnostics."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.ui.background import run_in_background
from n6studio.ui.engine_thread import expected
from n6studio.ui.frame.diagnostics import Diagnostics, write_diagnostics
from n6studio.ui.frame.doctor_dialog import DoctorDialog
from n6studio.ui.frame.keymap import native
from n6studio.ui.frame.page_help import HelpDialog, page_help
from n6studio.ui.frame.palette import CommandPalette, ShortcutSheet
from n6studio.ui.frame.settings_dialog import SettingsDialog
from n6studio.ui.widgets.parts import button, label

if TYPE_CHECKING:
    from n6studio.ui.frame.main_window import MainWindow

HELP_KEYS = ("main", "stop", "next page", "previous page", "help", "palette", "shortcuts", "log", "details")


class WindowDialogs:
    """Opens them over a window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._help: HelpDialog | None = None

    def show_palette(self) -> None:
        """Open the command palette."""
        CommandPalette(self._window.actions(), self._window).open()

    def show_shortcuts(self) -> None:
        """Open the sheet of shortcuts."""
        window = self._window
        told = page_help(window.current_key)
        keys = told.keys if told is not None else ()
        ShortcutSheet(window.keymap, window, self.show_key_settings, window.page_title(window.current_key), keys).open()

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self._window).open()

    def show_key_settings(self) -> None:
        """Open the settings where shortcuts are changed."""
        dialog = SettingsDialog(self._window)
        dialog.tabs.setCurrentWidget(dialog.keys)
        dialog.open()

    def show_doctor(self) -> None:
        """Open what this computer has and lacks."""
        DoctorDialog(self._window).open()

    def show_help(self) -> None:
        """Open the help of the page that is shown; it follows from page to page."""
        if self._help is None:
            self._help = HelpDialog(self._window)
            self._help.destroyed.connect(self._help_closed)
        self.follow()
        self._help.show()
        self._help.raise_()

    def follow(self) -> None:
        """Let an open help tell of the page that is shown now."""
        if self._help is not None:
            keymap, key = self._window.keymap, self._window.current_key
            keys = [(native(keymap.keys(name)), keymap.actions[name].text()) for name in HELP_KEYS]
            self._help.show_help(key, self._window.page_title(key), keys)

    def _help_closed(self) -> None:
        self._help = None

    def save_diagnostics(self) -> None:
        """Write the diagnostics off the GUI thread, then say where they are and what is in them."""
        window, project = self._window, self._window.context.project
        wanted = Diagnostics(
            folder=window.documents,
            name=f"n6studio-diagnostics-{time.strftime('%Y%m%d-%H%M%S')}.zip",
            project=project,
            preferences=window.preferences,
            error=next(iter(window.context.errors.values()), None),
        )
        window.context.notice.emit("Collecting diagnostics...")
        run_in_background(window, lambda: write_diagnostics(wanted), self._saved, self._not_saved)

    def _saved(self, written: tuple[Path, tuple[str, ...]]) -> None:
        DiagnosticsDialog(*written, self._window).open()

    def _not_saved(self, error: Exception) -> None:
        self._window.show_problem(expected(error, "diagnostics"))


class DiagnosticsDialog(QDialog):
    """Says where the diagnostics were written and what is in them."""

    def __init__(self, path: Path, contents: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Diagnostics")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = path
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label("Diagnostics are saved", "heading"))
        layout.addWidget(label(str(path), select=True))
        layout.addWidget(
            label(
                "Attach this file when you report a problem. It holds no pictures and no network, and the name of your "
                "home folder is left out. You can open it and look before you send it. In it:",
                "muted",
            )
        )
        layout.addWidget(label("\n".join(f"•  {name}" for name in contents)))
        row = QHBoxLayout()
        row.addWidget(button("Open folder", self._open, "primary", "Open the folder with the diagnostics"))
        row.addWidget(button("Copy path", lambda: QGuiApplication.clipboard().setText(str(path))))
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        self.setMinimumWidth(520)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.path.parent)))
