"""The window: the row of pages, the page that is shown, the drawer below, and what works from everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.pages import PageKey
from n6studio.domain.stage_titles import stage_title
from n6studio.engine.project.carried import sample_available
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.registry import STAGES
from n6studio.ui import theme
from n6studio.ui.ask import ask
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.frame.actions import make_actions
from n6studio.ui.frame.details_dock import DetailsDock
from n6studio.ui.frame.job_drawer import JobDrawer
from n6studio.ui.frame.keymap import native, show_real_keys
from n6studio.ui.frame.notices import LEAST_PAGE, SPACING, fit_notices
from n6studio.ui.frame.notifier import Notifier
from n6studio.ui.frame.page_actions import PageActions
from n6studio.ui.frame.page_head import PageHead
from n6studio.ui.frame.page_row import PageRow
from n6studio.ui.frame.page_stack import PageStack, load_ahead
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.frame.project_opening import ProjectOpening, droppable
from n6studio.ui.frame.running import Running
from n6studio.ui.frame.self_test_place import SelfTestPlace
from n6studio.ui.frame.status_line import StatusLine
from n6studio.ui.frame.toast import Toast
from n6studio.ui.frame.truth_bar import TruthBar
from n6studio.ui.frame.window_commands import window_commands
from n6studio.ui.frame.window_dialogs import WindowDialogs
from n6studio.ui.icons import window_icon
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.page import Page
from n6studio.ui.system.motion import Stillness, system_wants_calm
from n6studio.ui.system.wheel import WheelGuard
from n6studio.ui.widgets.error_card import ErrorCard

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult

MINIMUM = (560, 340)  # at 200 % a screen of 1280 x 720 has 640 x 360, less the title bar
START = (1280, 800)
PAINT_FIRST_MS = 100  # a timer of 0 ms would come before the first paint
COMPACT_BELOW = 900  # with less width the row of pages shows icons only


class MainWindow(QMainWindow):
    """Owns the engine thread. Each page is made when it is first shown.

    Signals:
        complete: the window has been painted; what is not needed for that begins now.
    """

    complete = Signal()

    def __init__(self, preferences_file: Path, documents: Path) -> None:
        super().__init__()
        self.preferences = PreferenceStore(preferences_file)
        self._theme, self._text_percent = self.preferences.now.theme, 100
        self.context = Context()
        self.context.recent = self.preferences.now.recent
        self.context.memory = dict(self.preferences.now.memory)
        self.context.sample_available = sample_available()
        self.engine = EngineThread(self.context, documents)
        self.running = Running(self.context, self.engine)
        self.stack = PageStack(self.context)
        self.opening = ProjectOpening(self, self.context, self.running, documents)
        self.notifier, self.stillness, self.wheel_guard = Notifier(self), Stillness(self), WheelGuard(self)
        self.setWindowTitle("N6 Studio")
        self.setWindowIcon(window_icon())
        self.setMinimumSize(*MINIMUM)
        self.resize(*START)
        self.setAcceptDrops(True)
        self._build()
        self.keymap = make_actions(self, window_commands(self), self.preferences.now.keys)
        self.named_actions = self.keymap.actions
        self.page_actions = PageActions(self.stack, self.keymap)
        self.dialogs = WindowDialogs(
            self, self.context, self.stack, self.keymap, self.page_actions, self.preferences, documents
        )
        self._connect()
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.timeout.connect(self._painted)
        self.stack.show_page("import")
        self.drawer.set_open(self.preferences.now.log_open)
        self.details.setVisible(self.preferences.now.details_open)
        self._apply_preferences()
        self._show_keys()
        self.opening.show_status()
        self.engine.start()

    def _build(self) -> None:
        self.row = PageRow(self.stack.titles)
        self.head = PageHead(self.context)
        self.card = ErrorCard(scrolls=True)
        self.self_test = SelfTestPlace(self.preferences, lambda: self.dialogs.show_doctor())
        self.drawer = JobDrawer(self.context, stage_title)
        self._right = QVBoxLayout()
        self._right.setContentsMargins(4, 12, 12, 8)
        self._right.setSpacing(SPACING)
        self._right.addWidget(self.card)
        self._right.addWidget(self.self_test)
        self._right.addWidget(self.head)
        self.truth = TruthBar(self.context)
        self._right.addWidget(self.truth)
        self.stack.setMinimumHeight(LEAST_PAGE)
        self._right.addWidget(self.stack, 1)
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
        self.stack.made.connect(self._page_made)
        self.stack.shown.connect(self._page_shown)
        self.row.chosen.connect(self.stack.show_page)
        context.page_requested.connect(self.stack.show_page)
        context.notice.connect(self.toast.say)
        context.memory_changed.connect(lambda: self.preferences.change(memory=context.memory))
        context.browse_requested.connect(self.opening.browse)
        context.sample_requested.connect(self.opening.open_sample)
        context.demo_requested.connect(self.opening.see_demo)
        context.forget_requested.connect(self.preferences.forget_recent)
        context.check_requested.connect(self.dialogs.show_doctor)
        context.open_failed.connect(self.card.show_error)
        self.opening.failed.connect(self.card.show_error)
        self.opening.leaving.connect(self.card.clear)
        self.card.shown.connect(self._fit_card)
        self.card.closed.connect(self._refresh)  # a warning may have waited
        context.project_opened.connect(self._project_opened)
        context.result_changed.connect(self._result_known)
        context.job_finished.connect(self._job_finished)
        context.job_failed.connect(self._job_failed)
        context.status_changed.connect(self.status.show_status)
        for signal in (context.project_changed, context.result_changed, context.job_started, context.work_changed):
            signal.connect(self._refresh)
        self.engine.busy_changed.connect(self._refresh)
        self.drawer.unfolded.connect(lambda unfold: self.preferences.change(log_open=unfold))
        self.drawer.resized.connect(self.toast.place)
        self.details.visibilityChanged.connect(self._details_shown)
        self.preferences.changed.connect(self._apply_preferences)
        self.keymap.changed.connect(self._keys_changed)
        self.row.add_button("Commands", self.dialogs.show_palette, "palette")
        self.row.add_button("Settings", self.dialogs.show_settings, "settings")
        self.row.add_button("Help", self.dialogs.show_help, "help")

    # --- commands ----------------------------------------------------------------------------------------------------

    def action_named(self, name: str) -> QAction | None:
        """Return an action of the window or of a page by its name, None where there is none."""
        if name not in self.named_actions:
            self.page_actions.declare_all()
        return self.named_actions.get(name)

    def main_action(self) -> None:
        """Run the shown page's main action."""
        self.stack.current_page().main_action()

    def stop_job(self) -> None:
        """Stop what runs, once the user agreed: Esc is pressed for many reasons."""
        text = f"{self.running.sentence()} Finished steps are kept; the running one would have to start again."
        if self.running and ask(self, "Stop the running job", text, "Stop it", "Keep it running"):
            self.running.stop()

    # --- pages -------------------------------------------------------------------------------------------------------

    def _page_made(self, page: Page) -> None:
        page.state_changed.connect(self._refresh)
        page.details_changed.connect(self._show_details)
        self.stillness.watch(page)
        self.wheel_guard.watch(page)
        show_real_keys(page, self.keymap)

    def _page_shown(self, key: str) -> None:
        self.row.show_current(key)
        self._show_self_test()
        self._refresh()

    def _painted(self) -> None:
        run_in_background(self, load_ahead, lambda _: None)
        self._show_self_test()
        self.complete.emit()

    def _refresh(self) -> None:
        for key, shown in self.row.buttons.items():
            shown.show_state(*self.stack.state(key))
        here = self.stack.current_key
        self.head.show_page(here, self.stack.title(here), *self.stack.state(here))
        self.truth.show_page(here)
        self._fit_card()
        self.head.setVisible(self.context.project is not None or here != PageKey.IMPORT)  # the start page is its own
        self.named_actions["stop"].setEnabled(bool(self.running))
        for name in ("reveal", "close", "save"):
            self.named_actions[name].setEnabled(self.context.project is not None)
        self._show_details()

    def _show_details(self) -> None:
        key = self.stack.current_key

        def make() -> dict[str, Any]:
            from n6studio.ui.pages.stage_details import stage_details

            own = self.stack.page(key).details()
            stage = self.stack.stage(key)
            return (stage_details(self.context, stage) if stage else {}) if own is None else own

        self.details.show_details(self.stack.title(key), make)

    def toggle_details(self) -> None:
        """Show or hide the details."""
        self.details.setVisible(self.details.isHidden())

    def _details_shown(self, _: bool) -> None:
        if self.isVisible() and not self.isMinimized():
            self.preferences.change(details_open=not self.details.isHidden())

    # --- projects ----------------------------------------------------------------------------------------------------

    def save_project(self) -> None:
        """Write the project's file now. It is written after every change anyway."""
        project = self.context.project
        if project is not None:
            self.engine.save()
            self.context.notice.emit(f"Saved in {project.folder} (every change is saved automatically)")

    def reveal_project(self) -> None:
        """Open the project's folder with the system's program."""
        if self.context.project is not None:
            open_with_system(self, self.context.project.folder, self.context.notice.emit)

    def _project_opened(self) -> None:
        project = self.context.project
        self.card.clear()
        self.stack.show_page("import")
        self.opening.show_status()
        if project is None:
            self.setWindowTitle("N6 Studio")
        else:
            only = " (read-only)" if self.context.read_only else ""
            self.setWindowTitle(f"{project.folder.stem}{only} - N6 Studio")

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
            self.opening.open_path(path)

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _result_known(self, stage: str) -> None:
        """Remember a project once its checkpoint was understood."""
        project = self.context.project
        if stage == INSPECT.name and project is not None and INSPECT.name in self.context.results:
            self.preferences.change(recent=self.preferences.now.with_recent(project.folder).recent)

    def _job_finished(self, stage: str, result: AnyResult) -> None:
        self.opening.show_status()
        if stage == self.engine.job and not STAGES[stage].on_opening:
            text = f"{stage_title(stage)} {'is up to date' if result.fresh else 'is done'}"
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

    def show_in_log(self, error: StudioError) -> None:
        """Unfold the log that an error is about, at its last line with the cause; error cards ask for it."""
        self.drawer.show_error(error)

    # --- preferences -------------------------------------------------------------------------------------------------

    def _apply_preferences(self) -> None:
        now, context = self.preferences.now, self.context
        self.notifier.enabled = now.notify
        self.stillness.on = now.calm or system_wants_calm()
        if now.theme != self._theme or now.text_percent != self._text_percent:
            self.apply_theme()
        if now.recent != context.recent:
            context.recent = now.recent
            context.recent_changed.emit()

    def apply_theme(self) -> None:
        """Show the theme that is chosen; call it when the system's has changed."""
        self._theme = self.preferences.now.theme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            if self._text_percent != self.preferences.now.text_percent:
                self._text_percent = self.preferences.now.text_percent
                theme.set_text_size(application, self._text_percent)
            theme.apply(application, self._theme)

    def _keys_changed(self) -> None:
        self.preferences.change(keys=self.keymap.own())
        self._show_keys()

    def _show_keys(self) -> None:
        show_real_keys(self, self.keymap)
        for key, shown in self.row.buttons.items():
            shown.show_keys(native(self.keymap.keys(f"page {key}")))

    def show_self_test(self) -> None:
        """Show the self-test of a first start again."""
        self.preferences.change(welcomed=False)
        self.stack.show_page("import")

    def _show_self_test(self) -> None:
        start_page = self.stack.current_key == PageKey.IMPORT and self.context.project is None
        self.self_test.show_if(start_page and self.isVisible())

    # --- the window's own life ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        if not event.spontaneous():
            self._after_paint.start(PAINT_FIRST_MS)

    def _fit_card(self) -> None:
        place = self._right.contentsRect()
        fit_notices(self.card, self.truth, (self.head, self.drawer), place.width(), place.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self.row.set_compact(self.width() < COMPACT_BELOW)
        self.row.fit(self.width(), self.height())
        self.drawer.fit(self.height())
        self._fit_card()
        self.toast.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802, D102
        text = f"{self.running.sentence()} Finished steps are kept; the running one would have to start again."
        if self.running and not ask(self, "A job is running", text, "Stop it and close", "Keep it running"):
            event.ignore()
            return
        for timer in self.findChildren(QTimer):
            timer.stop()
        self.hide()  # ending a child process may take seconds
        self.running.stop_work()
        for page in self.stack.pages.values():
            page.close_down()
        self.engine.stop()
        self.preferences.save()
        event.accept()
