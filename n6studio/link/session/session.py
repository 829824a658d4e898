"""A live session: reads a source, keeps the newest image ready, counts, watches, and reconnects by itself.

Two threads of its own. The reader takes bytes from the source, cuts frames and hands each to the taps (recorders) and
the newest to the decoder's mailbox. The decoder has a process of its own turn it into pixels, lets a model of this
computer look at it where one is set, and leaves the newest image for whoever shows it. Neither waits for the other,
nor for anybody else.
"""

import enum
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.link import ConnectionLost, DecoderDied
from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.preprocess import Image
from n6studio.link.mailbox import Mailbox
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.received import Received
from n6studio.link.session.alarms import Alarm, AlarmWatch
from n6studio.link.session.commands import Command, CommandName, Reply, format_command, parse_reply
from n6studio.link.session.statistics import Stage, Statistics, StreamStatistics
from n6studio.link.sources.base import Capability, EndOfStream, Source
from n6studio.link.wire.counts import Counts
from n6studio.link.wire.parser import StreamParser
from n6studio.link.wire.sequence import Event

STALLED_AFTER = 1.0  # seconds without a frame
_PATIENCE, _LONGEST_USUAL = 2.5, 60.0  # times the last distance between frames, which counts up to so many seconds
STOP_WITHIN = 2.0  # seconds
_READ = 0.1  # seconds that one read may wait, so that a stop is noticed
_RETRIES = (0.25, 0.5, 1.0, 2.0)  # seconds between attempts to reconnect; the last one stays
_LOG_LINES = 500

Annotate = Callable[[Frame, Image], FrameResults | None]


class State(enum.StrEnum):
    """What a session is doing."""

    NEW = "new"
    CONNECTING = "connecting"
    RUNNING = "running"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    STOPPED = "stopped"
    FAILED = "failed"


FINAL = frozenset({State.ENDED, State.STOPPED, State.FAILED})


@dataclass(frozen=True)
class Status:
    """What a session is doing, and since when.

    Attributes:
        state: see `State`.
        since: `time.monotonic()`.
        error: why it failed or is reconnecting, else None.
        reconnects: how often it came back so far.
    """

    state: State
    since: float
    error: StudioError | None = None
    reconnects: int = 0


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """A frame with its pixels, ready to be shown.

    Attributes:
        frame: as it came.
        image: (H, W, 3) uint8 RGB, not to be written to.
        results: the frame's, or this computer's where it has none and a model is set; None where there are none.
        decoded: `time.monotonic()` when this was ready.
    """

    frame: Frame
    image: Image
    results: FrameResults | None
    decoded: float


