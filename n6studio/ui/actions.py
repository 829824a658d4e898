"""What the window can do from everywhere: each with a text, a shortcut and one function."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence

if TYPE_CHECKING:
    from n6studio.ui.main_window import MainWindow


def make_actions(window: "MainWindow", pages: list[tuple[str, str]]) -> dict[str, QAction]:
    """Add the window's actions to it and return them by name."""

    def reveal() -> None:
        if window.context.project is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(window.context.project.folder)))

    plan: list[tuple[str, str, str, Callable[[], object]]] = [
        ("main", "Do the main thing of this page", "Ctrl+Return", lambda: window.current_page().main_action()),
        ("stop", "Stop the running job", "Esc", window.context.cancel),
        ("open", "Open a checkpoint or project", "Ctrl+O", window.browse),
        ("log", "Show or hide the log", "Ctrl+L", lambda: window.drawer.set_open(not window.drawer.is_open())),
        ("palette", "Find a command", "Ctrl+K", window.show_palette),
        ("settings", "Settings", "Ctrl+,", window.show_settings),
        ("shortcuts", "Show all shortcuts", "Ctrl+/", window.show_shortcuts),
        ("close", "Close the project", "Ctrl+W", window.close_project),
        ("reveal", "Open the project's folder", "", reveal),
        ("doctor", "Check this computer", "", window.show_doctor),
        ("light", "Use the light look", "", lambda: window.choose_look("light")),
        ("dark", "Use the dark look", "", lambda: window.choose_look("dark")),
        ("system", "Use the system's look", "", lambda: window.choose_look("system")),
        ("quit", "Quit", "Ctrl+Q", window.close),
    ]
    if window.context.sample_available:
        plan.insert(3, ("sample", "Open the sample project", "", window.open_sample))
    plan[:0] = [
        (f"page {key}", f"Go to {title}", f"Ctrl+{number}", lambda key=key: window.show_page(key))  # type: ignore[misc]
        for number, (key, title) in enumerate(pages, 1)
    ]
    made = {}
    for name, text, keys, run in plan:
        action = QAction(text, window)
        if keys:
            others = ["Ctrl+Enter"] if keys == "Ctrl+Return" else []  # the one on the number pad
            action.setShortcuts([QKeySequence(each) for each in (keys, *others)])
        action.triggered.connect(lambda _=False, run=run: run())
        window.addAction(action)
        made[name] = action
    return made
