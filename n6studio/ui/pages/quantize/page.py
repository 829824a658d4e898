"""The quantize page: presets and settings, the run, its result, and what each layer loses."""

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled, ConfidenceCollapse
from n6studio.domain.messages import JobMessage
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.pages import PageKey
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import from_recorded
from n6studio.domain.texts import percent
from n6studio.engine.st_files.quantize_yaml import read_st_config, write_st_config
from n6studio.engine.st_files.settings import StConfig
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.ui.background import Latest, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.quantize import texts
from n6studio.ui.pages.quantize.actions import ACTIONS
from n6studio.ui.pages.quantize.best import BestCard
from n6studio.ui.pages.quantize.layers import LayersView
from n6studio.ui.pages.quantize.presets import Preset, PresetCard
from n6studio.ui.pages.quantize.result import CompareCard, ResultCard
from n6studio.ui.pages.quantize.texts import Run, earlier_runs, guard_verdict
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import Card, StateIcon, button, label, nothing_yet, set_button_role
from n6studio.ui.widgets.run_card import RunCard
from n6studio.ui.widgets.settings_form import SettingsForm
from n6studio.ui.widgets.side_by_side import SideBySide

STAGE = QUANTIZE.name
SIDE_WIDTH = 372


class CollapseBanner(QFrame):
    """Red: int8 finds nobody. One button puts it right."""

    def __init__(self, mend: "QuantizePage") -> None:
        super().__init__()
        self.setProperty("role", "error")
        layout = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(StateIcon(PageState.FAILED, 24))
        self.title = label(role=TextRole.HEADING)
        top.addWidget(self.title, 1)
        layout.addLayout(top)
        self.text = label(select=True)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        self.fix_button = button(texts.FIX_HEAD, mend.split_head, ButtonRole.PRIMARY)
        row.addWidget(self.fix_button)
        row.addStretch(1)
        layout.addLayout(row)
        self.hide()

    def show_error(self, error: ConfidenceCollapse) -> None:
        """Say what was lost."""
        self.title.setText(texts.COLLAPSED)
        self.text.setText(texts.collapse_text(error))
        self.setAccessibleName(f"{self.title.text()}. {self.text.text()}")
        self.show()


