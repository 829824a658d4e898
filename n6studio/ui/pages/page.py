"""What a page is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from n6studio.ui.context import Context


class Page(QWidget):
    """One step of the wizard. Subclasses set `key` and `title`, draw from the context and own no other state.

    Signals:
        state_changed: the text or kind of `state()` changed; the row of pages redraws.
    """

    state_changed = Signal()
    key = ""
    title = ""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def state(self) -> tuple[str, str]:
        """Return (kind, reason): kind is 'empty', 'ready', 'running', 'done', 'stale' or 'failed'."""
        return "empty", ""

    def main_action(self) -> None:
        """Do what Ctrl+Enter does on this page."""
