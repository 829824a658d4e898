"""Bytes in, frames out: finds JPEGs in a stream, checks what can be checked, and finds its way back after damage.

Two kinds of frames come out. One with a results segment says how long it is and carries a checksum over all of itself:
it is delivered when both agree, and counted as damaged otherwise. A JPEG without such a segment proves nothing; damage
to its picture data cannot be seen. It is delivered when its markers are in order. A sender that attaches results does
so on every frame, so once a proved frame has come, JPEGs without results are fragments of damaged ones, until
`PLAIN_AGAIN` of them have come in a row: then the sender has changed.

What it costs: every byte is looked at a fixed number of times, by C code. Searching for the next start of a proved frame
never goes back over what was searched before, and starts of plain JPEGs are followed within a budget that grows with
the bytes received. So no input makes it slow, and no proved frame that arrived whole is ever missed.
"""

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from n6studio.domain.live import Frame, FrameResults
from n6studio.link import wire
from n6studio.link.jpeg import Found, read_header
from n6studio.link.wire import Refusal

MOST_BYTES = 8 * 1024 * 1024  # of one frame
PLAIN_AGAIN = 16
_HEAD = wire.HEAD_SIZE
_SIGNED = re.compile(rb"\xff\xd8\xff\xe9..N6LIVE", re.DOTALL)  # how a frame with results starts
_SIGNED_LENGTH = 12
_SOI = b"\xff\xd8\xff"
_START_OR_END = re.compile(rb"\xff[\xd8\xd9]")
_RESTART = 1 << 31  # a sequence that jumps further is one that started anew
# Looking at the start of a plain JPEG costs so many bytes received per marker; that is what keeps garbage cheap.
_MARKER_COST = 128
_MOST_BUDGET = 4096 * _MARKER_COST
_WAIT = -1


@dataclass
class Counts:
    """What came through so far.

    Attributes:
        frames: delivered.
        damaged: frames that were begun but not whole, or whose checksum is wrong.
        skipped_bytes: bytes that belong to no delivered frame.
        lost: numbers missing in the sender's sequence, whether the frame was damaged here or never sent.
        without_results: delivered frames without (readable) results.
        refused: why delivered frames have none, by reason.
        received_bytes: everything.
    """

    frames: int = 0
    damaged: int = 0
    skipped_bytes: int = 0
    lost: int = 0
    without_results: int = 0
    received_bytes: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)


class StreamParser:
    """Cuts a stream into frames. Feed it bytes as they come; it raises nothing, whatever they are.

    Memory is bounded by twice `most_bytes` plus what is fed at once. For one thread.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.counts = Counts()
        self._most = most_bytes
        self._buffer = bytearray()
        self._searched = 0  # no proved frame starts before this place in the buffer, except for the one being read
        self._data_at = 0  # where the search for the end of a plain JPEG goes on; 0 while its header is incomplete
        self._began = 0.0
        self._sequence: int | None = None
        self._proved = False
        self._plain_run = 0
        self._budget = _MOST_BUDGET

    def feed(self, data: bytes | bytearray | memoryview, now: float | None = None) -> list[Frame]:
        """Return the frames that `data` completes.

        Args:
            data: the next bytes of the stream, any number.
            now: `time.monotonic()` when they arrived; None for this moment.
        """
        now = time.monotonic() if now is None else now
        old = len(self._buffer)
        self._buffer += data
        self.counts.received_bytes += len(data)
        self._budget = min(_MOST_BUDGET, self._budget + len(data))
        frames: list[Frame] = []
        at = taken = 0
        while (start := self._find_start(at)) != _WAIT:
            at = start
            signed = _SIGNED.match(self._buffer, start) is not None
            length = self._signed(start) if signed else self._plain(start)
            if length == _WAIT:
                break
            if length > 0:
                began = self._began if start < old else now
                frame = self._frame(bytes(self._buffer[start : start + length]), signed, began, now)
                if frame is not None:
                    frames.append(frame)
                    taken += length
                at = start + length
            else:  # not a frame: go on where the next one can start
                at = start - length
            self._data_at = 0
        else:
            at = self._unfinished(at)
        if at >= old:
            self._began = now
        self._drop(at, taken)
        return frames

    def end(self) -> None:
        """Say that the stream broke off: what is unfinished is given up, and the next sequence starts anew."""
        if self._buffer.startswith(_SOI):
            self.counts.damaged += 1
        self._data_at = 0
        self._sequence = None
        self._drop(len(self._buffer), 0)

    def _drop(self, count: int, taken: int) -> None:
        del self._buffer[:count]
        self._searched = max(0, self._searched - count)
        self._data_at = max(0, self._data_at - count)
        self.counts.skipped_bytes += count - taken

    def _find_start(self, at: int) -> int:
        """Return where the next frame can start, `_WAIT` if nowhere in the buffer."""
        if self._budget > 0:
            return self._buffer.find(_SOI, at)
        return self._next_signed(at, len(self._buffer))

    def _unfinished(self, at: int) -> int:
        """Return from where on the buffer, in which no start was found from `at` on, can hold part of one."""
        return max(at, len(self._buffer) - (len(_SOI) if self._budget > 0 else _SIGNED_LENGTH) + 1)

    def _next_signed(self, at: int, end: int) -> int:
        """Return where the next proved frame starts within [at, end), `_WAIT` if nowhere; no byte is searched twice."""
        found = _SIGNED.search(self._buffer, max(at, self._searched), end)
        self._searched = found.start() if found else max(at, self._searched, end - _SIGNED_LENGTH + 1)
        return found.start() if found else _WAIT

    def _signed(self, start: int) -> int:
        """Return the length of the proved frame at `start`; `_WAIT`; or minus the bytes to give up."""
        available = len(self._buffer) - start
        if available < _HEAD:
            return _WAIT if self._next_signed(start + 2, len(self._buffer)) == _WAIT else self._broken(start)
        length = wire.frame_length(self._buffer, start)
        if not _HEAD < length <= self._most:
            return self._broken(start)
        # A start inside it means that its end got lost. Looking there first keeps nested lies cheap.
        if self._next_signed(start + 2, start + min(length, available)) != _WAIT:
            return self._broken(start)
        return length if length <= available else _WAIT

    def _broken(self, start: int) -> int:
        """Count a broken frame and return minus the bytes up to where nothing was found yet."""
        self.counts.damaged += 1
        return -max(2, self._searched - start)

    def _plain(self, start: int) -> int:
        """Likewise for a JPEG without results."""
        if self._next_signed(start + 2, len(self._buffer)) != _WAIT:
            limit = self._searched
        raise NotImplementedError
