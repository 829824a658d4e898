"""From the checkpoint to ONNX, SavedModel and float TFLite: the size, the run, its steps, and proof that it agrees."""

import dataclasses
import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from n6studio.domain.charts.export import keypoint_agreement, step_times
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import JobMessage, StepBegan
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.pages import PageKey
from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.progress import JobProgress
from n6studio.domain.results import StageResult
from n6studio.domain.texts import duration
from n6studio.engine.chain.again import Again
from n6studio.stages.export.figures import ExportFigures, SelfCheck
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.export.actions import ACTIONS
from n6studio.ui.pages.export.resize import ResizeCard
from n6studio.ui.pages.export.texts import ABOUT, OUTPUTS, RUN
from n6studio.ui.pages.page import Page
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.output_strip import OutputStrip
from n6studio.ui.widgets.parts import (
    Card,
    Facts,
    StateIcon,
    button,
    clear,
    in_a_column,
    label,
    nothing_yet,
    scrolled,
    set_button_role,
)
from n6studio.ui.widgets.size_choice import SizeChoice
from n6studio.ui.widgets.turning_row import TurningRow

STEPS = ("load", "ONNX", "SavedModel and TFLite", "self-check")


class ExportPage(Page):
    """Draws from the settings and the result of the stage "export"."""

    key = PageKey.EXPORT
    title = "Export"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._progress = JobProgress()
        self._drawn: StageResult[ExportFigures] | None = None  # whose figures the charts show
        self._stack = QStackedWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._content())
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._show_steps)
        for signal in (context.project_changed, context.result_changed, context.job_finished):
            signal.connect(self._show)
        self.offer(ACTIONS, run=self.main_action, reveal=self._open_folder)
        context.project_opened.connect(self.card_gone)
        context.job_started.connect(self._started)
        context.job_message.connect(self._message)
        context.job_failed.connect(self._failed)
        self._show()

    def _empty(self) -> QWidget:
        go = button("Go to Import", lambda: self.context.page_requested.emit(PageKey.IMPORT))
        return nothing_yet("Nothing to export yet", "Import a checkpoint first.", go)

    def _content(self) -> QWidget:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        top = QHBoxLayout()
        self.run = button("Export", self.main_action, ButtonRole.PRIMARY, "Run the export", command="main")
        self._about = label(role=TextRole.MUTED)
        top.addWidget(self.run)
        top.addWidget(self._about, 1)
        layout.addLayout(top)
        self.card = ErrorCard()
        layout.addWidget(self.card)
        self.sizes = SizeChoice()
        self.sizes.chosen.connect(self._choose_size)
        chooser = Card("Input size")
        chooser.body.addWidget(self.sizes)
        layout.addWidget(chooser)
        self.resize_card = ResizeCard(self.context)
        layout.addWidget(self.resize_card)
        layout.addWidget(TurningRow(in_a_column(self._steps_card()), in_a_column(self._check_card())))
        self.times, self.scatter = ChartView(step_times({})), ChartView(keypoint_agreement((), (), 1.0))
        for chart in (self.times, self.scatter):
            chart.setMinimumHeight(280)
        layout.addWidget(TurningRow(self.times, self.scatter))
        layout.addWidget(self._outputs_card())
        layout.addStretch(1)
        return scrolled(content, self._stack)

    def _steps_card(self) -> Card:
        card = Card("Steps")
        self._steps = QGridLayout()
        self._steps.setHorizontalSpacing(10)
        self._steps.setVerticalSpacing(7)
        self._steps.setColumnStretch(1, 1)
        card.body.addLayout(self._steps)
        self._step_rows: list[tuple[PageState, str, str]] = []
        return card

    def _check_card(self) -> Card:
        card = Card("Self-check", "The same images through the checkpoint and the exported float model.")
        row = QHBoxLayout()
        self._check_icon = StateIcon(PageState.EMPTY)
        self._check_text = label()
        row.addWidget(self._check_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._check_text, 1)
        card.body.addLayout(row)
        self._check_facts = Facts()
        card.body.addWidget(self._check_facts)
        return card

    def _outputs_card(self) -> Card:
        self._outputs_box = Card("Outputs")
        self._outputs = Facts()
        self._outputs_box.body.addWidget(self._outputs)
        self.strip = OutputStrip()
        self.strip_text = label(role=TextRole.MUTED, select=True)
        self._outputs_box.body.addWidget(self.strip)
        self._outputs_box.body.addWidget(self.strip_text)
        self.open_folder = button("Open folder", self._open_folder, name="Open the folder with the outputs")
        self._outputs_box.body.addWidget(self.open_folder, 0, Qt.AlignmentFlag.AlignLeft)
        return self._outputs_box

    # --- what the user does ------------------------------------------------------------------------------------------

    def main_action(self) -> None:
        """Run the export; where its result is up to date already, run it again."""
        if self.context.project is None:
            self.context.page_requested.emit(PageKey.IMPORT)
        elif self.context.running is None:
            done = self.context.stage_state(EXPORT.name)[0] == PageState.DONE
            self.context.submit(EXPORT.name, Again.LAST if done else None)

    def _choose_size(self, size: InputSize) -> None:
        project = self.context.project
        if project is not None:
            settings = dataclasses.replace(project.settings_of(EXPORT), imgsz=size)
            self.context.change_settings(EXPORT, settings)

    def _open_folder(self) -> None:
        result = self.context.result(EXPORT)
        if result is not None:
            open_with_system(self, result.folder, self.context.notice.emit)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def card_gone(self) -> None:
        """Forget the last error: another project is open."""
        self.card.clear()

    def _started(self, stage: str) -> None:
        if stage == EXPORT.name:
            self.card.clear()
            self._progress = JobProgress(step_began=time.monotonic())
            self._timer.start()
        self._show()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == EXPORT.name:
            self._progress = self._progress.after(message, time.monotonic())
            if isinstance(message, StepBegan):
                self._show_steps()

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage == EXPORT.name and not isinstance(error, Cancelled):
            self.card.show_error(error, self.main_action)
        self._show()

    def _show(self, *_: object) -> None:
        project = self.context.project
        self._stack.setCurrentIndex(0 if project is None else 1)
        state, reason = self.context.stage_state(EXPORT.name)
        if state is not PageState.RUNNING:
            self._timer.stop()
        if project is not None:
            known = self.context.result(INSPECT)
            self.sizes.show_size(project.settings_of(EXPORT).imgsz, known.figures if known else None)
            self.sizes.setEnabled(state is not PageState.RUNNING)
            self.resize_card.show_project(project)
            self._show_head(state, reason)
            self._show_steps()
            self._show_result(self.context.result(EXPORT), state)
        self.state_changed.emit()

    def _show_head(self, state: PageState, reason: str) -> None:
        self._about.setText(ABOUT[state].format(reason=reason))
        self.run.setText(RUN[state])
        self.run.setEnabled(self.context.running is None)
        set_button_role(self.run, ButtonRole.NORMAL if state is PageState.DONE else ButtonRole.PRIMARY)

    def _show_steps(self) -> None:
        running = self.context.running == EXPORT.name
        result = self.context.result(EXPORT)
        rows = self._running_rows() if running else _finished_rows(result, self.context.stage_state(EXPORT.name)[0])
        if rows == self._step_rows:
            return
        self._step_rows = rows
        clear(self._steps)
        for number, (mark, name, took) in enumerate(rows):
            self._steps.addWidget(StateIcon(mark), number, 0)
            self._steps.addWidget(label(name[:1].upper() + name[1:], wrap=False), number, 1)
            self._steps.addWidget(label(took, TextRole.MUTED, wrap=False), number, 2, Qt.AlignmentFlag.AlignRight)

    def _running_rows(self) -> list[tuple[PageState, str, str]]:
        progress = self._progress
        rows = [(PageState.DONE, name, f"done, {duration(seconds)}") for name, seconds in progress.steps]
        if progress.step:
            now = time.monotonic()
            rows.append((PageState.RUNNING, progress.step, progress.rate_text(now) or "running"))
        return rows + [(PageState.EMPTY, name, "pending") for name in STEPS[len(rows) :]]

    def _show_result(self, result: StageResult[ExportFigures] | None, state: PageState) -> None:
        check = result.figures.self_check if result else None
        self._outputs_box.setVisible(result is not None)
        self._show_charts(result, check)
        if result is None or not check:
            self._check_icon.show_mark(PageState.EMPTY)
            self._check_text.setText("Not checked yet.")
            self._check_facts.show_rows([])
            return
        self._check_icon.show_mark(PageState.DONE if state is PageState.DONE else PageState.STALE)
        old = "" if state is PageState.DONE else " This is the earlier export."
        self._check_text.setText(f"Passed: both find the same people.{old}")
        self._check_facts.show_rows(
            [
                ("Images", f"{check.images}: {', '.join(check.files[:4])}"),
                ("Compared", check.compared_text),
                ("Lowest OKS", f"{check.oks_min:.4f} (at least 0.99 required)"),
                ("Largest difference", f"{check.pixels_max:.3f} px"),
            ]
        )
        rows = [(OUTPUTS[role][0], f"{path.name}\n{OUTPUTS[role][1]}") for role, path in result.outputs.items()]
        self._outputs.show_rows([*rows, ("Folder", str(result.folder))])

    def _show_charts(self, result: StageResult[ExportFigures] | None, check: SelfCheck | None) -> None:
        for chart in (self.times, self.scatter):
            chart.setVisible(result is not None)
        if result is None or check is None or result is self._drawn:
            return
        self._drawn = result
        self.times.set_chart(step_times(result.figures.step_seconds))
        self.scatter.set_chart(keypoint_agreement(check.points, check.files, float(max(result.figures.size))))
        self._show_layout(result)

    def _show_layout(self, result: StageResult[ExportFigures]) -> None:
        inspected, found = self.context.result(INSPECT), result.figures
        keypoints = found.keypoints or (inspected.figures.keypoints if inspected else None)
        known = bool(keypoints)
        for part in (self.strip, self.strip_text):
            part.setVisible(known)
        if keypoints:
            layout = OutputLayout(found.classes, keypoints, found.keypoint_dims)
            self.strip.show_layout(layout, found.size)
            self.strip_text.setText(self.strip.sentence)

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        state, reason = self.context.stage_state(EXPORT.name)
        result = self.context.result(EXPORT)
        if state is PageState.DONE and result is not None:
            return state, result.figures.size.shown
        return state, reason


def _finished_rows(result: StageResult[ExportFigures] | None, state: PageState) -> list[tuple[PageState, str, str]]:
    seconds = (result.figures.step_seconds) if result else {}
    if not seconds:
        return [(PageState.EMPTY, name, "pending") for name in STEPS]
    mark = PageState.DONE if state is PageState.DONE else PageState.STALE
    return [
        (mark, name, f"{'done' if mark is PageState.DONE else 'earlier'}, {took:.1f} s")
        for name, took in seconds.items()
    ]
