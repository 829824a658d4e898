"""A .tflite as plain records: what the interpreter will follow is read, and proved to lie within the file.

Field numbers are those of TensorFlow's schema.fbs, in the order in which the fields stand there.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from n6studio.stages.model.flatbuffer import FlatbufferDamaged, Table, root

# The largest YOLO pose models have 1,200 tensors and 600 operations.
MOST_TENSORS = 20_000
MOST_OPERATORS = 10_000
MOST_SUBGRAPHS = 8
MOST_DIMENSIONS = 8  # no kernel of LiteRT takes more
SMALLEST_SCALE, LARGEST_SCALE = 1e-20, 1e10  # of quantization; those of pose models are 1e-8 (biases) to 3
LARGEST_VERSION = 64  # of an operation; LiteRT 2.3 knows none above 13


def _names(kind: type) -> dict[int, str]:
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


_OPERATORS, _TYPES, _OPTIONS = (
    _names(kind) for kind in (schema.BuiltinOperator, schema.TensorType, schema.BuiltinOptions)
)
# Bits of one number. What is not listed is no number.
BITS = {
    "FLOAT32": 32, "FLOAT16": 16, "FLOAT64": 64, "BOOL": 8, "INT4": 4, "INT8": 8, "INT16": 16, "INT32": 32,
    "INT64": 64, "UINT8": 8, "UINT16": 16, "UINT32": 32,
}  # fmt: skip
_WHOLE = {"INT32": "i4", "INT64": "i8"}


@dataclass(frozen=True)
class Tensor:
    """One tensor.

    Attributes:
        name: what it is called.
        shape: sizes along its dimensions, each at least 1.
        type: a key of `BITS`, or another name of the schema.
        data: (bytes,) of a constant; None for what is computed.
        scales: of quantization; empty where it is not quantized.
        zeros: the zero points that belong to them, one for all or one each.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    data: npt.NDArray[np.uint8] | None
    scales: tuple[float, ...]
    zeros: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that its numbers take."""
        return (prod(self.shape) * BITS.get(self.type, 64) + 7) // 8

    def whole_numbers(self) -> list[int] | None:
        """Return a constant's whole numbers, row by row; None where it is no such constant."""
        if self.data is None or self.type not in _WHOLE:
            return None
        return [int(number) for number in np.frombuffer(self.data.tobytes(), "<" + _WHOLE[self.type])]


@dataclass(frozen=True)
class Operator:
    """One operation: its kind and version, tensors by index (-1: left out) and options (None: none)."""

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_kind: str
    options: Table | None

    def option(self, slot: int, kind: str, default: Any = 0) -> Any:
        """Return a numeric option; 0, as the interpreter has it, where there are no options."""
        return 0 if self.options is None else self.options.number(slot, kind, default)


