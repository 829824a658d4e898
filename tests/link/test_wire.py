"""A frame carries its results, and nothing but its own."""

import dataclasses
import struct
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_builders import VECTORS, frame, jpeg, results

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import People, nobody
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.layout import EOI
from n6studio.link.wire import fields as wire_fields
from n6studio.link.wire import frame as wire
from n6studio.link.wire.frame import Refusal, check, encode_frame, read_results, without_results
from n6studio.link.wire.frame_json import results_values
from n6studio.link.wire.jpeg import decode_jpeg

IMAGE = jpeg()
MICROSECONDS = st.none() | st.integers(0, 0xFFFFFFFE)
FLOATS = st.floats(-8, 9, width=32)
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")) | st.just(" "), max_size=30)


@st.composite
def some_people(draw):
    count, keypoints = draw(st.integers(0, 5)), draw(st.integers(0, 20))

    def numbers(*shape, low=-8.0, high=9.0):
        wanted = int(np.prod(shape))
        drawn = draw(st.lists(st.floats(low, high, width=32), min_size=wanted, max_size=wanted))
        return np.array(drawn, np.float32).reshape(shape)

    keys = numbers(count, keypoints, 3)
    keys[..., 2] = keys[..., 2].clip(0, 1)
    return People(numbers(count, 4), numbers(count, low=0.0, high=1.0), keys)


@st.composite
def some_results(draw):
    side = st.integers(1, 4096)
    part = tuple(draw(st.tuples(*[st.floats(0.125, 1, width=32)] * 4)))
    exact = None
    if draw(st.booleans()):
        exact = VECTORS.pixels(draw(st.integers(1, 40)), draw(st.integers(1, 40)))
    return FrameResults(
        wire.VERSION,
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 2**64 - 1)),
        Timings(*draw(st.tuples(*[MICROSECONDS] * 4))),
        draw(st.just("") | st.from_regex(r"[1-9a-f][0-9a-f]{15}", fullmatch=True)),
        draw(st.none() | st.builds(View, st.sampled_from(Resize), st.tuples(side, side), st.just(part))),
        draw(some_people()),
        draw(st.none() | st.floats(0, 1, width=32)),
        exact,
        tuple(draw(st.lists(TEXT, max_size=4))),
        tuple(draw(st.lists(st.tuples(TEXT.filter(lambda key: key and "=" not in key), TEXT), max_size=4))),
    )


def same(one: FrameResults, other: FrameResults) -> bool:
    arrays = [(one.people.boxes, other.people.boxes), (one.people.confidences, other.people.confidences)]
    arrays.append((one.people.keypoints, other.people.keypoints))
    if one.exact_input is not None and other.exact_input is not None:
        arrays.append((one.exact_input, other.exact_input))
    return results_values(one) == results_values(other) and all(np.array_equal(*pair) for pair in arrays)


@settings(max_examples=150, deadline=None)
@given(some_results(), st.booleans())
def test_what_is_written_is_read(told, packed):
    sent = encode_frame(IMAGE, told, pack_input=packed)
    found = check(sent)
    assert isinstance(found, FrameResults), found
    assert same(found, told)
    assert without_results(sent) == IMAGE


def test_the_image_is_still_a_image():
    assert np.array_equal(decode_jpeg(frame()), decode_jpeg(IMAGE))


def test_results_that_are_there_already_are_replaced():
    twice = encode_frame(frame(1), results(2))
    assert twice == frame(2)


@pytest.mark.parametrize("pack", [True, False])
def test_exact_input_larger_than_a_segment(pack):
    exact = np.random.default_rng(0).integers(0, 256, (320, 320, 3), dtype=np.uint8)
    sent = encode_frame(IMAGE, results(exact_input=exact), pack_input=pack)
    assert sent[22] == 6
    assert np.array_equal(check(sent).exact_input, exact)
    assert decode_jpeg(sent) is not None


def test_more_people_than_a_segment_holds():
    crowd = VECTORS.people(700, 17)
    found = check(encode_frame(IMAGE, results(people=crowd)))
    assert np.array_equal(found.people.keypoints, crowd.keypoints)


def test_results_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="segments"):
        encode_frame(IMAGE, results(log=("x" * 60_000,) * 300))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", IMAGE[:-1], IMAGE[1:], b"words"])
def test_only_whole_images_take_results(data):
    with pytest.raises(wire.NotAJpeg):
        encode_frame(data, results())


