"""The live page: what the board's camera sees, whom its model finds, and how well the stream runs."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from n6studio.domain.errors.advice import short_title
from n6studio.domain.pose import marker
from n6studio.link.session.session import LiveFrame, State
from n6studio.link.wire.sequence import EventKind
from n6studio.stages.inspect.stage import INSPECT
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.actions import ACTIONS
from n6studio.ui.pages.live.banner import Banner
from n6studio.ui.pages.live.board_control import BoardControl
from n6studio.ui.pages.live.body import LiveBody
from n6studio.ui.pages.live.brightness import RegionBrightness
from n6studio.ui.pages.live.captures import Captures
from n6studio.ui.pages.live.comparison import Comparison
from n6studio.ui.pages.live.controller import Figures, LiveController
from n6studio.ui.pages.live.demo_bar import DemoBar
from n6studio.ui.pages.live.empty_view import EmptyView
from n6studio.ui.pages.live.history import History, Sample
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.parity_check import ParityCheck
from n6studio.ui.pages.live.playback import Playback
from n6studio.ui.pages.live.plotting import Plotting
from n6studio.ui.pages.live.recording import Recording
from n6studio.ui.pages.live.replay import ReplayControl
from n6studio.ui.pages.live.shown import ShownFrame, shown
from n6studio.ui.pages.live.source_bar import SourceBar
from n6studio.ui.pages.live.sources import Sources
from n6studio.ui.pages.live.stills import StillsDialog
from n6studio.ui.pages.live.surface import Surface
from n6studio.ui.pages.live.texts import alarm_texts, kind_of, over_image, remark, state_reason, state_text
from n6studio.ui.pages.live.view_bar import OVERLAYS
from n6studio.ui.pages.page import Page
from n6studio.ui.states import PageState
from n6studio.ui.widgets.error_card import ErrorCard

TICK_MS = 250
FIGURES_EVERY = 4  # ticks
STEP = 5  # hundredths that a key moves the threshold by
SURE = 0.5  # visibility from which a point is drawn in full


class LivePage(Page):
    """Source, image, strips and panels over a `LiveController`.

    Leaving the page lets go of the source, so that Deploy can have the board, unless it is being recorded; coming back
    connects again.
    """

    key, title = "live", "Live"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.controller = LiveController(self)
        self.source_bar, self.banner, self.error_card = SourceBar(), Banner(), ErrorCard()
        self.body = LiveBody(self, self._painted)
        self.image, self.view_bar, self.board = self.body.image, self.body.view_bar, self.body.board
        self.captures = Captures(context, self.image, self._failed)
        self.recording = Recording(context, self.controller, self, self._failed)
        self.models = Models(context, self.controller, self.source_bar)
        self.board_control = BoardControl(context, self.controller, self.models, self.board)
        self.sources = Sources(context, self.controller, self.models, self.source_bar)
        self.check = ParityCheck(self.controller, self.models, self.body.parity, self._failed)
        self.replay = ReplayControl(context, self.controller, self.recording, self.models, self.body.replay_bar)
        self.playback = Playback(self.controller, self.view_bar, self.image, self.replay, self.recording.recent)
        self.comparison = Comparison(
            context, self.controller, self.models, self.replay, self.body.compare, (self.image, self.body.other),
            self._failed, self._withdraw,
        )  # fmt: skip
        self.plotting = Plotting(context, self.replay, self.body.plots, self._failed)
        self.surface = Surface(self.image)
        self.brightness = RegionBrightness(self.image, self.body.histogram)
        self.history = History()
        self.figures_now: Figures | None = None
        self.newest: LiveFrame | None = None
        self.painted_count = self._reconnects = self._ticks = self._events = 0
        self._problem = self._reason = ""
        self._error: Exception | None = None  # that is shown
        self._shown_state = (PageState.EMPTY, "")
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._lay_out()
        self._connect()
        self._take_skeleton()
        self.show_state()

    # --- layout

    def _lay_out(self) -> None:
        self.demo = DemoBar(self.context)
        self.empty = EmptyView(self.context, self.sources.use_virtual_board, lambda: self.sources.ask_for("recording"))
        self.views = QStackedWidget(self)
        self.views.addWidget(self.empty)
        self.views.addWidget(self.body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        for widget in (self.source_bar, self.demo, self.error_card):
            layout.addWidget(widget)
        layout.addWidget(self.views, 1)
        self.banner.lie_on(self.image)

    def _connect(self) -> None:
        controller = self.controller
        self.source_bar.disconnect_wanted.connect(self.disconnect_source)
        self.sources.opening.connect(self._opening)
        controller.state_changed.connect(self.show_state)
        controller.image_ready.connect(self._show_image)
        self.surface.seen.connect(controller.seen)
        controller.figures_ready.connect(self._show_figures)
        controller.source_opened.connect(self._source_opened)
        controller.failed.connect(lambda error: self._failed(error, self.source_bar.connect_button.click))
        self.models.changed.connect(self.show_state)
        self.demo.camera_wanted.connect(self.sources.use_camera)
        self.demo.file_wanted.connect(self.sources.ask_for)
        self.recording.changed.connect(self.show_state)
        self.error_card.closed.connect(self.show_state)
        self.context.project_changed.connect(self._take_skeleton)
        self.context.result_changed.connect(lambda stage: self._take_skeleton() if stage == INSPECT.name else None)
        self.playback.frame_ready.connect(self.show_shown)
        self.playback.changed.connect(self.show_state)
        self.body.full_screen_left.connect(lambda: self.view_bar.action("full").setChecked(False))
        self._connect_actions()

    def _connect_actions(self) -> None:
        action, image, threshold = self.view_bar.action, self.image, self.board.sliders["confidence"]
        for name, run in (
            ("snapshot", self.captures.snapshot),
            ("rescue", lambda: self.recording.rescue(self.sources.name)),
            ("calibration", self.captures.to_calibration),
            ("worst", self.captures.to_worst),
            ("stills", self._show_stills),
            ("parity", self._compare),
            ("overlays", self.view_bar.toggle_all),
            ("fit", image.fit),
            ("actual", image.actual_size),
            ("more", lambda: threshold.step(STEP)),
            ("less", lambda: threshold.step(-STEP)),
        ):
            action(name).triggered.connect(lambda _=False, run=run: run())
        for name, switch in (
            ("record", self._record),
            ("mirror", image.set_mirrored),
            ("full", self.body.show_full_screen),
            ("histogram", self._select_region),
        ):
            action(name).toggled.connect(switch)
        for name in OVERLAYS:
            action(name).toggled.connect(lambda _: image.set_options(self.view_bar.options(SURE)))
        self.named.update(self.view_bar.actions_by_name)
        self.offer(
            ACTIONS,
            connect=self.main_action,
            virtual=self.sources.use_virtual_board,
            recording=lambda: self.sources.ask_for("recording"),
            video=lambda: self.sources.ask_for("video"),
            folder=lambda: self.sources.ask_for("folder"),
        )
        pause = QShortcut(QKeySequence("Space"), image, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        pause.activated.connect(action("pause").trigger)
        for keys, run in (
            ("[", lambda: self.replay.go_to_event(False)),
            ("]", lambda: self.replay.go_to_event(True)),
            ("B", self.replay.toggle_mark),
        ):
            QShortcut(QKeySequence(keys), self.body.replay_bar, run, context=Qt.ShortcutContext.WindowShortcut)

    def _show_stills(self) -> None:
        StillsDialog(self.context, self).show()

    def _compare(self) -> None:
        self.body.show_panel("Parity")
        self.check.start()

    def _record(self, wanted: bool) -> None:
        if wanted:
            self.recording.start(self.sources.name)
        else:
            self.recording.stop()

    def _select_region(self, wanted: bool) -> None:
        self.image.set_selecting(wanted)
        if wanted:
            self.body.show_panel("Brightness")

    def _take_skeleton(self) -> None:
        found = self.context.skeleton()
        if found != self.image.skeleton:
            self.image.set_skeleton(found)

    # --- the page's contract

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        status = self.controller.status
        if self.error_card.isVisibleTo(self):
            return PageState.FAILED, self._problem
        if status.state in (State.NEW, State.STOPPED):
            return PageState.EMPTY, ""
        state = PageState.RUNNING if self.controller.is_open else kind_of(status)  # a stall is no result out of date
        return state, self._reason

    def main_action(self) -> None:
        """Connect or disconnect."""
        self.source_bar.connect_button.click()

    def details(self) -> dict[str, Any] | None:  # noqa: D102
        figures = self.figures_now
        return {
            "source": self.controller.address,
            "network": str(self.models.chosen or ""),
            "board": figures.board if figures is not None else {},
        }

    def close_down(self) -> None:  # noqa: D102
        self._timer.stop()
        self.sources.search(False)
        self.check.stop()
        self.playback.close_down()
        self.comparison.close_down()
        self.plotting.close_down()
        self.view_bar.action("full").setChecked(False)
        self.recording.close_down()
        self.controller.close_down()
        self.body.strips.stop()  # closing the source shows it empty

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        if not event.spontaneous():
            self.sources.search(True)
            self.sources.take_up()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802, D102
        super().hideEvent(event)
        if not event.spontaneous():
            self.sources.search(False)
            if not self.recording.is_recording:
                self.sources.let_go()

    # --- the source

    def _opening(self) -> None:
        self.recording.stop()  # a recording is of one source
        self.error_card.clear()
        self._problem = ""

    def disconnect_source(self) -> None:
        """Let go of the source."""
        self.recording.stop()
        self.controller.close()

    def _source_opened(self) -> None:
        self.history, self.figures_now, self.newest = History(), None, None
        self.painted_count = self._reconnects = 0
        self._events = 0
        self.image.show_frame(None)
        self.body.figures.clear()
        self.body.strips.show_history(self.history)
        self.view_bar.action("full").setChecked(False)
        self.board.clear()
        self.banner.clear()
        self.check.stop()
        self.playback.source_opened()
        self.comparison.source_opened()
        self.plotting.source_opened()
        self.surface.watch(False)
        if self.controller.session is not None:
            self.image.setFocus()

    # --- what comes in

    def _show_image(self, image: LiveFrame) -> None:
        self.newest = image
        self.models.serve(image)
        self.plotting.add(image)
        if self.playback.takes_newest:
            self.show_shown(shown(image))

    def show_shown(self, frame: ShownFrame) -> None:
        """Put a frame on the screen."""
        first = self.image.frame is None
        self.image.show_frame(frame)
        self.comparison.show(frame)
        if self.image.region is not None:
            self.brightness.measure()
        if first:
            self.show_state()

    def _painted(self, frame: ShownFrame, when: float) -> None:
        if frame.live is self.newest:
            self.painted_count += 1
            self.controller.painted(frame.live)
            self.surface.painted()

    def _tick(self) -> None:
        self._ticks += 1
        self.show_state()
        self.replay.show_place()
        if self.playback.paused_at and self.replay.through and self.newest and self.newest.results is None:
            self.replay.show_again()  # the model that looks at it was not ready
        if self._ticks % FIGURES_EVERY == 0:
            self.controller.ask_figures()

    def _show_figures(self, figures: Figures) -> None:
        self.figures_now = figures
        results = self.newest.frame.results if self.newest is not None else None
        exposure = (results.sequence, results.device_time) if results is not None else None
        self.history.add(Sample(figures.at, figures.statistics, figures.counts, self.painted_count, exposure))
        if self.isVisible():
            self.body.strips.show_history(self.history)
        self.body.figures.show_figures(figures)
        self.plotting.refresh()
        self.surface.watch(figures.board.get(marker.STATUS) == "1")
        self._tell_events(figures)
        self.image.describe()
        self.board_control.show_figures(figures, results)
        self.details_changed.emit()

    def _tell_events(self, figures: Figures) -> None:
        restarts = figures.counts.events[EventKind.RESTARTED]
        if restarts > self._events:
            self._events = restarts
            self.banner.say(texts.restarted(self.sources.name, restarts))

    def _failed(self, error: Exception, connect: Callable[[], object] | None = None) -> None:
        shown = expected(error, "live view")
        self._problem, self._error = short_title(shown), error
        self.error_card.show_error(shown, None if self.controller.is_open else connect)
        self.show_state()

    def _withdraw(self, error: Exception) -> None:
        """Say no longer what no longer matters."""
        if self._error is error:
            self._error = None
            self.error_card.clear()
            self.show_state()

    # --- what is said

    def show_state(self) -> None:
        """Say everywhere what the connection is doing, and enable what makes sense."""
        controller, status, now = self.controller, self.controller.status, time.monotonic()
        is_open = controller.is_open
        if is_open and not self._timer.isActive():
            self._timer.start()
        elif not is_open:
            self._timer.stop()
        self.views.setCurrentIndex(1 if is_open or self.image.frame is not None else 0)
        fps = self.figures_now.fps if self.figures_now is not None else None
        results = self.newest is None or self.newest.results is not None
        text = state_text(status, self.sources.name, now, fps, results)
        self._reason = state_reason(status, self.sources.name, now, fps, results)
        paused = self.playback.paused_at
        if is_open and paused is not None:
            text = self._reason = texts.paused(*paused)
        self.source_bar.show_connected(is_open)
        preview = not (is_open and self.playback.preview_off)
        frozen = paused is not None or self.playback.frozen_at is not None
        over = ("", False) if frozen and self.image.frame is not None else None
        self.image.show_text(*(over or over_image(status, self.sources.name, now, fps, preview)))
        model = self.newest.results.model if self.newest and self.newest.results else ""
        self.demo.show_demo(is_open and self.models.is_demo(model))
        board = self.models.name_of(model)
        lag = self.figures_now.statistics.lag if self.figures_now is not None and not frozen else None
        self.banner.show_alarms((*alarm_texts(controller.alarms, board), *texts.lag_alarm(lag)))
        self.banner.show_hint(self._remark() if is_open else "")
        if status.reconnects > self._reconnects and status.state is State.RUNNING:
            self._reconnects = status.reconnects
            self.banner.say(texts.reconnected(self.sources.name, status.reconnects))
        self.board_control.show_abilities()
        self._show_abilities()
        self.context.set_status("stream", f"Live: {text}" if is_open else "", PageState.RUNNING if is_open else None)
        if self.state() != self._shown_state:
            self._shown_state = self.state()
            self.state_changed.emit()

    def _remark(self) -> str:
        usable = self.models.chosen is not None and self.models.chosen != self.models.broken
        silent = self.controller.status.state is State.STALLED
        return remark(self.newest, self.playback.frozen_at, silent, usable, self.controller.why_no_results())

    def _show_abilities(self) -> None:
        is_open, frame = self.controller.is_open, self.image.frame is not None
        self.view_bar.show_abilities(is_open, frame, is_open and frame, self.context.project is not None)
        record, done = self.view_bar.action("record"), self.recording.recorded()
        record.setChecked(self.recording.is_recording)
        record.setText(texts.recording(done.seconds if done is not None else None))
