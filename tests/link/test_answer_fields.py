"""Fields of answers, byte by byte from docs/wire-format.md: what is read, and what is refused."""

import struct

import numpy as np
import pytest

from n6studio.link.wire.fields import FieldError, Fields, read_field

EVALUATION, RAW_OUTPUT = 8, 9
NUMBERS = bytes(range(24))  # int8, 4 channels of 6 candidates


def raw(start, piece, kind=1, order=0, scale=0.5, zero=-3, channels=4, candidates=6, total=24):
    return struct.pack("<BBHfiIIII", kind, order, 0, scale, zero, channels, candidates, total, start) + piece


ANSWERED = struct.pack("<HHI", 7, 0, 0xCAFE)


def read(*payloads, evaluation=ANSWERED):
    found = Fields()
    if evaluation is not None:
        read_field(EVALUATION, memoryview(evaluation), found)
    for payload in payloads:
        read_field(RAW_OUTPUT, memoryview(payload), found)
    return found.answer()


def test_pieces_become_an_array():
    answer = read(raw(0, NUMBERS[:10]), raw(10, NUMBERS[10:]))
    assert (answer.number, answer.checksum) == (7, 0xCAFE)
    assert answer.raw.stored.dtype == np.int8
    assert answer.raw.stored.tolist() == np.arange(24).reshape(4, 6).tolist()
    assert (answer.raw.scale, answer.raw.zero, answer.raw.candidates_first) == (0.5, -3, False)
    turned = read(raw(0, NUMBERS, order=1)).raw
    assert turned.stored.tolist() == np.arange(24).reshape(6, 4).tolist()
    floats = read(raw(0, struct.pack("<2f", 1.5, -2), kind=0, channels=1, candidates=2, total=8)).raw
    assert floats.stored.tolist() == [[1.5, -2.0]]
    assert read(raw(0, bytes([200] * 24), kind=2)).raw.stored.max() == 200


def test_an_answer_may_have_no_output_and_an_output_alone_is_none():
    assert read().raw is None
    assert read(raw(0, NUMBERS), evaluation=None) is None


@pytest.mark.parametrize(
    "payloads",
    [
        [raw(0, NUMBERS[:10])],
        [raw(10, NUMBERS[10:])],
        [raw(0, NUMBERS), raw(24, b"x")],
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
