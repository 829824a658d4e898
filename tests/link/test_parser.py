"""Frames come out of any stream: every whole one, nothing damaged, and never an exception."""

import os
import random
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_builders import VECTORS, frame, jpeg, shift

from n6studio.link.layout import EOI
from n6studio.link.wire import parser as parser_module
from n6studio.link.wire.frame import Refusal, encode_frame
from n6studio.link.wire.parser import PLAIN_AGAIN, StreamParser

FRAMES = [frame(number, seed=number % 3) for number in range(40)]
KNOWN = set(FRAMES)
PLAIN = jpeg(7)


def feed(data: bytes, chunk: int = 4096, parser: StreamParser | None = None):
    parser = parser or StreamParser()
    found = []
    for start in range(0, len(data), chunk):
        found += parser.feed(data[start : start + chunk], start / 1e6)
    return found, parser


def assert_counts_agree(parser: StreamParser, found) -> None:
    counts = parser.counts
    assert counts.frames == len(found)
    delivered = sum(len(frame.jpeg) for frame in found)
    assert counts.received_bytes == delivered + counts.skipped_bytes + len(parser._buffer)


@pytest.mark.parametrize("chunk", [1, 7, 100, 1000, 4096, 10**6])
def test_chunks_do_not_matter(chunk):
    data = os.urandom(100) + b"".join(FRAMES) + PLAIN + os.urandom(50)
    found, parser = feed(data, chunk)
    assert [frame.jpeg for frame in found] == [*FRAMES, PLAIN]
    assert [frame.number for frame in found] == list(range(41))
    assert all(frame.size == (96, 64) for frame in found)
    assert parser.counts.refused == {Refusal.UNPROVED: 1}  # an image without results in a stream of such
    assert parser.counts.lost == 0
    assert_counts_agree(parser, found)


def test_where_frames_lie_is_told():
    data = b"xyz".join([b"", *FRAMES[:5]])
    parser = StreamParser()
    starts = []
    for place in range(0, len(data), 700):
        found = parser.feed(data[place : place + 700])
        assert len(found) == len(parser.starts)
        starts += parser.starts
    assert [data[start : start + len(jpeg)] for start, jpeg in zip(starts, FRAMES, strict=False)] == FRAMES[:5]


def test_when_bytes_came_is_told():
    parser = StreamParser()
    first, second = FRAMES[:2]
    assert parser.feed(b"garbage" + first[:300], 1.0) == []
    assert parser.feed(first[300:600], 2.0) == []
    (one,) = parser.feed(first[600:] + second[:10], 3.0)
    (two,) = parser.feed(second[10:], 4.5)
    assert (one.began, one.received) == (1.0, 3.0)
    assert (two.began, two.received) == (3.0, 4.5)


# --- damage ----------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_frame_that_is_whole_is_delivered_and_nothing_else(data):
    chosen = data.draw(st.lists(st.integers(0, 39), min_size=1, max_size=8))
    kinds = st.sampled_from(["whole", "flip", "cut", "drop", "insert", "garbage", "double start"])
    parts, whole = [], []
    for number in chosen:
        kind, part = data.draw(kinds), bytearray(FRAMES[number])
        place = data.draw(st.integers(0, len(part) - 1))
        if kind == "whole":
            whole.append(FRAMES[number])
        elif kind == "flip":
            part[place] ^= data.draw(st.integers(1, 255))
        elif kind in ("cut", "drop", "insert"):
            shift(part, kind, place, data.draw(st.integers(0, 255)))
        elif kind == "garbage":
            part = bytearray(data.draw(st.binary(max_size=200)))
        else:
            part = part[:place] + part
            whole.append(FRAMES[number])
        parts.append(bytes(part))
    stream = b"".join(parts)
    found, parser = feed(stream, data.draw(st.integers(1, 3000)), StreamParser(expect_results=True))
    # A byte that goes missing and comes back by chance makes a frame whole again.
    assert {frame.jpeg for frame in found} <= KNOWN
    assert len(found) >= len(whole)
    assert_counts_agree(parser, found)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000), st.integers(1, 500))
def test_any_bytes_are_survived(data, chunk):
    found, parser = feed(data, chunk)
    assert_counts_agree(parser, found)
    parser.end()
    assert parser._buffer == b""


