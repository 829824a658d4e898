"""What happened to every value of an output on its way from the last convolutions: followed through the graph.

Operations that only move values are carried out on arrays of marks, one a value; others change the marks. So every
channel of the output tells whether it is a sigmoid's result, a place on the grid, or a convolution's result as it is.
The adapters for each format are `head_tflite`, `head_onnx` and `head_saved_model`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.model.readings import Channel

Marks = npt.NDArray[np.uint8]
Constant = npt.NDArray[Any]

SIGMOID, GRID, MIXED, SCALED, SOFTMAX, OPAQUE = 1, 2, 4, 8, 16, 32
MOST_VALUES = 2**24  # of one tensor behind the last convolutions; 1280 x 1280 with 200 channels has 7 million
DEEPEST = 400  # operations between the output and a convolution; YOLOv8's head has 20
_NEAR = 0.004  # one int8 step of a range that ends at 1
_LARGEST_DFL = 64  # bins of a distribution over distances; Ultralytics has 16


Slices = Callable[[tuple[int, ...]], Sequence[slice | int]]


@dataclass(frozen=True)
class Options:
    """What a rule needs to know of an operation besides its tensors.

    Attributes:
        shape: of the result; None where an input says it.
        zero_keeps: whether a 0 in the shape keeps the size that there was.
        order: of the dimensions; None where an input says it, or they are reversed.
        axis: along which dimension it works; None where the last input says it.
        axes: the same for several.
        keep: whether the dimensions in `axes` stay, with size 1.
        sizes: of the parts; None for equal ones.
        parts: how many of the inputs are joined; None for all.
        source: which input is taken apart.
        slices: takes a shape, returns what is cut out.
    """

    shape: Sequence[int] | None = None
    zero_keeps: bool = False
    order: Sequence[int] | None = None
    axis: int | None = None
    axes: Sequence[int] = ()
    keep: bool = False
    sizes: Sequence[int] | None = None
    parts: int | None = None
    source: int = 0
    slices: Slices | None = None


@dataclass(frozen=True)
class Operation:
    """One operation of a graph, whatever its format.

    Attributes:
        kind: what it does, a key of `RULES`, "weights" for convolutions and products with weights, else anything.
        inputs: names of tensors; "" where one is left out.
        outputs: names of tensors.
        options: what the rule for `kind` asks for.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: Options = Options()


@dataclass(frozen=True)
class Head:
    """A graph as it is needed to follow its output.

    Attributes:
        makers: tensor -> the operation that yields it.
        shape: returns a tensor's shape, None where it is not known; open sizes are -1.
        constant: returns the values of a constant, None where it is none.
    """

    makers: Mapping[str, Operation]
    shape: Callable[[str], tuple[int, ...] | None]
    constant: Callable[[str], Constant | None]


class _Lost(Exception):
    """What a value went through cannot be followed."""


def strided(
    first: Sequence[int], second: Sequence[int], steps: Sequence[int], keep_first: int, keep_end: int, gone: int
) -> Slices:
    """Return what TensorFlow's strided slice takes of a tensor.

    Args:
        first: begin, by axis.
        second: end, by axis.
        steps: from one to the next, by axis.
        keep_first: bits of the axes that begin where the tensor does.
        keep_end: bits of the axes that end where the tensor does.
        gone: bits of the axes of which one place is taken, so that they are gone.
    """

    def slices(shape: tuple[int, ...]) -> list[slice | int]:
        return [
            begin
            if gone >> place & 1
            else slice(None if keep_first >> place & 1 else begin, None if keep_end >> place & 1 else end, step)
            for place, (begin, end, step) in enumerate(zip(first, second, steps, strict=True))
        ]

    return slices


def channels_of(head: Head, output: str, axis: int) -> tuple[Channel, ...]:
    """Return what the graph says of each channel of an output; all UNKNOWN where it cannot be followed.

    Args:
        head: the graph.
        output: the tensor's name, of shape (1, channels, N) or (1, N, channels).
        axis: which of its dimensions the channels are.
    """
    shape = head.shape(output)
    try:
        marks = _Walk(head).marks(output)
    except (_Lost, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError):
        return (Channel.UNKNOWN,) * (shape[axis] if shape else 0)
    rows = np.moveaxis(marks, axis, 0).reshape(marks.shape[axis], -1)
    return tuple(_channel(row) for row in rows)


