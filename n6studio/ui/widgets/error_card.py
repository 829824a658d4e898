"""An error as a card: what happened, why, what to do, and a report to copy."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from n6studio.domain.errors.advice import advice, short_title
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.window_words import in_window
from n6studio.ui.background import run_in_background
from n6studio.ui.error_report import error_report, log_of
from n6studio.ui.opening import open_with_system
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.fitted_area import FittedArea
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import ElidedLabel, StateIcon, button, label

_LAID_OUT_MS = 60  # until a card that has just been shown has its place


@runtime_checkable
class Helpful(Protocol):
    """A window that can do something about an error."""

    def action_named(self, name: str) -> QAction | None:
        """Return an action of the window or of a page by its name, None where there is none."""

    def show_in_log(self, error: StudioError) -> None:
        """Show where the log tells of an error."""


class ErrorCard(QFrame):
    """Hidden until `show_error`; the user may close it.

    Attributes:
        area: what scrolls the text where there is too little room, None on a page, which scrolls itself.

    Signals:
        shown: it shows an error.
        closed: the user closed it.
        copied: the report is on the clipboard.
    """

    shown = Signal()
    closed = Signal()
    copied = Signal()

    def __init__(self, scrolls: bool = False) -> None:
        """Make it; one that `scrolls` is for a place that does not scroll itself, see `area`."""
        super().__init__()
        self.setProperty("role", "error")
        self._error: StudioError | None = None
        self._retry: Callable[[], object] | None = None
        self._known = ("", "")  # text and action of what mends it
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(StateIcon(PageState.FAILED, 20))
        self._title = label(role=TextRole.HEADING, select=True)
        top.addWidget(self._title, 1)
        self._code = label(role=TextRole.MUTED, wrap=False, select=True)
        top.addWidget(self._code)
        layout.addLayout(top)
        text = QWidget() if scrolls else None
        column = QVBoxLayout(text) if text is not None else layout
        self._path = ElidedLabel(role=TextRole.MUTED)  # one word, which would hold a small window wide
        self._why, self._steps = label(select=True), label(select=True)
        for one in (self._path, self._why, self._steps):
            column.addWidget(one)
        self.area = FittedArea(text) if text is not None else None
        if self.area is not None:
            column.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(self.area)
        row = QHBoxLayout()
        self._fix = button("Fix", self._go_to_fix)
        self._again = button("Try again", self._try_again)
        self._copy = button("Copy report", self.copy_report, tip="What happened, the system and the end of the log")
        self._log = button("Show in log", self._show_in_log, tip="The most relevant line of the log")
        self._close = button("Close", self._closed, ButtonRole.PLAIN, "Close this message")
        flow = Flow()
        for made in (self._fix, self._again, self._copy, self._log):
            flow.addWidget(made)
        row.addLayout(flow, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(row)
        self.hide()

    def show_error(self, error: StudioError, retry: Callable[[], object] | None = None) -> None:
        """Show what `advice` says of an error; `retry` gets a button where it makes sense."""
        shown = in_window(advice(error))
        self._error, self._retry = error, retry
        self._title.setText(short_title(error))
        self._path.setText(str(error.values.get("path") or ""))
        self._path.setVisible(bool(self._path.text()))
        self._code.setText(shown.code)
        self._why.setText(shown.why)
        self._steps.setText("\n".join(f"{number}.  {step}" for number, step in enumerate(shown.steps, 1)))
        self.setAccessibleName(f"Error: {shown.title}")
        self.setAccessibleDescription("\n".join([shown.why, *shown.steps]))
        self._again.setVisible(retry is not None)
        action = self._action()
        self._fix.setVisible(action is not None)
        if action is not None:
            self._fix.setText(self._known[0])
            self._fix.setAccessibleName(self._known[0])
        self._copy.setText("Copy report")
        self.show()
        self.shown.emit()
        QTimer.singleShot(_LAID_OUT_MS, self, self._bring_into_sight)

    def _bring_into_sight(self) -> None:
        """Scroll to the card: in a small window it may lie below what the page begins with."""
        parent = self.parentWidget()
        while parent is not None and self.isVisible():
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(self, 0, 0)
            parent = parent.parentWidget()

    def clear(self) -> None:
        """Hide it."""
        self._error = None
        self.hide()

    def copy_report(self) -> None:
        """Put the report on the clipboard; the log is read off the GUI thread."""
        error = self._error
        if error is not None:
            run_in_background(self, lambda: error_report(error), self._to_clipboard)

    def _to_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._copy.setText("Report copied")
        self.copied.emit()

    def _action(self) -> QAction | None:
        """Return the window's action that puts the error right, None where there is none or it leads nowhere new."""
        from n6studio.ui.widgets.fixes import FIXES

        window = self.window()
        known = next((FIXES[kind] for kind in type(self._error).__mro__ if kind in FIXES), None)
        if known is None or not isinstance(window, Helpful):
            return None
        self._known = known
        action = window.action_named(known[1])
        return action if action is not None and not self._is_on(known[1]) else None

    def _is_on(self, name: str) -> bool:
        """Whether the card lies on the page that the action leads to."""
        parent = self.parentWidget()
        while parent is not None:
            if name == f"page {getattr(parent, 'key', '')}":
                return True
            parent = parent.parentWidget()
        return False

    def _go_to_fix(self) -> None:
        action = self._action()
        if action is not None:
            action.trigger()

    def _show_in_log(self) -> None:
        window = self.window()
        if self._error is not None and isinstance(window, Helpful):
            window.show_in_log(self._error)
        elif self._error is not None:
            open_with_system(self, log_of(self._error), self._why.setText)

    def _try_again(self) -> None:
        if self._retry is not None:
            self._retry()

    def _closed(self) -> None:
        self.clear()
        self.closed.emit()
