"""What the numbers and times of a sender's frames tell: frames that are missing, repeated or old, and restarts."""

import enum
from dataclasses import dataclass

NUMBERS = 1 << 32  # a sequence wraps to 0 behind the last of them
_BACK = NUMBERS // 2  # a step further than this is one back
_CLOCK_JUMP = 600_000_000  # microseconds by which a sender's clock gets ahead of the frames' arrival


class EventKind(enum.StrEnum):
    """What happened in a stream."""

    LOST = "frames lost"
    RESTARTED = "board restarted"
    REPEATED = "frame number repeated"
    OLD = "frame number out of order"
    CLOCK = "board clock was set"


@dataclass(frozen=True)
class Event:
    """Something that happened right before a frame.

    Attributes:
        kind: see `EventKind`.
        count: frames that are missing; 1 for everything else.
        at: `time.monotonic()` when the frame behind it arrived.
    """

    kind: EventKind
    count: int
    at: float


class Sequence:
    """Compares each frame's number and time with those of the one before. For one thread."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._clock = 0
        self._at = 0.0

    def forget(self) -> None:
        """Say that the next frame does not follow on the last one."""
        self._number = None

    def see(self, number: int, clock: int, at: float) -> Event | None:
        """Return what happened between the last frame and this one, None where it follows on it.

        Args:
            number: the frame's, 0..2**32 - 1.
            clock: microseconds on the sender's clock.
            at: `time.monotonic()` when it arrived.
        """
        before, self._number = self._number, number
        passed, self._clock = clock - self._clock, clock
        waited, self._at = at - self._at, at
        if before is None:
            return None
        step = (number - before) % NUMBERS
        if step == 0 or step > _BACK:
            known = EventKind.REPEATED if step == 0 else EventKind.OLD
            return Event(EventKind.RESTARTED if passed < 0 else known, 1, at)
        if step > 1:
            return Event(EventKind.LOST, step - 1, at)
        jumped = passed < 0 or passed > waited * 1e6 + _CLOCK_JUMP
        return Event(EventKind.CLOCK, 1, at) if jumped else None