PIECES = [
    b"\xff\xd8", b"\xff\xd9", b"\xff\xd8\xff\xe9", b"\xff\xda", b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10", b"N6LIVE",
    b"N6MORE",
    b"\xff\xe0\x00\x10", b"\xff\xe0\xff\xff", b"\xff\xe0\x00\x00", b"\xff", b"\x00", FRAMES[0][:24], FRAMES[0][:60],
    FRAMES[0], FRAMES[1][:-9], PLAIN, PLAIN[:200], PLAIN[-300:],
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=30), max_size=40), st.integers(1, 4000))
def test_pieces_of_frames_in_any_order_are_survived(pieces, chunk):
    found, parser = feed(b"".join(pieces), chunk)
    assert_counts_agree(parser, found)
    assert all(frame.results is None or frame.jpeg in KNOWN for frame in found)


def test_one_byte_in_a_thousand_flipped():
    """Small frames, so that some come through: 0.999 to the power of their size do."""
    rng = random.Random(5)
    small = [encode_frame(jpeg(number % 5, 32, 32, 30), VECTORS.EMPTY) for number in range(400)]
    damaged = bytearray(b"".join(small))
    touched = set()
    starts = [sum(len(one) for one in small[:number]) for number in range(len(small))]
    for place in rng.sample(range(len(damaged)), len(damaged) // 1000):
        damaged[place] ^= 1 << rng.randrange(8)
        touched.add(max(number for number, start in enumerate(starts) if start <= place))
    found, parser = feed(bytes(damaged), 4096, StreamParser(expect_results=True))
    untouched = [one for number, one in enumerate(small) if number not in touched]
    assert [frame.jpeg for frame in found] == untouched
    assert 100 < len(found) < 390
    assert parser.counts.damaged >= len(touched) * 0.9  # where the very start is hit nobody knows that a frame began


def test_a_frame_that_lost_bytes_takes_none_of_the_next_with_it():
    found, parser = feed(FRAMES[0][:700] + FRAMES[0][800:] + FRAMES[1] + FRAMES[2])
    assert [frame.jpeg for frame in found] == FRAMES[1:3]
    assert parser.counts.damaged == 1


def test_the_next_frame_waits_for_nobody():
    """A frame whose length lies is given up as soon as the next one starts, not when so many bytes have come."""
    lying = bytearray(FRAMES[0])
    struct.pack_into("<I", lying, 16, 8_000_000)
    found, _ = feed(bytes(lying) + FRAMES[1])
    assert [frame.jpeg for frame in found] == [FRAMES[1]]


@pytest.mark.parametrize("prefix", [b"\xff\xd8\xff\xe0\xff\xff", b"\xff\xd8\xff\xdb\x00\x43" + bytes(20), PLAIN[:-5]])
def test_a_frame_behind_an_unfinished_plain_one_waits_for_nobody(prefix):
    found, _ = feed(prefix + FRAMES[1])
    assert [frame.jpeg for frame in found] == [FRAMES[1]]


# --- images without results ----------------------------------------------------------------------------------------


def test_plain_images_are_delivered():
    found, parser = feed(b"noise" + PLAIN * 3 + PLAIN[:100])
    assert [frame.jpeg for frame in found] == [PLAIN] * 3
    assert parser.counts.without_results == 3
    assert parser.counts.refused == {Refusal.PLAIN: 3}


def test_progressive_images_and_thumbnails_are_delivered_whole():
    import cv2
    from builders import photograph

    image = photograph(64, 48)
    progressive = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    exif = b"Exif\0\0" + bytes(20) + PLAIN
    thumbnail = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + progressive[2:]
    found, _ = feed(progressive + thumbnail + progressive)
    assert [frame.jpeg for frame in found] == [progressive, thumbnail, progressive]


def test_plain_images_have_a_reason_of_their_own_where_every_frame_has_results():
    found, parser = feed(FRAMES[0] + PLAIN + FRAMES[1])
    assert [frame.jpeg for frame in found] == [FRAMES[0], PLAIN, FRAMES[1]]
    assert (parser.counts.damaged, parser.counts.refused) == (0, {Refusal.UNPROVED: 1})
    known, parser = feed(PLAIN + FRAMES[0], parser=StreamParser(expect_results=True))
    assert [frame.jpeg for frame in known] == [PLAIN, FRAMES[0]]
    assert parser.counts.refused == {Refusal.UNPROVED: 1}


def test_another_sender_without_results_is_recognised():
    found, parser = feed(FRAMES[0] + PLAIN * (PLAIN_AGAIN + 4))
    assert len(found) == 1 + PLAIN_AGAIN + 4
    assert parser.counts.refused == {Refusal.UNPROVED: PLAIN_AGAIN - 1, Refusal.PLAIN: 5}


@pytest.mark.parametrize(("width", "height"), [(0, 64), (96, 0), (65535, 65535), (5000, 5000)])
def test_images_that_lie_about_their_size_are_not_delivered(width, height):
    place = PLAIN.index(b"\xff\xc0") + 5
    lying = PLAIN[:place] + struct.pack(">HH", height, width) + PLAIN[place + 4 :]
    found, parser = feed(lying + PLAIN)
    assert [frame.jpeg for frame in found] == [PLAIN]
    large = width * height > 0
    assert parser.counts.damaged == (0 if large else 1)
    assert parser.counts.undelivered == ({Refusal.TOO_LARGE: 1} if large else {})
    signed, parser = feed(encode_frame(lying, VECTORS.EMPTY) + FRAMES[0])
    assert [frame.jpeg for frame in signed] == [FRAMES[0]]
    assert parser.counts.undelivered == {Refusal.TOO_LARGE if large else Refusal.NO_IMAGE: 1}
    assert parser.counts.damaged == 0


# --- counting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sequences", "lost"),
    [([0, 1, 2], 0), ([0, 2, 5], 3), ([39, 0], 0), ([5, 5], 0), ([2**32 - 1, 0, 1], 0), ([2**32 - 2, 1], 2)],
)
def test_gaps_in_the_sequence_are_lost_frames(sequences, lost):
    _, parser = feed(b"".join(frame(number) for number in sequences))
    assert parser.counts.lost == lost


