"""The dialogs that can be opened from everywhere: help, commands, shortcuts, settings, doctor, diagnostics."""

import dataclasses
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.errors.advice import advice
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import expected
from n6studio.ui.frame.diagnostics import Diagnostics, write_diagnostics
from n6studio.ui.frame.doctor_dialog import DoctorDialog
from n6studio.ui.frame.keymap import Keymap, native
from n6studio.ui.frame.layers_dialog import LayerGetter, LayersDialog
from n6studio.ui.frame.page_help import HelpDialog
from n6studio.ui.frame.page_stack import PageStack
from n6studio.ui.frame.palette import CommandPalette, ShortcutSheet
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.frame.settings_dialog import SettingsDialog
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.listing import page_help
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label

HELP_KEYS = ("main", "stop", "next page", "previous page", "help", "palette", "shortcuts", "log", "details")


class WindowDialogs:
    """Opens them over a window.

    Args:
        window: their parent.
        context: of the window.
        stack: whose current page the help and the sheet of shortcuts are about.
        keymap: the window's shortcuts.
        preferences: what the settings change.
        documents: where diagnostics are written.
    """

    def __init__(
        self,
        window: QWidget,
        context: Context,
        stack: PageStack,
        keymap: Keymap,
        preferences: PreferenceStore,
        documents: Path,
    ) -> None:
        self._window, self._context, self._stack = window, context, stack
        self._keymap, self._preferences, self._documents = keymap, preferences, documents
        self._help: HelpDialog | None = None
        self.layer_getter = LayerGetter(context)
        self.layer_getter.ended.connect(self._layer_ended)
        stack.shown.connect(self._follow)

    def show_palette(self) -> None:
        """Open the command palette."""
        CommandPalette(list(self._keymap.actions.values()), self._window).open()

    def show_shortcuts(self) -> None:
        """Open the sheet of shortcuts."""
        key = self._stack.current_key
        page = page_help(key)
        keys = page.keys if page is not None else ()
        ShortcutSheet(self._keymap, self._window, self.show_key_settings, self._stack.title(key), keys).open()

    def show_settings(self) -> None:
        """Open the settings."""
        self._settings().open()

    def show_key_settings(self) -> None:
        """Open the settings where shortcuts are changed."""
        dialog = self._settings()
        dialog.tabs.setCurrentWidget(dialog.keys)
        dialog.open()

    def _settings(self) -> SettingsDialog:
        return SettingsDialog(self._window, self._context, self._keymap, self._preferences)

    def show_doctor(self) -> None:
        """Open what this computer has and lacks."""
        DoctorDialog(self._window).open()

    def show_layers(self) -> None:
        """Open the layers of packages, where one can be got."""
        LayersDialog(self.layer_getter, self._window).open()

    def _layer_ended(self, error: object) -> None:
        if error is None:
            self._context.notice.emit("The conversion layer is installed")

    def show_help(self) -> None:
        """Open the help of the page that is shown; it follows from page to page."""
        if self._help is None:
            self._help = HelpDialog(self._window)
            self._help.destroyed.connect(self._help_closed)
        self._follow(self._stack.current_key)
        self._help.show()
        self._help.raise_()

    def _follow(self, key: str) -> None:
        if self._help is not None:
            keymap = self._keymap
            keys = [(native(keymap.keys(name)), keymap.actions[name].text()) for name in HELP_KEYS]
            self._help.show_help(key, self._stack.title(key), keys)

    def _help_closed(self) -> None:
        self._help = None

    def save_diagnostics(self) -> None:
        """Write the diagnostics off the GUI thread, then say where they are and what is in them."""
        context = self._context
        wanted = Diagnostics(
            folder=self._documents,
            name=f"n6studio-diagnostics-{time.strftime('%Y%m%d-%H%M%S')}.zip",
            project=context.project,
            preferences=self._preferences.now,
            error=next(iter(context.errors.values()), None),
        )
        context.notice.emit("Collecting diagnostics...")
        run_in_background(
            self._window,
            lambda: write_diagnostics(wanted),
            lambda written: DiagnosticsDialog(wanted, written[1], self._window).open(),
            self._not_saved,
        )

    def _not_saved(self, error: Exception) -> None:
        self._context.open_failed.emit(expected(error, "diagnostics"))


class DiagnosticsDialog(QDialog):
    """Says where the diagnostics were written and what is in them."""

    def __init__(self, wanted: Diagnostics, contents: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._wanted = wanted
        path = wanted.folder / wanted.name
        self.setWindowTitle("Diagnostics")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = path
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label("Diagnostics are saved", TextRole.HEADING))
        layout.addWidget(label(str(path), select=True))
        layout.addWidget(
            label(
                "Attach this file when you report a problem. It holds no images and no model. Your name, the name of "
                "this computer and paths outside the project are left out. You can review it before you send it. It "
                "contains:",
                TextRole.MUTED,
            )
        )
        layout.addWidget(label("\n".join(f"•  {name}" for name in contents)))
        self.whole = QCheckBox("Include full paths and names")
        self.whole.setToolTip("Write the file again with paths, your name and the name of this computer in it")
        self.whole.toggled.connect(self._write_again)
        layout.addWidget(self.whole)
        row = QHBoxLayout()
        row.addWidget(button("Open folder", self._open, ButtonRole.PRIMARY, "Open the folder with the diagnostics"))
        row.addWidget(button("Copy path", lambda: QGuiApplication.clipboard().setText(str(path))))
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        self.setMinimumWidth(520)

    def _write_again(self, whole: bool) -> None:
        wanted = dataclasses.replace(self._wanted, whole=whole)
        self.whole.setEnabled(False)
        run_in_background(self, lambda: write_diagnostics(wanted), self._written, self._not_written)

    def _written(self, _: object) -> None:
        self.whole.setEnabled(True)

    def _not_written(self, error: Exception) -> None:
        self.whole.setText(f"Not written: {advice(expected(error, 'diagnostics')).title}")

    def _open(self) -> None:
        open_with_system(self, self.path.parent, self.whole.setText)
