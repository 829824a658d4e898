"""Fields of answers, byte by byte from docs/wire-format.md: what is read, and what is refused."""

import struct

import numpy as np
import pytest

from n6studio.domain.live import RawOutput
from n6studio.link.wire.fields import FieldError, Fields, raw_output_fields, read_field

EVALUATION, RAW_OUTPUT, RAW_PART = 8, 9, 10
NUMBERS = bytes(range(24))  # int8, 4 channels of 6 candidates


def raw(start, piece, kind=1, order=0, scale=0.5, zero=-3, channels=4, candidates=6, total=24):
    return struct.pack("<BBHfiIIII", kind, order, 0, scale, zero, channels, candidates, total, start) + piece


ANSWERED = struct.pack("<HHI", 7, 0, 0xCAFE)


def part(number, count, start, piece, **changes):
    changed = bytearray(raw(start, piece, **changes))
    changed[2:4] = number, count
    return bytes(changed)


def read(*payloads, evaluation=ANSWERED, kind=RAW_OUTPUT):
    found = Fields()
    if evaluation is not None:
        read_field(EVALUATION, memoryview(evaluation), found)
    for payload in payloads:
        read_field(kind, memoryview(payload), found)
    return found.answer()


def test_pieces_become_an_array():
    answer = read(raw(0, NUMBERS[:10]), raw(10, NUMBERS[10:]))
    assert (answer.number, answer.checksum) == (7, 0xCAFE)
    (found,) = answer.outputs
    assert found.stored.dtype == np.int8
    assert found.stored.tolist() == np.arange(24).reshape(4, 6).tolist()
    assert (found.scale, found.zero, found.candidates_first) == (0.5, -3, False)
    (turned,) = read(raw(0, NUMBERS, order=1)).outputs
    assert turned.stored.tolist() == np.arange(24).reshape(6, 4).tolist()
    (floats,) = read(raw(0, struct.pack("<2f", 1.5, -2), kind=0, channels=1, candidates=2, total=8)).outputs
    assert floats.stored.tolist() == [[1.5, -2.0]]
    assert read(raw(0, bytes([200] * 24), kind=2)).outputs[0].stored.max() == 200


def test_an_answer_may_have_no_output_and_an_output_alone_is_none():
    assert read().outputs == ()
    assert read(raw(0, NUMBERS), evaluation=None) is None


def test_several_outputs_come_in_their_order_each_in_pieces():
    wide = bytes(range(100, 130))
    outputs = read(
        part(0, 3, 0, NUMBERS[:10]),
        part(0, 3, 10, NUMBERS[10:]),
        part(1, 3, 0, wide, channels=1, candidates=30, total=30, order=1, scale=2.0, zero=9),
        part(2, 3, 0, NUMBERS, kind=2),
        kind=RAW_PART,
    ).outputs
    assert [one.stored.tobytes() for one in outputs] == [NUMBERS, wide, NUMBERS]
    assert [(one.scale, one.zero, one.candidates_first) for one in outputs] == [
        (0.5, -3, False), (2.0, 9, True), (0.5, -3, False)
    ]  # fmt: skip
    assert outputs[1].stored.shape == (30, 1)


@pytest.mark.parametrize(
    "payloads",
    [
        [part(0, 2, 0, NUMBERS)],
        [part(1, 2, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS), part(1, 3, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS), part(1, 3, 0, NUMBERS), part(2, 3, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS), part(0, 2, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS[:10]), part(1, 2, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS), part(1, 2, 0, NUMBERS), part(2, 2, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS), part(1, 2, 0, NUMBERS), part(0, 2, 0, NUMBERS)],
        [part(0, 1, 0, NUMBERS)],
        [part(0, 0, 0, NUMBERS)],
        [part(0, 2, 0, NUMBERS)[:20]],
        [b""],
    ],
)
def test_outputs_that_contradict_each_other_are_refused(payloads):
    with pytest.raises(FieldError):
        read(*payloads, kind=RAW_PART)


def test_one_output_and_several_do_not_mix():
    found = Fields()
    read_field(EVALUATION, memoryview(ANSWERED), found)
    read_field(RAW_PART, memoryview(part(0, 2, 0, NUMBERS)), found)
    with pytest.raises(FieldError):
        read_field(RAW_OUTPUT, memoryview(raw(0, NUMBERS)), found)


@pytest.mark.parametrize(
    "payloads",
    [
        [raw(0, NUMBERS[:10])],
        [raw(10, NUMBERS[10:])],
        [raw(0, NUMBERS), raw(24, b"x")],
        [raw(0, NUMBERS[:10]), raw(9, NUMBERS[10:])],
        [raw(0, NUMBERS[:10]), raw(10, NUMBERS[10:], zero=4)],
        [raw(0, NUMBERS, kind=3)],
        [raw(0, NUMBERS, order=2)],
        [raw(0, NUMBERS, scale=0.0)],
        [raw(0, NUMBERS, scale=float("nan"))],
        [raw(0, NUMBERS, scale=float("inf"))],
        [raw(0, NUMBERS, total=25)],
        [raw(0, NUMBERS, channels=2**32 - 1, candidates=2**32 - 1)],
        [raw(0, NUMBERS)[:20]],
    ],
)
def test_what_contradicts_itself_is_refused(payloads):
    with pytest.raises(FieldError):
        read(*payloads)


def test_a_short_evaluation_is_refused():
    with pytest.raises(FieldError):
        read(evaluation=b"\7\0\0")


@pytest.mark.parametrize(
    ("kind", "payloads"),
    [
        (RAW_OUTPUT, [raw(0, NUMBERS + b"x")]),
        (RAW_PART, [part(0, 2, 0, NUMBERS), part(1, 2, 0, NUMBERS), part(2, 2, 0, NUMBERS)]),
    ],
)
def test_too_much_is_refused_as_it_comes(kind, payloads):
    with pytest.raises(FieldError):
        read(*payloads, evaluation=None, kind=kind)


def field(kind, payload):
    return struct.pack("<HH", kind, len(payload)) + payload


def test_one_output_is_written_as_the_page_says():
    stored = np.arange(24, dtype=np.int8).reshape(4, 6)
    assert raw_output_fields([RawOutput(stored, False, 0.5, -3)]) == [field(RAW_OUTPUT, raw(0, NUMBERS))]
    turned = raw_output_fields([RawOutput(stored, True, 0.5, -3)])
    assert turned == [field(RAW_OUTPUT, raw(0, NUMBERS, order=1, channels=6, candidates=4))]
    assert raw_output_fields([]) == []


def test_several_outputs_are_written_as_the_page_says():
    stored = np.arange(24, dtype=np.int8).reshape(6, 4)
    outputs = [RawOutput(stored, True, 0.5, -3), RawOutput(stored, True, 0.5, -3)]
    assert raw_output_fields(outputs) == [field(RAW_PART, part(number, 2, 0, NUMBERS, order=1)) for number in range(2)]


def test_an_output_is_cut_into_pieces_that_fit_into_a_segment():
    data = bytes(range(250)) * 300  # 75 000 bytes; a segment holds 65 535, of which 10 are its head and 4 the field's
    most = 65_535 - 10 - 4 - 28
    shape = {"kind": 2, "channels": 300, "candidates": 250, "total": 75_000, "scale": 2.0, "zero": 0}
    assert raw_output_fields([RawOutput(np.frombuffer(data, np.uint8).reshape(300, 250), False, 2.0)]) == [
        field(RAW_OUTPUT, raw(0, data[:most], **shape)), field(RAW_OUTPUT, raw(most, data[most:], **shape))
    ]  # fmt: skip
