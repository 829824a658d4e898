"""What the window can do from everywhere: commands as data, and the actions that run them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from n6studio.ui.frame.keymap import Keymap


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: what the shortcuts that a user changed are stored under.
        text: what it does.
        keys: its default shortcut in portable text, '' for none.
        run: does it.
    """

    name: str
    text: str
    keys: str
    run: Callable[[], object]


def make_actions(owner: QWidget, commands: Iterable[Command], own: dict[str, str]) -> Keymap:
    """Add an action for each command to a widget and return them with their shortcuts; `own` is what was changed."""
    actions, defaults = {}, {}
    for command in commands:
        action = QAction(command.text, owner)
        action.setObjectName(command.name)
        action.triggered.connect(lambda _=False, run=command.run: run())
        owner.addAction(action)
        actions[command.name], defaults[command.name] = action, command.keys
    return Keymap(actions, defaults, own)
