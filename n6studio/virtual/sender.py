"""The second half of the virtual board: JPEG encoding, the wire format, and a cable that can be cut."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import cv2

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.link.layout import VERSION_AT
from n6studio.link.wire import frame as wire
from n6studio.virtual.pipeline import Shot, ShotQueue
from n6studio.virtual.surroundings import Surroundings

Status = tuple[tuple[str, str], ...]
Text = TypeVar("Text")

STATUS_SECONDS = 1.0
_POLL_SECONDS = 0.05


class Sender:
    """What leaves the board. `run` belongs to one thread; the attributes may be set by any.

    Args:
        queue: where shots come from.
        model: what the stream calls the model.
        quality: of the JPEGs, 1..100.
        status: gives the board's key -> value pairs.
        around: port, faults, clock, and the starter, who is told of unplugging.
    """

    def __init__(
        self, queue: ShotQueue, model: str, quality: int, status: Callable[[], Status], around: Surroundings
    ) -> None:
        self._queue, self._model, self._status = queue, model, status
        self._port, self._faults, self._clock, self._channel = around.port, around.faults, around.clock, around.channel
        self.quality = quality
        self.protect = False  # add parity to frames
        self.exact_wanted = threading.Event()  # the next results are to carry the model's input
        self.sent = 0
        self.log: deque[str] = deque(maxlen=100)
        self.replies: deque[tuple[str, str]] = deque(maxlen=100)
        self._holding = False
        self._connection = 0
        self._status_due = 0.0

    @property
    def owes_a_reply(self) -> bool:
        """Whether there is something to say and no frame under way to say it with."""
        return bool(self.replies) and not self._holding and self._queue.empty

    def tell_status(self) -> None:
        """Let the next frame carry the whole status."""
        self._status_due = 0.0

    def run(self, stop: threading.Event, most: int = 0) -> None:
        """Send until `stop`, or until `most` frames were sent, if that is not 0."""
        while not stop.is_set() and (not most or self.sent < most):
            self._faults.wake(self._clock.now())
            self._pull_out(stop)
            if self._faults.take("reset"):
                stop.set()
            stop.wait(self._faults.take("stall"))
            self._greet(stop)
            shot = self._queue.take(_POLL_SECONDS)
            if shot is not None and self._port.connection == self._connection:
                self._holding = True
                stop.wait(max(0.0, shot.due - self._clock.now()))
                self.sent += self._send(self._faults.damaged(self.encoded(shot), shot.sequence), stop)
                self._holding = False

    def encoded(self, shot: Shot) -> bytes:
        """Return a shot as it should arrive."""
        begin = time.perf_counter_ns()
        bgr = cv2.cvtColor(shot.image, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        encode_us = (time.perf_counter_ns() - begin) // 1000
        frame = wire.encode_frame(jpeg.tobytes(), self._results(shot, encode_us), protect=self.protect)
        version = self._faults.now.version
        return frame if version is None else as_version(frame, version)

    def _results(self, shot: Shot, encode_us: int) -> FrameResults:
        sight = shot.sight
        exact = None
        if sight is not None and self.exact_wanted.is_set():
            self.exact_wanted.clear()
            exact = sight.tensor
        model = sight is not None
        asked = shot.answer is not None  # by the host, not by an exposure
        return FrameResults(
            version=wire.VERSION,
            sequence=shot.sequence,
            device_time=round(shot.exposure * 1e6),
            timings=Timings(
                exposure_to_npu=round(shot.to_npu * 1e6) if model and not asked else None,
                npu=round(shot.npu * 1e6) if model else None,
                post_processing=sight.decode_us if sight is not None else None,
                encode=encode_us,
            ),
            model=another(self._model) if self._faults.now.wrong_model else self._model,
            view=None if sight is None else sight.view,
            people=nobody(0) if sight is None else sight.people,
            top_score=None if sight is None else sight.best,
            exact_input=exact,
            log=_emptied(self.log),
            status=(*_emptied(self.replies), *self._status_now()),
            answer=shot.answer,
        )

    def _status_now(self) -> Status:
        now = self._clock.now()
        if now < self._status_due:
            return ()
        self._status_due = now + STATUS_SECONDS
        return self._status()

    def _send(self, data: bytes, stop: threading.Event) -> bool:
        """Send a frame to its end, however long the host takes; return whether it took it."""
        rest = memoryview(data)
        while rest and not stop.is_set() and not self._faults.now.disconnect:
            self._faults.wake(self._clock.now())
            count = self._port.write(rest, _POLL_SECONDS)
            if count < 0:
                return False
            rest = rest[count:]
        return not rest

    def _greet(self, stop: threading.Event) -> None:
        if self._port.connection == self._connection:
            return
        self._connection = self._port.connection
        self._queue.clear()
        self.tell_status()
        self._channel.tell("connected", count=self._connection)
        if self._faults.now.garbage:
            self._send(self._faults.noise(), stop)

    def _pull_out(self, stop: threading.Event) -> None:
        seconds = self._faults.take("disconnect")
        if not seconds:
            return
        self._port.unplug()
        self._channel.tell("unplugged", seconds=seconds)
        stop.wait(seconds)
        self._queue.clear()
        if not stop.is_set():
            self._port.plug_in()
            self._channel.tell("plugged in", address=self._port.address)


def _emptied(texts: deque[Text]) -> tuple[Text, ...]:
    """Return what is there, oldest first, and leave nothing; others may go on adding."""
    return tuple(texts.popleft() for _ in range(len(texts)))


def as_version(frame: bytes, version: tuple[int, int]) -> bytes:
    """Return the frame as a board of another version of the format would send it, its checksum correct."""
    changed = bytearray(frame)
    changed[VERSION_AT : VERSION_AT + 2] = bytes(number & 0xFF for number in version)
    return wire.sealed(changed)


def another(model: str) -> str:
    """Return the id of a model that is not this one."""
    return f"{int(model or '0', 16) ^ 0xFFFFFFFFFFFFFFFF:016x}"