@dataclass(frozen=True)
class Subgraph:
    """One graph; inputs and outputs are indices of tensors."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def parse(content: bytes) -> tuple[Subgraph, ...]:
    """Return the graphs of a .tflite.

    Raises:
        FlatbufferDamaged: something leads out of the file, or contradicts itself.
    """
    model = root(content, b"TFL3")
    if model.has(8) or model.has(9):
        raise FlatbufferDamaged("its numbers lie in other files")
    buffers = [_buffer(content, table) for table in model.tables(4, 2 * MOST_TENSORS)]
    codes = [_code(table) for table in model.tables(1, MOST_OPERATORS)]
    model.text(3)
    if buffers and buffers[0] is not None:
        raise FlatbufferDamaged("its first buffer is not empty")
    graphs = tuple(_subgraph(table, buffers, codes) for table in model.tables(2, MOST_SUBGRAPHS))
    if not graphs:
        raise FlatbufferDamaged("it holds no graph")
    if any(not 0 <= number < len(buffers) for number in model.vector(5, "i4", MOST_TENSORS)):
        raise FlatbufferDamaged("its metadata lie in no buffer")
    for entry in model.tables(6, MOST_TENSORS):
        entry.text(0)
        if entry.number(1, "I") >= len(buffers):
            raise FlatbufferDamaged("its metadata lie in no buffer")
    for signature in model.tables(7, MOST_SUBGRAPHS):
        _check_signature(signature, graphs)
    return graphs


def _buffer(content: bytes, table: Table) -> npt.NDArray[np.uint8] | None:
    offset, size = table.number(1, "Q"), table.number(2, "Q")
    if offset > 1:  # numbers behind the flatbuffer, as in files above 2 GiB
        if offset + size > len(content):
            raise FlatbufferDamaged("a buffer lies outside")
        return np.frombuffer(content, np.uint8, size, offset)
    numbers = table.vector(0, "u1", len(content))
    return numbers if len(numbers) else None


def _code(table: Table) -> tuple[str, int]:
    custom, version = table.text(1), table.number(2, "i", 1)
    # Files older than the wider field keep the number in the narrow one.
    number = max(table.number(3, "i"), table.number(0, "b"))
    name = _OPERATORS.get(number, f"number {number}")
    return (f"{name} {custom[:60]!r}" if name == "CUSTOM" else name), version


def _subgraph(table: Table, buffers: list[npt.NDArray[np.uint8] | None], codes: list[tuple[str, int]]) -> Subgraph:
    tensors = tuple(_tensor(entry, buffers) for entry in table.tables(0, MOST_TENSORS))
    inputs, outputs = (_indices(table, slot, len(tensors)) for slot in (1, 2))
    operators = tuple(_operator(entry, codes, len(tensors)) for entry in table.tables(3, MOST_OPERATORS))
    table.text(4)
    if not inputs or not outputs or not operators:
        raise FlatbufferDamaged("a graph without input, output or operations")
    return Subgraph(tensors, operators, inputs, outputs)


def _indices(table: Table, slot: int, count: int, least: int = 0) -> tuple[int, ...]:
    found = tuple(int(number) for number in table.vector(slot, "i4", MOST_TENSORS))
    if any(not least <= number < count for number in found):
        raise FlatbufferDamaged("a tensor is named that is not there")
    return found


def _tensor(table: Table, buffers: list[npt.NDArray[np.uint8] | None]) -> Tensor:
    shape = tuple(int(size) for size in table.vector(0, "i4", MOST_DIMENSIONS))
    kind, buffer = _TYPES.get(table.number(1, "b"), "unknown"), table.number(2, "I")
    table.vector(7, "i4", MOST_DIMENSIONS)
    if buffer >= max(len(buffers), 1):
        raise FlatbufferDamaged("a tensor's numbers lie in no buffer")
    if any(size < 1 for size in shape):
        raise FlatbufferDamaged(f"a tensor of shape {list(shape)}")
    if table.number(5, "?") or table.has(6) or table.has(9) or table.number(10, "I"):
        raise FlatbufferDamaged("a tensor is variable, sparse, of variants or in another file")
    scales, zeros = _steps(table.table(4), shape, kind)
    tensor = Tensor(table.text(3), shape, kind, buffers[buffer] if buffers else None, scales, zeros)
    if tensor.data is not None and kind in BITS and len(tensor.data) != tensor.size:
        raise FlatbufferDamaged(f"{len(tensor.data)} bytes for a constant of shape {list(shape)}, type {kind}")
    return tensor


def _steps(table: Table | None, shape: tuple[int, ...], kind: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return scales and zero points of a tensor's quantization, once all of it fits the tensor."""
    if table is None:
        return (), ()
    most, dimension = max(shape, default=1), table.number(6, "i")
    table.vector(0, "f4", most), table.vector(1, "f4", most)
    scales, zeros = table.vector(2, "f4", most), table.vector(3, "i8", most)
    if table.number(4, "B") or table.has(5):
        raise FlatbufferDamaged("a quantization of its own kind")
    if len(scales) == 0:
        return (), ()
    if len(scales) > 1 and not (0 <= dimension < len(shape) and len(scales) == shape[dimension]):
        raise FlatbufferDamaged(f"{len(scales)} scales along dimension {dimension} of shape {list(shape)}")
    if len(zeros) not in (1, len(scales)):
        raise FlatbufferDamaged(f"{len(zeros)} zero points for {len(scales)} scales")
    if not (np.isfinite(scales).all() and scales.min() > SMALLEST_SCALE and scales.max() < LARGEST_SCALE):
        raise FlatbufferDamaged(f"a scale of {float(scales.min()):g} to {float(scales.max()):g}")
    bits = BITS.get(kind, 64) if "INT" in kind else 64
    low, high = (0, 2**bits - 1) if kind.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if int(zeros.min()) < low or int(zeros.max()) > high:
        raise FlatbufferDamaged(f"a zero point beyond {kind}")
    return tuple(float(scale) for scale in scales), tuple(int(zero) for zero in zeros)


def _operator(table: Table, codes: list[tuple[str, int]], tensors: int) -> Operator:
    place = table.number(0, "I")
    if place >= len(codes):
        raise FlatbufferDamaged("an operation of a kind that is not there")
    if table.has(5) or table.has(12) or table.number(9, "Q") or len(_indices(table, 8, tensors)):
        raise FlatbufferDamaged("an operation with options of its own")
    if table.vector(7, "?", MOST_TENSORS).any():
        raise FlatbufferDamaged("an operation that changes its inputs")
    name, version = codes[place]
    options, kind = table.table(4), _OPTIONS.get(table.number(3, "B"), "unknown")
    return Operator(
        name, version, _indices(table, 1, tensors, least=-1), _indices(table, 2, tensors), kind,
        None if kind == "NONE" else options,
    )  # fmt: skip


def _check_signature(table: Table, graphs: tuple[Subgraph, ...]) -> None:
    table.text(2)
    place = table.number(4, "I")
    if place >= len(graphs):
        raise FlatbufferDamaged("a signature of a graph that is not there")
    for slot in (0, 1):
        for entry in table.tables(slot, MOST_TENSORS):
            entry.text(0)
            if entry.number(1, "I") >= len(graphs[place].tensors):
                raise FlatbufferDamaged("a signature names a tensor that is not there")
