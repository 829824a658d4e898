"""The only crossing between the window and the engine: jobs on one thread, files of the project on another.

Requests are frozen values (a project, a stage's name); answers come back as queued signals. Nothing of the engine
that reads, hashes, writes or waits is called on the GUI thread.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from n6studio.domain.errors.base import StudioError
from n6studio.domain.project import Project
from n6studio.stages.registry import STAGES
from n6studio.ui.background import Turns
from n6studio.ui.context import Context
from n6studio.ui.engine_workers import Desk, JobWorker

if TYPE_CHECKING:  # the engine is loaded by its own threads: the first paint waits for none of it
    from n6studio.domain.messages import JobMessage
    from n6studio.domain.results import AnyResult
    from n6studio.engine.chain.states import StageState

READ_ONLY = "This project is open in another window. It is read-only here: close it there to change it."
SETTLE_MS = 150  # a spin box that is held down must not save and hash at every step


class EngineThread(QObject):
    """The GUI's side: connects a context with the two workers. Lives, and is called, on the GUI thread.

    Signals:
        busy_changed: a job began or ended; see `job`.
    """

    busy_changed = Signal()
    _run = Signal(object, str, object)
    _open = Signal(object)
    _examine = Signal(object, bool)
    _finish = Signal()

    def __init__(self, context: Context, fallback: Path) -> None:
        super().__init__()
        self.context = context
        self.job = ""  # the stage that was asked for, while its job runs
        self._waiting: tuple[str, object] | None = None
        self._folder = Path()  # of the project that the job works for
        self._new = self._changed = False
        self._worker, self._desk = JobWorker(), Desk(fallback)
        self._threads = [_thread("jobs", self._worker), _thread("desk", self._desk)]
        self._turns = Turns(self)  # what was learned and is told yet
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._examine_now)
        self._connect()

    def _connect(self) -> None:
        context, worker, desk = self.context, self._worker, self._desk
        context.submitted.connect(self.submit)
        context.cancel_requested.connect(self.cancel)
        context.confirmed.connect(self._worker.confirmed.set)
        context.open_requested.connect(self._open)
        context.project_changed.connect(self._project_changed)
        self._run.connect(worker.run)
        self._open.connect(desk.load)
        self._examine.connect(desk.examine)
        self._finish.connect(worker.finish)
        self._finish.connect(desk.finish)
        worker.started.connect(self._started)
        worker.message.connect(self._message)
        worker.stage_done.connect(self._stage_done)
        worker.failed.connect(self._failed)
        worker.ended.connect(self._ended)
        desk.opened.connect(self._opened)
        desk.open_failed.connect(context.open_failed)
        desk.save_failed.connect(context.open_failed)
        desk.examined.connect(self._examined)
        desk.reread.connect(self._reread)

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def save(self) -> None:
        """Write the project's file now, on the desk's thread."""
        self._changed = True
        self._examine_now()

    def stop(self) -> None:
        """Cancel what runs, save what changed, and wait until both threads have ended."""
        self._waiting = None
        self._worker.cancel.set()
        if self._settle.isActive():
            self._examine_now()
        self._finish.emit()
        for thread in self._threads:
            thread.wait()

    @Slot(str, object)
    def submit(self, stage: str, ask: object = None) -> None:
        """Run a stage now, or after the job that runs; of several that wait, the latest counts."""
        if self.context.project is None:
            return
        if self.context.read_only:
            self.context.notice.emit(self.context.read_only)
            return
        if self.job:
            self._waiting = (stage, ask)
            self.context.notice.emit("Queued: starts when the running job ends")
            return
        self.job = stage
        self._folder = self.context.project.folder
        self._worker.cancel.clear()
        self.busy_changed.emit()
        self._run.emit(self.context.project, stage, ask)

    @Slot()
    def cancel(self) -> None:
        """Ask the running job to stop and forget the one that waits."""
        self._waiting = None
        if self.job:
            self._worker.cancel.set()

    def _is_current(self) -> bool:
        """Whether the job works for the project that is open; what comes late from another one is dropped."""
        return self.context.project is not None and self.context.project.folder == self._folder

    @Slot(str)
    def _started(self, stage: str) -> None:
        if self._is_current():
            self.context.job_started.emit(stage)

    @Slot(str, object)
    def _message(self, stage: str, message: JobMessage) -> None:
        if self._is_current():
            self.context.job_message.emit(stage, message)

    @Slot(str, object)
    def _stage_done(self, stage: str, result: AnyResult) -> None:
        if self._is_current():
            self.context.results[stage] = result
            self.context.stale.pop(stage, None)
            self.context.job_finished.emit(stage, result)
            self.context.result_changed.emit(stage)

    @Slot(str, object)
    def _failed(self, stage: str, error: StudioError) -> None:
        if self._is_current():
            self.context.job_failed.emit(stage, error)

    @Slot()
    def _ended(self) -> None:
        self.job = ""
        self.busy_changed.emit()
        if self._waiting is not None:
            stage, ask = self._waiting
            self._waiting = None
            self.submit(stage, ask)
        else:
            self.context.idle.emit()
        self._settle.start()

    @Slot(object, bool)
    def _opened(self, project: Project, ours: bool) -> None:
        self.cancel()
        self._new = True
        self.context.set_project(project, "" if ours else READ_ONLY)
        self._changed = False

    @Slot(object)
    def _reread(self, project: Project) -> None:
        """Take over what somebody else wrote into the project's file, unless it is about to be written from here."""
        context = self.context
        if context.project is not None and context.project.folder == project.folder and not self._changed:
            context.take_over(project)
            self._changed = False  # it is what lies there
            context.notice.emit("The project's file was changed outside this window and was read again")

    @Slot()
    def _project_changed(self) -> None:
        self._changed = True
        self._settle.start()

    @Slot()
    def _examine_now(self) -> None:
        project = self.context.project
        if project is not None:
            self._desk.newest = project
            self._examine.emit(project, self._changed and not self.context.read_only)
            self._changed = False

    @Slot(object, object)
    def _examined(self, project: Project, states: dict[str, StageState]) -> None:
        """Tell what is known of the stages, one in a turn of the event loop: every page follows each."""
        if project is self.context.project:
            on_opening = [name for name, state in states.items() if STAGES[name].on_opening and state.stale]
            self._turns.replace(
                *(functools.partial(self._learn, project, stage, state) for stage, state in states.items()),
                functools.partial(self._all_known, project, on_opening if self._new else []),
            )

    def _learn(self, project: Project, stage: str, state: StageState) -> None:
        if project is self.context.project and self.context.learn(stage, state):
            self.context.result_changed.emit(stage)

    def _all_known(self, project: Project, on_opening: list[str]) -> None:
        if project is self.context.project:
            self._new = False
            for name in on_opening:
                self.submit(name)


def _thread(name: str, worker: QObject) -> QThread:
    thread = QThread()
    thread.setObjectName(name)
    worker.moveToThread(thread)
    thread.finished.connect(worker.deleteLater)
    return thread
