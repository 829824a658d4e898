"""Bytes in, frames out: finds JPEGs in a stream, checks what can be checked, and finds its way back after damage.

Two kinds of frames come out. One with a results segment says how long it is and carries a checksum over all of itself:
it is delivered when both agree, and counted as damaged otherwise. A JPEG without such a segment proves nothing; damage
to its image data cannot be seen. It is delivered when its markers are in order. A sender that attaches results does
so on every frame, so once one has started, JPEGs without results are what is left of damaged frames, until
`PLAIN_AGAIN` of them have come in a row: then the sender has changed.

Frames that carry parity are repaired before they are judged: `n6studio.link.protection.repair`. They are looked for
where the last one ended, too, so that one whose first bytes were hit is found.

What it costs: every byte is looked at a fixed number of times, by C code. The search for the next proved frame never
goes back over what it has searched, and false starts of plain JPEGs are followed up within a budget that grows with the
bytes received. So no input makes it slow, and no proved frame that arrived whole is ever missed.
"""

import re
import struct
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from n6studio.domain.live import Frame, FrameResults
from n6studio.link import layout
from n6studio.link.protection.frame import HEAD_SIZE, Head
from n6studio.link.protection.repair import Repair
from n6studio.link.wire import frame as wire
from n6studio.link.wire.frame import Refusal
from n6studio.link.wire.jpeg import read_header

MOST_BYTES = 8 * 1024 * 1024 - 1  # of one frame
PLAIN_AGAIN = 16
# How a frame with results starts: SOI, APP9, magic, and a possible length, number of segments and size of the head.
# What holds another start in the shortest possible frame is none; without this, starts in a row would cost time.
_SIGNED = re.compile(
    rb"\xff\xd8\xff\xe9..N6LIVE.{6}[\x00-\x7f]\x00..[^\x00][\x30-\xff](?!.{0,120}?\xff\xd8\xff\xe9..N6LIVE)", re.DOTALL
)
_SIGNED_LENGTH = 24
_LENGTH = struct.Struct("<I")
_SOI = b"\xff\xd8\xff"
_START_OR_END = re.compile(rb"\xff[\xd8\xd9]")
_RESTART = 1 << 31  # a sequence that jumps further than this has started anew
# A false start of a plain JPEG costs this many received bytes per marker that was looked at.
_MARKER_COST = 256
_MOST_BUDGET = 4096 * _MARKER_COST
_WAIT = -1


@dataclass
class Counts:
    """What came through so far.

    Attributes:
        frames: delivered.
        damaged: frames that were begun but are not whole, or whose checksum is wrong and stays so.
        repaired: delivered frames that came with wrong bytes, which their parity put right.
        skipped_bytes: bytes that belong to no delivered frame.
        lost: numbers missing in the sender's sequence, whether the frame was damaged on the way or never sent.
        without_results: delivered frames without (readable) results.
        received_bytes: everything.
        refused: why delivered frames have no results, by reason.
    """

    frames: int = 0
    damaged: int = 0
    repaired: int = 0
    skipped_bytes: int = 0
    lost: int = 0
    without_results: int = 0
    received_bytes: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)

    def snapshot(self) -> "Counts":
        """Return a copy that does not count on. From any thread."""
        return replace(self, refused=self.refused.copy())


