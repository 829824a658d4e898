"""Takes a project down the road, stage by stage, and stops where only a person can answer."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from n6studio.board.registry import board
from n6studio.domain.deploy import Instruction, Preflight
from n6studio.domain.errors.base import StudioError
from n6studio.domain.messages import JobMessage
from n6studio.domain.project import Project
from n6studio.domain.stage import AnyStage
from n6studio.domain.texts import listed
from n6studio.engine.deploy.project import Wish, examine_project
from n6studio.engine.deploy.reach import obey
from n6studio.engine.deploy.wishes import deploy_settings
from n6studio.engine.road import ROAD
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.background import Latest, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.deploy.notice import ask_notice
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.road import texts
from n6studio.ui.states import PageState


@dataclass(frozen=True)
class Question:
    """What keeps the road from going on until a person has answered.

    Attributes:
        text: what it is.
        page: where it is answered; "" where the road page itself can.
    """

    text: str
    page: str = ""


class RoadDriver(QObject):
    """Runs what is not done yet, one stage after the other. Lives on the GUI thread.

    Attributes:
        going: whether it is on its way.
        question: what it waits for; None for nothing.

    Signals:
        changed: one of them did.
        failed(error): something besides a stage went wrong; a stage's error comes from the context.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, context: Context, page: Page) -> None:
        super().__init__(page)
        self._context, self._page = context, page
        self.going = False
        self._looks = Latest(self)  # at the board
        self.question: Question | None = None
        context.idle.connect(self._next)
        context.job_failed.connect(lambda *_: self.stop())
        context.job_message.connect(self._message)
        context.project_opened.connect(self.stop)
        context.project_changed.connect(self._forget_question)
        context.job_started.connect(lambda _: self._forget_question())

    def go(self) -> None:
        """Set out, or go on where it stopped."""
        if self._context.project is None or self.going:
            return
        self.going, self.question = True, None
        self.changed.emit()
        if self._context.running is None:
            self._next()

    def stop(self) -> None:
        """Start nothing more; what runs is left to run."""
        self.going = False
        self.changed.emit()

    def next_stage(self) -> AnyStage | None:
        """Return the first stage that is not done; None at the end of the road."""
        states = ((stage, self._context.stage_state(stage.name)[0]) for stage in ROAD)
        return next((stage for stage, state in states if state is not PageState.DONE), None)

    def _next(self) -> None:
        if not self.going:
            return
        project, stage = self._context.project, self.next_stage()
        if project is None or stage is None:
            self.stop()
            return
        # Asked before anything runs, and not after a minute of it.
        if project.calibration is None and not project.settings_of(QUANTIZE).fake:
            self._ask(Question(texts.NO_IMAGES))
            return
        state, reason = self._context.stage_state(stage.name)
        if state is PageState.BLOCKED:
            self._ask(Question(f"{reason}.", stage.page.key if stage.page is not None else ""))
        elif stage is DEPLOY:
            self._look_at_board(project)
        else:
            self._context.submit(stage.name)

    def _ask(self, question: Question) -> None:
        self.question = question
        self.stop()

    def _forget_question(self) -> None:
        if self.question is not None:
            self.question = None
            self.changed.emit()

    # --- the board

    def _look_at_board(self, project: Project) -> None:
        model = self._context.output(QUANTIZE.name, "tflite")
        self._looks.ask(lambda: examine_project(project, model, None), self._looked, self._broken)

    def _looked(self, found: Preflight) -> None:
        if not self.going:
            return
        if found.needs_notice:
            self.stop()
            ask_notice(self._page, self.go, self._broken)
        elif found.blocked:
            self._ask(Question(found.blocked, DEPLOY.name))
        elif found.risks:
            self._ask(Question(texts.confirm(listed([risk.title for risk in found.risks])), DEPLOY.name))
        else:
            self._context.submit(DEPLOY.name, Wish())

    def _message(self, stage: str, message: JobMessage) -> None:
        """Move the switches of a board that this computer plays; a real one's are shown to the person."""
        project = self._context.project
        if self.going and project is not None and isinstance(message, Instruction):
            settings = deploy_settings(project)
            if not board(settings.board).needs_hands:
                run_in_background(self, lambda: obey(settings, message), lambda _: None, self._broken)

    def _broken(self, error: Exception) -> None:
        self.stop()
        shown: StudioError = expected(error, DEPLOY.name)
        self.failed.emit(shown)
