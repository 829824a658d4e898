"""The fields of a results segment: type, length, payload. docs/wire-format.md is the specification.

Every field is whole within its segment. Readers skip types that they do not know and bytes behind what they know of a
payload, so later versions can add both.
"""

import functools
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from n6studio.domain.live import Answer, RawOutput, Timings
from n6studio.domain.pose.people import FloatArray, ImageFractions, People, nobody, together
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View

TIMINGS, VIEW, PEOPLE, EXACT_INPUT, LOG, STATUS, TOP_SCORE, EVALUATION, RAW_OUTPUT, RAW_PART = range(1, 11)

NOT_TOLD = 0xFFFFFFFF  # of a time in microseconds
FIELD_HEAD = struct.Struct("<HH")
_TIMINGS = struct.Struct("<4I")
_VIEW = struct.Struct("<BxHH4f")
_PEOPLE = struct.Struct("<HH")
_EXACT = struct.Struct("<HHBBII")  # width, height, channels, coding, length of the coded data, where this piece goes
_RAW, _ZLIB = 0, 1
_EVALUATION = struct.Struct("<HxxI")
# Type, order, number of this output, how many there are, scale, zero, channels, candidates, length of all the data,
# where this piece goes.
_RAW_OUTPUT = struct.Struct("<BBBBfiIIII")
_STORED = (np.dtype("<f4"), np.dtype(np.int8), np.dtype(np.uint8))
_RESIZES = (Resize.LETTERBOX, Resize.STRETCH, Resize.CROP)

MOST_PAYLOAD = 0xFFFF - 2 - 8 - FIELD_HEAD.size  # in a segment of 65535 bytes with the head of a continuation
MOST_PEOPLE, MOST_KEYPOINTS = 1000, 1000  # more is no result, but an accident
MOST_SIDE = 4096  # pixels of the network's input
MOST_TEXTS = 1000  # lines of log and pairs of status in one frame
FURTHEST = 8.0  # frames outside the frame; what is further away is moved here, so that no drawing overflows


class FieldError(ValueError):
    """A field that contradicts the specification."""


@dataclass
class Fields:
    """What the fields of a frame say, while they are read."""

    timings: Timings = field(default_factory=Timings)
    view: View | None = None
    people: list[People[ImageFractions]] = field(default_factory=list)
    top_score: float | None = None
    log: list[str] = field(default_factory=list)
    status: list[tuple[str, str]] = field(default_factory=list)
    exact: "_Pieces | None" = None
    evaluation: tuple[int, int] | None = None
    raw: list["_RawPieces"] = field(default_factory=list)
    raw_count: int = 0

    def all_people(self) -> People[ImageFractions]:
        """Return the people of all fields together."""
        groups = [group for group in self.people if len(group)] or self.people[:1]
        if len(groups) <= 1:
            return groups[0] if groups else nobody(0)
        if len({group.keypoints.shape[1] for group in groups}) > 1:
            raise FieldError("people with different numbers of keypoints")
        return together(groups)

    def answer(self) -> Answer | None:
        """Return what the frame says about an input of this computer; a raw output alone says nothing."""
        if self.evaluation is None:
            return None
        if len(self.raw) != self.raw_count:
            raise FieldError("outputs are missing")
        return Answer(*self.evaluation, tuple(one.output() for one in self.raw))


@dataclass
class _RawPieces:
    kind: int
    candidates_first: bool
    scale: float
    zero: int
    shape: tuple[int, int]
    total: int
    data: bytearray = field(default_factory=bytearray)

    def output(self) -> RawOutput:
        if len(self.data) != self.total:
            raise FieldError("pieces of the raw output are missing")
        stored = np.frombuffer(bytes(self.data), _STORED[self.kind])
        shape = self.shape[::-1] if self.candidates_first else self.shape
        return RawOutput(stored.reshape(shape), self.candidates_first, self.scale, self.zero)


@dataclass
class _Pieces:
    head: tuple[int, ...]
    data: bytearray

    def image(self) -> npt.NDArray[np.uint8]:
        width, height, channels, coding, total = self.head
        if len(self.data) != total:
            raise FieldError("pieces of the exact input are missing")
        wanted = width * height * channels
        raw = bytes(self.data)
        if coding == _ZLIB:
            unpacker = zlib.decompressobj()
            try:
                raw = unpacker.decompress(raw, wanted + 1)
            except zlib.error as error:
                raise FieldError("the exact input cannot be unpacked") from error
        if len(raw) != wanted:
            raise FieldError("the exact input does not have the size that it claims")
        return np.frombuffer(raw, np.uint8).reshape(height, width, channels)


# --- reading ---------------------------------------------------------------------------------------------------------