# --- damage ----------------------------------------------------------------------------------------------------------


def test_every_single_flipped_byte_is_noticed():
    sent = frame()
    for place in range(len(sent)):
        damaged = bytearray(sent)
        damaged[place] ^= 1 << place % 8
        assert isinstance(check(bytes(damaged)), Refusal), place


def test_every_cut_is_noticed():
    sent = frame()
    for length in range(len(sent) - 2):
        assert isinstance(check(sent[:length]), Refusal)
        assert isinstance(check(sent[:length] + EOI), Refusal)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000), st.booleans())
def test_no_splice_of_two_frames_passes(first, second, mend):
    one, other = frame(1, seed=1), frame(2, seed=2)
    spliced = one[:first] + other[second:]
    if mend and len(spliced) > 20:
        spliced = spliced[:16] + struct.pack("<I", len(spliced)) + spliced[20:]
    if spliced not in (one, other):
        assert isinstance(check(spliced), Refusal)


def test_reasons_are_counted():
    counted = Counter()
    assert read_results(IMAGE, counted) is None
    assert read_results(frame()[:-10] + EOI, counted) is None
    assert read_results(VECTORS.vectors()["other_major.jpg"], counted) is None
    assert counted == {Refusal.PLAIN: 1, Refusal.LENGTH: 1, Refusal.VERSION: 1}


# --- sealed, and yet wrong: a mistake in a board's firmware ----------------------------------------------------------


def sealed_with(*payloads: tuple[int, bytes]) -> bytes:
    empty = encode_frame(IMAGE, VECTORS.EMPTY)
    return VECTORS.with_fields(empty, b"".join(VECTORS.field(kind, payload) for kind, payload in payloads))


def people_payload(count: int, keypoints: int, values: np.ndarray) -> bytes:
    return struct.pack("<HH", count, keypoints) + values.astype("<f4").tobytes()


EXACT = wire_fields.EXACT_INPUT


@pytest.mark.parametrize(
    "fields",
    [
        [(wire_fields.TIMINGS, b"short")],
        [(wire_fields.VIEW, struct.pack("<BxHH4f", 9, 256, 256, 0, 0, 1, 1))],
        [(wire_fields.VIEW, struct.pack("<BxHH4f", 1, 0, 256, 0, 0, 1, 1))],
        [(wire_fields.VIEW, struct.pack("<BxHH4f", 1, 256, 256, 0, 0, float("nan"), 1))],
        [(wire_fields.VIEW, struct.pack("<BxHH4f", 1, 256, 256, 0, 0, 0, 1))],
        [(wire_fields.PEOPLE, struct.pack("<HH", 65535, 65535))],
        [(wire_fields.PEOPLE, struct.pack("<HH", 1001, 0) + bytes(1001 * 20))],
        [(wire_fields.PEOPLE, people_payload(1, k, np.ones(5 + 3 * k))) for k in (2, 3)],
        [(wire_fields.STATUS, b"no equals sign")],
        [(wire_fields.STATUS, b"=no key")],
        [(wire_fields.LOG, b"x")] * 1001,
        [(EXACT, struct.pack("<HHBBII", 0, 4, 3, 0, 0, 0))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 4, 0, 16, 0) + bytes(16))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 3, 7, 12, 0) + bytes(12))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 3, 0, 12, 0) + bytes(11))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 3, 0, 12, 6) + bytes(6))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 3, 0, 12, 0) + bytes(13))],
        [(EXACT, struct.pack("<HHBBII", 2, 2, 3, 1, 12, 0) + bytes(12))],
        [(EXACT, struct.pack("<HHBBII", 4096, 4096, 3, 0, 0xFFFFFFFF, 0))],
    ],
    ids=lambda fields: f"{fields[0][0]}-{len(fields)}-{fields[0][1][:8].hex()}",
)  # fmt: skip
def test_impossible_fields_are_refused(fields):
    assert check(sealed_with(*fields)) is Refusal.CONTENT


def test_a_packed_input_that_swells_is_not_unpacked_further():
    import zlib

    bomb = zlib.compress(bytes(50_000_000), 9)[:60_000]
    claimed = struct.pack("<HHBBII", 200, 200, 3, 1, len(bomb), 0)
    assert check(sealed_with((EXACT, claimed + bomb))) is Refusal.CONTENT


@pytest.mark.parametrize("segments", [0, 2, 255])
def test_segments_that_are_not_there(segments):
    changed = bytearray(frame())
    changed[22] = segments
    assert check(VECTORS.sealed(bytes(changed))) is Refusal.CONTENT


