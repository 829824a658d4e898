"""What a board answered to the inputs of an evaluation, as bytes of a file: a line of JSON, then one record an input.

Records are added as answers come, so a file may end within one: what is not whole is as if it were not there.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
import numpy as np

from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.split_head import BRANCHES

SCHEMA, SEVERAL = 1, 2  # of answers with one output, with those of a split head
NAME = "board-answers.bin"
NOT_TOLD = 0xFFFFFFFF
_RECORD = struct.Struct("<IIIIII")  # sent, received, NPU, post-processing, people, bytes of raw output
_CHECKSUM = struct.Struct("<I")
_LONGEST_HEAD = 1 << 16
_MOST_PEOPLE, _MOST_RAW = 1000, 8 << 20
TYPES = ("float32", "int8", "uint8")


class OutputForm(msgspec.Struct, frozen=True, kw_only=True):
    """How an output lies in a record.

    Attributes:
        type: one of `TYPES`.
        shape: (channels, candidates).
        candidates_first: whether the values of a candidate lie together.
        scale, zero: of an integer output: value = (stored - zero) * scale.
    """

    type: str
    shape: tuple[int, int]
    candidates_first: bool
    scale: float
    zero: int

    def __post_init__(self) -> None:
        """Refuse what no board says.

        Raises:
            ValueError: it does.
        """
        if self.type not in TYPES or min(self.shape) < 1 or not self.scale > 0:
            raise ValueError("an impossible output")

    @property
    def size(self) -> int:
        """Bytes of it."""
        return self.shape[0] * self.shape[1] * np.dtype(self.type).itemsize


class AnswersHead(msgspec.Struct, frozen=True, kw_only=True):
    """Which board it was, and how it was asked.

    Attributes:
        schema: version of this form: `SCHEMA`, or `SEVERAL` with several outputs.
        board, firmware: what the board calls itself.
        model: `model_id` of the .tflite that it ran.
        link: where it was reached, without names of files.
        input_size: (width, height) of the model's input, pixels.
        keypoints: K of each person.
        confidence, iou: thresholds of its post-processing.
        average: whether that averaged keypoints over all candidates of a person; earlier releases did not.
        type, shape, candidates_first, scale, zero: of the model's first output; see `OutputForm`.
        others: the others of a split head, in the order that `SplitHead` has.
    """

    schema: int = SCHEMA
    board: str
    firmware: str
    model: str
    link: str
    input_size: tuple[int, int]
    keypoints: int
    confidence: float
    iou: float
    type: str
    shape: tuple[int, int]
    candidates_first: bool
    scale: float
    zero: int
    others: tuple[OutputForm, ...] = ()
    average: bool = False

    def __post_init__(self) -> None:
        """Refuse what no board says.

        Raises:
            ValueError: it does.
        """
        if self.raw_bytes > _MOST_RAW or min(self.input_size) < 1:
            raise ValueError("an impossible output")
        if not 1 <= self.keypoints <= _MOST_PEOPLE:
            raise ValueError("impossible keypoints")

    @property
    def outputs(self) -> tuple[OutputForm, ...]:
        """How each output lies in a record, one behind the other."""
        first = OutputForm(
            type=self.type, shape=self.shape, candidates_first=self.candidates_first, scale=self.scale, zero=self.zero
        )
        return (first, *self.others)

    @property
    def raw_bytes(self) -> int:
        """Length of all outputs."""
        return sum(output.size for output in self.outputs)

    @property
    def candidates(self) -> int:
        """N; each level of a split head has `BRANCHES` outputs."""
        return sum(output.shape[1] for output in self.outputs) // (BRANCHES if self.others else 1)


@dataclass(frozen=True, eq=False)
class BoardAnswer:
    """One input and what the board made of it.

    Attributes:
        sent: CRC-32 of the input.
        received: CRC-32 of it as it arrived.
        npu_us, post_us: microseconds for the model and for post-processing; None where not told.
        people: (P, 5 + 3 K) left, top, right, bottom, confidence, then x, y, visibility; fractions of the input.
        raw: the model's outputs as they lay in memory, one behind the other.
    """

    sent: int
    received: int
    npu_us: int | None
    post_us: int | None
    people: FloatArray
    raw: bytes


def head_bytes(head: AnswersHead) -> bytes:
    """Return how a file begins."""
    values = msgspec.to_builtins(head)
    for name in ("others", "average"):  # without them as earlier releases have it
        if not values[name]:
            del values[name]
    return msgspec.json.encode(values) + b"\n"


def read_head(source: BinaryIO) -> AnswersHead:
    """Read how a file begins.

    Raises:
        ValueError: it is none of this kind, or of another schema.
    """
    line = source.readline(_LONGEST_HEAD)
    head = msgspec.json.decode(line, type=AnswersHead)
    if head.schema not in (SCHEMA, SEVERAL):
        raise ValueError(f"schema {head.schema}")
    return head


def answer_bytes(answer: BoardAnswer) -> bytes:
    """Return one record."""
    times = (NOT_TOLD if value is None else min(value, NOT_TOLD - 1) for value in (answer.npu_us, answer.post_us))
    people = answer.people.astype("<f4")
    record = _RECORD.pack(answer.sent, answer.received, *times, len(people), len(answer.raw))
    record += people.tobytes() + answer.raw
    return record + _CHECKSUM.pack(zlib.crc32(record))


def read_answers(source: BinaryIO, head: AnswersHead) -> Iterator[tuple[int, BoardAnswer]]:
    """Yield (where it ends, record) up to the last one that is whole; `source` stands behind the head."""
    width = 5 + 3 * head.keypoints
    while True:
        start = source.read(_RECORD.size)
        if len(start) < _RECORD.size:
            return
        sent, received, npu, post, count, length = _RECORD.unpack(start)
        if count > _MOST_PEOPLE or length != head.raw_bytes:
            return
        rest = source.read(4 * count * width + length + _CHECKSUM.size)
        if len(rest) < 4 * count * width + length + _CHECKSUM.size:
            return
        if zlib.crc32(start + rest[: -_CHECKSUM.size]) != _CHECKSUM.unpack_from(rest, len(rest) - _CHECKSUM.size)[0]:
            return
        people = np.frombuffer(rest, "<f4", count * width).reshape(count, width).astype(np.float32)
        raw = rest[4 * count * width : -_CHECKSUM.size]
        yield source.tell(), BoardAnswer(sent, received, _time(npu), _time(post), people, raw)


def _time(microseconds: int) -> int | None:
    return None if microseconds == NOT_TOLD else microseconds
