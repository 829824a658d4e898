"""What a page is."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from n6studio.ui.context import Context
from n6studio.ui.pages.actions import PageAction
from n6studio.ui.states import PageState


class Page(QWidget):
    """One step of the wizard. Subclasses draw from the context and own no other state.

    It is listed by a `PageEntry`, of a stage or in `listing`. Beside its module lie ``help`` with its `HELP` at F1 and,
    where it has states of its own to be looked at, ``looks`` with `LOOKS`. The window scrolls a page that does not fit.

    Signals:
        state_changed: the text or state of `state()` changed; the row of pages redraws.
        details_changed: `details()` would return something else.
    """

    state_changed = Signal()
    details_changed = Signal()
    key = ""
    title = ""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.named: dict[str, QAction] = {}  # what the page can do, by the names of its `ACTIONS`

    def offer(self, actions: Sequence[PageAction], **runs: Callable[[], object]) -> None:
        """Make an action of each that `runs` names; their keys work wherever the focus is on the page."""
        for one in actions:
            if one.name in runs:
                made = QAction(one.text, self)
                made.setShortcuts([QKeySequence(keys) for keys in one.keys])
                made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                made.triggered.connect(lambda _=False, run=runs[one.name]: run())
                self.addAction(made)
                self.named[one.name] = made

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Return the least height: the window's scroll area would otherwise give a page all that it wishes for."""
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return -1
        return layout.totalMinimumHeightForWidth(width)

    def state(self) -> tuple[PageState, str]:
        """Return (state, reason)."""
        return PageState.EMPTY, ""

    def main_action(self) -> None:
        """Do what Ctrl+Enter does on this page."""

    def details(self) -> dict[str, Any] | None:
        """Return every parameter of the page, JSON-ready, for the details; None for those of its stage."""
        return None

    def close_down(self) -> None:
        """Stop what the page has running, and wait for it: the window closes."""
