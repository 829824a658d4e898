"""Where frames begin and end in a stream put together by hand: limits, budgets, times and places, to the byte."""

import struct
import time

import pytest
from small_stream import (
    DATA,
    EOI,
    FALSE,
    FIRST,
    HEADER,
    LONG_FALSE,
    LYING,
    PLAIN,
    SECOND,
    SHORTEST_START,
    SOI,
    deep,
    parsed,
    signed,
    with_segment,
)  # fmt: skip

from n6studio.link.wire.counts import Counts
from n6studio.link.wire.frame import Refusal
from n6studio.link.wire.parser import StreamParser


def test_counting_begins_at_nothing():
    assert Counts() == Counts(0, 0, 0, 0, 0, 0, 0, {})
    _, parser = parsed()
    assert parser.counts == Counts()


def test_what_comes_through_is_counted():
    found, parser = parsed(b"abc" + PLAIN + b"de", FIRST + b"f" + SECOND)
    assert found == [PLAIN, FIRST, SECOND]
    length = len(PLAIN) + len(FIRST) + len(SECOND) + 6
    assert parser.counts == Counts(
        frames=3, skipped_bytes=6, without_results=1, received_bytes=length, refused={Refusal.PLAIN: 1}
    )


def test_a_copy_of_the_counts_does_not_count_on():
    _, parser = parsed(PLAIN)
    before = parser.counts.snapshot()
    parser.feed(PLAIN, 0.0)
    assert (before.frames, before.refused) == (1, {Refusal.PLAIN: 1})
    assert (parser.counts.frames, parser.counts.refused) == (2, {Refusal.PLAIN: 2})


def test_frames_are_numbered_and_their_places_are_told():
    parser = StreamParser()
    parser.feed(b"0123456789", 0.0)
    (one, two) = parser.feed(b"abc" + FIRST + b"xy" + SECOND, 0.0)
    assert (one.number, two.number) == (0, 1)
    assert parser.starts == [13, 13 + len(FIRST) + 2]
    assert parser.feed(b"nothing", 0.0) == parser.starts == []


def test_moments():
    parser = StreamParser()
    parser.feed(b"ab", 1.0)  # which could be the first bytes of a start
    (one,) = parser.feed(FIRST, 2.0)
    assert (one.began, one.received) == (2.0, 2.0)
    parser.feed(b"ab", 3.0)
    parser.feed(SECOND[:40], 4.0)
    (two,) = parser.feed(SECOND[40:], 5.0)
    assert (two.began, two.received) == (4.0, 5.0)
    parser.feed(b"a" + FIRST[:1], 6.0)
    (three,) = parser.feed(FIRST[1:], 7.0)
    assert (three.began, three.received) == (6.0, 7.0)


def test_the_moment_is_now_unless_it_is_told():
    before = time.monotonic()
    (frame,) = StreamParser().feed(FIRST)
    assert before <= frame.began <= frame.received <= time.monotonic()


# --- how long --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", bytes(100)])
def test_a_frame_with_results_has_as_many_bytes_as_allowed(before):
    assert parsed(before + FIRST, most_bytes=len(FIRST))[0] == [FIRST]
    found, parser = parsed(before + FIRST, most_bytes=len(FIRST) - 1)
    assert (found, parser.counts.damaged) == ([], 1)


def test_a_frame_is_longer_than_its_head():
    alone = FIRST[:16] + struct.pack("<I", 48) + FIRST[20:]
    found, parser = parsed(alone + SECOND)
    assert (found, parser.counts.damaged) == ([SECOND], 1)


@pytest.mark.parametrize("before", [b"", bytes(100)])
@pytest.mark.parametrize("header", [HEADER, SOI + b"\xff\xe0\x80\x00"], ids=["data", "header"])
def test_an_unfinished_image_has_as_many_bytes_as_allowed(before, header):
    _, parser = parsed(before + header.ljust(1000, b"\0"), most_bytes=1000)
    assert parser.counts.damaged == 0
    parser.feed(b"\0", 0.0)
    assert parser.counts.damaged == 1
    parser.feed(b"\0", 0.0)
    assert parser.counts.damaged == 1
    assert parser.feed(PLAIN, 0.0)[0].jpeg == PLAIN


def test_eight_mebibytes_less_one_are_allowed_unless_said_otherwise():
    _, parser = parsed(HEADER + bytes(8 * 1024 * 1024 - 1 - len(HEADER)))
    assert parser.counts.damaged == 0
    parser.feed(b"\0", 0.0)
    assert parser.counts.damaged == 1


def test_of_what_is_too_long_the_last_byte_may_begin_the_next():
    parser = StreamParser(1000)
    parser.feed(HEADER.ljust(1000, b"\0") + b"\xff", 0.0)
    assert parser.counts.damaged == 1
    assert [frame.jpeg for frame in parser.feed(PLAIN[1:], 0.0)] == [PLAIN]


