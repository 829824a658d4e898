"""Bytes in, frames out: finds JPEGs in a stream, checks what can be checked, and finds its way back after damage.

Two kinds of frames come out. One with a results segment says how long it is and carries a checksum over all of itself:
where both agree it is delivered, whatever its sender did wrong, and that is counted by rule; else it is damaged. A JPEG
without such a segment proves nothing; damage to its image data cannot be seen. It is delivered when its markers are in
order. In a stream with results one whose first segment is the remains of a results segment is damaged; any other
is its sender's doing, until `PLAIN_AGAIN` of them have come in a row: then the sender has changed.

A frame inside a frame: an image may carry another one in a segment of its header, as a thumbnail. The outer frame wins
where its checksum agrees. A start within its results or its image's data means that bytes got lost.

Frames that carry parity are repaired before they are judged: `n6studio.link.protection.repair`. They are looked for
where the last one ended, too, so that one whose first bytes were hit is found. A frame that lost its last bytes may be
repaired with the first ones of the next in their place: the next is looked for in those, too.

What it costs: every byte is looked at a fixed number of times, by C code. False starts, thumbnails and outer frames
that turn out to be none are followed up within a budget that grows with the bytes received. Where it is spent, only
frames with results are looked for, in a loop of its own, and a start inside ends the outer frame. So no input makes it
slow, and no proved frame that arrived whole is missed.
"""

import re
import struct
import time
from dataclasses import replace

from n6studio.domain.live import Frame, FrameResults
from n6studio.link import layout
from n6studio.link.protection.frame import Head
from n6studio.link.protection.repair import Repair
from n6studio.link.wire import frame as wire
from n6studio.link.wire.counts import Counts
from n6studio.link.wire.frame import Refusal
from n6studio.link.wire.jpeg import Header, in_segment, read_header
from n6studio.link.wire.sequence import Event, EventKind, Sequence

MOST_BYTES = 8 * 1024 * 1024 - 1  # of one frame
PLAIN_AGAIN = 16
# How a frame with results starts: SOI, APP9, magic, and a possible length, number of segments and size of the head.
_START = rb"\xff\xd8\xff\xe9..N6LIVE.{6}[\x00-\x7f]\x00..[^\x00][\x30-\xff]"
_SIGNED = re.compile(_START, re.DOTALL)
_SIGNED_LENGTH = 24
_NEXT = 2  # bytes from a start to where another can be at the earliest
_CHECKED = struct.Struct("<II")  # checksum and length
_SOI = b"\xff\xd8\xff"
_START_OR_END = re.compile(rb"\xff[\xd8\xd9]")
# A false start costs this many received bytes per marker that was looked at, and one with results this many; one that
# was followed to its end although another start is inside, a share of its length, too.
_MARKER_COST, _SIGNED_COST, _LENGTH_SHARE = 512, 4096, 8
_MOST_BUDGET = 4096 * _MARKER_COST
_WAIT = -1


