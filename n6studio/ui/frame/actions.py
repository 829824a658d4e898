"""What the window can do from everywhere: each with a name, a text, a shortcut and one function."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices

from n6studio.ui.frame.keymap import Keymap

if TYPE_CHECKING:
    from n6studio.ui.frame.main_window import MainWindow

Plan = list[tuple[str, str, str, Callable[[], object]]]  # name, text, default shortcut, what it does


def make_actions(window: "MainWindow", pages: list[tuple[str, str]], own: dict[str, str]) -> Keymap:
    """Add the window's actions to it and return them with their shortcuts; `own` is what the user changed."""
    plan = [*_pages(window, pages), *_work(window), *_views(window)]
    actions, defaults = {}, {}
    for name, text, keys, run in plan:
        action = QAction(text, window)
        action.setObjectName(name)
        action.triggered.connect(lambda _=False, run=run: run())
        window.addAction(action)
        actions[name], defaults[name] = action, keys
    return Keymap(actions, defaults, own)


def _pages(window: "MainWindow", pages: list[tuple[str, str]]) -> Plan:
    return [
        *(
            (f"page {key}", f"Go to {title}", f"Ctrl+{number}", lambda key=key: window.show_page(key))
            for number, (key, title) in enumerate(pages, 1)
        ),
        ("next page", "Go to the next page", "Ctrl+PgDown", lambda: window.step_page(1)),
        ("previous page", "Go to the previous page", "Ctrl+PgUp", lambda: window.step_page(-1)),
    ]


def _work(window: "MainWindow") -> Plan:
    context = window.context

    def reveal() -> None:
        if context.project is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(context.project.folder)))

    plan: Plan = [
        ("main", "Do the main thing of this page", "Ctrl+Return", lambda: window.current_page().main_action()),
        ("stop", "Stop the running job", "Esc", window.stop_work),
        ("open", "Open a checkpoint or project", "Ctrl+O", window.browse),
        ("save", "Save the project", "Ctrl+S", window.save_project),
        ("close", "Close the project", "Ctrl+W", window.close_project),
        ("reveal", "Open the project's folder", "", reveal),
        ("quit", "Quit", "Ctrl+Q", window.close),
    ]
    if context.sample_available:
        plan.insert(3, ("sample", "Open the sample project", "", window.open_sample))
    return plan


def _views(window: "MainWindow") -> Plan:
    dialogs = window.dialogs
    return [
        ("log", "Show or hide the log", "Ctrl+L", lambda: window.drawer.set_open(not window.drawer.is_open())),
        ("details", "Show or hide the details", "Ctrl+I", window.toggle_details),
        ("help", "Help for this page", "F1", dialogs.show_help),
        ("palette", "Find a command", "Ctrl+K", dialogs.show_palette),
        ("shortcuts", "Show all shortcuts", "Ctrl+/", dialogs.show_shortcuts),
        ("settings", "Settings", "Ctrl+,", dialogs.show_settings),
        ("doctor", "Check this computer", "", dialogs.show_doctor),
        ("self test", "Show the self-test of the first start", "", window.show_self_test),
        ("diagnostics", "Save diagnostics as a zip file", "Ctrl+Shift+D", dialogs.save_diagnostics),
        ("light", "Use the light look", "", lambda: window.choose_look("light")),
        ("dark", "Use the dark look", "", lambda: window.choose_look("dark")),
        ("system", "Use the system's look", "", lambda: window.choose_look("system")),
    ]