def split_fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield (type, payload) of every field in one segment.

    Raises:
        FieldError: a field reaches over the end.
    """
    at, end = 0, len(data)
    while at < end:
        if end - at < FIELD_HEAD.size:
            raise FieldError("a field is truncated")
        kind, length = FIELD_HEAD.unpack_from(data, at)
        at += FIELD_HEAD.size
        if length > end - at:
            raise FieldError("a field extends beyond its segment")
        yield kind, data[at : at + length]
        at += length


def read_field(kind: int, payload: memoryview, into: Fields) -> None:
    """Add what one field says; unknown types are skipped.

    Raises:
        FieldError: it is shorter than it must be, or says something impossible.
    """
    reader = _READERS.get(kind)
    if reader is not None:
        try:
            reader(payload, into)
        except struct.error as error:
            raise FieldError("a field is too short") from error


def _read_timings(payload: memoryview, into: Fields) -> None:
    into.timings = Timings(*(None if value == NOT_TOLD else value for value in _TIMINGS.unpack_from(payload)))


def _read_view(payload: memoryview, into: Fields) -> None:
    resize, width, height, *part = _VIEW.unpack_from(payload)
    if resize >= len(_RESIZES) or not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise FieldError("an invalid view")
    left, top, across, down = part
    if not all(math.isfinite(value) and abs(value) <= FURTHEST for value in part) or across <= 0 or down <= 0:
        raise FieldError("an invalid region of the frame")
    into.view = View(_RESIZES[resize], (width, height), (left, top, across, down))


def _read_people(payload: memoryview, into: Fields) -> None:
    count, keypoints = _PEOPLE.unpack_from(payload)
    width = 5 + 3 * keypoints
    if count + sum(map(len, into.people)) > MOST_PEOPLE or keypoints > MOST_KEYPOINTS:
        raise FieldError("an invalid number of people or keypoints")
    if len(payload) < _PEOPLE.size + 4 * count * width:
        raise FieldError("fewer people than counted")
    table = np.frombuffer(payload, "<f4", count * width, _PEOPLE.size).reshape(count, width).astype(np.float32)
    if not np.isfinite(table).all():
        table = _finite(table, keypoints)
    np.clip(table, *_limits(keypoints), out=table)
    into.people.append(People(table[:, :4], table[:, 4], table[:, 5:].reshape(len(table), keypoints, 3)))


def _finite(table: FloatArray, keypoints: int) -> FloatArray:
    """Leave out people without a finite box and score, and hide keypoints without finite values."""
    table = table[np.isfinite(table[:, :5]).all(axis=1)]
    points = table[:, 5:].reshape(len(table), keypoints, 3)
    points = np.where(np.isfinite(points).all(axis=2, keepdims=True), points, np.float32(0))
    return np.concatenate([table[:, :5], points.reshape(len(table), 3 * keypoints)], axis=1)


@functools.cache
def _limits(keypoints: int) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest value of each number of a person."""
    least = [-FURTHEST] * 4 + [0.0] + [-FURTHEST, -FURTHEST, 0.0] * keypoints
    most = [1 + FURTHEST] * 4 + [1.0] + [1 + FURTHEST, 1 + FURTHEST, 1.0] * keypoints
    return np.array(least, np.float32), np.array(most, np.float32)


def _read_exact_input(payload: memoryview, into: Fields) -> None:
    *head, start = _EXACT.unpack_from(payload)
    width, height, channels, coding, total = head
    possible = 0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and channels == 3 and coding in (_RAW, _ZLIB)
    if not possible or total > width * height * channels + 4096:  # what cannot be packed grows by a few bytes
        raise FieldError("an invalid exact input")
    if into.exact is None:
        into.exact = _Pieces(tuple(head), bytearray())
    if into.exact.head != tuple(head) or start != len(into.exact.data):
        raise FieldError("pieces of the exact input do not fit together")
    into.exact.data += payload[_EXACT.size :]
    if len(into.exact.data) > total:
        raise FieldError("more exact input than announced")


def _read_evaluation(payload: memoryview, into: Fields) -> None:
    number, checksum = _EVALUATION.unpack_from(payload)
    into.evaluation = number, checksum


def _read_raw_output(payload: memoryview, into: Fields) -> None:
    _add_raw(payload, into, 0, 1)  # whatever stands in the two bytes that have no meaning here


def _read_raw_part(payload: memoryview, into: Fields) -> None:
    _, _, number, count, *_ = _RAW_OUTPUT.unpack_from(payload)
    if count < 2:
        raise FieldError("an invalid number of outputs")
    _add_raw(payload, into, number, count)


def _add_raw(payload: memoryview, into: Fields, number: int, count: int) -> None:
    kind, order, _, _, scale, zero, channels, candidates, total, start = _RAW_OUTPUT.unpack_from(payload)
    whole = kind < len(_STORED) and order <= 1 and total == channels * candidates * _STORED[kind].itemsize
    if not whole or not math.isfinite(scale) or scale <= 0:
        raise FieldError("an invalid raw output")
    head = _RawPieces(kind, bool(order), scale, zero, (channels, candidates), total)
    if number == len(into.raw) < count:
        into.raw.append(head)
        into.raw_count = into.raw_count or count
    if number != len(into.raw) - 1 or count != into.raw_count:
        raise FieldError("raw outputs out of order")
    present = into.raw[number]
    if replace(present, data=bytearray()) != head or start != len(present.data):
        raise FieldError("pieces of the raw output do not fit together")
    present.data += payload[_RAW_OUTPUT.size :]
    if len(present.data) > total:
        raise FieldError("more raw output than announced")


