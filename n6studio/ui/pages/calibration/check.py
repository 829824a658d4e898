"""The health check as a job: started from the panel, its progress and its result shown there."""

from time import monotonic

import msgspec
from PySide6.QtCore import QObject, Signal

from n6studio.domain.calibration.facts import CalibrationFacts
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import JobMessage
from n6studio.domain.progress import JobProgress
from n6studio.domain.texts import begun
from n6studio.stages.calibration_health.stage import CALIBRATION_HEALTH
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.image_files import read_facts
from n6studio.ui.pages.calibration.health_panel import HealthPanel
from n6studio.ui.widgets.error_card import ErrorCard

STAGE = CALIBRATION_HEALTH.name


class HealthCheck(QObject):
    """Keeps a health panel in step with the context.

    Signals:
        changed: the job began or ended, or other findings are shown.
    """

    changed = Signal()

    def __init__(self, context: Context, panel: HealthPanel, card: ErrorCard, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._panel, self._card = context, panel, card
        self._path: object = None
        self._progress = JobProgress()
        panel.check_wanted.connect(self.start)
        panel.cancel_wanted.connect(context.cancel)
        context.project_opened.connect(self._forget)
        context.result_changed.connect(self._result_changed)
        context.job_started.connect(lambda stage: self._job_changed(stage, True))
        context.job_message.connect(self._message)
        context.job_finished.connect(lambda stage, _: self._job_changed(stage, False))
        context.job_failed.connect(self._failed)

    def start(self) -> None:
        """Check the set unless that is under way."""
        if self._context.running != STAGE:
            self._card.clear()
            self._context.submit(STAGE)

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""
        path = self._context.output(STAGE, "facts")
        stale = bool(self._context.stale.get(STAGE))
        if path == self._path:
            self._panel.show_stale(stale)
        elif path is None:
            self._forget()
        else:
            self._path = path
            run_in_background(
                self, lambda: read_facts(path), lambda facts: self._show(path, facts), lambda error: self._forget()
            )

    def _result_changed(self, stage: str) -> None:
        if stage == STAGE:
            self.refresh()

    def _show(self, path: object, facts: CalibrationFacts) -> None:
        if path == self._path:
            skeleton = self._context.skeleton()
            if skeleton is not None and len(skeleton) == len(facts.keypoints):
                facts = msgspec.structs.replace(facts, keypoints=skeleton.names)
            self._panel.show_facts(facts, bool(self._context.stale.get(STAGE)))
            self.changed.emit()

    def _forget(self) -> None:
        self._path = None
        self._panel.show_facts(None, stale=False)
        self.changed.emit()

    def _job_changed(self, stage: str, running: bool) -> None:
        if stage == STAGE:
            self._progress = JobProgress()
            self._panel.show_running(running)
            self.changed.emit()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == STAGE:
            now = monotonic()
            self._progress = self._progress.after(message, now)
            text = f"{begun(self._progress.step)}: {self._progress.rate_text(now)}".rstrip(": ")
            self._panel.show_progress(self._progress.done, self._progress.total, text)

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage == STAGE:
            self._job_changed(stage, False)
            if not isinstance(error, Cancelled):
                self._card.show_error(error, self.start)
