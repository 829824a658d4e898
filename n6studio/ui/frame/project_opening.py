"""Opening and leaving projects: by choice, by drop, from the list, the sample; and what the status bar says of them."""

import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.model.formats import MODEL_ENDINGS
from n6studio.domain.project import PROJECT_FILE
from n6studio.domain.states import CheckState
from n6studio.domain.texts import bytes_text
from n6studio.engine.project.carried import demo_model
from n6studio.ui.ask import ask
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context, LiveWish
from n6studio.ui.error_report import expected
from n6studio.ui.frame.running import Running
from n6studio.ui.states import PageState

DISK_MS = 15_000
LOW_DISK = 2e9  # bytes; a few exports and evaluations


class ProjectOpening(QObject):
    """Opens projects for a window. Lives on the GUI thread.

    Signals:
        leaving: the project that is open is being left for another one.
        failed(error): something could not be opened or made.
    """

    leaving = Signal()
    failed = Signal(object)

    def __init__(self, window: QWidget, context: Context, running: Running, documents: Path) -> None:
        super().__init__(window)
        self._window, self._context, self._running, self._documents = window, context, running, documents
        self._disk = QTimer(self)  # others write to the disk, too
        self._disk.setInterval(DISK_MS)
        self._disk.timeout.connect(self._look_at_disk)

    def open_path(self, path: Path) -> None:
        """Open a checkpoint or a project; asks first where that would stop a job."""
        if self.may_leave():
            self.leaving.emit()
            self._context.request_open(path)

    def answer_later_start(self, wanted: str) -> bool:
        """Come to the front for a program that was started again; return False where it needs a window of its own.

        Args:
            wanted: what it would open, "" for nothing.
        """
        project = self._context.project
        if wanted and project is None and self._running.may_be_left:
            self.open_path(Path(wanted))
        elif wanted and (
            project is None or Path(wanted) not in (project.folder, project.folder / PROJECT_FILE, project.model)
        ):
            return False
        self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
        self._window.raise_()
        self._window.activateWindow()
        return True

    def close_project(self) -> None:
        """Go back to the welcome; asks first where that would stop a job."""
        if self.may_leave():
            self._context.cancel()
            self._context.set_project(None)

    def may_leave(self) -> bool:
        """Whether the project may be left: nothing that takes long runs, or the user lets it be stopped."""
        if self._running.may_be_left:
            return True
        text = f"{self._running.sentence()} Leaving this project stops it; finished steps are kept."
        agreed = ask(self._window, "A job is running", text, "Stop it and leave", "Keep it running")
        if agreed:
            self._running.stop_work()
        return agreed

    def browse(self) -> None:
        """Let the user choose a checkpoint or a project file."""
        known = self._context.project
        start = str(known.model.parent if known else Path.home())
        endings = " ".join(f"*{ending}" for ending in MODEL_ENDINGS)
        kinds = f"Models and projects ({endings} {PROJECT_FILE});;All files (*)"
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a checkpoint or a project", start, kinds)
        if chosen:
            self.open_path(Path(chosen))

    def open_sample(self) -> None:
        """Make the sample project where it is not there yet, and open it."""
        folder, status = self._documents / "sample.n6", self._context.status_changed

        def drawn(done: int, total: int) -> None:
            if done == 1 or done % 4 == 0:
                status.emit("project", f"Drawing the sample images: {done} of {total}", PageState.RUNNING)

        def make() -> Path:
            from n6studio.engine.project.sample import make_sample

            return make_sample(folder, drawn)

        run_in_background(self, make, self.open_path, self._sample_failed)

    def see_demo(self) -> None:
        """Let the virtual board play the demo scene with the model that the program carries; nothing is converted."""
        try:
            model = demo_model()
        except StudioError as error:
            self.failed.emit(error)
            return
        address = f"virtual:{model}?aspect=fullscreen"
        self._context.show_live(LiveWish(address, "Demo", "virtual board with the demo model", model))

    def _sample_failed(self, error: Exception) -> None:
        self.failed.emit(expected(error, "the sample"))

    def show_status(self) -> None:
        """Tell in the status bar which project is open, and how much room its disk has."""
        project = self._context.project
        if project is None:
            self._context.set_status("project", "No project")
            self._context.set_status("disk", "")
            return
        self._context.set_status("project", f"{project.folder.stem}  ({project.folder})")
        self._disk.start()
        self._look_at_disk()

    def _look_at_disk(self) -> None:
        project = self._context.project
        if project is None:
            self._disk.stop()
            return
        place = project.folder.parent
        run_in_background(self, lambda: shutil.disk_usage(place).free, self._show_disk, lambda _: None)

    def _show_disk(self, free: int) -> None:
        self._context.set_status("disk", f"{bytes_text(free)} free", CheckState.WARN if free < LOW_DISK else None)


def droppable(event: QDropEvent) -> Path | None:
    """Return what is dragged if it can be opened here: one file or folder of this machine."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None
