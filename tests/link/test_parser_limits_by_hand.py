"""More of the parser worked out by hand: what is behind damage, what is counted, and what following a start costs."""

import copy
import itertools
import struct
import time

import pytest
from small_stream import (
    FALSE,
    FIRST,
    HEADER,
    LONG_FALSE,
    LYING,
    PLAIN,
    SECOND,
    deep,
    parsed,
    signed,
    with_segment,
)

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.link.wire.frame import NO_EOI, TRAILING, Refusal, encode_frame, sealed
from n6studio.link.wire.parser import StreamParser
from n6studio.link.wire.sequence import EventKind

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
BUDGET, SIGNED_COST, MARKER_COST = 2097152, 4096, 512


def safe(number: int = 0, image: bytes = PLAIN) -> bytes:
    return encode_frame(image, FrameResults((1, 1), number, 0, Timings(), "", None, nobody(0)), protect=True)


def hit(frame: bytes, *places: int) -> bytes:
    made = bytearray(frame)
    for place in places:
        made[place] ^= 0x41
    return bytes(made)


def resized(frame: bytes, more: bytes) -> bytes:
    made = bytearray(frame + more)
    struct.pack_into("<I", made, 16, len(made))
    return sealed(made)


NESTED = signed(7, with_segment(FIRST))


# --- counts ----------------------------------------------------------------------------------------------------------


def test_a_copy_of_all_counts_does_not_count_on():
    _, parser = parsed(resized(FIRST, b"ab") + with_arithmetic(1) + signed(5) + PLAIN)
    before = parser.counts.snapshot()
    kept = copy.deepcopy(before)
    for data in (resized(signed(6), b"ab"), with_arithmetic(7), signed(6), PLAIN):
        parser.feed(data, 0.0)
    assert before == kept
    for name in ("refused", "undelivered", "rules", "events"):
        assert getattr(parser.counts, name) != getattr(kept, name), name


def with_arithmetic(number: int) -> bytes:
    """A frame with results in a coding that no decoder here reads."""
    return signed(number, PLAIN.replace(b"\xff\xc0", b"\xff\xcb"))


def test_what_is_not_delivered_has_a_reason():
    found, parser = parsed(with_arithmetic(0) + PLAIN.replace(b"\xff\xc0", b"\xff\xcb") + FIRST)
    assert found == [FIRST]
    assert parser.counts.undelivered == {Refusal.CODING: 2}
    assert (parser.counts.damaged, parser.counts.frames) == (0, 1)


def test_nothing_is_looked_for_in_a_frame_that_arrived_whole_and_is_not_delivered():
    outer = signed(
        0,
        with_segment(FIRST).replace(
            b"\xff\xc0\x00\x0b\x08\x00\x09\x00\x10\x01\x00\x00\x00\xff\xda\x00\x08\x00\x00\x00\x00\x00\x00"
            + bytes(range(1, 101))
            + EOI,
            b"",
            0,
        ),
    )
    place = outer.rindex(b"\xff\xc0")
    outer = sealed(outer[: place + 1] + b"\xcb" + outer[place + 2 :])
    found, parser = parsed(outer + SECOND)
    assert found == [SECOND]
    assert parser.counts.undelivered == {Refusal.CODING: 1}


def test_rules_that_senders_break_are_counted():
    _, parser = parsed(resized(FIRST, b"ab") + resized(SECOND, b"c") + resized(signed(2)[:-2], b""))
    assert parser.counts.rules == {TRAILING: 2, NO_EOI: 1}
    assert parser.counts.damaged == 0


def test_events_are_told_and_counted():
    parser = StreamParser()
    parser.feed(FIRST + FIRST, 0.0)
    assert [event.kind for event in parser.events] == [EventKind.REPEATED]
    parser.feed(PLAIN + signed(3), 0.0)
    assert [(event.kind, event.count) for event in parser.events] == [(EventKind.LOST, 1)], "2 of which one came plain"
    parser.feed(PLAIN + signed(5), 0.0)
    assert parser.events == [], "the one that is missing came plain"
    assert parser.counts.events == {EventKind.REPEATED: 1, EventKind.LOST: 1}
    assert parser.counts.lost == 1
    parser.feed(b"", 0.0)
    assert parser.events == []


