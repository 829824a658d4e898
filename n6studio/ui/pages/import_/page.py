"""The first page: welcome while nothing is open, then what the checkpoint is and whether it can go to the board."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from n6studio.domain.pages import PageKey
from n6studio.stages.inspect.stage import INSPECT
from n6studio.ui.context import Context
from n6studio.ui.pages.import_.welcome import Welcome
from n6studio.ui.pages.page import Page
from n6studio.ui.states import PageState
from n6studio.ui.widgets.parts import scrolled

if TYPE_CHECKING:
    from n6studio.ui.pages.import_.checkpoint_view import CheckpointView


class ImportPage(Page):
    """The start page, or what was imported.

    Attributes:
        welcome: the start page.
        view: what was imported; None before a project was opened for the first time: the first paint waits for less.
    """

    key = PageKey.IMPORT
    title = "Import"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._stack = QStackedWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.welcome = Welcome(context)
        self.view: CheckpointView | None = None
        self._stack.addWidget(scrolled(self.welcome, self._stack))
        for signal in (context.result_changed, context.job_started, context.job_failed):
            signal.connect(lambda stage, *_: self.state_changed.emit() if stage == INSPECT.name else None)
        context.project_changed.connect(self._project_changed)
        self._project_changed()

    def _project_changed(self) -> None:
        project = self.context.project
        if project is not None and self.view is None:
            from n6studio.ui.pages.import_.checkpoint_view import CheckpointView

            self.view = CheckpointView(self.context)
            self._stack.addWidget(scrolled(self.view, self._stack))
        self._stack.setCurrentIndex(0 if project is None else 1)
        self.state_changed.emit()

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        kind, reason = self.context.stage_state(INSPECT.name)
        if kind == PageState.DONE and self.context.project is not None:
            return kind, self.context.project.model.name
        return kind, reason

    def main_action(self) -> None:  # noqa: D102
        if self.context.project is None:
            self.context.demo_requested.emit()
        elif self.state()[0] is PageState.DONE:
            self.context.page_requested.emit(PageKey.ROAD)