def test_an_image_in_small_pieces_takes_no_longer():
    """What has been searched is not searched again: 6 MB in pieces of 512 bytes would be 36 GB."""
    began = time.process_time()
    parser = StreamParser()
    parser.feed(HEADER, 0.0)
    for _ in range(12_000):
        parser.feed(bytes(512), 0.0)
    (found,) = parser.feed(EOI, 0.0)
    assert len(found.jpeg) == len(HEADER) + 12_000 * 512 + 2
    assert time.process_time() - began < 3


# --- what lies within each other -------------------------------------------------------------------------------------


def test_an_image_within_an_image_is_part_of_it():
    assert parsed(with_segment(PLAIN))[0] == [with_segment(PLAIN)]
    found, parser = parsed(signed(0, with_segment(PLAIN)))
    assert (len(found), parser.counts.damaged) == (1, 0)


def test_a_frame_with_results_is_never_part_of_another_image():
    found, parser = parsed(with_segment(FIRST))
    assert (found, parser.counts.damaged) == ([FIRST], 1)
    found, parser = parsed(HEADER + DATA + FIRST)
    assert (found, parser.counts.damaged) == ([FIRST], 1)


def test_images_before_a_frame_with_results_are_delivered():
    assert parsed(PLAIN + FIRST)[0] == [PLAIN, FIRST]


def test_what_lies_in_a_frame_that_does_not_end_is_not_looked_at():
    """Its length is right and its last bytes are not: an image within its data is none of its own."""
    lying = signed(0, with_segment(PLAIN))[:-2] + b"\0\0"
    found, parser = parsed(lying + SECOND)
    assert (found, parser.counts.damaged) == ([SECOND], 1)


def test_what_lies_in_a_frame_with_a_wrong_checksum_is_not_looked_at():
    lying = bytearray(signed(0, with_segment(PLAIN)))
    lying[-3] ^= 1
    found, parser = parsed(bytes(lying) + SECOND)
    assert (found, parser.counts.damaged) == ([SECOND], 1)


@pytest.mark.parametrize("missing", [1, 2, 23, 24, 25, 60])
def test_the_next_frame_may_begin_before_the_end_of_the_last(missing):
    """Bytes of the first got lost, so that its length leads into the second."""
    found, parser = parsed(FIRST[: len(FIRST) - missing] + SECOND)
    assert (found, parser.counts.damaged) == ([SECOND], 1)
    found, parser = parsed(FIRST[: len(FIRST) - missing], SECOND[:10], SECOND[10:])
    assert (found, parser.counts.damaged) == ([SECOND], 1)


# --- who sends images without results --------------------------------------------------------------------------------


@pytest.mark.parametrize("expected", [True, False])
def test_the_sixteenth_image_in_a_row_is_another_senders(expected):
    before = [] if expected else [FIRST]
    found, parser = parsed(*before, PLAIN * 15, expect_results=expected)
    assert (found, parser.counts.refused) == ([*before, *[PLAIN] * 15], {Refusal.UNPROVED: 15})
    assert [frame.jpeg for frame in parser.feed(PLAIN * 2, 0.0)] == [PLAIN] * 2
    assert (parser.counts.damaged, parser.counts.refused) == (0, {Refusal.UNPROVED: 15, Refusal.PLAIN: 2})
    parser.feed(FIRST + PLAIN, 0.0)
    assert parser.counts.refused[Refusal.UNPROVED] == 16, "it attaches results again"


def test_images_in_a_row_are_counted_anew_behind_a_frame_with_results():
    _, parser = parsed(FIRST + PLAIN * 15 + SECOND + PLAIN * 15 + signed(2))
    assert parser.counts.refused == {Refusal.UNPROVED: 30}


@pytest.mark.parametrize(
    ("place", "value", "damaged"),
    [(3, 0xE1, 1), (3, 0xE8, 1), (6, 0, 1), (11, 0, 1)],
)
def test_what_is_left_of_a_results_segment_is_a_damaged_frame(place, value, damaged):
    hit = bytearray(SECOND)
    hit[place] = value
    found, parser = parsed(FIRST + bytes(hit) + signed(2))
    assert (found, parser.counts.damaged) == ([FIRST, signed(2)], damaged)
    assert parser.counts.lost == 1


def test_an_image_that_came_without_results_is_not_lost():
    found, parser = parsed(FIRST + PLAIN + signed(2) + signed(5) + PLAIN + signed(6))
    assert len(found) == 6
    assert (parser.counts.lost, parser.counts.damaged) == (2, 0)


