"""The window: the row of pages, the page that is shown, the drawer below, and what works from everywhere."""

import dataclasses
import importlib
import importlib.util
import shutil
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.errors import Cancelled, StudioError
from n6studio.engine.jobs import StageResult
from n6studio.engine.project import PROJECT_FILE
from n6studio.ui import theme
from n6studio.ui.actions import make_actions
from n6studio.ui.ask import ask
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.doctor_dialog import DoctorDialog
from n6studio.ui.engine_thread import EngineThread, expected
from n6studio.ui.icons import window_icon
from n6studio.ui.job_drawer import JobDrawer
from n6studio.ui.pages.page import Page
from n6studio.ui.palette import CommandPalette, ShortcutSheet
from n6studio.ui.preferences import Preferences, load_preferences, save_preferences
from n6studio.ui.sample import make_sample, sample_available
from n6studio.ui.settings_dialog import SettingsDialog
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.page_row import PageRow
from n6studio.ui.widgets.toast import Toast

# key, title, module, class, the stage whose state the page shows before it is made
PAGES = (
    ("import", "Import", "import_page", "ImportPage", "inspect"),
    ("export", "Export", "export_page", "ExportPage", "export"),
    ("calibration", "Calibration", "calibration_page", "CalibrationPage", ""),
    ("quantize", "Quantize", "quantize_page", "QuantizePage", "quantize"),
    ("evaluate", "Evaluate", "evaluate_page", "EvaluatePage", "evaluate"),
    ("deploy", "Deploy", "deploy_page", "DeployPage", ""),
    ("live", "Live", "live_page", "LivePage", ""),
)
STAGE_TITLES = {
    "inspect": "Inspection",
    "export": "Export",
    "quantize": "Quantization",
    "evaluate": "Evaluation",
    "calibration_health": "Check of the calibration set",
    "layer_errors": "Layer comparison",
    "int8_output": "Measurement of int8 output",
    "deploy": "Deployment",
}
MINIMUM = (960, 600)
START = (1280, 800)


def available_pages() -> list[tuple[str, str, str, str, str]]:
    """Return the pages that this installation has."""
    return [page for page in PAGES if importlib.util.find_spec(f"n6studio.ui.pages.{page[2]}") is not None]


