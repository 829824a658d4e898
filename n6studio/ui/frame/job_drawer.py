"""The drawer at the lower edge: what runs, how far it is, its warnings, and its log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFontDatabase, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.privacy import without_identity
from n6studio.domain.progress import JobProgress
from n6studio.domain.project import Project
from n6studio.domain.texts import duration
from n6studio.system.logs import log_file
from n6studio.ui.background import Latest
from n6studio.ui.context import Context
from n6studio.ui.opening import open_with_system
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import ElidedLabel, StateIcon, button, label

if TYPE_CHECKING:
    from n6studio.domain.messages import JobMessage
    from n6studio.domain.results import AnyResult

LOG_LINES = 300
LOG_HEIGHT = 170
REFRESH_MS = 700
MOST_WARNINGS = 2
_TELLS = re.compile(r"\b(\w*error|exception|fatal|failed|killed|abort\w*)\b", re.IGNORECASE)


class JobDrawer(QFrame):
    """One line while folded; with the log below it while unfolded.

    Signals:
        unfolded(open): the log was unfolded or folded.
        resized: its height has changed.
    """

    unfolded = Signal(bool)
    resized = Signal()

    def __init__(self, context: Context, title_of: Callable[[str], str]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName("Jobs and log")
        self._context, self._title = context, title_of
        self._stage, self._began = "", 0.0
        self._progress = JobProgress()
        self._log_path: Path | None = None
        self._logs = Latest(self)
        self._reading = False
        self._wanted: StudioError | None = None  # whose line in the log is to be marked
        self._ended: StudioError | None = None  # by which the last job ended; its log may be another than the stage's
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        context.job_started.connect(self._started)
        context.job_message.connect(self._message)
        context.job_finished.connect(self._finished)
        context.job_failed.connect(self._failed)
        context.project_opened.connect(self._reset)
        self._reset()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self.resized.emit()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._icon = StateIcon(PageState.EMPTY)
        self._what, self._rate = ElidedLabel(), ElidedLabel(role=TextRole.MUTED)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(60)
        self._bar.setMaximumWidth(200)
        self._stop = button("Cancel", self._context.cancel, name="Cancel the job", command="stop")
        self.fold = button("Show log", lambda: self.set_open(not self.is_open()), ButtonRole.PLAIN, command="log")
        self._open_file = button("Open log file", self._open_log, ButtonRole.PLAIN)
        row.addWidget(self._icon)
        row.addWidget(self._what)
        row.addWidget(self._bar, 1)
        row.addWidget(self._rate)
        row.addStretch(1)
        for pressed in (self._stop, self._open_file, self.fold):
            row.addWidget(pressed)
        layout.addLayout(row)
        self._warnings = label(role=TextRole.WARN, select=True)
        layout.addWidget(self._warnings)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAcceptDrops(False)
        self.log.setAccessibleName("Log")
        self.log.setPlaceholderText("The log of a job appears here.")
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setFixedHeight(LOG_HEIGHT)
        self.log.hide()
        layout.addWidget(self.log)

    def fit(self, height: int) -> None:
        """Leave the page room in a window of this height."""
        self.log.setFixedHeight(max(48, min(LOG_HEIGHT, height // 5)))

    def is_open(self) -> bool:
        """Whether the log is unfolded."""
        return not self.log.isHidden()

    def set_open(self, unfold: bool) -> None:
        """Unfold or fold the log."""
        self.log.setVisible(unfold)
        self._open_file.setVisible(unfold)
        self.fold.setText("Hide log" if unfold else "Show log")
        if unfold:
            self._read_log()
        self.unfolded.emit(unfold)

    def show_error(self, error: StudioError) -> None:
        """Unfold the log of an error and mark the last line that tells of it."""
        self._wanted = error
        self._stage = str(error.values.get("stage") or self._stage)
        self.set_open(True)

    def _reset(self) -> None:
        self._wanted = self._ended = None
        self._timer.stop()
        self._stage, self._progress = "", JobProgress()
        self._forget_log()
        self._show(PageState.EMPTY, "No job is running")
        self._warnings.hide()
        self._open_file.setVisible(self.is_open())

    def _show(self, state: PageState, text: str, rate: str = "") -> None:
        running = state is PageState.RUNNING
        self._icon.show_mark(state)
        self._what.setText(text)
        self._rate.setText(rate)
        self._bar.setVisible(running)
        self._stop.setVisible(running)
        self._bar.setAccessibleName(text)

    def _started(self, stage: str) -> None:
        self._stage, self._began, self._ended = stage, time.monotonic(), None
        self._progress = JobProgress(step_began=self._began)
        self._forget_log()
        self._warnings.hide()
        self._tick()
        self._timer.start()

    def _message(self, stage: str, message: JobMessage) -> None:
        self._progress = self._progress.after(message, time.monotonic())
        if self._progress.warnings:
            self._warnings.setText(_brief(self._progress.warnings))
            self._warnings.show()
        from n6studio.domain.messages import Progressed, StepBegan

        if isinstance(message, StepBegan | Progressed):
            self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if self._progress.total:
            self._bar.setRange(0, self._progress.total)
            self._bar.setValue(self._progress.done)
        else:
            self._bar.setRange(0, 0)
        self._show(
            PageState.RUNNING,
            f"{self._title(self._stage)}, {self._progress.step_text()}",
            self._progress.rate_text(now),
        )

    def _tick(self) -> None:
        self._draw()
        if self.is_open() and not self._reading:  # a slow answer is waited for, not asked for again and again
            self._read_log()

    def _end(self, state: PageState, text: str) -> None:
        self._timer.stop()
        self._show(state, text)
        if self.is_open():
            self._read_log()

    def _finished(self, stage: str, result: AnyResult) -> None:
        took = duration(time.monotonic() - self._began)
        how = "was up to date" if result.fresh else f"done in {took}"
        self._stage = stage
        self._end(PageState.DONE, f"{self._title(stage)} {how}")

    def _failed(self, stage: str, error: StudioError) -> None:
        self._stage = stage
        stopped = isinstance(error, Cancelled)
        self._ended = None if stopped else error
        self._end(
            PageState.READY if stopped else PageState.FAILED,
            f"{self._title(stage)} {'was stopped' if stopped else 'failed'}",
        )

    def _read_log(self) -> None:
        project, stage, wanted = self._context.project, self._stage, self._wanted or self._ended
        if wanted or (project and stage):
            self._reading = True
            self._logs.ask(lambda: _newest(project, stage, wanted), self._show_log)

    def _forget_log(self) -> None:
        self._logs.forget()
        self._reading, self._log_path = False, None
        self.log.clear()

    def _show_log(self, found: tuple[Path | None, str]) -> None:
        self._reading = False
        self._log_path, text = found
        if text != self.log.toPlainText():
            self.log.setPlainText(text)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())
        if self._wanted is not None:
            self._mark(cause_line(text))
            self._wanted = None

    def _mark(self, line: int) -> None:
        """Bring a line to the middle and select it."""
        block = self.log.document().findBlockByNumber(line)
        if block.isValid():
            cursor = QTextCursor(block)
            cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            self.log.setTextCursor(cursor)
            self.log.centerCursor()
            self.log.setFocus()

    def _open_log(self) -> None:
        if self._log_path is not None:
            open_with_system(self, self._log_path, self._context.notice.emit)


def _brief(warnings: tuple[str, ...]) -> str:
    """Return the first warnings as lines; many would push the page out of the window."""
    lines = [f"Warning: {text}" for text in warnings[:MOST_WARNINGS]]
    more = len(warnings) - len(lines)
    return "\n".join([*lines, *([f"and {more} more, in the log"] if more else [])])


def cause_line(text: str) -> int:
    """Return the number of the line of a log that tells most about a failure: the last that names an error."""
    lines = text.splitlines()
    telling = [number for number, line in enumerate(lines) if _TELLS.search(line)]
    return telling[-1] if telling else max(0, len(lines) - 1)


def _newest(project: Project | None, stage: str, wanted: StudioError | None) -> tuple[Path | None, str]:
    """Return the log to show: the one that an error names, else the stage's latest, else the program's own.

    A log that may not be read is replaced by the reason.
    """
    from n6studio.engine.project.opening import latest_log, tail

    path = Path(wanted.log_path) if wanted is not None and wanted.log_path else None
    if path is None and project is not None and stage:
        try:
            path = latest_log(project, stage)
        except StudioError as error:
            return None, without_identity(advice(error).as_text(), project.folder)
        except OSError:  # runs were tidied away meanwhile; the next look finds what is left
            return None, ""
    if path is None and wanted is not None:
        path = log_file()
    return path, without_identity(tail(path, LOG_LINES), project.folder if project else None) if path else ""