def test_after_an_end_and_after_winding_nothing_is_lost():
    parser = StreamParser()
    feed(FRAMES[0] + FRAMES[1][:500], parser=parser)
    parser.end()
    assert parser.counts.damaged == 1
    found, _ = feed(FRAMES[9], parser=parser)
    assert [frame.number for frame in found] == [0]
    parser.forget_sequence()
    feed(FRAMES[3], parser=parser)
    assert parser.counts.lost == 0


def test_later_versions_are_shown_without_results():
    found, parser = feed(VECTORS.vectors()["other_major.jpg"])
    assert len(found) == 1
    assert found[0].results is None
    assert parser.counts.refused == {Refusal.VERSION: 1}


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endless",
    [
        FRAMES[0][:16] + struct.pack("<I", 250_000) + FRAMES[0][20:60],
        PLAIN[:-2],
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 50,
        b"\xff\xd8" + b"\xff" * 50,
    ],
    ids=["length", "no end", "long segment", "many segments", "fill bytes"],
)
def test_memory_is_bounded(endless):
    most = 300_000
    parser = StreamParser(most)
    parser.feed(endless)
    for _ in range(40):
        parser.feed(bytes(100_000))
        assert len(parser._buffer) <= most + 200_000
    found, _ = feed(FRAMES[1] + FRAMES[2], parser=parser)
    assert [frame.jpeg for frame in found][-1] == FRAMES[2]


REPEATED = [
    b"\x00", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe9", FRAMES[0][:12],
    FRAMES[0][:24], FRAMES[0][:130], b"\xff\xd8" + b"\xff\xe0\x00\x02" * 64, PLAIN[:-2],
    FRAMES[0][:16] + b"\xff\xff\x7f\x00" + FRAMES[0][20:150],
]  # fmt: skip


@pytest.mark.parametrize("unit", REPEATED, ids=lambda unit: f"{len(unit)}-{unit[:6].hex()}")
def test_effort_grows_with_the_bytes_only(unit):
    """Counted in lines of Python that run, so that no other load disturbs it."""

    def lines(size: int) -> int:
        data, parser, counted = (unit * (size // len(unit) + 1))[:size], StreamParser(), 0

        def trace(at, event, _):
            nonlocal counted
            counted += event == "line"
            return trace

        sys.settrace(lambda at, event, argument: trace if "n6studio" in at.f_code.co_filename else None)
        try:
            feed(data, 65536, parser)
        finally:
            sys.settrace(None)
        return counted

    assert lines(400_000) < 2.5 * lines(200_000) + 5_000


def test_no_proved_frame_is_missed_however_bad_the_garbage():
    """The budget for false starts is spent, and still."""
    storm = b"\xff\xd8\xff\xe0\x00\x10" * 200_000
    found, parser = feed(storm + FRAMES[0] + storm + FRAMES[1], 65536)
    assert [frame.jpeg for frame in found] == FRAMES[:2]
    assert parser._budget < parser_module._MOST_BUDGET


def test_end_of_image_alone_is_nothing():
    found, parser = feed(EOI * 1000)
    assert found == []
    assert parser.counts.damaged == 0