class MainWindow(QMainWindow):
    """Owns the engine thread. Pages other than the first are made after the window has been painted."""

    def __init__(self, preferences_file: Path, documents: Path) -> None:
        super().__init__()
        self._file, self._documents = preferences_file, documents
        self.preferences = load_preferences(preferences_file)
        self.context = Context()
        self.context.recent = self.preferences.recent
        self.context.sample_available = sample_available()
        self.engine = EngineThread(self.context, documents)
        self.pages: dict[str, Page] = {}
        self._known = {page[0]: page for page in available_pages()}
        self._current = ""
        self.setWindowTitle("N6 Studio")
        self.setWindowIcon(window_icon())
        self.setMinimumSize(*MINIMUM)
        self.resize(*START)
        self.setAcceptDrops(True)
        self._build()
        self.named_actions = make_actions(self, [(page[0], page[1]) for page in self._known.values()])
        self._connect()
        self._maker = QTimer(self)
        self._maker.setInterval(0)
        self._maker.timeout.connect(self._make_next_page)
        self.show_page("import")
        self.drawer.set_open(self.preferences.log_open)
        self.engine.start()

    def _build(self) -> None:
        self.row = PageRow([(page[0], page[1]) for page in self._known.values()])
        self._stack = QStackedWidget()
        self.card = ErrorCard()
        self.drawer = JobDrawer(self.context, STAGE_TITLES)
        right = QVBoxLayout()
        right.setContentsMargins(4, 12, 12, 8)
        right.setSpacing(8)
        right.addWidget(self.card)
        right.addWidget(self._stack, 1)
        right.addWidget(self.drawer)
        centre = QWidget()
        layout = QHBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.row)
        layout.addLayout(right, 1)
        self.setCentralWidget(centre)
        self._project_label, self._disk_label = QLabel("No project"), QLabel()
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setMinimumHeight(self.fontMetrics().height() + 10)
        self.statusBar().addWidget(self._project_label, 1)
        self.statusBar().addPermanentWidget(self._disk_label)
        self.toast = Toast(self, lambda: self.drawer.height() + self.statusBar().height() + 4)

    def _connect(self) -> None:
        context = self.context
        self.row.chosen.connect(self.show_page)
        context.page_requested.connect(self.show_page)
        context.notice.connect(self.toast.say)
        context.browse_requested.connect(self.browse)
        context.sample_requested.connect(self.open_sample)
        context.check_requested.connect(self.show_doctor)
        context.open_failed.connect(self.show_problem)
        context.project_opened.connect(self._project_opened)
        context.job_finished.connect(self._job_finished)
        context.job_failed.connect(self._job_failed)
        for signal in (context.project_changed, context.result_changed, context.job_started):
            signal.connect(self._refresh)
        self.engine.busy_changed.connect(self._refresh)
        self.drawer.unfolded.connect(lambda unfold: self._remember(log_open=unfold))
        self.drawer.resized.connect(self.toast.place)
        self.row.add_button("Commands", self.show_palette, "Ctrl+K")
        self.row.add_button("Settings", self.show_settings, "Ctrl+,")
        self.row.show_current("import")

    # --- pages -------------------------------------------------------------------------------------------------------

    def page(self, key: str) -> Page:
        """Return a page; it is made when it is first needed."""
        if key not in self.pages:
            _, title, module, name, _ = self._known[key]
            made: Page = getattr(importlib.import_module(f"n6studio.ui.pages.{module}"), name)(self.context)
            made.setAccessibleName(title)
            made.state_changed.connect(self._refresh)
            self.pages[key] = made
            self._stack.addWidget(made)
        return self.pages[key]

    def show_page(self, key: str) -> None:
        """Show a page."""
        if key in self._known:
            self._current = key
            self._stack.setCurrentWidget(self.page(key))
            self.row.show_current(key)
            self._refresh()

    def current_page(self) -> Page:
        """Return the page that is shown."""
        return self.page(self._current)

    def _make_next_page(self) -> None:
        missing = [key for key in self._known if key not in self.pages]
        if missing:
            self.page(missing[0])
            self._refresh()
        else:
            self._maker.stop()

    def _refresh(self) -> None:
        for key, (_, _, _, _, stage) in self._known.items():
            if key in self.pages:
                kind, reason = self.pages[key].state()
            else:
                kind, reason = self.context.stage_state(stage) if stage else ("empty", "")
            self.row.buttons[key].show_state(kind, reason)
        self.named_actions["stop"].setEnabled(bool(self.engine.job))
        for name in ("reveal", "close"):
            self.named_actions[name].setEnabled(self.context.project is not None)

    # --- opening -----------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a checkpoint or a project; asks first where that would stop a job."""
        if self._may_leave():
            self.card.clear()
            self.context.open(path)

    def close_project(self) -> None:
        """Go back to the welcome; asks first where that would stop a job."""
        if self._may_leave():
            self.context.cancel()
            self.context.set_project(None)

    def _may_leave(self) -> bool:
        """Whether the project may be left: nothing that takes long runs, or the user lets it be stopped."""
        job = self.engine.job
        if job in ("", "inspect"):
            return True
        text = f"{STAGE_TITLES[job]} is still running. Leaving this project stops it; what is finished is kept."
        return ask(self, "A job is running", text, "Stop it and leave", "Keep it running")

    def browse(self) -> None:
        """Let the user choose a checkpoint or a project file."""
        known = self.context.project
        start = str(known.model.parent if known else Path.home())
        kinds = f"Checkpoints and projects (*.pt {PROJECT_FILE});;All files (*)"
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a checkpoint or a project", start, kinds)
        if chosen:
            self.open_path(Path(chosen))

    def open_sample(self) -> None:
        """Make the sample project where it is not there yet, and open it."""
        folder, notice = self._documents / "sample.n6", self.context.notice

        def drawn(done: int, total: int) -> None:
            if done == 1 or done % 12 == 0:
                notice.emit(f"Drawing the sample's pictures: {done} of {total}")

        run_in_background(self, lambda: make_sample(folder, drawn), self.open_path, self._sample_failed)

    def _sample_failed(self, error: Exception) -> None:
        self.show_problem(expected(error, "the sample"))

    def show_problem(self, error: StudioError) -> None:
        """Show an error that belongs to no page."""
        self.card.show_error(error)

    def _project_opened(self) -> None:
        project = self.context.project
        self.card.clear()
        self.show_page("import")
        if project is None:
            self.setWindowTitle("N6 Studio")
            self._project_label.setText("No project")
            self._disk_label.clear()
            return
        self.setWindowTitle(f"{project.folder.stem} - N6 Studio")
        self._project_label.setText(f"{project.folder.stem}  ({project.folder})")
        self._remember(recent=self.preferences.with_recent(project.folder).recent)
        place = project.folder.parent
        run_in_background(self, lambda: shutil.disk_usage(place).free, self._show_disk, lambda _: None)

    def _show_disk(self, free: int) -> None:
        self._disk_label.setText(f"{free / 1e9:.1f} GB free on disk")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802, D102
        if _droppable(event) is not None:
            event.acceptProposedAction()
            self.context.dragging.emit(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802, D102
        self.context.dragging.emit(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802, D102
        self.context.dragging.emit(False)
        path = _droppable(event)
        if path is not None:
            event.acceptProposedAction()
            self.open_path(path)

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _job_finished(self, stage: str, result: StageResult) -> None:
        if stage == self.engine.job and stage != "inspect":
            self.toast.say(f"{STAGE_TITLES[stage]} {'was up to date already' if result.fresh else 'is done'}")
            QApplication.alert(self)
        self._refresh()

    def _job_failed(self, stage: str, error: StudioError) -> None:
        self.toast.say(f"{STAGE_TITLES[stage]} {'was stopped' if isinstance(error, Cancelled) else 'failed'}")
        QApplication.alert(self)
        self._refresh()

    # --- dialogs and preferences -------------------------------------------------------------------------------------

    def show_palette(self) -> None:
        """Open the command palette."""
        CommandPalette(self.actions(), self).open()

    def show_shortcuts(self) -> None:
        """Open the sheet of shortcuts."""
        ShortcutSheet(self.actions(), self).open()

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self.preferences.look, self.choose_look, self._forget_recent, self).open()

    def show_doctor(self) -> None:
        """Open what this computer has and lacks."""
        DoctorDialog(self).open()

    def choose_look(self, look: theme.Choice) -> None:
        """Change to the light or dark look, or follow the system's."""
        self._remember(look=look)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, look)

    def _forget_recent(self) -> None:
        self._remember(recent=())
        self.context.notice.emit("The list of recent projects is empty now")

    def _remember(self, **changes: object) -> None:
        changed: Preferences = dataclasses.replace(self.preferences, **changes)  # type: ignore[arg-type]
        if changed != self.preferences:
            self.preferences = changed
            file = self._file
            run_in_background(self, lambda: save_preferences(changed, file), lambda _: None)
        if changed.recent != self.context.recent:
            self.context.recent = changed.recent
            self.context.recent_changed.emit()

    # --- the window's own life ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        self._maker.start()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self.toast.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802, D102
        job = self.engine.job
        if job and not ask(
            self,
            "A job is running",
            f"{STAGE_TITLES[job]} is still running. What is finished is kept; this job would have to start again.",
            "Stop it and close",
            "Keep it running",
        ):
            event.ignore()
            return
        for timer in self.findChildren(QTimer):
            timer.stop()
        self.hide()  # ending a child process may take seconds
        self.engine.stop()
        save_preferences(self.preferences, self._file)
        event.accept()


def _droppable(event: QDropEvent) -> Path | None:
    """Return what is dragged if it can be opened here: one file or folder of this machine."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None