def segments_of(sent: bytes) -> list[bytes]:
    """Return a frame's segments one by one, and what follows them."""
    parts, at = [], 2
    while sent[at : at + 2] == b"\xff\xe9":
        end = at + 2 + int.from_bytes(sent[at + 2 : at + 4], "big")
        parts.append(sent[at:end])
        at = end
    return [*parts, sent[at:]]


def four_segments() -> tuple[list[bytes], bytes]:
    """Return four segments with a line of log each, and what follows; all but the first are of one length."""
    sent = encode_frame(IMAGE, results(log=tuple(letter * 60_000 for letter in "abcd")))
    *parts, rest = segments_of(sent)
    assert len(parts) == 4
    return parts, rest


def check_order(order: list[int], indices: list[int] | None = None):
    """Return what is read of a sealed frame with its segments in this order, and with these indices where given."""
    parts, rest = four_segments()
    ordered = [bytearray(parts[place]) for place in order]
    for part, index in zip(ordered[1:], indices or [], strict=False):
        part[10] = index
    return check(VECTORS.sealed(b"\xff\xd8" + b"".join(ordered) + rest))


def test_segments_have_a_place_each():
    assert [line[0] for line in check_order([0, 1, 2, 3]).log] == ["a", "b", "c", "d"]
    assert check_order([0, 2, 1, 3]) is Refusal.CONTENT, "two were exchanged"
    assert check_order([0, 1, 1, 3]) is Refusal.CONTENT, "one came twice, another not at all"
    assert [line[0] for line in check_order([0, 2, 1, 3], [1, 2, 3]).log] == ["a", "c", "b", "d"], (
        "it is the index that counts"
    )


@pytest.mark.parametrize("indices", [[0, 2, 3], [2, 3, 4], [1, 2, 2], [1, 3, 2], [1, 2, 255]])
def test_an_index_that_is_not_the_segments_place_is_refused(indices):
    assert check_order([0, 1, 2, 3], indices) is Refusal.CONTENT


@pytest.mark.parametrize(("place", "values"), [(4, 256), (5, 256), (23, 48)])
def test_lengths_that_lie(place, values):
    for value in range(values):
        changed = bytearray(frame())
        if changed[place] == value:
            continue
        changed[place] = value
        assert check(VECTORS.sealed(bytes(changed))) is Refusal.CONTENT, value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_sealed_bytes_are_read_or_refused(fields):
    empty = encode_frame(IMAGE, VECTORS.EMPTY)
    found = check(VECTORS.with_fields(empty, fields))
    assert isinstance(found, Refusal | FrameResults)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_numbers_that_are_none_reach_nobody(value):
    values = np.full((2, 5 + 6), 0.5, np.float32)
    values[0, :] = value  # nobody can be made of this
    values[1, 5] = value
    found = check(sealed_with((wire_fields.PEOPLE, people_payload(2, 2, values)))).people
    for array in (found.boxes, found.confidences, found.keypoints):
        assert np.isfinite(array).all()
        assert np.abs(array).max() <= 1 + wire_fields.FURTHEST
    assert len(found) == (1 if not np.isfinite(value) else 2)
    if not np.isfinite(value):
        assert (found.keypoints[0, 0] == 0).all()  # hidden
    assert tuple(found.keypoints[-1, 1]) == (0.5, 0.5, 0.5)


def test_texts_cannot_move_the_cursor_of_a_terminal():
    found = check(sealed_with((wire_fields.LOG, b"\x1b[2Jgone\x00\n\xff")))
    assert found.log == (" [2Jgone  �",)


def test_versions():
    assert check(VECTORS.vectors()["later_minor.jpg"]).version == (1, 7)
    assert check(VECTORS.vectors()["other_major.jpg"]) is Refusal.VERSION


def test_nobody_without_keypoints():
    assert check(encode_frame(IMAGE, results(people=nobody(0)))).people.keypoints.shape == (0, 0, 3)
    assert check(encode_frame(IMAGE, results(people=nobody(17)))).people.keypoints.shape == (0, 17, 3)


def test_long_numbers_wrap():
    sent = dataclasses.replace(results(), sequence=2**32 + 5, timings=Timings(2**40))
    found = check(encode_frame(IMAGE, sent))
    assert found.sequence == 5
    assert found.timings.exposure_to_npu == 0xFFFFFFFE
