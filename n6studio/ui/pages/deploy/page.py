"""The deploy page: the board, its prerequisites, the flash plan, and the one button."""

import dataclasses
from pathlib import Path
from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from n6studio.board.description import Board
from n6studio.board.registry import board
from n6studio.domain.board_contents import BoardContents
from n6studio.domain.deploy import Instruction, Preflight, Step
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import InstructionOver, JobMessage, MemoryFilled, ModelCompiled
from n6studio.domain.pages import PageKey
from n6studio.domain.results import AnyResult, StageResult
from n6studio.domain.texts import listed
from n6studio.engine.deploy.project import Wish, examine_project
from n6studio.engine.deploy.reach import obey
from n6studio.engine.deploy.wishes import deploy_settings
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.int8_output.stage import INT8_OUTPUT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.deploy import texts
from n6studio.ui.pages.deploy.actions import ACTIONS
from n6studio.ui.pages.deploy.board_card import BoardCard, SettingsCard
from n6studio.ui.pages.deploy.checks import ChecksCard, PairsCard
from n6studio.ui.pages.deploy.choosing import ToolChoosing
from n6studio.ui.pages.deploy.coach import CoachCard
from n6studio.ui.pages.deploy.finish import CompileCard, FinishCard
from n6studio.ui.pages.deploy.getting import GettingDialog
from n6studio.ui.pages.deploy.notice import ask_notice
from n6studio.ui.pages.deploy.run import FlashCard
from n6studio.ui.pages.deploy.status import button_text, contents_of, output_cost, runs_on_board
from n6studio.ui.pages.deploy.ways_out import WaysOut, tell_status
from n6studio.ui.pages.deploy.wishes import WishesCard
from n6studio.ui.pages.page import Page
from n6studio.ui.road import show_board
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import button, nothing_yet, set_button_role
from n6studio.ui.widgets.side_by_side import SideBySide

STAGE, COST = DEPLOY.name, INT8_OUTPUT.name
SIDE_WIDTH = 388


