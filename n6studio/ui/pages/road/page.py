"""From the checkpoint to the board in one go: what is chosen once, every step with its live result, the questions."""

import dataclasses
import functools
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from n6studio.board.registry import board, boards
from n6studio.domain.deploy import Instruction
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled, ConfidenceCollapse
from n6studio.domain.messages import InstructionOver, JobMessage
from n6studio.domain.pages import PageKey
from n6studio.domain.progress import JobProgress
from n6studio.domain.stage import AnyStage
from n6studio.domain.texts import begun
from n6studio.engine.road import ROAD
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.pages.deploy.coach import CoachCard
from n6studio.ui.pages.outcomes import NO_DATA, outcome
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.road import texts
from n6studio.ui.pages.road.actions import ACTIONS
from n6studio.ui.pages.road.driver import RoadDriver
from n6studio.ui.road import road_state, show_board, state_sentence
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import Card, ElidedLabel, StateIcon, button, label, set_button_role

TICK_MS = 500


class StepRow:
    """One stage: icon, title, how it fares, and a way to its page."""

    def __init__(self, stage: AnyStage, context: Context, grid: QGridLayout, row: int) -> None:
        self.stage, self._context = stage, context
        self.icon, self.text = StateIcon(PageState.EMPTY, 20), label(select=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(160)
        self.bar.setAccessibleName(f"Progress of {stage.title}")
        key = stage.page.key if stage.page is not None else ""
        self.open = button(
            "Open", lambda: context.page_requested.emit(key), ButtonRole.PLAIN, f"Open the page of {stage.title}"
        )
        widgets = (self.icon, label(stage.title, TextRole.HEADING, wrap=False), self.text, self.bar, self.open)
        for column, widget in enumerate(widgets):
            grid.addWidget(widget, row, column)

    def show(self, progress: JobProgress | None) -> None:
        """Show how the stage is; `progress` while it runs."""
        state, reason = self._context.stage_state(self.stage.name)
        self.icon.show_mark(state)
        self.bar.setVisible(progress is not None)
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
            parts = (begun(progress.step_text()), progress.rate_text(time.monotonic()))
            self.text.setText(", ".join(part for part in parts if part) or "Starting…")
        else:
            found = outcome(self._context.results.get(self.stage.name))
            done = state is PageState.DONE and found
            self.text.setText(found if done else state_sentence(state, reason))


class RoadPage(Page):
    """Draws from the context; `driver` does the walking."""

    key, title = "road", "To the board"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.driver = RoadDriver(context, self)
        self._progress: JobProgress | None = None
        self.error_card, self.coach = ErrorCard(), CoachCard()
        self.go_button = button(texts.GO, self.main_action, ButtonRole.PRIMARY, command="main")
        self.stop_button = button(texts.STOP, self._stop)
        self.question = label(role=TextRole.WARN)
        self.answer = button("", self._answer, ButtonRole.PRIMARY)
        self.keep_head = button(texts.KEEP_HEAD, self._keep_head, ButtonRole.PRIMARY)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._show_rows)
        self._lay_out()
        self._connect()
        self.show_road()

    # --- layout

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        layout.addWidget(self._choices())
        asked = QHBoxLayout()
        asked.addWidget(self.go_button)
        asked.addWidget(self.stop_button)
        asked.addWidget(self.question, 1)
        asked.addWidget(self.answer)
        asked.addWidget(self.keep_head)
        layout.addLayout(asked)
        layout.addWidget(self.error_card)
        layout.addWidget(self.coach)
        steps = Card("Steps")
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(14)
        grid.setColumnStretch(2, 1)
        self.rows = [StepRow(stage, self.context, grid, row) for row, stage in enumerate(ROAD)]
        steps.body.addLayout(grid)
        layout.addWidget(steps)
        layout.addWidget(label(texts.HINT, TextRole.MUTED))
        layout.addStretch(1)

    def _choices(self) -> Card:
        card = Card("Model, images and board")
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        self.model, self.images, self.data = ElidedLabel(), ElidedLabel(), ElidedLabel()
        self.choose_images = button(
            "Choose a folder…", lambda: self._ask_images(), name="Choose the calibration images"
        )
        self.choose_data = button("Choose labels…", self._ask_data, name="Choose labelled data for the evaluation")
        self.choose_model = button(texts.CHOOSE_MODEL, self.context.browse_requested.emit, command="open")
        self.board = QComboBox()
        self.board.setAccessibleName("Board")
        for one in boards():
            self.board.addItem(one.name, one.key)
        self.board.activated.connect(self._choose_board)
        lines: tuple[tuple[str, QWidget, QWidget | None], ...] = (
            ("Model", self.model, self.choose_model),
            ("Calibration images", self.images, self.choose_images),
            ("Evaluation data", self.data, self.choose_data),
            ("Board", self.board, None),
        )
        for row, (name, shown, way) in enumerate(lines):
            grid.addWidget(label(name, TextRole.MUTED, wrap=False), row, 0)
            grid.addWidget(shown, row, 1)
            if way is not None:
                grid.addWidget(way, row, 2)
        card.body.addLayout(grid)
        return card

    def _connect(self) -> None:
        context = self.context
        self.driver.changed.connect(self.show_road)
        self.driver.failed.connect(self.error_card.show_error)
        self.offer(ACTIONS, go=self.main_action, stop=self._stop, images=self._ask_images, data=self._ask_data)
        self.coach.done_pressed.connect(context.confirmed.emit)
        for signal in (context.project_changed, context.result_changed, context.job_finished):
            signal.connect(lambda *_: self.show_road())
        context.project_opened.connect(self.error_card.clear)
        context.job_started.connect(self._started)
        context.job_message.connect(self._message)
        context.job_failed.connect(self._failed)

    # --- the page's contract

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        if self.driver.question is not None:
            return PageState.BLOCKED, self.driver.question.text.rstrip(".")
        return road_state(self.context)

    def main_action(self) -> None:
        """Set out, or go on."""
        self.error_card.clear()
        if self.context.project is None:
            self.context.page_requested.emit(PageKey.IMPORT)
        elif self.driver.next_stage() is None:
            show_board(self.context)
        else:
            self.driver.go()

    def _stop(self) -> None:
        self.driver.stop()
        self.context.cancel()

    def _answer(self) -> None:
        question = self.driver.question
        if question is not None and question.page:
            self.context.page_requested.emit(question.page)
        else:
            self._ask_images(go_on=True)

    def _keep_head(self) -> None:
        project = self.context.project
        if project is not None:
            settings = dataclasses.replace(project.settings_of(QUANTIZE), head="float", ranges="auto")
            self.context.errors.pop(QUANTIZE.name, None)
            self.context.change_settings(QUANTIZE, settings)
            self.main_action()

    # --- choices

    def _ask_images(self, go_on: bool = False) -> None:
        dialog = QFileDialog(self, "Folder of calibration images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.set_images(Path(name)))
        if go_on:
            dialog.fileSelected.connect(lambda _: self.main_action())
        _open(dialog)

    def set_images(self, folder: Path) -> None:
        """Calibrate on the images of this folder."""
        project = self.context.project
        if project is not None and folder != project.calibration:
            settings = dataclasses.replace(project.settings_of(QUANTIZE), exclude=(), fake=False)
            self.context.change_project(
                calibration=folder, calibration_lock=None, settings={**project.settings, QUANTIZE.name: settings}
            )

    def _ask_data(self) -> None:
        dialog = QFileDialog(self, "Labelled data", str(Path.home()), "COCO JSON or YOLO YAML (*.json *.yaml *.yml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.context.change_project(data=Path(name)))
        _open(dialog)

    def _choose_board(self) -> None:
        project = self.context.project
        if project is not None:
            settings = dataclasses.replace(project.settings_of(DEPLOY), board=str(self.board.currentData()))
            self.context.change_settings(DEPLOY, settings)

    # --- keeping up

    def show_road(self) -> None:
        """Show everything as it is now."""
        project, driver = self.context.project, self.driver
        self.model.setText(str(project.model) if project is not None else "none yet")
        self.images.setText(_images(project.calibration, project.settings_of(QUANTIZE).fake) if project else "none yet")
        self.data.setText(str(project.data) if project is not None and project.data else NO_DATA)
        self.choose_model.setText(texts.CHOOSE_MODEL if project is None else texts.CHOOSE_OTHER)
        if project is not None:
            self.board.setCurrentIndex(self.board.findData(project.settings_of(DEPLOY).board))
        for part in (self.choose_images, self.choose_data, self.board):
            part.setEnabled(project is not None and self.context.running is None)
        busy = driver.going or self.context.running is not None
        done = project is not None and driver.next_stage() is None
        begun = bool(set(self.context.results) & {stage.name for stage in ROAD[1:]})
        self.go_button.setVisible(not busy and not done)
        self.go_button.setText(texts.RESUME if begun else texts.GO)
        self.go_button.setEnabled(project is not None)
        self.stop_button.setVisible(busy)
        question = driver.question
        self.question.setText(question.text if question is not None else "")
        self.answer.setVisible(question is not None and not busy)
        self.answer.setText("Choose a folder…" if question is not None and not question.page else "Open that page")
        collapsed = self.context.errors.get(QUANTIZE.name)
        self.keep_head.setVisible(isinstance(collapsed, ConfidenceCollapse) and collapsed.head == "int8" and not busy)
        better = self.answer.isVisibleTo(self) or self.keep_head.isVisibleTo(self)
        set_button_role(self.go_button, ButtonRole.NORMAL if better else ButtonRole.PRIMARY)
        self._show_rows()
        self.state_changed.emit()

    def _show_rows(self) -> None:
        for row in self.rows:
            row.show(self._progress if self.context.running == row.stage.name else None)

    def _started(self, stage: str) -> None:
        self._progress = JobProgress(step_began=time.monotonic())
        self.error_card.clear()
        self._timer.start()
        self.show_road()

    def _message(self, stage: str, message: JobMessage) -> None:
        if self._progress is not None:
            self._progress = self._progress.after(message, time.monotonic())
        project = self.context.project
        if isinstance(message, Instruction) and project is not None:
            chosen = board(message.board)
            if chosen.needs_hands:
                self.coach.show_instruction(message, chosen)
        elif isinstance(message, InstructionOver):
            self.coach.clear()

    def _failed(self, stage: str, error: StudioError) -> None:
        self.coach.clear()
        if stage in {one.name for one in ROAD} and not isinstance(error, Cancelled):
            self.error_card.show_error(error, functools.partial(self.main_action))
        self.show_road()


def _images(folder: Path | None, fake: bool) -> str:
    if fake:
        return "random noise, no images"
    return str(folder) if folder is not None else "none yet"


def _open(dialog: QFileDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
