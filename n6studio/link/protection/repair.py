"""The parser's side of protected frames: where their heads may be, and how much time may go into repairs.

Looking at a head and repairing a frame take long compared to reading one. Those that lead nowhere are paid for by the
bytes received, as much as keeps the parser at its speed whatever it is fed; where they cannot be, protected frames are
read like any others.
"""

from n6studio.link import layout
from n6studio.link.protection import frame as protection
from n6studio.link.protection.frame import HEAD_SIZE, Head

# Received bytes that a head costs which led to no frame, and a repair that failed. benchmarks/parser_speed.py measures.
_LOOK_COST, _REPAIR_COST = 32 * 1024, 256 * 1024
_MOST_ALLOWANCE = 32 * _REPAIR_COST
_NOWHERE = -1


class Repair:
    """Looks for heads and repairs frames. Places count from the start of the parser's buffer.

    Attributes:
        expected: where the last protected frame ended, so that the next may start there whatever its first bytes are;
            negative for nowhere.
        protected: whether the last frame was.
    """

    def __init__(self) -> None:
        self.expected = _NOWHERE
        self.protected = False
        self._looked_at = _NOWHERE
        self._head: Head | None = None  # that was found there
        self._allowance = _MOST_ALLOWANCE

    def received(self, count: int) -> None:
        """Earn time by received bytes."""
        self._allowance = min(_MOST_ALLOWANCE, self._allowance + count)

    def drop(self, count: int) -> None:
        """Say that so many bytes of the buffer were dropped."""
        self.expected -= count
        self._looked_at -= count

    def forget(self) -> None:
        """Say that what comes next has nothing to do with what was before."""
        self.expected = self._looked_at = _NOWHERE

    def claimed(self, buffer: bytearray | memoryview, start: int) -> bool:
        """Return whether the frame with results at `start` may be protected: it says so, or the last one was."""
        return self.protected or buffer[start + layout.FIELDS_AT] == HEAD_SIZE

    @property
    def has_time(self) -> bool:
        """Whether enough bytes were received for another look."""
        return self._allowance > 0

    def needs_more(self, buffer: bytearray, start: int) -> bool:
        """Look at the head at `start` unless that was done, or takes too long; return whether it waits for more bytes.

        Args:
            buffer: what was received.
            start: where a protected frame may start.
        """
        if start == self._looked_at or self._allowance <= 0:
            return False
        if len(buffer) - start < HEAD_SIZE:
            return True
        self._looked_at, self._head = start, protection.read_head(buffer, start)
        self._allowance -= _REPAIR_COST if self._head is None else _LOOK_COST
        return False

    def head(self, start: int) -> Head | None:
        """Return the repaired head of the protected frame at `start`, None where none is known."""
        return self._head if start == self._looked_at else None

    def judged(self, head: Head | None, end: int) -> None:
        """Say that the frame with this head ended at `end`, whether it was whole or not."""
        self.protected = head is not None
        self.expected = end if self.protected else _NOWHERE

    def repaired(self, frame: bytes, head: Head, whole: bool) -> bytes | None:
        """Return a protected frame as it was sent, None where that cannot be found out, or not now.

        Args:
            frame: as it came.
            head: its head.
            whole: whether it came as it was sent.
        """
        good: bytes | None = frame
        if not whole:
            good = protection.repaired(frame, head) if self._allowance > 0 else None
        self._allowance += _LOOK_COST if good is not None else -_REPAIR_COST - len(frame)
        return good