class StreamParser:
    """Cuts a stream into frames. Feed it bytes as they come; it raises nothing, whatever they are.

    Memory is bounded by twice `most_bytes` plus what is fed at once. For one thread.

    Attributes:
        counts: see `Counts`.
        starts: where in everything that was fed the frames of the last `feed` start.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, expect_results: bool = False) -> None:
        """Make a parser.

        Args:
            most_bytes: longer frames are damaged.
            expect_results: True where the sender is known to attach results to every frame.
        """
        self.counts = Counts()
        self.starts: list[int] = []
        self._base = 0  # where in everything that was fed the buffer begins
        self._most = most_bytes
        self._buffer = bytearray()
        self._searched = 0  # behind the start that is being followed, no proved frame starts before this
        self._hit = _WAIT  # where the last search for a proved frame found one
        self._data_at = 0  # where the search for the end of a plain JPEG goes on
        self._began = 0.0  # when the first byte of the buffer arrived
        self._sequence: int | None = None
        self._proved = expect_results
        self._plain_run = 0
        self._number = 0
        self._budget = _MOST_BUDGET
        self._repair = Repair()

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
        self._repair.received(len(data))
        frames: list[Frame] = []
        self.starts = []
        at = taken = 0
        while (start := self._find_start(at)) != _WAIT:
            signed = start == self._hit or _SIGNED.match(self._buffer, start) is not None
            head = None
            if start == self._repair.expected or (signed and self._claims_parity(start)):
                if self._repair.needs_more(self._buffer, start):
                    at = min(start, self._unfinished(at))  # before where one is expected another may begin
                    break
                head = self._repair.head(start)
            at = start
            if head is None and start == self._repair.expected:  # no protected frame: look at it without prejudice
                self._repair.expected = _WAIT
                continue
            signed = signed or head is not None
            if signed:
                self._proved, self._plain_run = True, 0
            end = self._end_of_signed(start, head) if signed else self._end_of_plain(start)
            if end == _WAIT:
                break
            at = abs(end)
            self._data_at = 0
            if end > 0:
                began = self._began if start < old else now
                frame = self._frame(bytes(self._buffer[start:end]), signed, head, began, now)
                self._repair.judged(head, end)
                if frame is not None:
                    frames.append(frame)
                    self.starts.append(self._base + start)
                    taken += len(frame.jpeg)
                elif signed:  # its length may be what is wrong: the next one may start just before its end
                    at = max(start + 2, self._searched)
        else:
            at = self._unfinished(at)
        self._began = now if at >= old else self._began
        self._drop(at, taken)
        return frames

    def forget_sequence(self) -> None:
        """Say that the next frame does not follow on the last one, as after winding a recording: nothing got lost."""
        self._sequence = None

    def end(self) -> None:
        """Say that the stream broke off: what is unfinished is given up, and numbers start anew."""
        if self._buffer.startswith(_SOI) or self._repair.head(0) is not None:
            self.counts.damaged += 1
        self._repair.forget()
        self._sequence = None
        self._number = 0
        self._drop(len(self._buffer), 0)

    def _drop(self, count: int, taken: int) -> None:
        del self._buffer[:count]
        self._base += count
        self._searched = max(0, self._searched - count)
        self._hit -= count
        self._repair.drop(count)
        self._data_at = max(0, self._data_at - count)
        self.counts.skipped_bytes += count - taken

    # --- where frames start ------------------------------------------------------------------------------------------

    def _find_start(self, at: int) -> int:
        """Return where the next frame can start, `_WAIT` if nowhere in the buffer."""
        if self._budget > 0:
            found = self._buffer.find(_SOI, at)
        else:  # at `at` may be one that waits for its end: what lies behind its start has been searched already
            found = at if _SIGNED.match(self._buffer, at) else self._next_signed(at, len(self._buffer))
        expected = self._repair.expected
        return found if expected < at or at <= found < expected else expected

    def _unfinished(self, at: int) -> int:
        """Return from where on the buffer, which has no start from `at` on, can hold the beginning of one."""
        return max(at, len(self._buffer) - (len(_SOI) if self._budget > 0 else _SIGNED_LENGTH) + 1)

    def _next_signed(self, at: int, end: int) -> int:
        """Return where a proved frame starts within [at, end), `_WAIT` if nowhere; no byte is searched twice."""
        found = _SIGNED.search(self._buffer, max(at, self._searched), end)
        self._hit = found.start() if found else _WAIT
        self._searched = self._hit if found else max(at, self._searched, end - _SIGNED_LENGTH + 1)
        return self._hit

    def _claims_parity(self, start: int) -> bool:
        """Return whether the frame with results that starts here may be protected: it says so, or the last one was."""
        return self._repair.protected or self._buffer[start + layout.FIELDS_AT] == HEAD_SIZE

    # --- where they end: the place, `_WAIT`, or minus the place from where to go on after a false start ---------------

    def _end_of_signed(self, start: int, head: Head | None) -> int:
        length = _LENGTH.unpack_from(self._buffer, start + layout.LENGTH_AT)[0] if head is None else head.length
        end = start + length
        if not layout.HEAD_SIZE < end - start <= self._most:
            return self._give_up(start + 2)
        # A start inside means that the end got lost. Looking for it before the checksum keeps nested lies cheap.
        inside = self._next_signed(start + 2, min(end, len(self._buffer)))
        if inside != _WAIT:
            return self._give_up(inside)
        if end > len(self._buffer):
            return _WAIT
        if head is not None or self._buffer.endswith(layout.EOI, start, end):
            return end
        return self._give_up(max(start + 2, self._searched))

    def _end_of_plain(self, start: int) -> int:
        available = len(self._buffer)
        signed = self._next_signed(start + 2, available)
        header = read_header(self._buffer, start)
        too_long = available - start > self._most
        if not header.possible or (too_long and not header.data_at):
            return self._give_up(start + 2, header.markers)
        if not header.data_at or (signed != _WAIT and signed < header.data_at):
            return _WAIT if signed == _WAIT else self._give_up(signed, header.markers)
        found = _START_OR_END.search(self._buffer, max(self._data_at, header.data_at))
        if found is None:
            self._data_at = max(header.data_at, available - 1)
            return self._give_up(max(start + 2, available - 1), header.markers) if too_long else _WAIT
        if found[0] == layout.SOI:
            return self._give_up(found.start(), header.markers)
        return found.end()

    def _give_up(self, place: int, markers: int = 0) -> int:
        self.counts.damaged += 1
        self._budget -= markers * _MARKER_COST
        return -place

    # --- what they are -----------------------------------------------------------------------------------------------

    def _frame(self, jpeg: bytes, signed: bool, head: Head | None, began: float, now: float) -> Frame | None:
        found = wire.check(jpeg) if signed else self._check_plain()
        whole = found not in wire.REPAIRABLE
        if head is not None:
            good = self._repair.repaired(jpeg, head, whole)
            jpeg, found = (good, found if whole else wire.check(good)) if good else (jpeg, Refusal.CHECKSUM)
        size = (0, 0) if found in wire.DAMAGED else read_header(jpeg).size
        if size == (0, 0):
            self.counts.damaged += 1
            return None
        results = found if isinstance(found, FrameResults) else None
        if isinstance(found, Refusal):
            self.counts.without_results += 1
            self.counts.refused[found] += 1
        else:
            self._count_lost(found.sequence)
        self.counts.frames += 1
        self.counts.repaired += signed and not whole
        self._number += 1
        return Frame(jpeg, results, now, self._number - 1, size, began)

    def _check_plain(self) -> Refusal:
        """Return whether a JPEG without results can be what its sender sent; see the module's words."""
        self._plain_run += 1
        if self._plain_run >= PLAIN_AGAIN:
            self._proved, self._sequence = False, None
        return Refusal.UNPROVED if self._proved else Refusal.PLAIN

    def _count_lost(self, sequence: int) -> None:
        if self._sequence is not None:
            gap = (sequence - self._sequence - 1) & 0xFFFFFFFF
            self.counts.lost += gap if gap < _RESTART else 0
        self._sequence = sequence
