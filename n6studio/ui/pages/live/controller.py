"""The window's side of a live session: opens, closes and asks it without ever waiting.

What may wait - opening, closing, sending - goes through a pool of one thread, so that it happens in the order in which
it was asked for. News from the session's threads arrive as one signal, which is not sent again before it was heard.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from n6studio.domain.errors.base import StudioError
from n6studio.domain.live import Frame
from n6studio.link.processes.host_model import HostModel
from n6studio.link.received import Received
from n6studio.link.session.alarms import Alarm
from n6studio.link.session.commands import CommandName, Reply
from n6studio.link.session.session import FINAL, LiveFrame, LiveSession, State, Status
from n6studio.link.session.statistics import Statistics
from n6studio.link.sources.base import Capability, Replay, Source
from n6studio.link.sources.finder import find_sources, open_source
from n6studio.link.sources.virtual import VirtualBoardSource
from n6studio.link.wire.counts import Counts
from n6studio.link.wire.sequence import Event
from n6studio.system.memory import give_back_memory
from n6studio.ui.background import run_in_background
from n6studio.ui.pages.live import texts

TIDY_EVERY = 30  # figures, which come once a second
IDLE = Status(State.NEW, 0.0)


@dataclass(frozen=True)
class Figures:
    """What a session has to say once a second."""

    at: float
    statistics: Statistics
    counts: Counts
    undecodable: int
    events: tuple[Event, ...]
    board: dict[str, str]
    log: tuple[str, ...]
    replies: tuple[Reply, ...]

    @property
    def fps(self) -> float:
        """Frames a second that arrived over the last seconds; what was before an outage does not count."""
        return self.statistics.recent_fps


class LiveController(QObject):
    """Owns the session and the model of this computer. Lives on the GUI thread.

    Signals:
        state_changed: `status` or `alarms` changed.
        image_ready(LiveFrame): a newer image is there.
        sources_found(list of SourceInfo): what `refresh` found.
        figures_ready(Figures): what `ask_figures` asked for.
        failed(StudioError): something could not be done.
        source_opened: `session` is another one, or None.
    """

    state_changed = Signal()
    image_ready = Signal(object)
    sources_found = Signal(object)
    figures_ready = Signal(object)
    failed = Signal(object)
    source_opened = Signal()
    _news = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.session: LiveSession | None = None
        self.host: HostModel | None = None
        self.address = ""
        self.status = IDLE
        self.alarms: tuple[Alarm, ...] = ()
        self.expected_model = ""
        self._opening = 0  # number of the latest wish; what an older one brings is closed again
        self._heard = True
        self._asking, self._asked = False, 0
        self._all, self._preview = False, True
        self._taps: list[Callable[[Frame], None]] = []
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._alive: list[LiveSession] = []  # changed by the pool's one thread only, until that is idle
        self._news.connect(self._look)

    # --- opening and closing

    @property
    def is_open(self) -> bool:
        """Whether a source is open or being opened."""
        return bool(self.address) and self.status.state not in FINAL

    def refresh(self) -> None:
        """Look for sources; `sources_found` tells."""
        run_in_background(self, find_sources, self.sources_found.emit, self._tell)

    def open(self, address: str, make: Callable[[str], Source] = open_source) -> None:
        """Open a source, after closing the one that is open; `make` makes it of the address, in the background."""
        self.close()
        self._opening += 1
        wish, self.address = self._opening, address
        self.status = Status(State.CONNECTING, time.monotonic())
        self.state_changed.emit()
        run_in_background(
            self,
            lambda: self._start(make(address)),
            lambda session: self._started(wish, session),
            lambda error: self._not_started(wish, error),
            self._pool,
        )

    def _start(self, source: Source) -> LiveSession:
        session = LiveSession(source, self._on_change)
        self._pass_on(session)
        if isinstance(source, Replay):
            source.set_loop(True)  # now: a short one would be over before the window has heard that it is open
        for tap in self._taps:
            session.tap(tap)
        self._alive.append(session)
        session.start()
        return session

    def _pass_on(self, session: LiveSession) -> None:
        """Tell a session what is wished of whatever is open."""
        host = self.host
        session.annotate = host.annotate if host is not None else None
        session.annotate_all, session.preview = self._all, self._preview
        session.expect_model(self.expected_model)

    def _started(self, wish: int, session: LiveSession) -> None:
        if wish != self._opening or not self.address:
            self._end(session)
            return
        self.session = session
        self._pass_on(session)  # again: what was wished while it started has reached nobody
        self.source_opened.emit()
        self._look()

    def _not_started(self, wish: int, error: Exception) -> None:
        if wish == self._opening and self.address:
            self.address, self.status = "", IDLE
            self.state_changed.emit()
        elif isinstance(error, StudioError):
            return  # nobody wants that source any more
        self._tell(error)

    def close(self) -> None:
        """Close the source; its threads end in the background."""
        session, self.session, self.address = self.session, None, ""
        self.status, self.alarms = IDLE, ()
        self.use_model(None)
        if session is not None:
            self._end(session)
            self.source_opened.emit()
        self.state_changed.emit()

    def _end(self, session: LiveSession) -> None:
        for tap in self._taps:  # what it still delivers is nobody's
            session.untap(tap)
        run_in_background(self, lambda: self._stop(session), lambda _: None, self._tell, self._pool)

    def _stop(self, session: LiveSession) -> None:
        session.stop()
        if session in self._alive:
            self._alive.remove(session)

    def close_down(self) -> None:
        """Close everything and wait until it is closed; at most some seconds."""
        self.close()
        self._pool.waitForDone()
        for session in tuple(self._alive):  # opened so shortly before that nobody has heard of it yet
            self._stop(session)

    # --- what comes from the session's threads

    def _on_change(self) -> None:
        """Called from threads of the session."""
        if self._heard:
            self._heard = False
            self._news.emit()

    @Slot()
    def _look(self) -> None:
        self._heard = True
        session = self.session
        if session is None:
            return
        image = session.take()
        if image is not None:
            self.image_ready.emit(image)
        status, alarms = session.status(), session.alarms()
        if status != self.status or alarms != self.alarms:
            before, self.status, self.alarms = self.status, status, alarms
            if status.state is State.FAILED and before.state is not State.FAILED:
                self._fail(session, status.error)
            self.state_changed.emit()

    def _fail(self, session: LiveSession, error: StudioError | None) -> None:
        if error is not None:
            self.failed.emit(error)
        self._end(session)

    # --- asking and telling

    def ask_figures(self) -> None:
        """Have the figures put together; `figures_ready` brings them. Does nothing while that is under way."""
        session = self.session
        if session is None or self._asking:
            return
        self._asking = True
        self._asked += 1
        tidy = self._asked % TIDY_EVERY == 0
        run_in_background(
            self, lambda: _figures(session, tidy), lambda figures: self._got_figures(session, figures), self._got_none
        )

    def _got_figures(self, session: LiveSession, figures: Figures) -> None:
        self._asking = False
        if session is self.session:  # else they are of another source
            self.figures_ready.emit(figures)

    def _got_none(self, error: Exception) -> None:
        self._asking = False
        self._tell(error)

    def can(self, capability: Capability) -> bool:
        """Return whether the open source is good for something."""
        return self.session is not None and capability in self.session.source.info.capabilities

    def why_no_results(self) -> str:
        """Return why frames carry no results; "" where the sender just sends none."""
        if self.session is not None and self.session.source.info.drawn_in:
            return texts.DRAWN
        if self.session is not None and self.session.source.info.plain:
            return texts.plain(self.session.source.info.plain)
        return "" if self.can(Capability.CAN_HAVE_RESULTS) else texts.NOT_UNTOUCHED

    @property
    def replay(self) -> Replay | None:
        """The source, where it is something stored that can be wound."""
        source = self.session.source if self.session is not None else None
        return source if isinstance(source, Replay) else None

    def send(self, name: CommandName, value: float | int | bool | None = None) -> None:
        """Send a command in the background; what goes wrong comes as `failed`."""
        session = self.session
        if session is not None:
            run_in_background(self, lambda: session.send(name, value), lambda _: None, self._tell, self._pool)

    def steer(self, do: Callable[[Replay], Any]) -> None:
        """Do something with the replay in the background, where there is one."""
        replay = self.replay
        if replay is not None:
            run_in_background(self, lambda: do(replay), lambda _: None, self._tell, self._pool)

    @property
    def virtual(self) -> VirtualBoardSource | None:
        """The source, where it is a virtual board."""
        source = self.session.source if self.session is not None else None
        return source if isinstance(source, VirtualBoardSource) else None

    def fault(self, text: str) -> None:
        """Let the virtual board make a fault, in the background."""
        board = self.virtual
        if board is not None:
            run_in_background(self, lambda: board.fault(text), lambda _: None, self._tell, self._pool)

    def painted(self, image: LiveFrame) -> None:
        """Tell the session that an image is on the screen."""
        if self.session is not None:
            self.session.painted(image)

    def seen(self, milliseconds: float) -> None:
        """Tell the session how old what is on the screen is."""
        if self.session is not None:
            self.session.seen(milliseconds)

    def expect(self, model: str) -> None:
        """Say which model was evaluated; another one is an alarm."""
        self.expected_model = model
        if self.session is not None:
            self.session.expect_model(model)

    def tap(self, see: Callable[[Frame], None]) -> None:
        """Show every frame of this and later sessions to `see`, on the reader's thread."""
        self._taps.append(see)
        if self.session is not None:
            self.session.tap(see)

    def untap(self, see: Callable[[Frame], None]) -> None:
        """Stop that."""
        self._taps = [tap for tap in self._taps if tap != see]
        if self.session is not None:
            self.session.untap(see)

    def tap_bytes(self, take: Callable[[Received], None]) -> None:
        """Give everything that is received from now on to `take`, on the reader's thread."""
        if self.session is not None:
            self.session.tap_bytes(take)

    def untap_bytes(self, take: Callable[[Received], None]) -> None:
        """Stop that."""
        if self.session is not None:
            self.session.untap_bytes(take)

    def use_model(self, model: HostModel | None) -> None:
        """Let another model look at images without results; the one before ends in the background."""
        before, self.host = self.host, model
        if self.session is not None:
            self.session.annotate = model.annotate if model is not None else None
        if before is not None:
            run_in_background(self, before.close, lambda _: None, self._tell, self._pool)

    def annotate_all(self, wanted: bool) -> None:
        """Let the model look at images that have results, too."""
        self._all = wanted
        if self.session is not None:
            self.session.annotate_all = wanted

    def set_preview(self, wanted: bool) -> None:
        """Decode images, or only count frames."""
        self._preview = wanted
        if self.session is not None:
            self.session.preview = wanted

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, StudioError):
            raise error
        self.failed.emit(error)


def _figures(session: LiveSession, tidy: bool) -> Figures:
    if tidy:
        give_back_memory()
    return Figures(
        time.monotonic(), session.statistics(), session.counts(), session.undecodable, session.events(),
        session.board_status(),
        session.board_log(), session.replies(),
    )  # fmt: skip
