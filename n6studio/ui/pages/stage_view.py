"""A part of a page that belongs to a stage run on demand: button, progress, error, and the result it left."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import JobMessage
from n6studio.ui.context import Context
from n6studio.ui.theme import ButtonRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.run_card import RunCard


class StageView(QWidget):
    """Follows one stage through the context. Subclasses lay out `run_card` and `card`, and show results in `refresh`.

    Args:
        context: of the window.
        stage: its name.
        text, tip: of the button.
    """

    def __init__(self, context: Context, stage: str, text: str, tip: str) -> None:
        super().__init__()
        self._context, self._stage = context, stage
        self._path: Path | None = None  # of the result that is shown
        self.run_card, self.card = RunCard(text, tip, ButtonRole.NORMAL), ErrorCard()

    def follow(self) -> None:
        """Begin to listen; call it when everything is laid out."""
        context = self._context
        self.run_card.run_wanted.connect(self.start)
        self.run_card.cancel_wanted.connect(self._cancel)
        context.result_changed.connect(lambda _: self.refresh())
        context.project_opened.connect(self.refresh)
        context.job_started.connect(lambda stage: self._job_changed(stage, True))
        context.job_finished.connect(lambda stage, _: self._job_changed(stage, False))
        context.job_message.connect(self._message)
        context.job_failed.connect(self._failed)
        self.refresh()

    def start(self) -> None:
        """Run the stage, and whatever before it is not fresh."""
        self.card.clear()
        self._context.submit(self._stage)

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""

    def note(self, otherwise: str) -> str:
        """Return why the result is out of date, or what to say otherwise."""
        context = self._context
        stale = context.stale.get(self._stage, ()) if self._stage in context.results else ()
        return f"Out of date: {'; '.join(stale)}." if stale else otherwise

    def _job_changed(self, stage: str, running: bool) -> None:
        if stage == self._stage:
            self.run_card.show_running(running)
        self.refresh()

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self._context.cancel()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == self._stage:
            self.run_card.show_message(message)

    def _failed(self, stage: str, error: StudioError) -> None:
        self._job_changed(stage, False)
        if stage == self._stage and not isinstance(error, Cancelled):
            self.card.show_error(error, self.start)