class QuantizePage(Page):
    """Draws from the settings and the result of the stage "quantize"."""

    key, title = "quantize", "Quantize"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._earlier = Latest(self)  # runs
        self.presets, self.form = PresetCard(), SettingsForm(QuantizeSettings)
        self.run_card = RunCard("Quantize", command="main")
        self.result_card, self.compare_card = ResultCard(), CompareCard()
        self.banner, self.error_card = CollapseBanner(self), ErrorCard()
        self.layers, self.best = LayersView(context), BestCard(context)
        self._runs: tuple[Run, ...] = ()
        self._place = 0  # of the run that is shown; 0 is the newest
        self.notes = label(role=TextRole.MUTED, select=True)
        self.notes.hide()
        self._lay_out()
        self._connect()
        self._refresh()
        self._result_changed(STAGE)

    # --- layout

    def _lay_out(self) -> None:
        self.advanced = QToolButton()
        self.advanced.setText("Advanced settings")
        self.advanced.setCheckable(True)
        self.advanced.setAutoRaise(True)
        self.advanced.setArrowType(Qt.ArrowType.RightArrow)
        self.advanced.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.advanced.toggled.connect(self._unfold)
        self.form.hide()
        settings = Card()
        settings.body.addWidget(self.advanced)
        settings.body.addWidget(self.form)
        self.import_button = button("Import…", self.ask_import, tip=texts.IMPORT_TIP)
        self.export_button = button("Export…", self.ask_export, tip=texts.EXPORT_TIP)
        exchange = Card("ST's user_config.yaml")
        row = QHBoxLayout()
        row.addWidget(self.import_button)
        row.addWidget(self.export_button)
        row.addStretch(1)
        exchange.body.addLayout(row)
        exchange.body.addWidget(self.notes)
        left, right = QWidget(), QWidget()
        self._column(left, [self.presets, settings, exchange])
        main = [
            self.banner,
            self.error_card,
            self.run_card,
            self.best,
            self.result_card,
            self.compare_card,
            self.layers,
        ]
        self._column(right, main)
        go = button("Go to Import", lambda: self.context.page_requested.emit(PageKey.IMPORT))
        self.views = QStackedWidget(self)
        self.views.addWidget(nothing_yet(texts.EMPTY_TITLE, texts.EMPTY_HINT, go))
        self.views.addWidget(SideBySide(left, right, SIDE_WIDTH, self.views))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.views, 1)

    @staticmethod
    def _column(parent: QWidget, widgets: list[QWidget]) -> None:
        column = QVBoxLayout(parent)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)

    def _unfold(self, open_: bool) -> None:
        self.form.setVisible(open_)
        self.advanced.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)

    def _connect(self) -> None:
        context = self.context
        self.presets.chosen.connect(self.choose_preset)
        self.presets.best_wanted.connect(self._show_best)
        self.best.settled.connect(self._settled)
        self.result_card.step_wanted.connect(self.step_run)
        self.result_card.settings_wanted.connect(self.use_settings)
        self.offer(
            ACTIONS,
            **{"import": self.ask_import},
            run=self.main_action,
            earlier=lambda: self.step_run(1),
            later=lambda: self.step_run(-1),
            compare=self.compare_card.runs.setFocus,
            best=self._show_best,
            head=self.split_head,
            export=self.ask_export,
        )
        self.form.changed.connect(lambda settings: context.change_settings(QUANTIZE, settings))
        self.run_card.run_wanted.connect(self.main_action)
        self.run_card.cancel_wanted.connect(self._cancel)
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
        if kind == PageState.DONE:
            return kind, guard_verdict(self.context.results[STAGE].figures)[1]
        return kind, reason

    def main_action(self) -> None:
        """Quantize. A result that is up to date is not made again."""
        project = self.context.project
        if project is None or self.context.running == STAGE:
            return
        if project.calibration is None and not self._settings().fake:
            self.context.page_requested.emit(PageKey.CALIBRATION)
            return
        self._clear_errors()
        self.context.submit(STAGE)

    def choose_preset(self, preset: Preset) -> None:
        """Take a preset's settings over; the others stay."""
        self.context.change_settings(QUANTIZE, preset.applied(self._settings()))

    def _show_best(self) -> None:
        self.best.show_plan()
        self.best.setVisible(self.best.isHidden() or self.best.working)

    def _settled(self, name: str, score: float | None) -> None:
        if score is None:
            self.context.notice.emit(texts.NO_BEST)
        else:
            self.context.notice.emit(f"Best: {name}, {percent(score)} agreement with float")

    def step_run(self, by: int) -> None:
        """Show an earlier run (1) or a later one (-1); the comparison goes along."""
        place = self._place + by
        if 0 <= place < len(self._runs):
            self._place = place
            self._show_run()

    def use_settings(self, result: AnyResult) -> None:
        """Take over the settings of an earlier run; its result is then the one that is up to date."""
        self.context.change_settings(QUANTIZE, from_recorded(QuantizeSettings, result.request.settings))
        self.context.submit(STAGE)

    def split_head(self) -> None:
        """Keep the head in float, with the ranges that go with it, and run again."""
        settings = dataclasses.replace(self._settings(), head="float", ranges="auto")
        self.context.change_settings(QUANTIZE, settings)
        self.main_action()

    # --- ST's file

    def ask_import(self) -> None:
        """Ask for a user_config.yaml and read it."""
        dialog = QFileDialog(self, texts.IMPORT_TIP, "", "YAML (*.yaml *.yml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.import_config(Path(name)))
        dialog.open()

    def import_config(self, path: Path) -> None:
        """Take over what ST's file asks for."""
        self._clear_errors()
        run_in_background(self, lambda: read_st_config(path), self._imported, self._not_exchanged)

    def _imported(self, config: StConfig) -> None:
        project = self.context.project
        if project is None:
            return
        known = self._settings()
        kept = {name: getattr(known, name) for name in ("max_images", "seed", "guard_images")}
        same = config.calibration is None or config.calibration == project.calibration
        settings = dataclasses.replace(config.settings, **kept, exclude=known.exclude if same else ())
        notes = [*config.notes]
        size = project.settings_of(EXPORT).imgsz
        if config.size not in (None, size):
            notes.append(f"The file is for {InputSize(*config.size).shown}; this project exports {size.shown}.")
        self.context.change_project(
            calibration=config.calibration or project.calibration,
            settings={**project.settings, STAGE: settings},
        )
        self._say("\n".join([texts.IMPORTED, *notes]))

    def ask_export(self) -> None:
        """Ask where to and write a user_config.yaml."""
        dialog = QFileDialog(self, texts.EXPORT_TIP, "user_config.yaml", "YAML (*.yaml)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("yaml")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.export_config(Path(name)))
        dialog.open()

    def export_config(self, path: Path) -> None:
        """Write the settings so that ST's script reads them."""
        project = self.context.project
        if project is None:
            return
        self._clear_errors()
        size = project.settings_of(EXPORT).imgsz
        default = project.folder / f"{project.model.stem}_{size}_saved_model"
        model = self.context.output(EXPORT.name, "saved_model") or default
        settings, target = self._settings(), project.folder / "quantized_models"
        run_in_background(
            self,
            lambda: write_st_config(path, settings, model, size, project.calibration, target),
            lambda lost: self._say("\n".join([f"Saved: {path}", *lost])),
            self._not_exchanged,
        )

    def _not_exchanged(self, error: Exception) -> None:
        self.error_card.show_error(expected(error, "user_config.yaml"))

    def _say(self, text: str) -> None:
        self.notes.setText(text)
        self.notes.show()

    # --- keeping up

    def _settings(self) -> QuantizeSettings:
        project = self.context.project
        return project.settings_of(QUANTIZE) if project else QuantizeSettings()

    def _clear_errors(self) -> None:
        self.banner.hide()
        self.error_card.clear()

    def _other_project(self) -> None:
        self._clear_errors()
        self.notes.hide()
        self.run_card.show_running(False)
        self._result_changed(STAGE)

    def _refresh(self) -> None:
        project, settings = self.context.project, self._settings()
        self.views.setCurrentIndex(0 if project is None else 1)
        self.form.show_settings(settings)
        self.presets.show_settings(settings)
        missing = project is not None and project.calibration is None and not settings.fake
        self.run_card.run_button.setText("Choose calibration images" if missing else "Quantize")
        self._show_note()
        self.state_changed.emit()

    def _show_note(self) -> None:
        result, stale = self.context.result(QUANTIZE), self.context.stale.get(STAGE, ())
        if result is None:
            text = "Runs the export first if needed."
        elif stale:
            text = f"Will run because {'; '.join(stale)}."
        else:
            text = "The result is up to date."
        self.run_card.note.setText(text)
        done = self.state()[0] is PageState.DONE
        set_button_role(self.run_card.run_button, ButtonRole.NORMAL if done else ButtonRole.PRIMARY)

    def _result_changed(self, stage: str) -> None:
        if stage != STAGE:
            return
        result = self.context.result(QUANTIZE)
        self.result_card.show_result(result, self.context.stale.get(STAGE, ()))
        self.result_card.show_place(0, ())
        project = self.context.project
        if project is None:
            self._earlier.forget()
            self.compare_card.show_runs(None, ())
        else:
            self._earlier.ask(lambda: earlier_runs(project), self._show_runs, lambda _: None)
        self._show_note()
        self.state_changed.emit()

    def _show_runs(self, runs: tuple[Run, ...]) -> None:
        current = self.context.result(QUANTIZE)
        # The one that answers the settings comes first, whenever it was made.
        folder = current.folder if current is not None else None
        self._runs = tuple(sorted(runs, key=lambda run: run.result.folder != folder))
        self._place = 0
        self._show_run()

    def _show_run(self) -> None:
        current = self.context.result(QUANTIZE)
        shown = self._runs[self._place].result if self._place and self._place < len(self._runs) else current
        self.result_card.show_result(shown, () if self._place else self.context.stale.get(STAGE, ()))
        self.result_card.show_place(self._place, self._runs)
        self.compare_card.show_runs(shown, self._runs)

    def _started(self, stage: str) -> None:
        if stage in (STAGE, "export", "inspect"):
            self.run_card.show_running(stage == STAGE)
        if stage == STAGE:
            self._clear_errors()
        self.state_changed.emit()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == STAGE:
            self.run_card.show_message(message)

    def _finished(self, stage: str, _: AnyResult) -> None:
        if stage == STAGE:
            self.run_card.show_running(False)
            self.state_changed.emit()

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self.context.cancel()

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage != STAGE:
            return
        self.run_card.show_running(False)
        if isinstance(error, ConfidenceCollapse) and error.head == "int8":
            self.banner.show_error(error)
        elif not isinstance(error, Cancelled):
            self.error_card.show_error(error, self.main_action)
        self.state_changed.emit()