class LiveSession:
    """Runs one source until it ends, fails or is stopped. Methods may be called from any thread.

    Args:
        source: not opened yet; the session opens and closes it.
        on_change: called from a thread of the session when there is a new image or another state. It must not wait.
        expected_model: see `AlarmWatch`.
        annotate: lets a model of this computer look at images without results; returns None where it cannot.
            Called from the decoder's thread, so it may take its time: frames are dropped meanwhile, not queued.
        annotate_all: let it look at images that have results, too; its own replace theirs.
        reconnect: False to fail when the source goes away.

    Attributes:
        source: what is read.
        annotate, annotate_all: as above; may be changed at any time.
        preview: False to count frames without decoding any.
    """

    def __init__(
        self,
        source: Source,
        on_change: Callable[[], None] | None = None,
        expected_model: str = "",
        annotate: Annotate | None = None,
        annotate_all: bool = False,
        reconnect: bool = True,
    ) -> None:
        self.source = source
        self.annotate = annotate
        self.annotate_all = annotate_all
        self.preview = True
        self._on_change = on_change or (lambda: None)
        self._reconnect = reconnect
        self._parser = StreamParser(expect_results=Capability.RESULTS in source.info.capabilities)
        self._statistics = StreamStatistics()
        self._watch = AlarmWatch(expected_model)
        self._frames: Mailbox[Frame] = Mailbox()
        self._images: Mailbox[LiveFrame] = Mailbox()
        self._taps: tuple[Callable[[Frame], None], ...] = ()
        self._byte_taps: tuple[Callable[[Received], None], ...] = ()
        self._stop = threading.Event()
        self._status = Status(State.NEW, time.monotonic())
        self.began = time.monotonic()
        self._last_frame = self._usual = 0.0
        self._was_open = False
        self._alarms: tuple[Alarm, ...] = ()
        self._undecodable = 0
        self._jpegs = JpegDecoder()
        self._events: deque[Event] = deque(maxlen=_LOG_LINES)
        self._board_status: dict[str, str] = {}
        self._log: list[str] = []
        self._replies: list[Reply] = []
        self._board_status_lock = threading.Lock()
        self._command_number = 0
        self._reader = threading.Thread(target=self._guarded, args=(self._read,), name="live reader", daemon=True)
        self._decoder = threading.Thread(target=self._guarded, args=(self._decode,), name="live decoder", daemon=True)

    # --- what a page or a command asks -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start both threads; returns at once."""
        self._enter(State.CONNECTING)
        self._reader.start()
        self._decoder.start()

    def stop(self, timeout: float = STOP_WITHIN) -> bool:
        """End the session; return whether both threads ended within `timeout` seconds. The source is closed by then."""
        self._stop.set()
        self.source.interrupt()
        self._frames.close()
        self._images.close()
        self._jpegs.give_up()
        deadline = time.monotonic() + timeout
        for thread in (self._reader, self._decoder):
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        ended = not self._reader.is_alive() and not self._decoder.is_alive()
        if self._status.state not in FINAL:
            self._enter(State.STOPPED)
        return ended

    def take(self, timeout: float = 0.0) -> LiveFrame | None:
        """Return the newest image that was not taken yet; None if none comes within `timeout` seconds."""
        return self._images.take(timeout)

    def status(self) -> Status:
        """Return what the session is doing."""
        return self._status

    def statistics(self) -> Statistics:
        """Return the figures of the last minute."""
        return self._statistics.summary(time.monotonic())

    def counts(self) -> Counts:
        """Return what came through since the start, over all connections."""
        return self._parser.counts.snapshot()

    @property
    def undecodable(self) -> int:
        """Frames that arrived whole, as far as can be told, and that no decoder understood."""
        return self._undecodable

    def events(self) -> tuple[Event, ...]:
        """Return what the numbers and times of frames told lately, the oldest first."""
        return tuple(self._events)

    def alarms(self) -> tuple[Alarm, ...]:
        """Return what is wrong although images come."""
        return self._alarms

    def board_status(self) -> dict[str, str]:
        """Return what the board has told of itself so far, the newest value of each key."""
        with self._board_status_lock:
            return dict(self._board_status)

    def board_log(self) -> tuple[str, ...]:
        """Return the last lines that the board wrote."""
        with self._board_status_lock:
            return tuple(self._log)

    def replies(self) -> tuple[Reply, ...]:
        """Return the board's replies since this was last called."""
        with self._board_status_lock:
            replies, self._replies = tuple(self._replies), []
        return replies

    def send(self, name: CommandName, value: float | int | bool | None = None) -> int:
        """Send a command; return the number that its reply will carry.

        Raises:
            CommandError: the value is not allowed.
            NoCommands, ConnectionLost: it did not go out.
        """
        self._command_number = self._command_number % 0xFFFF + 1
        self.source.write(format_command(Command(name, value, self._command_number)))
        return self._command_number

    def tap(self, see: Callable[[Frame], None]) -> None:
        """Show every delivered frame to `see`, on the reader's thread: it must not wait."""
        self._taps = (*self._taps, see)

    def untap(self, see: Callable[[Frame], None]) -> None:
        """Stop showing frames to `see`."""
        self._taps = tuple(tap for tap in self._taps if tap != see)

    def tap_bytes(self, take: Callable[[Received], None]) -> None:
        """Give everything that is received to `take`, on the reader's thread: it must not wait."""
        self._byte_taps = (*self._byte_taps, take)

    def untap_bytes(self, take: Callable[[Received], None]) -> None:
        """Stop giving what is received to `take`."""
        self._byte_taps = tuple(tap for tap in self._byte_taps if tap != take)

    def painted(self, image: LiveFrame) -> None:
        """Say that `image` is on the screen now."""
        now = time.monotonic()
        self._statistics.took(now, Stage.PAINT, (now - image.decoded) * 1e3)
        self._statistics.took(now, Stage.SHOWN, (now - image.frame.received) * 1e3)

    def seen(self, milliseconds: float) -> None:
        """Say that what is on the screen now was in front of the camera so long ago."""
        self._statistics.took(time.monotonic(), Stage.SCREEN, milliseconds)

    def expect_model(self, model: str) -> None:
        """Say which model's results are wanted; see `AlarmWatch`."""
        self._watch.expected_model = model

    # --- the reader's thread -----------------------------------------------------------------------------------------

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except DecoderDied as error:
            self._enter(State.FAILED, error)
            self._stop.set()
        except Exception as error:  # a mistake of ours must not leave a page that waits for ever
            logging.getLogger("n6studio").exception("live session")
            self._enter(State.FAILED, ConnectionLost(source=self.source.info.name, reason=f"internal error: {error}"))
            self._stop.set()

    def _enter(self, state: State, error: StudioError | None = None, reconnects: int | None = None) -> None:
        old = self._status
        if old.state is state and old.error is error:
            return
        count = old.reconnects if reconnects is None else reconnects
        self._status = Status(state, time.monotonic(), error, count)
        self._on_change()

    def _read(self) -> None:
        try:
            self._connect_and_read()
        finally:
            self.source.release()

    def _connect_and_read(self) -> None:
        error: StudioError | None = None
        attempt = 0
        while not self._stop.is_set():
            try:
                self.source.open()
                self._connected(error is not None)
                error, attempt = None, 0
                self._read_frames()
                return
            except EndOfStream:
                self._enter(State.ENDED)
                return
            except StudioError as caught:
                error = self._given_up(caught)
                if error is None:
                    return
            finally:
                if not self._stop.is_set():  # a frame that we did not wait for is not a damaged one
                    self._deliver_all(b"", self._parser.end(), time.monotonic())
                self.source.close()
            self._stop.wait(_RETRIES[min(attempt, len(_RETRIES) - 1)])
            attempt += 1

    def _given_up(self, error: StudioError) -> StudioError | None:
        """Go on to reconnect after `error` and return it, or fail and return None."""
        if self._stop.is_set():
            return None
        logging.getLogger("n6studio").warning("live: %s %s", error.code, error.values)
        if not self._was_open or not self._reconnect:
            self._enter(State.FAILED, error)
            return None
        self._enter(State.RECONNECTING, error)
        return error

    def _connected(self, again: bool) -> None:
        self._was_open = True
        self._watch.forget()
        self._last_frame, self._usual = time.monotonic(), 0.0
        if not again:
            return
        self._enter(State.STALLED, reconnects=self._status.reconnects + 1)

    def _read_frames(self) -> None:
        breaks = self.source.breaks
        while not self._stop.is_set():
            data = self.source.read(_READ)
            now = time.monotonic()
            if breaks != self.source.breaks:
                breaks = self.source.breaks
                self._parser.forget_sequence()
                with self._board_status_lock:
                    self._log = []  # what is read again is said again
            frames = self._parser.feed(data, now) if data else []
            self._deliver_all(data, frames, now)
            if frames:
                self._usual = min(_LONGEST_USUAL, (now - self._last_frame) / len(frames))
                self._last_frame = now
                self._enter(State.RUNNING)
            elif self.source.waits:
                self._last_frame = now
            elif now - self._last_frame > max(STALLED_AFTER, _PATIENCE * self._usual):
                self._enter(State.STALLED)

    def _deliver_all(self, data: bytes, frames: list[Frame], now: float) -> None:
        if data or frames:
            at = self._parser.counts.received_bytes - len(data)
            received = Received(data, at, now, tuple(zip(self._parser.starts, frames, strict=True)))
            for take in self._byte_taps:
                take(received)
        self._events.extend(self._parser.events)
        for frame in frames:
            self._deliver(frame)

    def _deliver(self, frame: Frame) -> None:
        self._statistics.received(frame, self.annotate is not None and self.annotate_all)
        if frame.results is not None:
            self._note(frame.results)
        for tap in self._taps:
            tap(frame)
        if self._frames.put(frame):
            self._statistics.dropped(frame.received)

    def _note(self, results: FrameResults) -> None:
        if results.status or results.log:
            with self._board_status_lock:
                # A board that invents ever new keys must not fill the memory.
                self._board_status = dict(list({**self._board_status, **dict(results.status)}.items())[:_LOG_LINES])
                self._log = [*self._log, *results.log][-_LOG_LINES:]
                self._replies = [*self._replies, *parse_reply(results.status)][-_LOG_LINES:]

    # --- the decoder's thread ----------------------------------------------------------------------------------------

    def _decode(self) -> None:
        try:
            self._decode_newest()
        finally:
            self._jpegs.close()

    def _decode_newest(self) -> None:
        while not self._stop.is_set():
            if self._was_open and self.preview:
                self._jpegs.start()  # so that the first image need not wait for it
            frame = self._frames.take(_READ)
            if frame is None or not self.preview:
                continue
            image = self._image(frame)
            if image is None:
                self._undecodable += not self._stop.is_set()  # else nobody waited for the decoder any more
                continue
            self._watch.look(image.image, image.results, image.decoded)
            self._alarms = self._watch.active()
            self._statistics.shown(image.decoded)
            if self._images.put(image):
                self._statistics.dropped(image.decoded)
            self._on_change()

    def _image(self, frame: Frame) -> LiveFrame | None:
        began = time.monotonic()
        image = self._jpegs.decode(frame.jpeg)
        decoded = time.monotonic()
        if image is None:
            return None
        self._statistics.took(decoded, Stage.DECODE, (decoded - began) * 1e3)
        results = frame.results
        annotate = self.annotate
        if annotate is not None and (results is None or self.annotate_all):
            results = annotate(frame, image)
            now = time.monotonic()
            self._statistics.took(now, Stage.HOST, (now - decoded) * 1e3)
            decoded = now
            if results is not None:
                self._statistics.annotated(now, results)
        return LiveFrame(frame, image, results, decoded)
