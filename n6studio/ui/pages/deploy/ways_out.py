"""What leads out of the Deploy page: a release, the report, the status bar."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from n6studio.board.description import Board
from n6studio.domain.deploy import Preflight
from n6studio.domain.states import CheckState
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.ui.context import Context
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.deploy.status import TOOLS
from n6studio.ui.pages.page import Page


class WaysOut:
    """Asks for places and opens files, over a page.

    Args:
        page: their parent.
        save: makes a release at a path; what is fresh is not made again.
    """

    def __init__(self, page: Page, save: Callable[[Path], object]) -> None:
        self._page, self._save = page, save

    def ask_release(self) -> None:
        """Ask where the release goes, and make it."""
        project = self._page.context.project
        if project is None:
            return
        name = f"{project.folder.stem}-{project.settings_of(DEPLOY).board}.zip"
        dialog = QFileDialog(self._page, "Save release", name, "Release (*.zip)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._save(Path(chosen)))
        dialog.open()

    def open_report(self) -> None:
        """Open the report of the latest deployment."""
        path = self._page.context.output(DEPLOY.name, "report")
        if path is not None:
            open_with_system(self._page, path, self._page.context.notice.emit)


def tell_status(context: Context, board: Board, found: Preflight) -> None:
    """Say in the status bar whether tools and board are there."""
    if board.needs_vendor_tools:
        worst = {check.state for check in found.checks}
        mark = next((one for one in (CheckState.FAIL, CheckState.WARN) if one in worst), CheckState.OK)
        context.set_status("tool", TOOLS[mark], mark)
    else:
        context.set_status("tool", "No tools needed", CheckState.OK)
    seen = board.probe_connector.key in found.seen
    text = f"{board.name} connected" if seen else f"{board.name} not connected"
    context.set_status("board", text, CheckState.OK if seen else CheckState.WARN)