def _text(payload: memoryview) -> str:
    text = bytes(payload).decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() or sign == "\t" else " " for sign in text)


def _read_log(payload: memoryview, into: Fields) -> None:
    if len(into.log) >= MOST_TEXTS:
        raise FieldError("an invalid number of log lines")
    into.log.append(_text(payload))


def _read_status(payload: memoryview, into: Fields) -> None:
    key, equals, value = _text(payload).partition("=")
    if len(into.status) >= MOST_TEXTS or not key or not equals:
        raise FieldError("an invalid status")
    into.status.append((key, value))


def _read_top_score(payload: memoryview, into: Fields) -> None:
    (score,) = struct.unpack_from("<f", payload)
    into.top_score = min(1.0, max(0.0, score)) if math.isfinite(score) else None


_READERS = {
    TIMINGS: _read_timings,
    VIEW: _read_view,
    PEOPLE: _read_people,
    EXACT_INPUT: _read_exact_input,
    LOG: _read_log,
    STATUS: _read_status,
    TOP_SCORE: _read_top_score,
    EVALUATION: _read_evaluation,
    RAW_OUTPUT: _read_raw_output,
    RAW_PART: _read_raw_part,
}


# --- writing ---------------------------------------------------------------------------------------------------------


def _field(kind: int, payload: bytes) -> bytes:
    return FIELD_HEAD.pack(kind, len(payload)) + payload


def timings_field(timings: Timings) -> bytes:
    """Return the field of the four times, in microseconds."""
    times = (timings.exposure_to_npu, timings.npu, timings.post_processing, timings.encode)
    return _field(TIMINGS, _TIMINGS.pack(*(NOT_TOLD if t is None else min(t, NOT_TOLD - 1) for t in times)))


def view_field(view: View) -> bytes:
    """Return the field of the view."""
    return _field(VIEW, _VIEW.pack(_RESIZES.index(view.resize), *view.size, *view.part))


def people_fields(people: People[ImageFractions]) -> list[bytes]:
    """Return the fields of all people; one field holds as many as fit into a segment."""
    count, keypoints = len(people), people.keypoints.shape[1]
    table = np.concatenate(
        [people.boxes, people.confidences[:, None], people.keypoints.reshape(count, 3 * keypoints)], axis=1
    ).astype("<f4")
    fit = max(1, (MOST_PAYLOAD - _PEOPLE.size) // (4 * (5 + 3 * keypoints)))
    return [
        _field(PEOPLE, _PEOPLE.pack(min(fit, count - first), keypoints) + table[first : first + fit].tobytes())
        for first in range(0, max(count, 1), fit)
    ]


def top_score_field(score: float) -> bytes:
    """Return the field of the highest score."""
    return _field(TOP_SCORE, struct.pack("<f", score))


def exact_input_fields(image: npt.NDArray[np.uint8], packed: bool) -> list[bytes]:
    """Return the fields of the model's input (H, W, 3) uint8, packed with zlib or as it is."""
    height, width, channels = image.shape
    data = image.tobytes()
    if packed:
        data = zlib.compress(data, 1)
    head = (width, height, channels, _ZLIB if packed else _RAW, len(data))
    room = MOST_PAYLOAD - _EXACT.size
    return [
        _field(EXACT_INPUT, _EXACT.pack(*head, start) + data[start : start + room])
        for start in range(0, len(data), room)
    ]


def evaluation_field(answer: Answer) -> bytes:
    """Return the field that says which input a frame answers."""
    return _field(EVALUATION, _EVALUATION.pack(answer.number, answer.checksum))


def raw_output_fields(outputs: Sequence[RawOutput]) -> list[bytes]:
    """Return the fields of a model's outputs."""
    count = len(outputs)
    if count == 1:
        return _raw_fields(RAW_OUTPUT, outputs[0], 0, 0)
    return [one for number, output in enumerate(outputs) for one in _raw_fields(RAW_PART, output, number, count)]


def _raw_fields(field_kind: int, raw: RawOutput, number: int, count: int) -> list[bytes]:
    stored = np.ascontiguousarray(raw.stored)
    kind = [one.str for one in _STORED].index(stored.dtype.newbyteorder("<").str)
    channels, candidates = stored.shape[::-1] if raw.candidates_first else stored.shape
    data, room = stored.tobytes(), MOST_PAYLOAD - _RAW_OUTPUT.size
    head = (kind, raw.candidates_first, number, count, raw.scale, raw.zero, channels, candidates, len(data))
    return [
        _field(field_kind, _RAW_OUTPUT.pack(*head, start) + data[start : start + room])
        for start in range(0, len(data), room)
    ]


def log_field(line: str) -> bytes:
    """Return the field of one line of log."""
    return _field(LOG, line.encode("utf-8", "replace")[:MOST_PAYLOAD])


def status_field(key: str, value: str) -> bytes:
    """Return the field of one pair of status."""
    return _field(STATUS, f"{key}={value}".encode("utf-8", "replace")[:MOST_PAYLOAD])
