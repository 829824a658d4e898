"""Exceptions that nobody expected: into the log, and before the user with a report to copy. The window goes on."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from n6studio.domain.privacy import without_identity
from n6studio.ui.background import run_in_background
from n6studio.ui.error_report import crash_report
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import StateIcon, button, label


class UnexpectedDialog(QDialog):
    """Says that it was our fault and shows the traceback; further exceptions are added to it."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Internal error")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(680, 420)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        top = QHBoxLayout()
        top.addWidget(StateIcon(PageState.FAILED, 24))
        top.addWidget(label("Internal error in N6 Studio", TextRole.TITLE), 1)
        layout.addLayout(top)
        layout.addWidget(
            label(
                "This is a bug in N6 Studio, not a problem with your files. Your project is saved; you can continue. "
                "Please send us the report; it contains versions, the details below and the end of the log."
            )
        )
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details")
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        layout.addWidget(self.details, 1)
        row = QHBoxLayout()
        self.copy = button("Copy report", self._copy, ButtonRole.PRIMARY)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(button("Continue", self.accept))
        layout.addLayout(row)

    def add(self, text: str) -> None:
        """Add a traceback."""
        self.details.appendPlainText(without_identity(text))

    def _copy(self) -> None:
        text = self.details.toPlainText()
        run_in_background(self, lambda: crash_report(text), self._to_clipboard)

    def _to_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copy.setText("Report copied")


class UnexpectedHook(QObject):
    """Takes Python's hooks for unhandled exceptions; they fire in any thread, the dialog opens on the GUI thread."""

    happened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.dialog: UnexpectedDialog | None = None
        self._before = (sys.excepthook, threading.excepthook)
        self.happened.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take the hooks."""
        sys.excepthook = self._main
        threading.excepthook = self._thread

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def _main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        logging.getLogger("n6studio").critical("unhandled\n%s", text)
        self.happened.emit(text)

    def _thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
            self._main(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    @Slot(str)
    def _show(self, text: str) -> None:
        if self.dialog is None:
            self.dialog = UnexpectedDialog(QApplication.activeWindow())
            self.dialog.destroyed.connect(self._closed)
            self.dialog.open()
        self.dialog.add(text)

    def _closed(self) -> None:
        self.dialog = None
