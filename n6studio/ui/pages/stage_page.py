"""The page that a stage has when it brings none of its own: purpose, settings, run, results."""

from typing import Any

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from n6studio.domain.encoding import plain_values_of
from n6studio.domain.settings import settings_of
from n6studio.domain.stage import AnyStage
from n6studio.engine.chain.again import Again
from n6studio.ui.context import Context
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.stage_view import StageView
from n6studio.ui.states import PageState
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, label
from n6studio.ui.widgets.settings_form import SettingsForm

LONGEST = 400  # letters of one figure; all of it is in the details


class StageRun(StageView):
    """Runs the stage and shows what it found."""

    def __init__(self, context: Context, stage: AnyStage) -> None:
        super().__init__(context, stage.name, f"Run {stage.title.lower()}", "Runs the stages that it needs first")
        self._described = stage
        self.results = Card("Results")
        self.text = label(select=True)
        self.rows = QFormLayout()
        self.results.body.addWidget(self.text)
        self.results.body.addLayout(self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for widget in (self.run_card, self.card, self.results):
            layout.addWidget(widget)
        self.follow()

    def start(self) -> None:
        """Run the stage; a result that is fresh is made anew, for somebody insists."""
        self.card.clear()
        done = self._context.stage_state(self._stage)[0] == PageState.DONE
        self._context.submit(self._stage, Again.LAST if done else None)

    def refresh(self) -> None:
        """Show the latest result."""
        result = self._context.results.get(self._stage)
        self.run_card.run_button.setEnabled(self._context.project is not None)
        self.run_card.note.setText(self.note(""))
        self.results.setVisible(result is not None)
        while self.rows.rowCount():
            self.rows.removeRow(0)
        if result is None:
            return
        command = self._described.command
        self.text.setText(command.text(result.figures) if command is not None else "")
        self.text.setVisible(command is not None)
        if command is None:
            for name, value in plain_values_of(result.figures).items():
                self.rows.addRow(
                    label(name.replace("_", " ").capitalize(), TextRole.MUTED), label(_shown(value), select=True)
                )
        for role, path in result.outputs.items():
            self.rows.addRow(label(role.replace("_", " ").capitalize(), TextRole.MUTED), label(str(path), select=True))


class StagePage(Page):
    """Args: context: of the window; stage: whose page it is; it has a `page` without a widget."""

    def __init__(self, context: Context, stage: AnyStage) -> None:
        super().__init__(context)
        self._stage = stage
        assert stage.page is not None
        self.key, self.title = stage.page.key, stage.page.title
        self.form: SettingsForm | None = None
        self.run_view = StageRun(context, stage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        if stage.page.help is not None:
            layout.addWidget(label(stage.page.help.purpose, TextRole.MUTED))
        if stage.in_project and settings_of(stage.settings):
            layout.addWidget(self._settings_card())
        layout.addWidget(self.run_view)
        layout.addStretch(1)
        context.project_changed.connect(self._show_project)
        for signal in (context.project_changed, context.result_changed, context.job_started, context.job_finished):
            signal.connect(lambda *_: self.state_changed.emit())
        context.job_failed.connect(lambda *_: self.state_changed.emit())
        self._show_project()

    def _settings_card(self) -> QWidget:
        card = Card("Settings")
        self.form = SettingsForm(self._stage.settings)
        self.form.changed.connect(lambda settings: self.context.change_settings(self._stage, settings))
        card.body.addWidget(self.form)
        return card

    def _show_project(self) -> None:
        project = self.context.project
        if self.form is not None:
            self.form.setEnabled(project is not None)
            self.form.show_settings(self._stage.settings() if project is None else self._stage.settings_in(project))

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        return self.context.stage_state(self._stage.name)

    def main_action(self) -> None:  # noqa: D102
        if self.context.project is not None:
            self.run_view.start()


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… (full text in Details)"