class DeployPage(Page):
    """Draws from the settings and the result of 'deploy', and from what `examine` finds."""

    key, title = STAGE, "Deploy"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.preflight: Preflight | None = None
        self._contents = BoardContents()
        self._looking = False
        self._look_again = False
        self.board_card, self.settings_card = BoardCard(), SettingsCard()
        self.checks_card, self.wishes_card, self.pairs_card = ChecksCard(), WishesCard(), PairsCard()
        self.coach, self.run_card, self.error_card = CoachCard(), FlashCard(), ErrorCard()
        self.finish, self.compiled = FinishCard(), CompileCard()
        self.choosing = ToolChoosing(context, self, self._not_done)
        self.getting: GettingDialog | None = None
        self._lay_out()
        self._connect()
        self._refresh()
        self._result_changed(STAGE)

    # --- layout

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        _column(left, [self.board_card, self.checks_card, self.wishes_card, self.pairs_card, self.settings_card])
        _column(right, [self.error_card, self.coach, self.run_card, self.finish, self.compiled])
        go = button("Go to Import", lambda: self.context.page_requested.emit(PageKey.IMPORT))
        self.views = QStackedWidget(self)
        self.views.addWidget(nothing_yet("Nothing to deploy yet", texts.EMPTY, go))
        self.views.addWidget(SideBySide(left, right, SIDE_WIDTH, self.views))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.views, 1)

    def _connect(self) -> None:
        context = self.context
        self.ways = WaysOut(self, lambda path: self._deploy(Step.PLAN, path))
        self.board_card.chosen.connect(self._choose_board)
        self.settings_card.changed.connect(lambda settings: context.change_settings(DEPLOY, settings))
        self.checks_card.path_wanted.connect(self.choosing.ask_path)
        self.checks_card.again_wanted.connect(self.look)
        self.checks_card.get_wanted.connect(self.show_getting)
        self.checks_card.enlarge_wanted.connect(lambda: self._set(enlarge_region=True))
        self.checks_card.newer_wanted.connect(lambda: self._set(allow_newer=True))
        self.checks_card.plain_wanted.connect(lambda: self._set(live_stream=False))
        self.wishes_card.allowed.connect(self.choosing.allow)
        self.choosing.chosen.connect(context.project_changed)
        self.pairs_card.chosen.connect(self._choose_pair)
        self.pairs_card.get_wanted.connect(self.show_getting)
        self.pairs_card.measure_wanted.connect(lambda: context.submit(COST))
        self.run_card.flash_wanted.connect(self.main_action)
        self.run_card.prepare_wanted.connect(self.prepare)
        self.run_card.cancel_wanted.connect(self._cancel)
        self.run_card.confirmed_changed.connect(self._show_button)
        self.coach.done_pressed.connect(context.confirmed.emit)
        self.coach.do_it_pressed.connect(self._do_it)
        self.finish.live_wanted.connect(lambda: show_board(context))
        self.finish.another_wanted.connect(self.main_action)
        self.finish.release_wanted.connect(self.ways.ask_release)
        self.finish.report_wanted.connect(self.ways.open_report)
        self.offer(
            ACTIONS,
            flash=self.main_action,
            prepare=self.prepare,
            look=self.look,
            release=self.ways.ask_release,
            get=self.show_getting,
            report=self.ways.open_report,
        )
        context.project_changed.connect(self._refresh)
        context.project_opened.connect(self._other_project)
        context.result_changed.connect(self._result_changed)
        context.job_started.connect(self._started)
        context.job_message.connect(self._message)
        context.job_finished.connect(self._finished)
        context.job_failed.connect(self._failed)

    # --- the page's contract

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        kind, reason = self.context.stage_state(STAGE)
        last = self._last()
        if kind == PageState.READY and self.preflight is not None and self.preflight.blocked:
            return PageState.BLOCKED, self.preflight.blocked.rstrip(".")
        if (
            kind in (PageState.DONE, PageState.STALE) and last is None
        ):  # the engine is still looking for this board's own
            return PageState.READY, ""
        if kind == PageState.DONE and last is not None and last.figures.programmed is None:
            return PageState.READY, texts.NOT_PROGRAMMED
        return kind, reason

    def main_action(self) -> None:
        """Deploy: the one button."""
        self._deploy(Step.RUNNING)

    def prepare(self) -> None:
        """Make the images and the plan; write nothing to a board."""
        self._deploy(Step.PLAN)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        self.look()

    # --- deploying

    def _deploy(self, until: Step, release: Path | None = None) -> None:
        found = self.preflight
        if self.context.project is None or self.context.running == STAGE:
            return
        if found is not None and found.needs_notice:
            ask_notice(self, lambda: self._notice_confirmed(until, release), self._not_done)
            return
        if until == Step.RUNNING and (blocked := self._blocked()):
            self.context.notice.emit(blocked)
            return
        self.error_card.clear()
        self.context.submit(STAGE, Wish(self.run_card.confirmed(), until, release=release))

    def _notice_confirmed(self, until: Step, release: Path | None) -> None:
        if self.preflight is not None:
            self.preflight = dataclasses.replace(self.preflight, needs_notice=False)
        self._deploy(until, release)

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self.context.cancel()

    def _do_it(self) -> None:
        instruction, project = self.coach.instruction, self.context.project
        if instruction is not None and project is not None:
            run_in_background(self, lambda: obey(deploy_settings(project), instruction), lambda _: None, self._not_done)

    def _not_done(self, error: Exception) -> None:
        self.error_card.show_error(expected(error, STAGE))

    # --- looking

    def look(self) -> None:
        """Find out anew what is there; of several wishes at once, the last one counts."""
        project = self.context.project
        if project is None or not self.isVisible() or self.context.running == STAGE:  # the programmer has the board
            return
        if self._looking:
            self._look_again = True
            return
        self._looking = True
        self.checks_card.show_looking()
        quantized = self.context.quantized_model()
        last = self._last() if STAGE not in self.context.stale else None
        run_in_background(self, lambda: examine_project(project, quantized, last), self._looked, self._not_looked)

    def _looked(self, found: Preflight) -> None:
        self._looking = False
        if self._look_again or found.board != self._settings().board:
            self._look_again = False
            self.look()
            return
        self.preflight = found
        self.checks_card.show_checks(found.checks, getting=found.getting is not None)
        if self.getting is not None:
            self.getting.show_getting(found.getting)
        self.wishes_card.show_wishes(found.wishes)
        self.pairs_card.show_pairs(found.pairs)
        self.board_card.show_board(self._board(), found.seen, found.probes, self._runs())
        self.run_card.show_writes(found.writes)
        self._show_contents()
        self.run_card.show_risks(found.risks, found.fuses)
        self._show_cost()
        self._show_button()
        tell_status(self.context, self._board(), found)

    def _not_looked(self, error: Exception) -> None:
        self._looking = False
        if self._look_again:
            self._look_again = False
            self.look()
            return
        self.checks_card.show_checks(())
        self._not_done(error)

    # --- choosing

    def _choose_board(self, key: str) -> None:
        self._contents = BoardContents()
        self.error_card.clear()
        self._set(board=key)

    def show_getting(self) -> None:
        """Show what to get from ST for this board."""
        if self.preflight is None or self.preflight.getting is None:
            self.context.notice.emit(texts.nothing_to_get(self.context.project is not None, self.preflight is not None))
            return
        if self.getting is None:
            self.getting = GettingDialog(self)
            self.getting.path_wanted.connect(self.choosing.ask_path)
            self.getting.changed.connect(self.look)
        self.getting.open_for(self.preflight.getting)

    def _choose_pair(self, key: str) -> None:
        pair = next((one for one in (self.preflight.pairs if self.preflight else ()) if one.key == key), None)
        if pair is not None:
            self.choosing.choose_pair(pair)

    def _set(self, **changes: Any) -> None:
        self.context.change_settings(DEPLOY, dataclasses.replace(self._settings(), **changes))

    def _settings(self) -> DeploySettings:
        project = self.context.project
        return project.settings_of(DEPLOY) if project else DeploySettings()

    def _board(self) -> Board:
        return board(self._settings().board)

    def _last(self) -> StageResult[DeployFigures] | None:
        """Return the latest deployment, if it was to the board that is chosen now."""
        last = self.context.result(DEPLOY)
        return last if last is not None and last.request.settings["board"] == self._settings().board else None

    def _runs(self) -> bool:
        return runs_on_board(self._last(), STAGE in self.context.stale or STAGE in self.context.errors)

    def _show_contents(self) -> None:
        self.run_card.show_contents(self._contents.sentence(self.preflight.probes if self.preflight else ()))

    def _show_last(self) -> None:
        last = self._last()
        if self.context.running != STAGE and not self._contents.images:
            self._contents = contents_of(last)
        self._show_contents()
        self.finish.show_result(last, self.context.stale.get(STAGE, ()))
        self.compiled.show_figures(last.figures if last is not None else None)

    # --- keeping up

    def _other_project(self) -> None:
        self.error_card.clear()
        self.coach.clear()
        self.run_card.show_running(False)
        self.preflight, self._contents = None, BoardContents()
        self._result_changed(STAGE)

    def _refresh(self) -> None:
        settings = self._settings()
        self.views.setCurrentIndex(0 if self.context.project is None else 1)
        self.settings_card.show_settings(settings)
        self.board_card.show_board(self._board(), runs=self._runs())
        if self.context.running != STAGE:
            self._show_last()
        self._show_button()
        self.look()
        self.state_changed.emit()

    def _blocked(self) -> str:
        """Return why the board cannot be written now, as a sentence; "" where it can."""
        found = self.preflight
        if found is None:
            return texts.SEARCHING
        if found.blocked:
            return found.blocked
        missing = [risk.title for risk in found.risks if risk.key not in self.run_card.confirmed()]
        return f"Confirm first: {listed(missing)}." if missing else ""

    def _show_button(self) -> None:
        project = self.context.project
        quantized = self.context.quantized_model() is not None and QUANTIZE.name not in self.context.stale
        text = button_text(self._settings(), quantized, self._last())
        blocked = self._blocked() if project is not None else ""
        self.run_card.show_button(text, blocked, project is not None)
        set_button_role(self.run_card.flash_button, ButtonRole.NORMAL if self._runs() else ButtonRole.PRIMARY)

    def _show_cost(self) -> None:
        result, stale = self.context.result(INT8_OUTPUT), COST in self.context.stale
        self.pairs_card.show_cost(*output_cost(result, stale, self.preflight))

    def _result_changed(self, stage: str) -> None:
        if stage == STAGE:
            self._show_last()
        if stage in (STAGE, QUANTIZE.name, INSPECT.name):
            self.look()
        if stage == COST:
            self._show_cost()
        self._show_button()
        self.state_changed.emit()

    def _started(self, stage: str) -> None:
        if stage == STAGE:
            self.error_card.clear()
            self.finish.hide()
            self.board_card.show_working(self._board(), working=True)
        self.run_card.show_running(stage == STAGE)
        self._show_button()
        self.state_changed.emit()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage != STAGE:
            return
        self.run_card.show_message(message)
        self._contents = self._contents.after(message)
        self._show_contents()
        if isinstance(message, Instruction):
            self.coach.show_instruction(message, self._board())
        elif isinstance(message, InstructionOver):
            self.coach.clear()
        elif isinstance(message, ModelCompiled):
            self.compiled.show_compiled(message.found)
        elif isinstance(message, MemoryFilled):
            self.compiled.show_memory(message.regions)

    def _finished(self, stage: str, result: AnyResult) -> None:
        if stage == STAGE:
            self.coach.clear()
            self.board_card.show_working(self._board(), working=False)
            self.run_card.show_stopped(failed=False)
            self._contents = contents_of(self._last())
            self._show_contents()
            self._show_button()
            self.state_changed.emit()

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage != STAGE:
            return
        self.coach.clear()
        self.board_card.show_working(self._board(), working=False)
        self.run_card.show_stopped(failed=True)
        self._show_last()
        if not isinstance(error, Cancelled):
            self.error_card.show_error(error, self.main_action)
        self._show_button()
        self.look()
        self.state_changed.emit()


def _column(parent: QWidget, widgets: list[QWidget]) -> None:
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 8, 0)
    column.setSpacing(10)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
