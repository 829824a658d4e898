"""What works from everywhere in the window: names, what they are called, keys."""

import functools
from typing import Protocol

from n6studio.ui.context import Context
from n6studio.ui.frame.actions import Command
from n6studio.ui.frame.copying import copy_command
from n6studio.ui.frame.job_drawer import JobDrawer
from n6studio.ui.frame.page_head import PageHead
from n6studio.ui.frame.page_stack import PageStack
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.frame.project_opening import ProjectOpening
from n6studio.ui.frame.window_dialogs import WindowDialogs


class CommandedWindow(Protocol):
    """What the commands need of the window."""

    context: Context
    stack: PageStack
    head: PageHead
    drawer: JobDrawer
    opening: ProjectOpening
    preferences: PreferenceStore
    dialogs: WindowDialogs

    def main_action(self) -> None:
        """Run the shown page's main action."""

    def stop_job(self) -> None:
        """Stop what runs."""

    def save_project(self) -> None:
        """Write the project's file."""

    def reveal_project(self) -> None:
        """Open the project's folder."""

    def toggle_details(self) -> None:
        """Show or hide the details."""

    def show_self_test(self) -> None:
        """Show the self-test."""

    def close(self) -> bool:
        """Close the window."""


def window_commands(window: CommandedWindow) -> list[Command]:
    """Return the window's commands; they are looked up when they run, as some parts are made later."""
    pages = [
        Command(f"page {key}", f"Go to {title}", f"Ctrl+{number % 10}", functools.partial(window.stack.show_page, key))
        for number, (key, title) in enumerate(window.stack.titles, 1)
    ]
    demo = Command("demo", "See the demo run on the virtual board", "", window.opening.see_demo)
    sample = [demo, Command("sample", "Open the sample project", "", window.opening.open_sample)]
    return [
        *pages,
        Command("next page", "Go to the next page", "Ctrl+PgDown", lambda: window.stack.step(1)),
        Command("previous page", "Go to the previous page", "Ctrl+PgUp", lambda: window.stack.step(-1)),
        Command("main", "Run the page's main action", "Ctrl+Return", window.main_action),
        Command("go on", "Go on to the next step", "Ctrl+Shift+Return", window.head.go_on),
        Command("stop", "Stop the running job", "Esc", window.stop_job),
        Command("open", "Open a checkpoint or project", "Ctrl+O", window.opening.browse),
        *(sample if window.context.sample_available else []),
        Command("save", "Save the project", "Ctrl+S", window.save_project),
        Command("close", "Close the project", "Ctrl+W", window.opening.close_project),
        Command("reveal", "Open the project's folder", "", window.reveal_project),
        Command("undo", "Undo the last change of settings or choices", "Ctrl+Alt+Z", window.context.undo),
        Command("redo", "Redo the change that was undone", "Ctrl+Alt+Y", window.context.redo),
        Command("quit", "Quit", "Ctrl+Q", window.close),
        Command("log", "Show or hide the log", "Ctrl+L", lambda: window.drawer.set_open(not window.drawer.is_open())),
        Command("details", "Show or hide the details", "Ctrl+I", window.toggle_details),
        Command("help", "Help for this page", "F1", lambda: window.dialogs.show_help()),
        Command("palette", "Find a command", "Ctrl+K", lambda: window.dialogs.show_palette()),
        Command("shortcuts", "Show all shortcuts", "Ctrl+/", lambda: window.dialogs.show_shortcuts()),
        Command("settings", "Settings", "Ctrl+,", lambda: window.dialogs.show_settings()),
        Command("doctor", "Check this computer", "", lambda: window.dialogs.show_doctor()),
        Command("about", "About: versions and licences", "", lambda: window.dialogs.show_about()),
        Command("layers", "Get the conversion or the media layer", "", lambda: window.dialogs.show_layers()),
        Command("updates", "Check for updates", "", lambda: window.dialogs.show_updates()),
        Command("self test", "Show the self-test", "", window.show_self_test),
        Command(
            "copy command",
            "Copy this page's step as a command line",
            "Ctrl+Shift+C",
            lambda: copy_command(window.context, window.stack),
        ),
        Command(
            "diagnostics", "Save diagnostics as a zip file", "Ctrl+Shift+D", lambda: window.dialogs.save_diagnostics()
        ),
        Command("light", "Use the light theme", "", lambda: window.preferences.change(theme="light")),
        Command("dark", "Use the dark theme", "", lambda: window.preferences.change(theme="dark")),
        Command("system", "Use the system's theme", "", lambda: window.preferences.change(theme="system")),
    ]
