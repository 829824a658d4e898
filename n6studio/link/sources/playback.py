"""When the next stored frame is due: playing, pausing, stepping, winding, at any speed. From any thread."""

import threading
import time
from collections.abc import Sequence

from n6studio.link.sources.base import EndOfStream


class Playback:
    """Decides which frame comes next, and when.

    Attributes:
        breaks: how often the order of frames was left.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._times: Sequence[float] = ()
        self._next = 0
        self._paused = False
        self._asked = False  # one frame is wanted although paused
        self._speed = 1.0
        self._loop = False
        self._range: tuple[int, int] | None = None  # first and last frame that are played
        self._origin = (0.0, 0.0)  # this moment of time.monotonic() is this moment of the recording
        self.breaks = 0

    def load(self, times: Sequence[float]) -> None:
        """Take the times of all frames, in seconds since the first, and start with the first one."""
        with self._changed:
            self._times = times
            self._next = 0
            self._start_clock()

    @property
    def position(self) -> tuple[int, int]:
        """See `Replay.position`."""
        with self._changed:
            return self._here() + 1, len(self._times)

    def pause(self, paused: bool) -> None:
        """See `Replay.pause`."""
        with self._changed:
            self._paused = paused
            self._start_clock()

    def step(self, frames: int) -> None:
        """See `Replay.step`."""
        with self._changed:
            if self._paused:
                self._go(self._here() + frames)

    def wind(self, frame: int) -> None:
        """See `Replay.wind`."""
        with self._changed:
            self._go(frame)

    def set_speed(self, speed: float) -> None:
        """See `Replay.set_speed`."""
        with self._changed:
            self._speed = max(0.0, speed)
            self._start_clock()

    def set_loop(self, loop: bool) -> None:
        """See `Replay.set_loop`."""
        with self._changed:
            self._loop = loop
            self._changed.notify_all()

    def set_range(self, first: int, last: int) -> None:
        """See `Replay.set_range`."""
        with self._changed:
            self._range = (first, last) if 0 <= first <= last else None
            self._changed.notify_all()

    def wait(self, timeout: float) -> int | None:
        """Return the frame that is due, None if none gets due within `timeout` seconds.

        Raises:
            EndOfStream: there is none any more.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                now = time.monotonic()
                due = self._due(now)
                if due <= now:
                    self._asked = False
                    self._next += 1
                    return self._next - 1
                if now >= deadline:
                    return None
                self._changed.wait(min(due, deadline) - now)

    def _here(self) -> int:
        """Return the frame that was asked for or given last, -1 before the first."""
        return self._next if self._asked else self._next - 1

    def _due(self, now: float) -> float:
        """Return when the next frame is due; infinity for not by itself."""
        if self._asked:
            return now
        if self._paused:
            return float("inf")
        again, last = self._range or (0, len(self._times) - 1)
        if self._next > min(last, len(self._times) - 1):
            if not self._times or not (self._loop or self._range):
                raise EndOfStream
            self._next = again
            self.breaks += 1
            self._start_clock()
            return now  # before anybody sees a place where nothing was shown
        if self._speed == 0:
            return now
        started, first = self._origin
        return started + (self._times[self._next] - first) / self._speed

    def _go(self, frame: int) -> None:
        frame = min(max(0, frame), max(0, len(self._times) - 1))
        self.breaks += frame != self._next
        self._next = frame
        self._asked = bool(self._times)
        self._start_clock()

    def _start_clock(self) -> None:
        here = min(self._next, len(self._times) - 1)
        self._origin = (time.monotonic(), self._times[here] if here >= 0 else 0.0)
        self._changed.notify_all()
