"""Evaluate: how accurate the int8 model is, what it loses against float, and in which images."""

import functools
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QTabWidget, QVBoxLayout

from n6studio.domain.charts.evaluation.groups import BREAKDOWN, KEYPOINTS, OVERVIEW
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.messages import JobMessage
from n6studio.domain.pages import PageKey
from n6studio.domain.progress import JobProgress
from n6studio.domain.results import AnyResult
from n6studio.domain.stage_titles import stage_title
from n6studio.engine.chain.again import Again
from n6studio.engine.project.history import evaluated_runs
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.ui.background import Latest, Turns, run_in_background
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.pages.data_check import DataCheckView
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.actions import ACTIONS
from n6studio.ui.pages.evaluate.board_run import BoardRun
from n6studio.ui.pages.evaluate.board_tab import BoardTab
from n6studio.ui.pages.evaluate.charts_tab import ChartsTab
from n6studio.ui.pages.evaluate.data import ResultsUnusable, ShownEvaluation, load_evaluation
from n6studio.ui.pages.evaluate.gallery import ImagesTab
from n6studio.ui.pages.evaluate.kpis import KpiStrip, kpis
from n6studio.ui.pages.evaluate.notes import notes, summary
from n6studio.ui.pages.evaluate.overview import OverviewTab
from n6studio.ui.pages.evaluate.results import Results
from n6studio.ui.pages.evaluate.runs import RunsTab
from n6studio.ui.pages.evaluate.setup import SetupPanel, local_path
from n6studio.ui.pages.evaluate.ways_out import WaysOut
from n6studio.ui.pages.outcomes import verdict
from n6studio.ui.pages.page import Page
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.drop_zone import DropZone
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import ElidedLabel, button, label, scrolled, set_button_role, set_role

STAGE = EVALUATE.name


