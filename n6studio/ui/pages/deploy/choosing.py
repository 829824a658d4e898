"""Choosing tools for this user: by a file dialog, as a pair of releases, or by allowing what the project asks for."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from n6studio.domain.deploy import PairLine
from n6studio.engine.deploy.tools import choose_tools
from n6studio.engine.deploy.wishes import allow, without_wishes
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context


class ToolChoosing(QObject):
    """Writes to the user's own file, never to the project's.

    Signals:
        chosen: something is used from now on.
    """

    chosen = Signal()

    def __init__(self, context: Context, page: QWidget, not_done: Callable[[Exception], None]) -> None:
        super().__init__(page)
        self._context, self._page, self._not_done = context, page, not_done

    def ask_path(self, setting: str, folder: bool) -> None:
        """Let the user say where a tool or the application is."""
        dialog = QFileDialog(self._page, f"Choose the {setting.replace('_', ' ')}", str(Path.home()))
        mode = QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.choose({setting: Path(name)}))
        dialog.open()

    def choose_pair(self, pair: PairLine) -> None:
        """Use the application and the compiler of a pair."""
        self.choose({"compiler": Path(pair.compiler_path), "application": Path(pair.application_path)})

    def choose(self, paths: dict[str, Path]) -> None:
        """Keep for this user where tools are; what the project asks for in their place is forgotten.

        Args:
            paths: setting -> program or folder.
        """
        run_in_background(self, lambda: choose_tools(paths), lambda _: self._chosen(paths), self._not_done)

    def allow(self, setting: str) -> None:
        """Use on this computer what the project asks for."""
        project = self._context.project
        if project is not None:
            run_in_background(self, lambda: allow(project, [setting]), lambda _: self.chosen.emit(), self._not_done)

    def _chosen(self, paths: dict[str, Path]) -> None:
        if self._context.project is not None:
            self._context.change_project(wishes=without_wishes(self._context.project, paths))
        self.chosen.emit()
