"""The only crossing between the window and the engine: jobs on one thread, files of the project on another.

Requests are frozen values (a project, a stage's name); answers come back as queued signals. Nothing of the engine
that reads, hashes, writes or waits is called on the GUI thread.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QThread, QTimer, Signal, Slot

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import require_room
from n6studio.domain.errors.stages import Cancelled, StageBug
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.chain.again import Again
from n6studio.stages.registry import STAGES
from n6studio.ui.context import Context

if TYPE_CHECKING:  # the engine is loaded by its own threads: the first paint waits for none of it
    from n6studio.domain.messages import JobMessage
    from n6studio.domain.results import AnyResult
    from n6studio.engine.chain.states import StageState
    from n6studio.engine.jobs.hashing import HashCache
    from n6studio.engine.project.claim import Claim

READ_ONLY = "This project is open in another window. It is read-only here: close it there to change it."
SETTLE_MS = 150  # a spin box that is held down must not save and hash at every step


def expected(error: Exception, stage: str) -> StudioError:
    """Return what a card can show; what nobody expected goes to the log, too."""
    if isinstance(error, StudioError):
        return error
    logging.getLogger("n6studio").error("unexpected in the engine", exc_info=error)
    return StageBug(stage=stage, summary=f"{type(error).__name__}: {error}", log="")


class JobWorker(QObject):
    """Runs jobs, one after the other. Lives on the job thread; `cancel` and `confirmed` may be set from any thread.

    `confirmed` is set when the user says that they have done what a job asked of them.
    """

    started = Signal(str)
    message = Signal(str, object)
    stage_done = Signal(str, object)
    failed = Signal(str, object)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cancel, self.confirmed = threading.Event(), threading.Event()
        self._stage = self._begun = self._wanted = ""
        self._folder = Path()

    @Slot(object, str, object)
    def run(self, project: Project, stage: str, ask: object) -> None:
        """Run a stage and what it needs before it; always ends with `ended`."""
        from n6studio.engine.chain.run import run_to
        from n6studio.engine.chain.states import Caller

        self._stage, self._begun, self._wanted, self._folder = stage, "", stage, project.folder
        caller = Caller(self._pass_on, self.cancel, self.confirmed, self._announce, self._finished)
        try:
            again = ask if isinstance(ask, Again) else Again.NOTHING
            run_to(project, STAGES[stage], caller, ask, again)
        except Exception as error:
            self.failed.emit(self._stage, expected(error, self._stage))
        finally:
            self.ended.emit()

    @Slot()
    def finish(self) -> None:
        """Let the thread end once everything before this is done."""
        self.thread().quit()

    def _announce(self, stage: str, fresh: bool, why: tuple[str, ...]) -> None:
        if self.cancel.is_set():
            raise Cancelled(stage=stage)
        self._stage = stage
        if not fresh:
            if not STAGES[stage].on_opening:  # what is looked at writes next to nothing
                require_room(self._folder)
            self._begin(stage)

    def _begin(self, stage: str) -> None:
        self._begun = stage
        self.started.emit(stage)

    def _finished(self, stage: str, result: AnyResult) -> None:
        if stage in (self._begun, self._wanted):
            self.stage_done.emit(stage, result)

    def _pass_on(self, message: JobMessage) -> None:
        if self._begun != self._stage:  # its outputs were found damaged, so it runs after all
            self._begin(self._stage)
        self.message.emit(self._stage, message)


class Desk(QObject):
    """Opens, saves and examines projects. Lives on the desk thread, which no job can block."""

    opened = Signal(object, bool)
    open_failed = Signal(object)
    examined = Signal(object, object)
    save_failed = Signal(object)
    reread = Signal(object)

    def __init__(self, fallback: Path) -> None:
        super().__init__()
        self._fallback = fallback
        self._claim: Claim | None = None
        self._watcher: QFileSystemWatcher | None = None
        self._text = b""  # of the project's file as this window wrote or read it
        self._hashes: dict[Path, HashCache] = {}
        self.newest: Project | None = None  # set by the GUI thread; what is older need not be examined

    @Slot(object)
    def load(self, path: Path) -> None:
        """Open a checkpoint or project."""
        from n6studio.engine.project.claim import Claim
        from n6studio.engine.project.opening import project_at

        try:
            project = project_at(path, self._fallback)
            self._claim = self._claim or Claim()
            ours = self._claim.take(project.folder)
            self._watch(project.folder)
            self.opened.emit(project, ours)
        except Exception as error:
            self.open_failed.emit(expected(error, "opening"))

    @Slot(object, bool)
    def examine(self, project: Project, save: bool) -> None:
        """Save the project if asked to, then tell the state of its stages."""
        from n6studio.engine.chain.states import states_of
        from n6studio.engine.project.project import save_project
        from n6studio.engine.project.runs import hashes_of

        try:
            if save:
                save_project(project)
                self._watch(project.folder)
        except Exception as error:
            self.save_failed.emit(expected(error, "saving"))
        if project is not self.newest:
            return
        try:
            cache = self._hashes.setdefault(project.folder, hashes_of(project))
            self.examined.emit(project, states_of(project, cache))
        except Exception as error:
            self.save_failed.emit(expected(error, "reading the project"))

    def _watch(self, folder: Path) -> None:
        """Notice when somebody else writes the project's file from now on."""
        file = folder / PROJECT_FILE
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.fileChanged.connect(self._written)
        others = [name for name in self._watcher.files() if name != str(file)]
        if others:
            self._watcher.removePaths(others)
        if file.is_file():
            self._text = _text_of(file)
            self._watcher.addPath(str(file))

    @Slot(str)
    def _written(self, name: str) -> None:
        from n6studio.engine.project.project import load_project

        file = Path(name)
        text = _text_of(file)
        if self._watcher is not None and file.is_file():
            self._watcher.addPath(name)  # one that was replaced by another file is watched no longer
        if text and text != self._text:
            self._text = text
            try:
                self.reread.emit(load_project(file.parent))
            except Exception as error:
                self.open_failed.emit(expected(error, "reading the project again"))

    @Slot()
    def finish(self) -> None:
        """Let go of the project, and let the thread end once everything before this is done."""
        if self._claim is not None:
            self._claim.release()
        self.thread().quit()


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
        context = self.context
        if project is not context.project:
            return
        for stage, state in states.items():
            if self._learn(stage, state):
                context.result_changed.emit(stage)
        if self._new:
            self._new = False
            for name in states:
                if STAGES[name].on_opening and states[name].stale:
                    self.submit(name)

    def _learn(self, stage: str, state: StageState) -> bool:
        """Take over what is known of a stage; return whether that is news."""
        context = self.context
        known, result = context.results.get(stage), state.result
        reasons = state.stale if result else ()
        news = context.blocked.get(stage, "") != state.blocked
        news |= context.not_needed.get(stage, "") != state.not_needed
        context.not_needed.pop(stage, None)
        if state.not_needed:
            context.not_needed[stage] = state.not_needed
        context.blocked.pop(stage, None)
        if state.blocked:
            context.blocked[stage] = state.blocked
        if (known and known.folder) == (result and result.folder) and context.stale.get(stage, ()) == reasons:
            return news
        context.results.pop(stage, None)
        context.stale.pop(stage, None)
        if result is not None:
            context.results[stage] = result
        if reasons:
            context.stale[stage] = reasons
        return True


def _text_of(file: Path) -> bytes:
    """Return what a project's file holds; nothing where it cannot be read, as on a drive that has gone."""
    from n6studio.gates.files import LARGEST_TEXT, read_bytes

    try:
        return read_bytes(file, LARGEST_TEXT)
    except OSError:
        return b""


def _thread(name: str, worker: QObject) -> QThread:
    thread = QThread()
    thread.setObjectName(name)
    worker.moveToThread(thread)
    thread.finished.connect(worker.deleteLater)
    return thread
