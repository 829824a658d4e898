"""The parser finds what a slow and obviously right reader finds, whatever happened to the stream, in any pieces."""

import itertools
import struct

import plain_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_builders import VECTORS, frame, jpeg, results, shift

from n6studio.link.layout import has_results
from n6studio.link.wire.frame import TRAILING, encode_frame, sealed
from n6studio.link.wire.parser import StreamParser

IMAGE = jpeg(3, 32, 32, 30)
SMALL = [encode_frame(IMAGE, VECTORS.results(sequence=n, people=VECTORS.people(n % 3, 5))) for n in range(6)]


def with_segment(image: bytes, kind: int, payload: bytes) -> bytes:
    return image[:2] + bytes((0xFF, kind)) + struct.pack(">H", len(payload) + 2) + payload + image[2:]


def nested(number: int, inner: bytes, kind: int = 0xE1, before: bytes = b"Exif\0\0") -> bytes:
    return encode_frame(with_segment(IMAGE, kind, before + inner), results(number, people=VECTORS.people(1, 5)))


def padded(number: int, behind: bytes) -> bytes:
    made = bytearray(SMALL[number] + behind)
    struct.pack_into("<I", made, 16, len(made))
    return sealed(made)


NESTED = [
    nested(10, SMALL[0]),
    nested(11, SMALL[1] + SMALL[2]),
    nested(12, nested(13, SMALL[3])),
    nested(14, SMALL[0][:40], before=b""),
    encode_frame(with_segment(IMAGE, 0xE2, SMALL[4]), VECTORS.EMPTY),
]
PADDED = [padded(0, bytes(7)), padded(1, IMAGE), padded(2, b"\xff")]
FRAMES = [*SMALL, *NESTED, *PADDED]
SAFE = [encode_frame(IMAGE, results(20 + n), protect=True) for n in range(6)]
KINDS = ("whole", "flip", "cut", "drop", "insert", "garbage", "double start", "splice", "start", "front")


def piece(data, frames: list[bytes]) -> bytes:
    """Draw a frame, and what happened to it."""
    kind = data.draw(st.sampled_from(KINDS))
    part = bytearray(data.draw(st.sampled_from(frames)))
    place = data.draw(st.integers(0, len(part) - 1))
    if kind == "flip":
        part[place] ^= data.draw(st.integers(1, 255))
    elif kind in ("cut", "drop", "insert"):
        shift(part, kind, place, data.draw(st.integers(0, 255)))
    elif kind == "garbage":
        part = bytearray(data.draw(st.binary(max_size=60)))
    elif kind == "double start":
        part = part[:place] + part
    elif kind == "splice":
        other = data.draw(st.sampled_from(frames))
        part = part[:place] + other[data.draw(st.integers(0, len(other))) :]
    elif kind == "start":
        part = part[: data.draw(st.integers(1, 80))]
    elif kind == "front":
        part = part[place:]
    return bytes(part)


def fed(stream: bytes, chunk: int) -> tuple[list, StreamParser]:
    parser, found = StreamParser(), []
    for start in range(0, len(stream), chunk):
        found += parser.feed(stream[start : start + chunk], 0.0)
    counts = parser.counts
    assert len(stream) == sum(len(one.jpeg) for one in found) + counts.skipped_bytes + len(parser._buffer)
    assert counts.frames == len(found)
    return [one.jpeg for one in found if has_results(one.jpeg)], parser


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_whole_frame_is_found_and_nothing_else(data):
    stream = b"".join(piece(data, FRAMES) for _ in range(data.draw(st.integers(1, 8))))
    found, parser = fed(stream, data.draw(st.integers(1, 4000)))
    found += [one.jpeg for one in parser.end(0.0) if has_results(one.jpeg)]
    assert found == plain_parser.whole_frames(stream)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_none_is_missed_after_any_number_of_false_starts(data):
    """Without a budget a start inside ends a frame, so there are none here that hold others."""
    parser = StreamParser()
    parser._budget = -(10**6)
    stream = b"".join(piece(data, [*SMALL, *PADDED]) for _ in range(data.draw(st.integers(1, 8))))
    chunk = data.draw(st.integers(1, 4000))
    found = [one.jpeg for at in range(0, len(stream), chunk) for one in parser.feed(stream[at : at + chunk], 0.0)]
    found += [one.jpeg for one in parser.end(0.0)]
    assert found == plain_parser.whole_frames(stream)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_repairs_cost_no_frame_that_is_whole(data):
    stream = b"".join(piece(data, [*SAFE, *SAFE, *SMALL]) for _ in range(data.draw(st.integers(1, 8))))
    found, parser = fed(stream, data.draw(st.integers(1, 4000)))
    found += [one.jpeg for one in parser.end(0.0) if has_results(one.jpeg)]
    rest = iter(found)
    for whole in plain_parser.whole_frames(stream):
        assert whole in rest, "every one, in order"
    assert set(found) <= {*SAFE, *SMALL}


@pytest.mark.parametrize("chunk", [1, 19, 1000, 100_000])
def test_a_protected_frame_without_its_last_bytes_takes_nothing_of_the_next(chunk):
    for cut, behind in itertools.product((*range(1, 25), 60, 200), (SAFE[1], SMALL[0])):
        found, parser = fed(SAFE[0][:-cut] + behind + SAFE[2] + bytes(40), chunk)
        assert found[-2:] == [behind, SAFE[2]], cut
        assert found[:-2] in ([SAFE[0]], [])
        assert parser.counts.damaged == (1 if len(found) == 2 else 0)


@pytest.mark.parametrize("number", range(len(NESTED)))
def test_the_outer_frame_is_delivered(number):
    found, parser = fed(NESTED[number] * 3, 700)
    assert found == [NESTED[number]] * 3
    assert parser.counts.damaged == 0
    damaged = bytearray(NESTED[0])
    damaged[-9] ^= 1
    found, parser = fed(bytes(damaged) + SMALL[5] + bytes(9000), 700)
    assert found == [SMALL[0], SMALL[5]], "what is inside a damaged one is whole"
    assert parser.counts.damaged >= 1


def test_bytes_behind_an_image_break_a_rule_and_nothing_else():
    found, parser = fed(b"".join(PADDED), 500)
    assert found == PADDED
    assert parser.counts.damaged == 0
    assert parser.counts.rules[TRAILING] >= 2


def test_the_slow_reader_knows_a_frame():
    assert plain_parser.whole_frames(b"ab" + SMALL[0] + b"c" + SMALL[1][:-1] + SMALL[2]) == [SMALL[0], SMALL[2]]
    assert plain_parser.whole_frames(frame(0) + frame(1)[1:]) == [frame(0)]