def test_an_image_that_begins_with_a_segment_like_ours_is_one_where_nothing_has_results():
    own = SOI + b"\xff\xe9\x00\x04ab" + HEADER[2:] + PLAIN[len(HEADER) :]
    assert parsed(own)[0] == [own]
    found, parser = parsed(FIRST + own)
    assert (found, parser.counts.damaged) == ([FIRST], 1)


# --- behind damage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", bytes(7), bytes(500)])
@pytest.mark.parametrize("pieces", [1, 2])
def test_what_is_inside_a_damaged_frame_is_found(before, pieces):
    damaged = hit(NESTED, len(NESTED) - 9)
    stream = before + damaged + SECOND
    cut = len(before) + len(damaged) - 30 if pieces == 2 else len(stream)
    found, parser = parsed(stream[:cut], stream[cut:])
    assert (found, parser.counts.damaged) == ([FIRST, SECOND], 1)


def test_of_two_inside_a_damaged_frame_both_are_found():
    outer = hit(signed(7, with_segment(FIRST + SECOND)), -9)
    assert parsed(bytes(9) + outer + signed(8))[0] == [FIRST, SECOND, signed(8)]
    inner_hit = hit(signed(7, with_segment(hit(FIRST, -9) + SECOND)), -9)
    assert parsed(bytes(9) + inner_hit + signed(8))[0] == [SECOND, signed(8)]


def test_an_end_gives_what_is_inside_of_what_waited():
    parser = StreamParser()
    parser.feed(bytes(5) + NESTED[:-1], 0.0)
    found = parser.end(4.5)
    assert [frame.jpeg for frame in found] == [FIRST]
    assert found[0].received == 4.5
    assert (parser.counts.damaged, parser.counts.frames) == (1, 1)


def test_an_end_gives_what_is_inside_of_an_image_that_waited():
    parser = StreamParser()
    parser.feed(SOI + b"\xff\xe1\x40\x00" + bytes(40) + FIRST[:30], 0.0)
    assert parser.end(0.0) == []
    assert parser.feed(FIRST[30:] + SECOND, 0.0)[0].jpeg == SECOND


def test_behind_an_end_none_is_expected_where_the_last_one_ended():
    parser = StreamParser()
    parser.feed(safe(0), 0.0)
    parser.end(0.0)
    assert parser.feed(hit(safe(1), 0, 1, 2) + bytes(100), 0.0) == []
    parser.feed(safe(2), 0.0)
    (found,) = parser.feed(hit(safe(3), 0, 1, 2), 0.0)
    assert found.jpeg == safe(3)


def test_an_image_too_long_is_damaged_in_any_pieces():
    long = HEADER.ljust(1000, b"\x01") + EOI
    for size in (1, 500, 5000):
        pieces = [(long + PLAIN)[at : at + size] for at in range(0, len(long) + len(PLAIN), size)]
        found, parser = parsed(*pieces, most_bytes=1000)
        assert (found, parser.counts.damaged) == ([PLAIN], 1), size
        assert parsed(long, most_bytes=1002)[0] == [long]


# --- with parity -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", bytes(50)])
def test_frames_with_and_without_parity_follow_each_other_in_one_piece(before):
    frames = [safe(0), signed(1), safe(2), signed(3), safe(4)]
    assert parsed(before + b"".join(frames))[0] == frames


def test_frames_without_parity_take_no_time_for_repairs():
    found, parser = parsed(b"".join(signed(n) for n in range(40)), safe(40), hit(safe(41), 200))
    assert found[-1] == safe(41)
    assert parser.counts.repaired == 1


