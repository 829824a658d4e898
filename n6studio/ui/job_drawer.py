"""The drawer at the lower edge: what runs, how far it is, its warnings, and its log."""

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout

from n6studio.domain.errors import Cancelled, StudioError
from n6studio.engine.jobs import StageResult
from n6studio.engine.opening import latest_log, tail
from n6studio.engine.project import Project
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.job_progress import JobProgress, duration
from n6studio.ui.report import masked
from n6studio.ui.widgets.parts import StateIcon, button, label

LOG_LINES = 300
REFRESH_MS = 700
MOST_WARNINGS = 2


class JobDrawer(QFrame):
    """One line while folded; with the log below it while unfolded.

    Signals:
        unfolded(open): the log was unfolded or folded.
        resized: its height has changed.
    """

    unfolded = Signal(bool)
    resized = Signal()

    def __init__(self, context: Context, titles: dict[str, str]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName("Jobs and log")
        self._context, self._titles = context, titles
        self._stage, self._began = "", 0.0
        self._progress = JobProgress()
        self._log_path: Path | None = None
        self._reading = False
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
        self._icon = StateIcon("empty")
        self._what, self._rate = label(wrap=False), label(role="muted", wrap=False)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(200)
        self._stop = button("Stop", self._context.cancel, name="Stop the job", tip="Esc")
        self.fold = button("Show log", lambda: self.set_open(not self.is_open()), "plain", tip="Ctrl+L")
        self._open_file = button("Open log file", self._open_log, "plain")
        for shown in (self._icon, self._what, self._bar, self._rate):
            row.addWidget(shown)
        row.addStretch(1)
        for pressed in (self._stop, self._open_file, self.fold):
            row.addWidget(pressed)
        layout.addLayout(row)
        self._warnings = label(role="warn", select=True)
        layout.addWidget(self._warnings)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAcceptDrops(False)
        self.log.setAccessibleName("Log")
        self.log.setPlaceholderText("The log of a job appears here.")
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setFixedHeight(170)
        self.log.hide()
        layout.addWidget(self.log)

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

    def _title(self, stage: str) -> str:
        return self._titles.get(stage, stage)

    def _reset(self) -> None:
        self._timer.stop()
        self._stage, self._progress, self._log_path = "", JobProgress(), None
        self.log.clear()
        self._show("empty", "No job is running")
        self._warnings.hide()
        self._open_file.setVisible(self.is_open())

    def _show(self, kind: str, text: str, rate: str = "") -> None:
        running = kind == "running"
        self._icon.show_kind(kind)
        self._what.setText(text)
        self._rate.setText(rate)
        self._bar.setVisible(running)
        self._stop.setVisible(running)
        self._bar.setAccessibleName(text)

    def _started(self, stage: str) -> None:
        self._stage, self._began = stage, time.monotonic()
        self._progress = JobProgress(step_began=self._began)
        self._log_path = None
        self.log.clear()
        self._warnings.hide()
        self._tick()
        self._timer.start()

    def _message(self, stage: str, message: dict[str, Any]) -> None:
        self._progress = self._progress.after(message, time.monotonic())
        if self._progress.warnings:
            self._warnings.setText(_brief(self._progress.warnings))
            self._warnings.show()
        if message.get("type") in ("step", "progress"):
            self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if self._progress.total:
            self._bar.setRange(0, self._progress.total)
            self._bar.setValue(self._progress.done)
        else:
            self._bar.setRange(0, 0)
        self._show(
            "running", f"{self._title(self._stage)}, {self._progress.step_text()}", self._progress.rate_text(now)
        )

    def _tick(self) -> None:
        self._draw()
        if self.is_open():
            self._read_log()

    def _end(self, kind: str, text: str) -> None:
        self._timer.stop()
        self._show(kind, text)
        if self.is_open():
            self._read_log()

    def _finished(self, stage: str, result: StageResult) -> None:
        took = duration(time.monotonic() - self._began)
        how = "was up to date" if result.fresh else f"done in {took}"
        self._stage = stage
        self._end("done", f"{self._title(stage)} {how}")

    def _failed(self, stage: str, error: StudioError) -> None:
        self._stage = stage
        stopped = isinstance(error, Cancelled)
        self._end("ready" if stopped else "failed", f"{self._title(stage)} {'was stopped' if stopped else 'failed'}")

    def _read_log(self) -> None:
        project, stage = self._context.project, self._stage
        if project is None or not stage or self._reading:
            return
        self._reading = True
        run_in_background(self, lambda: _newest(project, stage), self._show_log)

    def _show_log(self, found: tuple[Path | None, str]) -> None:
        self._reading = False
        self._log_path, text = found
        if text != self.log.toPlainText():
            self.log.setPlainText(text)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _open_log(self) -> None:
        if self._log_path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path)))


def _brief(warnings: tuple[str, ...]) -> str:
    """Return the first warnings as lines; many would push the page out of the window."""
    lines = [f"Mind: {text}" for text in warnings[:MOST_WARNINGS]]
    more = len(warnings) - len(lines)
    return "\n".join([*lines, *([f"and {more} more, in the log"] if more else [])])


def _newest(project: Project, stage: str) -> tuple[Path | None, str]:
    path = latest_log(project, stage)
    return path, masked(tail(path, LOG_LINES)) if path else ""