def _channel(row: Marks) -> Channel:
    seen, always = int(np.bitwise_or.reduce(row)), int(np.bitwise_and.reduce(row))
    if seen & OPAQUE:
        return Channel.UNKNOWN
    if seen & (GRID | MIXED | SOFTMAX):
        return Channel.PLACE
    if always & SIGMOID:
        return Channel.TURNED if seen & SCALED else Channel.SCORE
    return Channel.UNKNOWN if seen & SIGMOID else Channel.PLAIN


class _Walk:
    """Works out the marks of a tensor from those of what it is made of, each tensor once."""

    def __init__(self, head: Head) -> None:
        self._head, self._known = head, dict[str, Marks]()

    def marks(self, name: str, depth: int = 0) -> Marks:
        """Return one mark for each value of a tensor."""
        if name in self._known:
            return self._known[name]
        constant = self._head.constant(name)
        maker = self._head.makers.get(name)
        if constant is not None:
            found = np.full(constant.shape, OPAQUE, np.uint8)
        elif maker is None or depth > DEEPEST:
            found = self._filled(name, OPAQUE)
        elif maker.kind == "weights":
            found = self._filled(name, MIXED if self._is_mean(maker) else 0)
        elif maker.kind not in RULES:
            found = self._filled(name, OPAQUE)
        else:
            results = RULES[maker.kind](self, maker, depth)
            self._known.update(zip(maker.outputs, results, strict=False))
            found = self._known[name]
        if found.size > MOST_VALUES:
            raise _Lost
        self._known[name] = found
        return found

    def input(self, operation: Operation, place: int, depth: int) -> Marks:
        """Return the marks of an operation's input."""
        return self.marks(operation.inputs[place], depth + 1)

    def constant(self, operation: Operation, place: int) -> Constant | None:
        """Return the values of an input that is a constant; None where it is none."""
        if place >= len(operation.inputs) or not operation.inputs[place]:
            return None
        return self._head.constant(operation.inputs[place])

    def _filled(self, name: str, mark: int) -> Marks:
        shape = self._head.shape(name)
        if shape is None or prod(max(size, 1) for size in shape) > MOST_VALUES:
            raise _Lost
        return np.full(tuple(max(size, 1) for size in shape), mark, np.uint8)

    def _is_mean(self, operation: Operation) -> bool:
        """Whether it weighs the bins of a distribution (DFL) behind a softmax: one result, few inputs."""
        maker = self._head.makers.get(operation.inputs[0])
        for _ in range(8):
            if maker is None or maker.kind == "softmax":
                break
            if maker.kind not in ("same", "transpose", "reshape"):
                return False
            maker = self._head.makers.get(maker.inputs[0])
        weights = self.constant(operation, 1)
        return maker is not None and maker.kind == "softmax" and (weights is None or weights.size <= _LARGEST_DFL)


Rule = Callable[[_Walk, Operation, int], Sequence[Marks]]