@pytest.mark.parametrize("behind", [signed(1), safe(1)], ids=["plain", "safe"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_the_next_may_begin_in_the_last_bytes_of_a_repaired_one(behind, size):
    for before, cut in itertools.product((b"", bytes(50)), (1, 2, 5, 22, 23, 24)):
        stream = before + safe(0) + safe(5)[:-cut] + behind + signed(6) + bytes(80)
        found, parser = parsed(*(stream[at : at + size] for at in range(0, len(stream), size)))
        wanted = [safe(0), behind, signed(6)]
        assert found in (wanted, [safe(0), safe(5), *wanted[1:]])
        assert parser.counts.damaged == (1 if found == wanted else 0)


def test_what_follows_a_repaired_frame_waits_for_no_more_than_its_start():
    """Eight bytes at the end are repaired: a frame may have begun there, until 23 bytes behind it say that none has."""
    cut = hit(safe(0), *range(len(safe(0)) - 6, len(safe(0))))
    parser = StreamParser()
    assert [one.jpeg for one in parser.feed(cut, 0.0)] == [safe(0)]
    assert parser.feed(PLAIN[:22], 0.0) == []
    assert [one.jpeg for one in parser.feed(PLAIN[22:], 0.0)] == [PLAIN]
    parser = StreamParser()
    parser.feed(cut, 0.0)
    assert len(parser._buffer) == 23, "as many as a start in them may need"
    parser.feed(bytes(100), 0.0)
    assert len(parser._buffer) == 2, "nothing began there"


def test_what_is_left_of_a_frame_is_not_looked_into():
    """Its first segment is of our kind, and its header carries an image: that is no frame of its own."""
    remains = SOI + b"\xff\xe9\x00\x04ab" + with_segment(PLAIN)[2:]
    found, parser = parsed(FIRST + remains + SECOND)
    assert (found, parser.counts.damaged) == ([FIRST, SECOND], 1)


@pytest.mark.parametrize("before", [b"", bytes(50)])
def test_a_repaired_frame_whose_last_bytes_are_right_is_followed_at_once(before):
    found, parser = parsed(before + hit(safe(0), 200) + PLAIN)
    assert (found, parser.counts.repaired) == ([safe(0), PLAIN], 1)
    _, parser = parsed(before + hit(safe(0), 200))
    assert not parser._buffer, "nothing more can begin in it"


@pytest.mark.parametrize("before", [b"", bytes(50)])
def test_what_a_repaired_frame_carries_in_its_header_stays_there(before):
    outer = safe(0, with_segment(FIRST))
    found, parser = parsed(before + hit(outer, len(outer) - 9) + signed(2))
    assert (found, parser.counts.repaired) == ([outer, signed(2)], 1)


@pytest.mark.parametrize("before", [b"", bytes(50)])
def test_a_frame_that_took_the_place_of_bytes_that_were_repaired_is_found(before):
    long = safe(0, with_segment(bytes(40_000)))
    place = 20_000
    stream = before + long[:place] + SECOND + long[place + len(SECOND) :] + signed(2)
    found, parser = parsed(stream)
    assert found == [long, SECOND, signed(2)]
    assert parser.counts.repaired == 1


def test_a_start_inside_ends_a_frame_with_parity_where_there_is_no_budget():
    outer = safe(0, with_segment(FIRST))
    assert parsed(outer)[0] == [outer]
    parser = deep()
    assert [frame.jpeg for frame in parser.feed(outer + bytes(100), 0.0)] == [FIRST]


# --- costs -----------------------------------------------------------------------------------------------------------


def test_each_start_in_a_header_costs_the_markers_before_it():
    """Two, which is 1024 bytes: 2048 frames in one piece are looked into, and of the next the inner one counts."""
    found, _ = parsed(NESTED * 2048 + PLAIN * 2)
    assert found == [NESTED] * 2048, "and nothing is left for others"
    assert parsed(NESTED * 2047 + PLAIN)[0][-1] == PLAIN
    assert parsed(NESTED * 2049)[0][-2:] == [NESTED, FIRST]


def test_what_was_followed_costs_a_share_of_its_length_where_something_is_inside():
    long = hit(signed(0, with_segment(FIRST)[:-2] + bytes(16_000) + EOI), -9)
    cost = SIGNED_COST + len(long) // 8 + 2 * MARKER_COST
    count = BUDGET // cost
    assert parsed(long * count + PLAIN)[0][-1] == PLAIN
    assert parsed(long * (count + 1) + PLAIN)[0][-1] == FIRST
    plain = hit(signed(0, HEADER + bytes(16_000) + EOI), -9)
    assert parsed(plain * 500 + PLAIN)[0] == [PLAIN], "without anything inside 4096 each"


@pytest.mark.parametrize("inside", [False, True])
def test_what_a_false_start_costs_to_the_byte(inside):
    """The budget is 0; what is received pays, 4096 of it for the start, and where one is inside more."""
    frame = hit(resized(NESTED, bytes(5)), -9) if inside else LYING
    cost = SIGNED_COST + (len(frame) // 8 + 2 * MARKER_COST if inside else 0)
    assert len(frame) % 8 not in (0, 1)
    for short, found in ((0, []), (1, [PLAIN])):
        _, parser = parsed(FALSE * 4096 + bytes(100))
        parser.feed(frame, 0.0)
        missing = cost - len(frame) + short
        assert [one.jpeg for one in parser.feed(PLAIN + bytes(missing - len(PLAIN)), 0.0)] == found


def test_received_bytes_pay_for_repairs():
    parser = StreamParser()
    parser._repair._allowance = -100
    parser.feed(bytes(100), 0.0)
    assert not parser._repair.has_time
    parser.feed(b"a", 0.0)
    assert parser._repair.has_time


def test_a_start_that_arrives_in_pieces_ends_one_that_waits_without_a_budget():
    for size in range(20, 27):
        parser = deep()
        assert parser.feed(FIRST[:100] + SECOND[:size], 0.0) == []
        assert [one.jpeg for one in parser.feed(SECOND[size:], 0.0)] == [SECOND]


def test_a_frame_as_long_as_its_head_is_damaged_whatever_its_checksum_says():
    alone = bytearray(FIRST[:48])
    struct.pack_into("<I", alone, 16, 48)
    found, parser = parsed(sealed(alone) + SECOND)
    assert (found, parser.counts.damaged, parser.counts.undelivered) == ([SECOND], 1, {})


@pytest.mark.parametrize("size", [16, 1000, 1 << 20])
def test_without_a_budget_each_start_is_judged_by_itself(size):
    short = FIRST[:16] + struct.pack("<I", 48) + FIRST[20:48]
    stream = LYING[:48] * 3 + hit(FIRST, -9) + FIRST + short + SECOND + NESTED + FIRST[:-1] + signed(2) + FIRST[:30]
    parser = deep()
    before = parser.counts.damaged
    found = [one.jpeg for at in range(0, len(stream), size) for one in parser.feed(stream[at : at + size], 0.0)]
    assert found == [FIRST, SECOND, FIRST, signed(2)]
    assert parser.counts.damaged - before == 3 + 1 + 1 + 1 + 1
    assert [one.jpeg for one in parser.feed(FIRST[30:] + bytes(30), 0.0)] == [FIRST]


def test_without_a_budget_a_frame_that_waits_is_searched_once():
    """8 MB in pieces of 512 bytes: searching all of them again with each would be 64 GB."""
    promise = FIRST[:16] + struct.pack("<I", 8_000_000) + FIRST[20:]
    parser = deep()
    parser._budget = -(10**9)
    began = time.process_time()
    parser.feed(promise, 0.0)
    for _ in range(8_000_000 // 512 - 1):
        parser.feed(bytes(512), 0.0)
    assert len(parser._buffer) > 7_900_000
    assert time.process_time() - began < 4


def test_markers_cost_what_was_looked_at():
    """600 of them: 307200 bytes."""
    assert parsed(LONG_FALSE * 6 + FALSE * 495 + PLAIN)[0] == [PLAIN]
    assert parsed(LONG_FALSE * 6 + FALSE * 496 + PLAIN)[0] == []
