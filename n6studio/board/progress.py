"""Progress out of counts of bytes, told not too often."""

import time
from collections.abc import Callable

from n6studio.board.programmer import Attendant, Progress
from n6studio.domain.deploy import FlashAction, Role

INTERVAL_SECONDS = 0.1


class Meter:
    """Reports how far one action is, at most every 0.1 s, and always its beginning and end.

    Args:
        attendant: who is told.
        action: what is being done.
        role: what the bytes are.
        total: bytes.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        attendant: Attendant,
        action: FlashAction,
        role: Role | None,
        total: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attendant, self._action, self._role, self._total = attendant, action, role, total
        self._clock = clock
        self._sent_at = clock()
        self._done = -1
        self._last = 0
        self.at(0)

    @property
    def done(self) -> int:
        """Return the bytes that were last reported."""
        return self._last

    def at(self, done: int) -> None:
        """Report that `done` bytes are through."""
        now = self._clock()
        self._last = max(done, self._last)
        if self._done >= 0 and now - self._sent_at < INTERVAL_SECONDS and done < self._total:
            return
        if done == self._done:
            return
        self._sent_at, self._done = now, done
        fraction = min(1.0, done / self._total) if self._total else None
        self._attendant.on_progress(Progress(self._action, self._role, fraction, done, self._total))

    def at_fraction(self, fraction: float) -> None:
        """Report a fraction 0..1 of the bytes."""
        self.at(round(fraction * self._total))
