"""What works for the window on threads of its own: one runs jobs, the other opens, saves and examines projects.

`EngineThread` is what the window sees of them.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal, Slot

from n6studio.domain.errors.foreign import require_room
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.chain.again import Again
from n6studio.stages.registry import STAGES
from n6studio.ui.error_report import expected

if TYPE_CHECKING:  # the engine is loaded by its own threads: the first paint waits for none of it
    from n6studio.domain.messages import JobMessage
    from n6studio.domain.results import AnyResult
    from n6studio.engine.jobs.hashing import HashCache
    from n6studio.engine.project.claim import Claim


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
                self._watch(project.folder, save_project(project))
        except Exception as error:
            self.save_failed.emit(expected(error, "saving"))
        if project is not self.newest:
            return
        try:
            cache = self._hashes.setdefault(project.folder, hashes_of(project))
            self.examined.emit(project, states_of(project, cache))
        except Exception as error:
            self.save_failed.emit(expected(error, "reading the project"))

    def _watch(self, folder: Path, written: bytes | None = None) -> None:
        """Notice when somebody else writes the project's file, from now on or since this was `written`."""
        file = folder / PROJECT_FILE
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.fileChanged.connect(self._written)
        others = [name for name in self._watcher.files() if name != str(file)]
        if others:
            self._watcher.removePaths(others)
        if file.is_file():
            self._watcher.addPath(str(file))
            self._text = _text_of(file) if written is None else written
            self._written(str(file))

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


def _text_of(file: Path) -> bytes:
    """Return what a project's file holds; nothing where it cannot be read, as on a drive that has gone."""
    from n6studio.gates.files import LARGEST_TEXT, read_bytes

    try:
        return read_bytes(file, LARGEST_TEXT)
    except OSError:
        return b""
