"""What numbers and times of frames tell: restarts, repetitions, clocks; and whose fault it is when nothing is shown."""

import pytest
from link_builders import VECTORS, frame, jpeg, results

from n6studio.link.session.reasons import reasons
from n6studio.link.wire.counts import Counts
from n6studio.link.wire.frame import Blame, Refusal, encode_frame
from n6studio.link.wire.parser import StreamParser
from n6studio.link.wire.sequence import Event, EventKind, Sequence

STEP = 33_333  # microseconds


def told(*frames: tuple[int, int]) -> list:
    """What is told of each frame behind the first: (number, microseconds), one every 33 ms."""
    sequence = Sequence()
    found = [sequence.see(number, clock, 100 + place / 30) for place, (number, clock) in enumerate(frames)]
    assert found[0] is None
    return [None if event is None else (event.kind, event.count) for event in found[1:]]


def test_frames_in_order_tell_nothing():
    assert told((5, 0), (6, STEP), (7, 2 * STEP)) == [None, None]
    assert told((2**32 - 1, 0), (0, STEP)) == [None], "numbers wrap"


@pytest.mark.parametrize(
    ("number", "clock", "event"),
    [
        (1004, 4 * STEP, (EventKind.LOST, 3)),
        (1000, STEP, (EventKind.REPEATED, 1)),
        (1000, 0, (EventKind.REPEATED, 1)),
        (998, STEP, (EventKind.OLD, 1)),
        (0, -1, (EventKind.RESTARTED, 1)),
        (1001, -1, (EventKind.CLOCK, 1)),
        (1001, 3_600_000_000, (EventKind.CLOCK, 1)),
        (1001, 500_000_000, None),
    ],
)
def test_what_one_frame_tells(number, clock, event):
    began = 10**10
    assert told((1000, began), (number, began + (clock if clock >= 0 else -(10**9)))) == [event]


def test_after_it_was_forgotten_nothing_follows():
    sequence = Sequence()
    sequence.see(5, 0, 0.0)
    sequence.forget()
    assert sequence.see(2, 0, 1.0) is None
    assert sequence.see(4, STEP, 1.0) == Event(EventKind.LOST, 1, 1.0)


def test_a_restart_in_a_stream_is_told():
    parser = StreamParser()
    stream = [frame(number) for number in (1000, 1001, 0, 1, 1)]
    found = [parser.feed(data, number / 30) for number, data in enumerate(stream)]
    assert [len(frames) for frames in found] == [1] * 5
    assert parser.counts.events == {EventKind.RESTARTED: 1, EventKind.REPEATED: 1}
    assert [event.kind for event in parser.events] == [EventKind.REPEATED]
    assert parser.counts.lost == 0


def test_a_frame_whose_fields_break_a_rule_is_not_lost():
    broken = VECTORS.vectors()["impossible_count.jpg"]
    parser = StreamParser()
    parser.feed(frame(-1 % 2**32) + broken + frame(1), 0.0)
    assert (parser.counts.lost, parser.counts.frames) == (0, 3)
    assert parser.counts.rules.total() == parser.counts.refused[Refusal.CONTENT] == 1


def test_whose_fault_it_is():
    parser = StreamParser()
    hit = bytearray(frame(1))
    hit[-30] ^= 1
    lossless = bytearray(jpeg())
    lossless[lossless.index(b"\xff\xc0") + 1] = 0xC3
    stream = [frame(0), bytes(hit), frame(4), jpeg(3), frame(5), encode_frame(bytes(lossless), results(6))]
    parser.feed(b"".join(stream), 0.0)
    found = {(one.blame, one.text): one.count for one in reasons(parser.counts, 7, 2)}
    assert found == {
        (Blame.DAMAGED, "checksum or length wrong"): 1,
        (Blame.NOT_SENT, "numbers missing without a trace"): 2,
        (Blame.UNSUPPORTED, "a JPEG coding that is not supported"): 1,
        (Blame.UNSUPPORTED, "the image cannot be decoded"): 2,
        (Blame.SENDER, "results segment missing"): 1,
        (Blame.SLOW, "a newer frame came first"): 7,
    }
    assert reasons(Counts(), 0, 0) == ()