def test_another_sender_counts_on_from_nowhere():
    _, parser = parsed(FIRST + PLAIN * 16 + signed(50))
    assert parser.counts.lost == 0
    _, parser = parsed(FIRST + PLAIN * 14 + signed(50))
    assert parser.counts.lost == 49 - 14


def test_winding_loses_nothing():
    parser = StreamParser()
    parser.feed(FIRST, 0.0)
    parser.forget_sequence()
    parser.feed(signed(50), 0.0)
    assert parser.counts.lost == 0
    parser.feed(signed(52), 0.0)
    assert parser.counts.lost == 1


def test_a_sequence_that_jumps_by_half_its_range_has_begun_anew():
    assert parsed(FIRST + signed(2**31))[1].counts.lost == 2**31 - 1
    assert parsed(FIRST + signed(2**31 + 1))[1].counts.lost == 0
    assert parsed(SECOND + FIRST)[1].counts.lost == 0


@pytest.mark.parametrize(("rest", "damaged"), [(b"", 0), (b"abcde", 0), (FIRST[:-1], 1), (PLAIN[:10], 1), (SOI, 0)])
def test_the_end_of_a_stream(rest, damaged):
    parser = StreamParser()
    parser.feed(SECOND + rest, 0.0)
    parser.end()
    assert parser.counts.damaged == damaged
    assert parser.counts.skipped_bytes == len(rest)
    (frame,) = parser.feed(signed(50), 0.0)
    assert (frame.number, parser.counts.lost) == (0, 0)


# --- what false starts may cost --------------------------------------------------------------------------------------


def test_4096_false_starts_are_followed_up():
    assert parsed(FALSE * 4095 + PLAIN)[0] == [PLAIN]
    assert parsed(FALSE * 4096 + PLAIN)[0] == []
    assert parsed(FALSE * 4096 + PLAIN + FIRST + PLAIN)[0] == [FIRST], "one with results is found whatever was before"
    found, parser = parsed(bytes(100_000) + FALSE * 4096 + PLAIN)
    assert found == [], "there is no more to be saved"
    assert parser.counts.damaged == 4096


def test_the_longest_false_starts_cost_most():
    """2097152 bytes, at 307200 a false start: 6 leave 253952, the seventh is followed up, and no other is."""
    assert parsed(LONG_FALSE * 6 + PLAIN)[0] == [PLAIN]
    found, parser = parsed(LONG_FALSE * 7 + PLAIN + LONG_FALSE)
    assert (found, parser.counts.damaged) == ([], 7)


def exhausted() -> StreamParser:
    """Return a parser without budget, that has dropped all but the last bytes."""
    _, parser = parsed(FALSE * 4096 + bytes(100))
    return parser


def test_received_bytes_pay_for_false_starts():
    for length, found in ((512, []), (513, [PLAIN])):
        parser = exhausted()
        piece = FALSE + PLAIN
        assert [frame.jpeg for frame in parser.feed(piece + bytes(length - len(piece)), 0.0)] == found, length


@pytest.mark.parametrize("budget", [0, 1])
def test_the_beginning_of_a_frame_with_results_is_kept_where_nothing_else_is_looked_for(budget):
    parser = exhausted()
    parser.feed(bytes(budget), 0.0)
    kept = 2 if budget else SHORTEST_START - 1
    assert parser.counts.skipped_bytes == 4096 * len(FALSE) + 100 + budget - kept
    parser.feed(b"", 0.0)
    assert parser.counts.skipped_bytes == 4096 * len(FALSE) + 100 + budget - kept


@pytest.mark.parametrize("chunk", [1, 2, 3, 20, 22, 23, 24, 25, 26, 50, 75, 1000])
def test_frames_with_results_are_found_in_any_pieces_without_a_budget(chunk):
    parser, found = deep(), []
    frames = [signed(number) for number in range(8)]
    data = b"abc".join([b"", *frames[:4]]) + PLAIN + b"".join(frames[4:])
    for place in range(0, len(data), chunk):
        found += parser.feed(data[place : place + chunk], 0.0)
    assert [frame.jpeg for frame in found] == frames
    assert parser.feed(PLAIN, 0.0) == []
    assert len(parser.feed(bytes(400_000) + PLAIN * 16, 0.0)) == 16, "until enough has been received"


def test_false_starts_with_results_cost_4096_bytes():
    """2097152 bytes are for 512 of them; those behind are given up without."""
    found, parser = parsed(LYING * 512 + PLAIN)
    assert (found, parser.counts.damaged) == ([], 512)
    found, parser = parsed(LYING * 511 + PLAIN)
    assert (found, parser.counts.damaged) == ([PLAIN], 511)
    found, parser = parsed(LYING * 4200, bytes(5000) + PLAIN * 17)
    assert (found, parser.counts.damaged) == ([PLAIN] * 17, 4200)
