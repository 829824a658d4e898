"""What the board is told from its panel, and what it answers."""

from PySide6.QtCore import QObject

from n6studio.domain.live import FrameResults
from n6studio.link.session.commands import CommandName
from n6studio.link.sources.base import Capability
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.board_panel import BoardPanel
from n6studio.ui.pages.live.controller import Figures, LiveController
from n6studio.ui.pages.live.models import Models


class BoardControl(QObject):
    """Stands between the panel of a board and its connection. Lives on the GUI thread."""

    def __init__(self, context: Context, controller: LiveController, models: Models, panel: BoardPanel) -> None:
        super().__init__(panel)
        self._context, self._controller, self._models, self._panel = context, controller, models, panel
        self._here = True  # whether models of this computer average where no board says that it does, or does not
        panel.changed.connect(self._tell)
        panel.average_wanted.connect(self._tell_average)
        panel.fault_wanted.connect(controller.fault)

    def _tell(self, name: str, value: float) -> None:
        self._controller.send(CommandName(name), int(value) if name == "quality" else value)

    def _tell_average(self, wanted: bool) -> None:
        self._models.average = wanted
        if self._controller.can(Capability.COMMANDS):
            self._controller.send(CommandName.AVERAGE, wanted)
        else:
            self._here = wanted

    def _show_average(self) -> None:
        """Show whether keypoints are averaged; models that run here do as the board does."""
        session = self._controller.session
        status = session.board_status() if session is not None else {}
        self._models.average = status.get(CommandName.AVERAGE) == "on" if status else self._here
        self._panel.show_average(self._models.average, *self._may_average(status))

    def _may_average(self, status: dict[str, str]) -> tuple[bool, str]:
        if not self._controller.is_open:
            return False, texts.NOT_CONNECTED
        if not self._controller.can(Capability.COMMANDS):
            return (False, texts.NO_COMMANDS) if status else (True, texts.AVERAGE_HERE_TIP)
        if CommandName.AVERAGE in status:
            return True, texts.AVERAGE_TIP
        return False, texts.NO_AVERAGE if status else texts.AVERAGE_WAITING

    def show_figures(self, figures: Figures, results: FrameResults | None) -> None:
        """Show what the board says of itself, and tell what it rejects."""
        self._panel.show_board(figures, self._models.name_of(results.model if results is not None else ""))
        self._show_average()
        for reply in figures.replies:
            if reply.error:
                self._context.notice.emit(f"The board rejected a command: {reply.error}")

    def show_abilities(self) -> None:
        """Enable what the source can be told now."""
        self._panel.allow(*self._may_command())
        self._show_average()
        self._panel.faults.setVisible(self._controller.virtual is not None)

    def _may_command(self) -> tuple[bool, str]:
        if not self._controller.is_open:
            return False, texts.NOT_CONNECTED
        allowed = self._controller.can(Capability.COMMANDS)
        return allowed, "" if allowed else texts.NO_COMMANDS
