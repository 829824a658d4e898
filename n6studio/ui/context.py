"""What every page shares: the open project, the stages' results, and the way to run jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from n6studio.domain.errors.advice import short_title
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.pages import PageKey
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.project import Project
from n6studio.domain.stage import S, Stage, result_of
from n6studio.domain.states import VerdictState
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.registry import STAGES, through
from n6studio.ui.changes import Changes
from n6studio.ui.states import Mark, PageState

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult, F, StageResult
    from n6studio.engine.chain.states import StageState


@dataclass(frozen=True)
class Work:
    """Something long that is no stage's job: flashing, recording.

    Attributes:
        title: what it is called in "... is still running".
        stop: asks it to stop; must not wait.
    """

    title: str
    stop: Callable[[], object]


@dataclass(frozen=True)
class LiveWish:
    """What the live view is to open next.

    Attributes:
        address: as ``n6studio live --source`` names it.
        title, detail: what it is called in the list of sources.
        model: the .tflite that looks at sources without results; None leaves the one that is chosen.
    """

    address: str
    title: str
    detail: str
    model: Path | None = None


class Context(QObject):
    """State that pages observe. Lives on the GUI thread; work is handed to the engine thread by `submit`.

    Attributes:
        project: the open project, or None.
        results: stage -> its latest result, also where that is stale.
        stale: stage -> why its result no longer answers the project; stages that are up to date are not in it.
        not_needed: stage -> why the project goes without it; those that it needs are not in it.
        blocked: stage -> why it cannot run now, as far as the engine can tell; those that can are not in it.
        errors: stage -> what stopped its last job; gone with the next start.
        running: the stage that runs now, or None.
        read_only: why the project cannot be changed here, as a sentence; "" where it can.
        recent: folders of projects that were open lately, the latest first.
        sample_available: whether the program carries the sample's model along.
        work: key -> what runs beside the stages; see `begin_work`.
        live_wish: what the live view is to open next; None for nothing.
        memory: what pages remember between starts, by names of their own; see `remember`.
        settings_tabs: (title, a function that makes the widget) of further tabs in the settings; pages append theirs.

    Signals:
        project_changed: another project was opened, or the project's inputs or settings changed.
        project_opened: another project was opened, or closed; comes before `project_changed`.
        result_changed(stage): a stage's result appeared, went, or became stale.
        job_started(stage), job_message(stage, message), job_finished(stage, result), job_failed(stage, error): the
            life of a stage's job; `message` is a stage message as `n6studio.domain.requests` describes, `error` a
            `StudioError`. Stages before the one asked for have their own life when they must run, too.
        idle: the last job has ended and none waits.
        open_requested(path): a checkpoint or project folder is to be opened.
        open_failed(error): it could not be.
        browse_requested: the user wants to choose a checkpoint or project.
        sample_requested: the user wants the sample project.
        demo_requested: the user wants to see the demo model run, on the virtual board.
        live_wished: `live_wish` is to be opened, on the live page.
        forget_requested(folder): the user wants a project off the list of recent ones.
        check_requested: the user wants to know what this computer has and lacks.
        recent_changed: `recent` has changed.
        dragging(inside): something that can be opened is dragged over the window, or no longer.
        page_requested(key): show another page.
        notice(text): a short message, shown for some seconds.
        status_changed(key, text, mark): an item of the status bar; see `set_status`.
        work_changed: `work` has changed.
        memory_changed: `memory` has changed.
        confirmed: the user says that they have done what the running job asked of them.
    """

    project_changed = Signal()
    project_opened = Signal()
    result_changed = Signal(str)
    job_started = Signal(str)
    job_message = Signal(str, object)
    job_finished = Signal(str, object)
    job_failed = Signal(str, object)
    submitted = Signal(str, object)
    idle = Signal()
    cancel_requested = Signal()
    open_requested = Signal(object)
    open_failed = Signal(object)
    browse_requested = Signal()
    sample_requested = Signal()
    demo_requested = Signal()
    live_wished = Signal()
    forget_requested = Signal(str)
    check_requested = Signal()
    recent_changed = Signal()
    dragging = Signal(bool)
    page_requested = Signal(str)
    notice = Signal(str)
    status_changed = Signal(str, str, object)
    work_changed = Signal()
    memory_changed = Signal()
    confirmed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None
        self.results: dict[str, AnyResult] = {}
        self.stale: dict[str, tuple[str, ...]] = {}
        self.blocked: dict[str, str] = {}
        self.not_needed: dict[str, str] = {}
        self.errors: dict[str, StudioError] = {}
        self.running: str | None = None
        self.read_only = ""
        self.recent: tuple[str, ...] = ()
        self.sample_available = False
        self.work: dict[str, Work] = {}
        self.live_wish: LiveWish | None = None
        self.memory: dict[str, str] = {}
        self.settings_tabs: list[tuple[str, Callable[[], QWidget]]] = []
        self._before = Changes()
        self.job_started.connect(self._started)
        self.job_finished.connect(self._ended)
        self.job_failed.connect(self._failed)

    def request_open(self, path: Path) -> None:
        """Ask for a checkpoint or a project folder to be opened."""
        self.open_requested.emit(path)

    def set_project(self, project: Project | None, read_only: str = "") -> None:
        """Take another project, of which nothing is known yet; `read_only` is why it cannot be changed here."""
        self.project, self.read_only = project, read_only
        self._before = Changes()
        self.results, self.stale, self.blocked, self.errors, self.running = {}, {}, {}, {}, None
        self.not_needed = {}
        self.project_opened.emit()
        self.project_changed.emit()

    def change_project(self, **changes: Any) -> None:
        """Replace fields of the project (paths, settings) and tell everybody; saving happens on the engine thread."""
        if self.read_only:
            self.notice.emit(self.read_only)
        elif self.project is not None:
            changed = dataclasses.replace(self.project, **changes)
            if changed != self.project:
                self._before.add(self.project, tuple(changes))
                self.project = changed
                self.project_changed.emit()

    def take_over(self, project: Project) -> None:
        """Take the same project as somebody else wrote it; it can be undone."""
        if self.project is not None and project != self.project:
            self._before.add(self.project, ("file",))
            self.project = project
            self.project_changed.emit()

    def undo(self) -> None:
        """Take back the last change of settings or choices."""
        self._step(self._before.undone)

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self._step(self._before.redone)

    def _step(self, step: Callable[[Project], Project | None]) -> None:
        found = step(self.project) if self.project is not None else None
        if found is None:
            self.notice.emit("Nothing to take back" if step == self._before.undone else "Nothing to make again")
        else:
            self.project = found
            self.project_changed.emit()

    def change_settings(self, stage: Stage[S, Any], settings: S) -> None:
        """Replace one stage's settings."""
        if self.project is not None:
            self._forget_other_board(stage, settings)
            self.change_project(settings={**self.project.settings, stage.name: settings})

    def learn(self, stage: str, state: StageState) -> bool:
        """Take over what is known of a stage; return whether that is news."""
        known, result = self.results.get(stage), state.result
        reasons = state.stale if result else ()
        news = self.blocked.get(stage, "") != state.blocked
        news |= self.not_needed.get(stage, "") != state.not_needed
        self.not_needed.pop(stage, None)
        if state.not_needed:
            self.not_needed[stage] = state.not_needed
        self.blocked.pop(stage, None)
        if state.blocked:
            self.blocked[stage] = state.blocked
        if (known and known.folder) == (result and result.folder) and self.stale.get(stage, ()) == reasons:
            return news
        self.results.pop(stage, None)
        self.stale.pop(stage, None)
        if result is not None:
            self.results[stage] = result
        if reasons:
            self.stale[stage] = reasons
        return True

    def show_live(self, wish: LiveWish) -> None:
        """Show the live page with a source."""
        self.live_wish = wish
        self.page_requested.emit(PageKey.LIVE)
        self.live_wished.emit()

    def submit(self, stage: str, ask: object = None) -> None:
        """Ask the engine thread to run a stage, and whatever it needs before it that is not fresh.

        Args:
            stage: its name.
            ask: what it takes besides what follows from the project (see `run_to`), or an `Again`.
        """
        self.submitted.emit(stage, ask)

    def cancel(self) -> None:
        """Ask the running job to stop."""
        self.cancel_requested.emit()

    def set_status(self, key: str, text: str, mark: Mark | None = None) -> None:
        """Show an item in the status bar.

        Args:
            key: 'project', 'tool', 'board', 'stream' or 'disk'.
            text: what is shown; '' hides the item.
            mark: the icon before it; None for none.
        """
        self.status_changed.emit(key, text, mark)

    def begin_work(self, key: str, title: str, stop: Callable[[], object]) -> None:
        """Tell that something long runs: the window asks before it closes, and Esc calls `stop`."""
        self.work[key] = Work(title, stop)
        self.work_changed.emit()

    def end_work(self, key: str) -> None:
        """Tell that it has ended."""
        if self.work.pop(key, None) is not None:
            self.work_changed.emit()

    def remember(self, name: str, value: str) -> None:
        """Remember something of a page between starts."""
        if self.memory.get(name) != value:
            self.memory = {**self.memory, name: value}
            self.memory_changed.emit()

    def result(self, stage: Stage[Any, F]) -> StageResult[F] | None:
        """Return the latest result of a stage, None where there is none."""
        return result_of(self.results, stage)

    def output(self, stage: str, role: str) -> Path | None:
        """Return the path of a stage's output, or None where there is none."""
        result = self.results.get(stage)
        return result.outputs.get(role) if result else None

    def skeleton(self) -> Skeleton | None:
        """Return the keypoints of the project's model, edited or not; None before the model was inspected."""
        inspected = self.result(INSPECT)
        return self.project.skeleton_of(inspected.figures if inspected else None) if self.project is not None else None

    def quantized_model(self) -> Path | None:
        """Return the model that a board would get: what quantization made, or the project's own; None for none yet."""
        if QUANTIZE.name not in self.not_needed:
            return self.output(QUANTIZE.name, "tflite")
        inspected = self.results.get(INSPECT.name)
        if self.project is None or inspected is None or INSPECT.name in self.stale:
            return None
        return inspected.outputs.get("model", self.project.model)

    def stage_state(self, stage: str) -> tuple[PageState, str]:
        """Return (state, reason) of a stage as `Page.state` wants it; pages refine READY and EMPTY."""
        if self.project is None:
            return PageState.EMPTY, ""
        if self.running == stage:
            return PageState.RUNNING, ""
        if stage in self.not_needed:
            return PageState.DONE, self.not_needed[stage]
        if stage in self.errors:
            return PageState.FAILED, short_title(self.errors[stage])
        if stage in self.results:
            reasons = self.stale.get(stage, ())
            return (PageState.STALE, "; ".join(reasons)) if reasons else (PageState.DONE, "")
        waiting = self.why_not(stage)
        return (PageState.BLOCKED, waiting) if waiting else (PageState.READY, "")

    def why_not(self, stage: str) -> str:
        """Return why a stage cannot run now, be it for a stage before it; "" where nothing is known against it."""
        for one in through(STAGES[stage]):
            if one.name in self.not_needed:
                continue
            if one.name in self.blocked:
                return self.blocked[one.name]
            if one.name != stage and one.name in self.errors:
                return f"{one.title} failed"
            if one is QUANTIZE and self.project is not None and self._lacks_images(self.project):
                return "choose calibration images first"
        inspected = self.result(INSPECT)
        if stage != INSPECT.name and inspected is not None:
            verdict = inspected.figures.verdict
            stops = (VerdictState.NOT_SUITABLE, VerdictState.UNKNOWN)
            return verdict.sentence.rstrip(".") if verdict.state in stops else ""
        return ""

    def _forget_other_board(self, stage: Stage[S, Any], settings: S) -> None:
        """Leave a failed deployment to its board: its error is none of the next one's."""
        known = self.project.settings_of(DEPLOY) if self.project is not None else DeploySettings()
        if isinstance(settings, DeploySettings) and settings.board != known.board:
            self.errors.pop(stage.name, None)

    @staticmethod
    def _lacks_images(project: Project) -> bool:
        return project.calibration is None and not project.settings_of(QUANTIZE).fake

    def _started(self, stage: str) -> None:
        self.running = stage
        self.errors.pop(stage, None)

    def _ended(self, stage: str, _: AnyResult) -> None:
        self.running = None
        self.errors.pop(stage, None)

    def _failed(self, stage: str, error: StudioError) -> None:
        self.running = None
        if not isinstance(error, Cancelled):
            self.errors[stage] = error