class EvaluatePage(Page):
    """The form, the job's progress, and what it found."""

    key = STAGE
    title = "Evaluate"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.evaluation: ShownEvaluation | None = None
        self._loaded: AnyResult | None = None
        self._progress = JobProgress()
        self._asked = False
        self._turns = Turns(self)
        self._runs = Latest(self)
        self.setAcceptDrops(True)
        self.setup, self.data_check = SetupPanel(context), DataCheckView(context)
        self.leak = label(texts.SAME_AS_CALIBRATION, TextRole.BAD)
        self.kpis, self.images, self.runs, self.board = KpiStrip(), ImagesTab(context), RunsTab(), BoardTab()
        self.board_run = BoardRun(context, self.board)
        self.overview, self.keypoints, self.breakdown = OverviewTab(), ChartsTab(KEYPOINTS, 2), ChartsTab(BREAKDOWN)
        self.error, self.ways = ErrorCard(), WaysOut(context, self, self._charts)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._show_state()
        self._load()

    def _make_parts(self) -> None:
        self.run_button = button(
            "Evaluate", self.main_action, ButtonRole.PRIMARY, tip="Run the evaluation", command="main"
        )
        self.cancel_button = button("Cancel", self.context.cancel, name="Cancel the evaluation")
        self.report_button = button("Open report", self.open_report, tip=texts.REPORT_TIP)
        self.export_button = button("Save charts…", self.ways.ask_and_export, tip=texts.EXPORT_TIP)
        self.change_button = button("Change", lambda: None, name="Change data and options")
        self.change_button.setCheckable(True)
        self.change_button.toggled.connect(self._show_state)
        self.summary = ElidedLabel("", TextRole.MUTED)
        self.summary.setMinimumWidth(1)  # in a small window the buttons need the room
        self.message = label("")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the evaluation")
        self.notes = label("", select=True)
        self.notes.setContentsMargins(0, 10, 0, 0)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.empty = DropZone(
            texts.EMPTY_TITLE,
            texts.EMPTY,
            [
                button("Choose labels…", self.setup.ask_for_data, ButtonRole.PRIMARY),
                button("Use the calibration images", self.main_action, tip=texts.CALIBRATION_TIP),
            ],
        )
        self.ready = DropZone(
            texts.READY_TITLE,
            texts.READY,
            [button("Evaluate", self.main_action, ButtonRole.PRIMARY, name="Evaluate now")],
        )
        self.no_project = DropZone(
            texts.NO_PROJECT_TITLE,
            texts.NO_PROJECT,
            [button("Go to Import", lambda: self.context.page_requested.emit(PageKey.IMPORT))],
        )

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.summary, 1)
        for made in (self.change_button, self.export_button, self.report_button, self.cancel_button, self.run_button):
            top.addWidget(made)
        self.overview_area = scrolled(self.overview)
        self.results = Results(self)
        self.tabs = QTabWidget(self.results)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.overview_area, OVERVIEW.title)
        for tab in (self.keypoints, self.breakdown):
            self.tabs.addTab(scrolled(tab), tab.group.title)
        self.tabs.addTab(self.images, "Images")
        self.tabs.addTab(scrolled(self.runs), "Runs")
        self.tabs.addTab(scrolled(self.board), "Board")
        self.notes_area = scrolled(self.notes)
        self.tabs.addTab(self.notes_area, "Notes")
        inner = QVBoxLayout(self.results)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.kpis)
        inner.addWidget(self.tabs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(10)
        layout.addLayout(top)
        for widget in (
            self.no_project,
            self.leak,
            self.setup,
            self.data_check,
            self.message,
            self.bar,
            self.error,
            self.empty,
            self.ready,
        ):
            layout.addWidget(widget)
        layout.addWidget(self.results, 1)
        layout.addStretch(0)
        self._stretch = layout.count() - 1

    def _connect(self) -> None:
        context = self.context
        context.project_changed.connect(self._show_state)
        context.result_changed.connect(lambda stage: self._changed() if stage == STAGE else None)
        context.job_started.connect(self._job_started)
        context.job_message.connect(self._job_message)
        context.job_finished.connect(self._job_finished)
        context.job_failed.connect(self._job_failed)
        self.overview.image_wanted.connect(self.open_image)
        for tab in (self.overview, self.keypoints, self.breakdown):
            tab.filter_wanted.connect(self.show_filtered)
        self.ways.failed.connect(self.error.show_error)
        self.ways.not_saved.connect(lambda sentence: self._say(sentence, TextRole.BAD))
        self.images.calibration_wanted.connect(self.ways.add_to_calibration)
        seen = {name: functools.partial(self._on_images, run) for name, run in self.images.runs().items()}
        others = {"run": self.main_action, "threshold": self.edit_threshold, "report": self.open_report}
        self.offer(ACTIONS, **seen, **others, charts=self.ways.ask_and_export, data=self.setup.ask_for_data)

    def _on_images(self, run: Callable[[], object]) -> None:
        """Do something with the images where they are seen."""
        if self.images.isVisible():
            run()

    # --- what the row of pages asks

    def state(self) -> tuple[PageState, str]:
        """Return the state of the evaluation."""
        kind, reason = self.context.stage_state(STAGE)
        result = self.context.result(EVALUATE)
        return (kind, verdict(result.figures)) if kind is PageState.DONE and result is not None else (kind, reason)

    def main_action(self) -> None:
        """Run the evaluation, and whatever before it is not fresh."""
        if self.context.project is not None and self.context.running is None:
            self._asked = True
            # A result that is fresh is run again only because somebody insists: its files may be damaged, or old.
            self.context.submit(STAGE, Again.LAST if self.state()[0] == PageState.DONE else None)

    # --- the job

    def _concerns(self, stage: str | None) -> bool:
        """Tell whether a job is ours: the evaluation, or what must run before the one that was asked for here."""
        return stage is not None and (stage == STAGE or self._asked)

    def _job_started(self, stage: str) -> None:
        if not self._concerns(stage):
            self._show_state()
            return
        self._progress = JobProgress()
        self.error.clear()
        self.bar.setRange(0, 0)
        self.message.setText(f"{stage_title(stage)}: starting")
        self.change_button.setChecked(False)
        self._show_state()

    def _job_message(self, stage: str, message: JobMessage) -> None:
        if not self._concerns(stage):
            return
        now = time.monotonic()
        self._progress = self._progress.after(message, now)
        self.bar.setRange(0, self._progress.total)
        self.bar.setValue(self._progress.done)
        parts = [self._progress.step_text(), self._progress.rate_text(now)]
        self.message.setText(f"{stage_title(stage)}: " + ", ".join(part for part in parts if part))

    def _job_failed(self, stage: str, error: StudioError) -> None:
        if self._concerns(stage) and stage in self.context.errors:  # a cancelled job is not among them
            self.error.show_error(error, self.main_action)
        self._asked = False
        self._show_state()

    def _job_finished(self, stage: str, _: object) -> None:
        self._asked = self._asked and stage != STAGE
        self._changed()

    def _changed(self) -> None:
        self._show_state()
        self._load()

    # --- the results

    def _load(self) -> None:
        result = self.context.result(EVALUATE)
        if result is self._loaded:
            return
        self._loaded, self.evaluation = result, None
        self._turns.replace()
        if result is None:
            self._show_state()
            return
        outputs: Mapping[str, Path] = dict(result.outputs)
        project = self.context.project
        if project is not None:
            self._runs.ask(lambda: evaluated_runs(project), lambda runs: self.runs.show_runs(runs, result.folder))
        run_in_background(
            self,
            lambda: load_evaluation(outputs),
            lambda evaluation: self._show_evaluation(result, evaluation),
            lambda error: self._not_loaded(result, error),
        )

    def _show_evaluation(self, result: AnyResult, evaluation: ShownEvaluation) -> None:
        if result is not self._loaded:
            return  # another result came meanwhile
        data = evaluation.charted()
        self._turns.replace(  # all at once would hold up the window
            lambda: self.kpis.show_kpis(kpis(evaluation)),
            *self.overview.turns(data),
            *self.keypoints.turns(data),
            *self.breakdown.turns(data),
            lambda: self.images.show_evaluation(evaluation),
            lambda: self.board.show_evaluation(evaluation.results),
            lambda: self._evaluation_shown(evaluation),
        )

    def _evaluation_shown(self, evaluation: ShownEvaluation) -> None:
        self.evaluation = evaluation
        self.notes.setText(notes(evaluation))
        many = len(evaluation.results.warnings)
        self.tabs.setTabText(self.tabs.indexOf(self.images), f"Images ({self.images.gallery.rowCount()})")
        self.tabs.setTabText(self.tabs.indexOf(self.notes_area), f"Notes ({many})" if many else "Notes")
        self._show_state()

    def _not_loaded(self, result: AnyResult, error: Exception) -> None:
        if result is self._loaded:
            text = str(error) if isinstance(error, ResultsUnusable) else f"Cannot show the results: {reason_of(error)}."
            self._say(text, TextRole.BAD)
            self._show_state(keep_message=True)

    def _say(self, text: str, role: TextRole = TextRole.PLAIN) -> None:
        self.message.setText(text)
        set_role(self.message, role)
        self.message.setVisible(bool(text))

    def _show_state(self, *_: object, keep_message: bool = False) -> None:
        """Show and hide parts by what there is."""
        kind, reason = self.state()
        project, shown = self.context.project is not None, self.evaluation is not None
        running = self.context.running is not None
        waiting = kind in (PageState.DONE, PageState.STALE) and not shown
        self.no_project.setVisible(not project)
        choosing = project and (not shown or self.change_button.isChecked())
        self.setup.setVisible(choosing)
        self.data_check.setVisible(choosing)
        opened = self.context.project
        self.leak.setVisible(opened is not None and opened.data is not None and opened.data == opened.calibration)
        nothing = project and not shown and not running and not waiting and kind in (PageState.READY, PageState.BLOCKED)
        chosen = self.context.project is not None and self.context.project.data is not None
        self.empty.setVisible(nothing and not chosen)
        self.ready.setVisible(nothing and chosen)
        self.results.setVisible(shown)
        self.change_button.setVisible(shown)
        self.summary.setText(summary(self.evaluation) if self.evaluation is not None else "")
        self.run_button.setVisible(project)
        self.run_button.setEnabled(not running)
        concerned = self._concerns(self.context.running)
        self.cancel_button.setVisible(concerned)
        self.report_button.setVisible(shown and self.evaluation is not None and self.evaluation.report is not None)
        self.export_button.setVisible(shown)
        self.bar.setVisible(concerned)
        self.run_button.setText("Evaluate again" if shown else "Evaluate")
        set_button_role(self.run_button, ButtonRole.NORMAL if kind is PageState.DONE else ButtonRole.PRIMARY)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.setStretch(self._stretch, 0 if shown else 1)
        if concerned:
            self._say(self.message.text(), TextRole.MUTED)
        elif kind == PageState.STALE and not keep_message:
            self._say(texts.out_of_date(reason), TextRole.WARN)
        elif not keep_message:
            self._say("")
        self.state_changed.emit()

    def close_down(self) -> None:  # noqa: D102
        self.board_run.command.close_down()

    def open_image(self, place: int) -> None:
        """Show an image of the evaluation in the gallery."""
        self.tabs.setCurrentWidget(self.images)
        self.images.show_place(place)

    def show_filtered(self, text: str) -> None:
        """Show the images that a bar of a chart stands for."""
        self.tabs.setCurrentWidget(self.images)
        self.images.filter.show_filter(text)

    def edit_threshold(self) -> None:
        """Go to the confidence threshold."""
        if self.evaluation is not None and self.evaluation.labelled:
            self.tabs.setCurrentWidget(self.overview_area)
            self.overview.threshold.spin.setFocus()
            self.overview.threshold.spin.selectAll()

    def open_report(self) -> None:
        """Open report.html in the browser."""
        self.ways.open_report(self.evaluation.report if self.evaluation is not None else None)

    def _charts(self) -> list[ChartView]:
        tabs = (self.overview, self.keypoints, self.breakdown, self.runs)
        return [view for tab in tabs for view in tab.shown if view.chart.has_data]

    # --- dropping, and the width

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept labels and folders; checkpoints are for the window."""
        fits = self.context.project is not None and local_path(event, False) is not None
        self.empty.show_inside(fits)
        event.setAccepted(fits)

    def dragLeaveEvent(self, _: object) -> None:  # noqa: N802
        """Look as before."""
        self.empty.show_inside(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take what was dropped as the data."""
        self.empty.show_inside(False)
        path = local_path(event, False)
        if path is not None:
            event.acceptProposedAction()
            self.setup.data.take(path)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay the charts out for the width there is."""
        super().resizeEvent(event)
        for tab in (self.overview, self.keypoints, self.breakdown):
            tab.set_columns(self.width() - 40)
