"""Opening and leaving projects: by choice, by drop, from the list, the sample; and what the status bar says of them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog

from n6studio.engine.project.project import PROJECT_FILE
from n6studio.engine.project.sample import make_sample
from n6studio.ui.ask import ask
from n6studio.ui.background import run_in_background
from n6studio.ui.engine_thread import expected

if TYPE_CHECKING:
    from n6studio.ui.frame.main_window import MainWindow

LOW_DISK = 2e9  # bytes; a few exports and evaluations


class ProjectOpening:
    """Opens projects for a window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def open_path(self, path: Path) -> None:
        """Open a checkpoint or a project; asks first where that would stop a job."""
        if self.may_leave():
            self._window.card.clear()
            self._window.context.open(path)

    def close_project(self) -> None:
        """Go back to the welcome; asks first where that would stop a job."""
        if self.may_leave():
            self._window.context.cancel()
            self._window.context.set_project(None)

    def may_leave(self) -> bool:
        """Whether the project may be left: nothing that takes long runs, or the user lets it be stopped."""
        running = self._window.running_titles()
        if not running or self._window.engine.job == "inspect":
            return True
        verb = "is" if len(running) == 1 else "are"
        text = f"{' and '.join(running)} {verb} still running. Leaving this project stops it; what is finished is kept."
        agreed = ask(self._window, "A job is running", text, "Stop it and leave", "Keep it running")
        if agreed:
            for work in tuple(self._window.context.work.values()):
                work.stop()
        return agreed

    def browse(self) -> None:
        """Let the user choose a checkpoint or a project file."""
        known = self._window.context.project
        start = str(known.model.parent if known else Path.home())
        kinds = f"Checkpoints and projects (*.pt {PROJECT_FILE});;All files (*)"
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a checkpoint or a project", start, kinds)
        if chosen:
            self.open_path(Path(chosen))

    def open_sample(self) -> None:
        """Make the sample project where it is not there yet, and open it."""
        window = self._window
        folder, notice = window.documents / "sample.n6", window.context.notice

        def drawn(done: int, total: int) -> None:
            if done == 1 or done % 12 == 0:
                notice.emit(f"Drawing the sample's pictures: {done} of {total}")

        run_in_background(window, lambda: make_sample(folder, drawn), self.open_path, self._sample_failed)

    def _sample_failed(self, error: Exception) -> None:
        self._window.show_problem(expected(error, "the sample"))

    def show_status(self) -> None:
        """Tell in the status bar which project is open, and how much room its disk has."""
        context = self._window.context
        project = context.project
        if project is None:
            context.set_status("project", "No project")
            context.set_status("disk", "")
            return
        context.set_status("project", f"{project.folder.stem}  ({project.folder})")
        place = project.folder.parent
        run_in_background(self._window, lambda: shutil.disk_usage(place).free, self._show_disk, lambda _: None)

    def _show_disk(self, free: int) -> None:
        self._window.context.set_status("disk", f"{free / 1e9:.1f} GB free", "warn" if free < LOW_DISK else "")


def droppable(event: QDropEvent) -> Path | None:
    """Return what is dragged if it can be opened here: one file or folder of this machine."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None
