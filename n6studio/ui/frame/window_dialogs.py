"""The dialogs that can be opened from everywhere: help, commands, shortcuts, settings, doctor, diagnostics."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.frame.keymap import Keymap, native
from n6studio.ui.frame.page_actions import PageActions
from n6studio.ui.frame.page_stack import PageStack
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.pages.listing import page_help

if TYPE_CHECKING:  # each is loaded when it is first shown
    from n6studio.ui.frame.layers_dialog import LayerGetter
    from n6studio.ui.frame.page_help import HelpDialog
    from n6studio.ui.frame.settings_dialog import SettingsDialog
    from n6studio.ui.frame.updates_dialog import Updater

HELP_KEYS = ("main", "stop", "next page", "previous page", "help", "palette", "shortcuts", "log", "details")


class WindowDialogs:
    """Opens them over a window.

    Args:
        window: their parent.
        context: of the window.
        stack: whose current page the help and the sheet of shortcuts are about.
        keymap: the window's shortcuts.
        page_actions: those of its pages.
        preferences: what the settings change.
        documents: where diagnostics are written.
    """

    def __init__(
        self,
        window: QWidget,
        context: Context,
        stack: PageStack,
        keymap: Keymap,
        page_actions: PageActions,
        preferences: PreferenceStore,
        documents: Path,
    ) -> None:
        self._window, self._context, self._stack = window, context, stack
        self._page_actions = page_actions
        self._keymap, self._preferences, self._documents = keymap, preferences, documents
        self._help: HelpDialog | None = None
        self._layer_getter: LayerGetter | None = None
        self._updater: Updater | None = None
        stack.shown.connect(self._follow)

    def show_palette(self) -> None:
        """Open the command palette."""
        from n6studio.ui.frame.palette import CommandPalette

        self._page_actions.declare_all()
        CommandPalette(list(self._keymap.actions.values()), self._window).open()

    def show_shortcuts(self) -> None:
        """Open the sheet of shortcuts."""
        from n6studio.ui.frame.palette import ShortcutSheet

        key = self._stack.current_key
        self._page_actions.declare_all()
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

    def _settings(self) -> "SettingsDialog":
        self._page_actions.declare_all()
        from n6studio.ui.frame.settings_dialog import SettingsDialog

        return SettingsDialog(self._window, self._context, self._keymap, self._preferences)

    def show_doctor(self) -> None:
        """Open what this computer has and lacks."""
        from n6studio.ui.frame.doctor_dialog import DoctorDialog

        DoctorDialog(self._window).open()

    @property
    def layer_getter(self) -> "LayerGetter":
        """What gets layers of packages; made when it is first asked for."""
        from n6studio.ui.frame.layers_dialog import LayerGetter

        if self._layer_getter is None:
            self._layer_getter = LayerGetter(self._context)
            self._layer_getter.ended.connect(self._layer_ended)
        return self._layer_getter

    def show_about(self) -> None:
        """Open what this installation is made of."""
        from n6studio.ui.frame.about_dialog import AboutDialog

        AboutDialog(self._window).open()

    def show_layers(self) -> None:
        """Open the layers of packages, where one can be got."""
        from n6studio.ui.frame.layers_dialog import LayersDialog

        LayersDialog(self.layer_getter, self._window).open()

    def show_updates(self) -> None:
        """Look for updates, once, and open what was found."""
        from n6studio.ui.frame.updates_dialog import Updater, UpdatesDialog

        if self._updater is None:
            self._updater = Updater(self._context)
        UpdatesDialog(self._updater, self._window).open()

    def _layer_ended(self, error: object) -> None:
        if error is None and self._layer_getter is not None:
            self._context.notice.emit(f"The {self._layer_getter.layer.title} is installed")

    def show_help(self) -> None:
        """Open the help of the page that is shown; it follows from page to page."""
        from n6studio.ui.frame.page_help import HelpDialog

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
        from n6studio.ui.frame.diagnostics import Diagnostics, write_diagnostics
        from n6studio.ui.frame.diagnostics_dialog import DiagnosticsDialog

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
