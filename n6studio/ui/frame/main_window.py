"""The window: the row of pages, the page that is shown, the drawer below, and what works from everywhere."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.results import AnyResult
from n6studio.domain.stage import stage_title
from n6studio.engine.project.sample import sample_available
from n6studio.ui import theme
from n6studio.ui.ask import ask
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.frame.actions import make_actions
from n6studio.ui.frame.details_dock import DetailsDock, page_details
from n6studio.ui.frame.job_drawer import JobDrawer
from n6studio.ui.frame.keymap import native, show_real_keys
from n6studio.ui.frame.notifier import Notifier
from n6studio.ui.frame.page_list import available_pages, load_ahead
from n6studio.ui.frame.page_row import PageRow
from n6studio.ui.frame.preferences import Preferences, load_preferences, save_preferences
from n6studio.ui.frame.project_opening import ProjectOpening, droppable
from n6studio.ui.frame.self_test_panel import SelfTestPanel
from n6studio.ui.frame.status_line import StatusLine
from n6studio.ui.frame.toast import Toast
from n6studio.ui.frame.window_dialogs import WindowDialogs
from n6studio.ui.icons import window_icon
from n6studio.ui.pages.page import Page
from n6studio.ui.system.motion import Stillness, system_wants_calm
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import scrolled

MINIMUM = (560, 340)  # at 200 % a screen of 1280 x 720 has 640 x 360, less the title bar
START = (1280, 800)
PAINT_FIRST_MS = 100  # a timer of 0 ms would come before the first paint
COMPACT_BELOW = 900  # with less width the row of pages shows icons only


class MainWindow(QMainWindow):
    """Owns the engine thread. Pages other than the first are made after the window has been painted.

    Signals:
        complete: all pages are made.
    """

    complete = Signal()

    def __init__(self, preferences_file: Path, documents: Path) -> None:
        super().__init__()
        self._file, self.documents = preferences_file, documents
        self.preferences = load_preferences(preferences_file)
        self.context = Context()
        self.context.recent = self.preferences.recent
        self.context.memory = dict(self.preferences.memory)
        self.context.sample_available = sample_available()
        self.engine = EngineThread(self.context, documents)
        self.pages: dict[str, Page] = {}
        self._areas: dict[str, QScrollArea] = {}
        self._known = {page[0]: page for page in available_pages()}
        self.current_key = ""
        self.dialogs, self.opening = WindowDialogs(self), ProjectOpening(self)
        self.notifier, self.stillness = Notifier(self), Stillness(self)
        self.setWindowTitle("N6 Studio")
        self.setWindowIcon(window_icon())
        self.setMinimumSize(*MINIMUM)
        self.resize(*START)
        self.setAcceptDrops(True)
        self._build()
        titles = [(page[0], page[1]) for page in self._known.values()]
        self.keymap = make_actions(self, titles, self.preferences.keys)
        self.named_actions = self.keymap.actions
        self._connect()
        self._maker = QTimer(self)
        self._maker.timeout.connect(self._make_next_page)
        self.show_page("import")
        self.drawer.set_open(self.preferences.log_open)
        self.details.setVisible(self.preferences.details_open)
        self._apply_preferences()
        self._show_keys()
        self.opening.show_status()
        self.engine.start()

    def _build(self) -> None:
        self.row = PageRow([(page[0], page[1]) for page in self._known.values()])
        self._stack = QStackedWidget()
        self.card = ErrorCard()
        self.self_test: SelfTestPanel | None = None
        self.drawer = JobDrawer(self.context, stage_title)
        self._right = QVBoxLayout()
        self._right.setContentsMargins(4, 12, 12, 8)
        self._right.setSpacing(8)
        self._right.addWidget(self.card)
        self._right.addWidget(self._stack, 1)
        self._right.addWidget(self.drawer)
        centre = QWidget()
        layout = QHBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.row)
        layout.addLayout(self._right, 1)
        self.setCentralWidget(centre)
        self.details = DetailsDock(self)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.details)
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.toast = Toast(self, lambda: self.drawer.height() + self.status.height() + 4)

    def _connect(self) -> None:
        context = self.context
        self.row.chosen.connect(self.show_page)
        context.page_requested.connect(self.show_page)
        context.notice.connect(self.toast.say)
        context.memory_changed.connect(lambda: self.remember(memory=context.memory))
        context.browse_requested.connect(self.browse)
        context.sample_requested.connect(self.open_sample)
        context.check_requested.connect(self.dialogs.show_doctor)
        context.open_failed.connect(self.show_problem)
        context.project_opened.connect(self._project_opened)
        context.job_finished.connect(self._job_finished)
        context.job_failed.connect(self._job_failed)
        context.status_changed.connect(self.status.show_status)
        for signal in (context.project_changed, context.result_changed, context.job_started, context.work_changed):
            signal.connect(self._refresh)
        self.engine.busy_changed.connect(self._refresh)
        self.drawer.unfolded.connect(lambda unfold: self.remember(log_open=unfold))
        self.drawer.resized.connect(self.toast.place)
        self.details.visibilityChanged.connect(self._details_shown)
        self.keymap.changed.connect(self._keys_changed)
        self.row.add_button("Commands", self.dialogs.show_palette, "palette")
        self.row.add_button("Settings", self.dialogs.show_settings, "settings")
        self.row.add_button("Help", self.dialogs.show_help, "help")
        self.row.show_current("import")

    # --- pages -------------------------------------------------------------------------------------------------------

    def page(self, key: str) -> Page:
        """Return a page; it is made when it is first needed."""
        if key not in self.pages:
            _, title, module, name, _ = self._known[key]
            made: Page = getattr(importlib.import_module(f"n6studio.ui.pages.{module}.page"), name)(self.context)
            made.setAccessibleName(title)
            made.state_changed.connect(self._refresh)
            made.details_changed.connect(self._show_details)
            self.pages[key] = made
            self._areas[key] = area = scrolled(made)  # where the window is small or letters are large
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._stack.addWidget(area)
            self.stillness.watch(made)
            show_real_keys(made, self.keymap)
        return self.pages[key]

    def page_title(self, key: str) -> str:
        """Return what a page is called."""
        return self._known[key][1]

    def show_page(self, key: str) -> None:
        """Show a page."""
        if key in self._known:
            self.current_key = key
            self.page(key)
            self._stack.setCurrentWidget(self._areas[key])
            self.row.show_current(key)
            self.dialogs.follow()
            self._show_self_test()
            self._refresh()

    def step_page(self, steps: int) -> None:
        """Show the page so many steps on; the first follows the last."""
        keys = list(self._known)
        self.show_page(keys[(keys.index(self.current_key) + steps) % len(keys)])

    def current_page(self) -> Page:
        """Return the page that is shown."""
        return self.page(self.current_key)

    def _make_next_page(self) -> None:
        self._maker.setInterval(0)
        missing = [key for key in self._known if key not in self.pages]
        if missing:
            self.page(missing[0])
            self._refresh()
        else:
            self._maker.stop()
            self.complete.emit()

    def _refresh(self) -> None:
        for key, (_, _, _, _, stage) in self._known.items():
            if key in self.pages:
                kind, reason = self.pages[key].state()
            else:
                kind, reason = self.context.stage_state(stage) if stage else ("empty", "")
            self.row.buttons[key].show_state(kind, reason)
        self.named_actions["stop"].setEnabled(bool(self.engine.job or self.context.work))
        for name in ("reveal", "close", "save"):
            self.named_actions[name].setEnabled(self.context.project is not None)
        self._show_details()

    def _show_details(self) -> None:
        key, stage = self.current_key, self._known[self.current_key][4]

        def make() -> dict[str, Any]:
            own = self.pages[key].details()
            return page_details(self.context, key, stage) if own is None else own

        self.details.show_details(self.page_title(key), make)

    def set_log_open(self, unfold: bool) -> None:
        """Unfold or fold the log."""
        self.drawer.set_open(unfold)

    def toggle_details(self) -> None:
        """Show or hide the details."""
        self.details.setVisible(self.details.isHidden())

    def _details_shown(self, _: bool) -> None:
        if self.isVisible() and not self.isMinimized():
            self.remember(details_open=not self.details.isHidden())

    # --- projects ----------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a checkpoint or a project; asks first where that would stop a job."""
        self.opening.open_path(path)

    def close_project(self) -> None:
        """Go back to the welcome; asks first where that would stop a job."""
        self.opening.close_project()

    def browse(self) -> None:
        """Let the user choose a checkpoint or a project file."""
        self.opening.browse()

    def open_sample(self) -> None:
        """Make the sample project where it is not there yet, and open it."""
        self.opening.open_sample()

    def save_project(self) -> None:
        """Write the project's file now. It is written after every change anyway."""
        project = self.context.project
        if project is not None:
            self.engine.save()
            self.context.notice.emit(f"Saved in {project.folder}, as after every change")

    def show_problem(self, error: StudioError) -> None:
        """Show an error that belongs to no page."""
        self.card.show_error(error)

    def _project_opened(self) -> None:
        project = self.context.project
        self.card.clear()
        self.show_page("import")
        self.opening.show_status()
        if project is None:
            self.setWindowTitle("N6 Studio")
        else:
            self.setWindowTitle(f"{project.folder.stem} - N6 Studio")
            self.remember(recent=self.preferences.with_recent(project.folder).recent)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802, D102
        if droppable(event) is not None:
            event.acceptProposedAction()
            self.context.dragging.emit(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802, D102
        self.context.dragging.emit(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802, D102
        self.context.dragging.emit(False)
        path = droppable(event)
        if path is not None:
            event.acceptProposedAction()
            self.open_path(path)

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _job_finished(self, stage: str, result: AnyResult) -> None:
        if stage == self.engine.job and stage != "inspect":
            text = f"{stage_title(stage)} {'was up to date already' if result.fresh else 'is done'}"
            self.toast.say(text)
            if not result.fresh:
                self._tell(text)
        self._refresh()

    def _job_failed(self, stage: str, error: StudioError) -> None:
        stopped = isinstance(error, Cancelled)
        text = f"{stage_title(stage)} {'was stopped' if stopped else 'failed'}"
        self.toast.say(text)
        if not stopped:
            self._tell(text)
        self._refresh()

    def _tell(self, text: str) -> None:
        project = self.context.project
        self.notifier.say(project.folder.stem if project else "N6 Studio", text)

    def stop_work(self) -> None:
        """Stop the running job; where there is none, what else takes long."""
        if self.engine.job:
            self.context.cancel()
        else:
            for work in tuple(self.context.work.values()):
                work.stop()

    def running_titles(self) -> list[str]:
        """Return what is running now that takes long, by name."""
        job = [stage_title(self.engine.job)] if self.engine.job else []
        return [*job, *(work.title for work in self.context.work.values())]

    def show_in_log(self, error: StudioError) -> None:
        """Unfold the log that an error is about, at its last line with the cause; error cards ask for it."""
        self.drawer.show_error(error)

    # --- preferences -------------------------------------------------------------------------------------------------

    def choose_look(self, look: theme.Choice) -> None:
        """Change to the light or dark look, or follow the system's."""
        self.remember(look=look)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, look)

    def forget_recent(self) -> None:
        """Empty the list of recent projects."""
        self.remember(recent=())
        self.context.notice.emit("The list of recent projects is empty now")

    def remember(self, **changes: object) -> None:
        """Change preferences; they act at once and are written off the GUI thread."""
        changed: Preferences = dataclasses.replace(self.preferences, **changes)  # type: ignore[arg-type]
        if changed != self.preferences:
            self.preferences = changed
            file = self._file
            run_in_background(self, lambda: save_preferences(changed, file), lambda _: None)
            self._apply_preferences()
        if changed.recent != self.context.recent:
            self.context.recent = changed.recent
            self.context.recent_changed.emit()

    def _apply_preferences(self) -> None:
        self.notifier.enabled = self.preferences.notify
        self.stillness.on = self.preferences.calm or system_wants_calm()

    def _keys_changed(self) -> None:
        self.remember(keys=self.keymap.own())
        self._show_keys()

    def _show_keys(self) -> None:
        show_real_keys(self, self.keymap)
        for key, shown in self.row.buttons.items():
            shown.show_keys(native(self.keymap.keys(f"page {key}")))

    def show_self_test(self) -> None:
        """Show the self-test of a first start again."""
        self.remember(welcomed=False)
        self.show_page("import")

    def _show_self_test(self) -> None:
        wanted = self.current_key == "import" and not self.preferences.welcomed and self.isVisible()
        if wanted and self.self_test is None:
            self.self_test = SelfTestPanel()
            self.self_test.put_away.connect(self._put_self_test_away)
            self.self_test.details_wanted.connect(self.dialogs.show_doctor)
            self._right.insertWidget(1, self.self_test)
            if len(self.pages) == len(self._known):
                self.self_test.start()
            else:
                self.complete.connect(self.self_test.start)  # its processes must not hold up the first paint
        if self.self_test is not None:
            self.self_test.setVisible(wanted and self.context.project is None)

    def _put_self_test_away(self) -> None:
        self.remember(welcomed=True)
        if self.self_test is not None:
            self.self_test.deleteLater()
            self.self_test = None

    # --- the window's own life ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        if len(self.pages) < 2:
            run_in_background(self, load_ahead, lambda _: None)
        self._maker.start(PAINT_FIRST_MS)
        self._show_self_test()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self.row.set_compact(self.width() < COMPACT_BELOW)
        self.drawer.fit(self.height())
        self.toast.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802, D102
        running = self.running_titles()
        if running and not ask(
            self,
            "A job is running",
            f"{' and '.join(running)} {'is' if len(running) == 1 else 'are'} still running. What is finished is kept; "
            "what runs would have to start again.",
            "Stop it and close",
            "Keep it running",
        ):
            event.ignore()
            return
        for timer in self.findChildren(QTimer):
            timer.stop()
        self.hide()  # ending a child process may take seconds
        for work in tuple(self.context.work.values()):
            work.stop()
        for page in self.pages.values():
            page.close_down()
        self.engine.stop()
        save_preferences(self.preferences, self._file)
        event.accept()