def _same(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    return (walk.input(operation, 0, depth),)


def _marked(mark: int) -> Rule:
    def rule(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
        return (np.full_like(walk.input(operation, 0, depth), mark),)

    return rule


def _numbers(walk: _Walk, operation: Operation, place: int) -> list[int]:
    """Return the whole numbers of an input that is a constant."""
    constant = walk.constant(operation, place)
    if constant is None:
        raise _Lost
    return [int(number) for number in constant.reshape(-1)]


def _axis(walk: _Walk, operation: Operation) -> int:
    found = operation.options.axis
    return _numbers(walk, operation, len(operation.inputs) - 1)[0] if found is None else int(found)


def _reshape(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    marks, options = walk.input(operation, 0, depth), operation.options
    shape = [int(size) for size in options.shape] if options.shape is not None else _numbers(walk, operation, 1)
    if options.zero_keeps:
        shape = [marks.shape[place] if size == 0 else size for place, size in enumerate(shape)]
    return (marks.reshape(shape),)


def _transpose(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    marks, order = walk.input(operation, 0, depth), operation.options.order
    if order is None and len(operation.inputs) > 1:
        order = _numbers(walk, operation, 1)
    return (marks.transpose(order),)


def _concat(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    count = operation.options.parts or len(operation.inputs)
    return (np.concatenate([walk.input(operation, place, depth) for place in range(count)], _axis(walk, operation)),)


def _split(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    options = operation.options
    marks = walk.input(operation, options.source, depth)
    parts = len(operation.outputs) if options.sizes is None else np.cumsum(options.sizes)[:-1]
    return np.array_split(marks, parts, _axis(walk, operation))


def _slice(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    marks, slices = walk.input(operation, 0, depth), operation.options.slices
    if slices is None:
        raise _Lost
    return (marks[tuple(slices(marks.shape))],)


def _gather(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    where = walk.constant(operation, 1)
    if where is None:
        raise _Lost
    return (np.take(walk.input(operation, 0, depth), where.astype(np.int64), _axis(walk, operation)),)


def _pack(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    parts = [walk.input(operation, place, depth) for place in range(len(operation.inputs))]
    return (np.stack(parts, _axis(walk, operation)),)


def _unpack(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    return list(np.moveaxis(walk.input(operation, 0, depth), _axis(walk, operation), 0))


def _squeezed(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    axes = tuple(int(axis) for axis in operation.options.axes)
    return (np.squeeze(walk.input(operation, 0, depth), axes or None),)


def _expanded(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    return (np.expand_dims(walk.input(operation, 0, depth), tuple(operation.options.axes)),)


def _reduced(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
    marks, axes = walk.input(operation, 0, depth), tuple(operation.options.axes)
    reduced = np.bitwise_or.reduce(marks, axes, keepdims=operation.options.keep)
    return ((reduced & ~np.uint8(SIGMOID)) | np.uint8(MIXED),)


def _combined(neutral: int) -> Rule:
    """Return the rule for additions (neutral element 0) or products (1)."""

    def rule(walk: _Walk, operation: Operation, depth: int) -> Sequence[Marks]:
        constants = [walk.constant(operation, place) for place in (0, 1)]
        if constants[0] is not None and constants[1] is not None:
            raise _Lost
        for place, constant in enumerate(constants):
            if constant is not None:
                return (_with_constant(walk.input(operation, 1 - place, depth), constant, neutral),)
        first, second = walk.input(operation, 0, depth), walk.input(operation, 1, depth)
        first, second = np.broadcast_arrays(first, second)
        if neutral == 1 and np.all(first == SIGMOID) and np.all(second == SIGMOID):
            return (first,)  # a class's confidence times that of there being an object
        return (((first | second) & ~np.uint8(SIGMOID)) | np.uint8(MIXED),)

    return rule


def _with_constant(marks: Marks, constant: Constant, neutral: int) -> Marks:
    values = constant.astype(np.float64)
    if values.ndim > marks.ndim and prod(values.shape[: values.ndim - marks.ndim]) == 1:
        values = values.reshape(values.shape[values.ndim - marks.ndim :])
    marks, values = np.broadcast_arrays(marks, values)
    varies = constant.size > 1 and float(constant.min()) != float(constant.max())
    mark = GRID if neutral == 0 and varies else SCALED
    changed = np.abs(values - neutral) > _NEAR  # a quantized 1 may be 0.999
    return np.where(changed, marks | np.uint8(mark), marks).astype(np.uint8)


RULES: Mapping[str, Rule] = {
    "same": _same,
    "sigmoid": _marked(SIGMOID),
    "softmax": _marked(SOFTMAX),
    "computed": _marked(MIXED),
    "reshape": _reshape,
    "transpose": _transpose,
    "concat": _concat,
    "split": _split,
    "slice": _slice,
    "gather": _gather,
    "pack": _pack,
    "unpack": _unpack,
    "squeeze": _squeezed,
    "expand": _expanded,
    "reduce": _reduced,
    "add": _combined(0),
    "mul": _combined(1),
}