class StreamParser:
    """Cuts a stream into frames. Feed it bytes as they come; it raises nothing, whatever they are.

    Memory is bounded by twice `most_bytes` plus what is fed at once. For one thread.

    Attributes:
        counts: see `Counts`.
        starts: where in everything that was fed the frames of the last `feed` start.
        events: what happened before those frames.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, expect_results: bool = False) -> None:
        """Make a parser.

        Args:
            most_bytes: longer frames are damaged.
            expect_results: True where the sender is known to attach results to every frame.
        """
        self.counts = Counts()
        self.starts: list[int] = []
        self.events: list[Event] = []
        self._base = 0  # where in everything that was fed the buffer begins
        self._most = most_bytes
        self._buffer = bytearray()
        self._searched = 0  # behind the start that is being followed, no proved frame starts before this
        self._inside = 0  # the first start within the frame that is being followed, unless it is before its start
        self._tail = _WAIT  # end of a repaired frame in whose last bytes the next may start
        self._data_at = 0  # where the search for the end of a plain JPEG goes on
        self._began = 0.0  # when the first byte of the buffer arrived
        self._sequence = Sequence()
        self._unproved = 0  # images without results since the last frame with some
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
        return self._cut(old, now, ending=False)

    def _cut(self, old: int, now: float, ending: bool) -> list[Frame]:
        """Return the frames in the buffer, of which `old` bytes were there before.

        Args:
            old: how many.
            now: when the others arrived.
            ending: True where no more will come.
        """
        frames: list[Frame] = []
        self.starts, self.events = [], []
        at = taken = 0
        while (start := self._find_start(at)) != _WAIT:
            signed = _SIGNED.match(self._buffer, start) is not None
            head = None
            if start == self._repair.expected or (signed and self._repair.claimed(self._buffer, start)):
                if self._repair.needs_more(self._buffer, start):
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
            if end == _WAIT and ending:
                end = -self._behind_false(start, 0)
            if end == _WAIT:
                break
            at = abs(end)
            if end > 0:
                with memoryview(self._buffer) as view:
                    received = bytes(view[start:end])
                began = self._began if start < old else now
                frame = self._frame(received, signed, head, began, now)
                self._repair.judged(head, end)
                if isinstance(frame, Frame):
                    frames.append(frame)
                    self.starts.append(self._base + start)
                    taken += len(received)
                    if frame.jpeg != received:
                        at = self._behind_repaired(start, frame.jpeg)
                elif signed and frame in wire.DAMAGED:  # its length may be wrong: the next one may start before its end
                    at = self._behind_false(start, end - start)
        else:
            at = self._unfinished(at)
        self._began = now if at >= old else self._began
        self._drop(at, taken)
        return frames

    def forget_sequence(self) -> None:
        """Say that the next frame does not follow on the last one, as after winding a recording: nothing got lost."""
        self._sequence.forget()

    def end(self, now: float | None = None) -> list[Frame]:
        """Say that the stream broke off: what is unfinished is given up, and numbers start anew.

        Args:
            now: as for `feed`.

        Returns:
            Frames inside of what waited for its end.
        """
        damaged = self.counts.damaged
        unfinished = self._buffer.startswith(_SOI) or self._repair.head(0) is not None
        frames = self._cut(len(self._buffer), time.monotonic() if now is None else now, ending=True)
        self.counts.damaged = damaged + unfinished
        self._repair.forget()
        self.forget_sequence()
        self._number = 0
        self._drop(len(self._buffer), 0)
        return frames

    def _drop(self, count: int, taken: int) -> None:
        del self._buffer[:count]
        self._base += count
        self._searched -= count
        self._inside -= count
        self._tail -= count
        self._data_at -= count
        self._repair.drop(count)
        self.counts.skipped_bytes += count - taken

    # --- where frames start ------------------------------------------------------------------------------------------

    def _find_start(self, at: int) -> int:
        """Return where the next frame can start, `_WAIT` if nowhere in the buffer."""
        if at < self._tail:  # these are bytes of a frame that was delivered: only a proved one may start among them
            near = _SIGNED.search(self._buffer, at, self._tail + _SIGNED_LENGTH - 1)
            if near is not None:
                return near.start()
            if len(self._buffer) < self._tail + _SIGNED_LENGTH - 1:
                return _WAIT
            at = self._tail
        found = self._buffer.find(_SOI, at) if self._budget > 0 else self._next_possible(at)
        expected = self._repair.expected
        return found if expected < at or at <= found < expected else expected

    def _unfinished(self, at: int) -> int:
        """Return from where on the buffer, which has no start from `at` on, can hold the beginning of one."""
        if at < self._tail:
            return at
        return max(at, len(self._buffer) - (len(_SOI) if self._budget > 0 else _SIGNED_LENGTH) + 1)

    def _next_possible(self, at: int) -> int:
        """Return where a frame with results starts that is whole, waits for its end, or may be protected.

        Those before are given up here: one after the other in a loop that costs less than following each of them.
        """
        start = at if _SIGNED.match(self._buffer, at) else self._next_signed(at, len(self._buffer))
        if start == _WAIT:
            return _WAIT
        given_up, repair = 0, self._repair
        with memoryview(self._buffer) as view:
            for found in _SIGNED.finditer(view, max(start + _NEXT, self._searched)):
                behind = found.start()
                if behind - start > layout.HEAD_SIZE:
                    checksum, length = _CHECKED.unpack_from(view, start + layout.CHECKSUM_AT)
                    fits = length <= behind - start
                    if (fits and layout.checksum(view[start : start + length]) == checksum) or (
                        repair.has_time and repair.claimed(view, start)
                    ):
                        break
                given_up, start = given_up + 1, behind
            else:
                self._searched = len(view) - _SIGNED_LENGTH + 1
        self.counts.damaged += given_up
        return start

    def _next_signed(self, at: int, end: int) -> int:
        """Return where a proved frame starts within [at, end), `_WAIT` if nowhere; no byte is searched twice."""
        found = _SIGNED.search(self._buffer, max(at, self._searched), end)
        self._searched = found.start() if found else max(self._searched, end - _SIGNED_LENGTH + 1)
        return found.start() if found else _WAIT

    # --- where they end: the place, `_WAIT`, or minus the place from where to go on after a false start ---------------

    def _end_of_signed(self, start: int, head: Head | None) -> int:
        length = head.length if head is not None else _CHECKED.unpack_from(self._buffer, start + layout.CHECKSUM_AT)[1]
        end = start + length
        if not layout.HEAD_SIZE < end - start <= self._most:
            self.counts.damaged += 1
            return -self._behind_false(start, 0)
        while (inside := self._next_signed(start + _NEXT, min(end, len(self._buffer)))) != _WAIT:
            self._inside = self._inside if self._inside > start else inside
            if not self._may_hold(start, inside):
                self.counts.damaged += 1
                return -self._behind_false(start, 0)
            self._searched = inside + _NEXT
        return end if end <= len(self._buffer) else _WAIT

    def _may_hold(self, start: int, inside: int) -> bool:
        """Return whether a frame with a start inside can be whole: in a segment of its header, as thumbnails are."""
        if self._budget <= 0:
            return False
        found, markers = in_segment(self._buffer, start, inside)
        self._budget -= markers * _MARKER_COST
        return found

    def _behind_false(self, start: int, followed: int) -> int:
        """Return where to go on behind a start that led to no frame, after following it for so many bytes."""
        self._budget -= _SIGNED_COST
        if self._inside <= start:
            return max(start + _NEXT, self._searched)
        self._budget -= followed // _LENGTH_SHARE
        self._searched = self._inside
        return self._inside

    def _behind_repaired(self, start: int, frame: bytes) -> int:
        """Return where to go on behind a frame that was repaired: where others start in place of its bytes, or may."""
        end = start + len(frame)
        for found in _SIGNED.finditer(self._buffer, start + _NEXT, end):
            own = frame[found.start() - start : found.end() - start]
            if found[0] != own:
                self._searched = found.start()
                return found.start()
        tail = end - _SIGNED_LENGTH + 1
        if self._buffer[tail:end] == frame[tail - start :]:
            return end
        self._tail, self._searched = end, min(self._searched, tail)
        return tail

    def _end_of_plain(self, start: int) -> int:
        available, latest = len(self._buffer), start + self._most
        signed = self._next_signed(start + _NEXT, available)
        header = read_header(self._buffer, start)
        if not header.possible:
            return self._give_up(start + _NEXT, header.markers)
        if signed != _WAIT and (not header.data_at or signed < header.data_at):
            return self._give_up(signed, header.markers)
        if header.data_at:
            found = _START_OR_END.search(self._buffer, max(self._data_at, header.data_at), latest)
            if found is not None:
                return self._give_up(found.start(), header.markers) if found[0] == layout.SOI else found.end()
        if available > latest:
            return self._give_up(latest, header.markers)
        self._data_at = available - 1
        return _WAIT

    def _give_up(self, place: int, markers: int) -> int:
        self.counts.damaged += 1
        self._budget -= markers * _MARKER_COST
        return -place

    # --- what they are -----------------------------------------------------------------------------------------------

    def _frame(self, jpeg: bytes, signed: bool, head: Head | None, began: float, now: float) -> Frame | Refusal:
        """Return the frame, or why it is not delivered."""
        found, rule = wire.judge(jpeg) if signed else (self._check_plain(jpeg), "")
        whole = found not in wire.REPAIRABLE
        if head is not None:
            good = self._repair.repaired(jpeg, head, whole)
            if not good:
                found = Refusal.CHECKSUM
            elif not whole:
                jpeg, (found, rule) = good, wire.judge(good)
        if found in wire.DAMAGED:
            self.counts.damaged += 1
            return found
        if rule:
            self.counts.rules[rule] += 1
        if signed:
            self._follow(jpeg, now)
        header = read_header(jpeg)
        refused = _unsupported(header)
        if refused is not None:
            self.counts.undelivered[refused] += 1
            return refused
        results = found if isinstance(found, FrameResults) else None
        if isinstance(found, Refusal):
            self.counts.without_results += 1
            self.counts.refused[found] += 1
            self._unproved += not signed
        self.counts.frames += 1
        self.counts.repaired += signed and not whole
        self._number += 1
        return Frame(jpeg, results, now, self._number - 1, header.size, began)

    def _check_plain(self, jpeg: bytes) -> Refusal:
        """Return whether a JPEG without results can be what its sender sent; see the module's words."""
        if self._proved and wire.is_remains(jpeg):
            return Refusal.CHECKSUM
        self._plain_run += 1
        if self._plain_run >= PLAIN_AGAIN:
            self._proved = False
            self.forget_sequence()
        return Refusal.UNPROVED if self._proved else Refusal.PLAIN

    def _follow(self, jpeg: bytes, now: float) -> None:
        counted = wire.counted_as(jpeg)
        event = self._sequence.see(*counted, now) if counted is not None else None
        if event is not None and event.kind is EventKind.LOST:
            missing = max(0, event.count - self._unproved)  # an image that came without results is not lost
            self.counts.lost += missing
            event = replace(event, count=missing) if missing else None
        self._unproved = 0
        if event is not None:
            self.counts.events[event.kind] += 1
            self.events.append(event)


def _unsupported(header: Header) -> Refusal | None:
    """Return why an image cannot be shown, None where it can."""
    if not header.supported:
        return Refusal.CODING
    if header.too_large:
        return Refusal.TOO_LARGE
    return Refusal.NO_IMAGE if header.size == (0, 0) else None
