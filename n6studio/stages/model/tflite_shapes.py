"""What a .tflite's operations make of the shapes they are given.

LiteRT sizes its memory by what operations make of their inputs, strides, paddings and stored sizes, not by what the
file says of their outputs. So both are compared before: whoever changes one number contradicts the rest.
"""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from n6studio.stages.model.tflite_format import Operator, Subgraph, Tensor

Shape = tuple[int, ...]

LARGEST_SIZE = 2**28  # numbers in one tensor; the largest pose networks have 7 * 10**7 weights in all
LARGEST_STEP = 64  # strides and dilations; YOLO's are 1 and 2
LARGEST_KERNEL = 1024  # rows or columns; YOLO's end at 13


class Contradiction(ValueError):
    """An operation cannot be applied to what it is given, or to what is known before it runs."""


class Applied:
    """An operation with its tensors at hand."""

    def __init__(self, operator: Operator, graph: Subgraph) -> None:
        self.operator = operator
        self.inputs: list[Tensor | None] = [None if index < 0 else graph.tensors[index] for index in operator.inputs]
        self.outputs = [graph.tensors[index] for index in operator.outputs]

    def given(self, place: int) -> Tensor:
        """Return an input that must be there."""
        found = self.inputs[place] if place < len(self.inputs) else None
        if found is None:
            raise Contradiction("an input is missing")
        return found

    def shape(self, place: int = 0) -> Shape:
        """Return the shape of an input that must be there."""
        return self.given(place).shape

    def numbers(self, place: int) -> list[int]:
        """Return an input's whole numbers, which must stand in the file."""
        found = self.given(place).whole_numbers()
        if found is None:
            raise Contradiction("a size or place is computed while it runs")
        return found

    def option(self, slot: int, kind: str = "i", default: int = 0, low: int = -(2**31), high: int = 2**31) -> int:
        """Return a whole option that must lie within `low`..`high`."""
        value = int(self.operator.option(slot, kind, default))
        if not low <= value <= high:
            raise Contradiction(f"an option is {value}")
        return value


def _within(axis: int, rank: int, more: int = 0) -> int:
    if not -rank - more <= axis < rank + more:
        raise Contradiction(f"dimension {axis} of {rank}")
    return axis + rank + more if axis < 0 else axis


def _broadcast(*shapes: Shape) -> Shape:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise Contradiction(f"{' and '.join(str(list(shape)) for shape in shapes)} do not fit together") from error


def _like_first(op: Applied) -> list[Shape]:
    return [op.shape()]


def _together(op: Applied) -> list[Shape]:
    return [_broadcast(op.shape(0), op.shape(1))]


def _selected(op: Applied) -> list[Shape]:
    return [_broadcast(op.shape(0), op.shape(1), op.shape(2))]


def _slid(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    """Return at how many places a window fits, by TensorFlow's rules for SAME and VALID."""
    found = -(-size // stride) if same else (size - (kernel - 1) * dilation - 1) // stride + 1
    if found < 1:
        raise Contradiction(f"a window of {kernel} over {size}")
    return found


def _four(shape: Shape) -> Shape:
    if len(shape) != 4:
        raise Contradiction(f"an image of shape {list(shape)}")
    return shape


def _window(op: Applied, kernel: Sequence[int], dilations: tuple[int, int]) -> tuple[int, int]:
    same, steps = op.option(0, "b", low=0, high=1) == 0, [op.option(slot, low=1, high=LARGEST_STEP) for slot in (2, 1)]
    if not all(0 < side <= LARGEST_KERNEL for side in kernel):
        raise Contradiction(f"a window of {list(kernel)}")
    sides = zip(_four(op.shape())[1:3], kernel, steps, dilations, strict=True)
    height, width = (_slid(size, side, step, dilation, same) for size, side, step, dilation in sides)
    return height, width


def _convolved(op: Applied) -> list[Shape]:
    filters, shape = _four(op.shape(1)), _four(op.shape())
    dilations = op.option(5, default=1, low=1, high=LARGEST_STEP), op.option(4, default=1, low=1, high=LARGEST_STEP)
    if shape[3] % filters[3] or filters[0] % (shape[3] // filters[3]):
        raise Contradiction(f"filters {list(filters)} over {list(shape)}")
    _check_bias(op, 2, filters[0])
    return [(shape[0], *_window(op, filters[1:3], dilations), filters[0])]


def _convolved_by_depth(op: Applied) -> list[Shape]:
    filters, shape = _four(op.shape(1)), _four(op.shape())
    dilations = op.option(6, default=1, low=1, high=LARGEST_STEP), op.option(5, default=1, low=1, high=LARGEST_STEP)
    if filters[0] != 1 or filters[3] % shape[3] or op.option(3, low=0) not in (0, filters[3] // shape[3]):
        raise Contradiction(f"filters {list(filters)} over {list(shape)}")
    _check_bias(op, 2, filters[3])
    return [(shape[0], *_window(op, filters[1:3], dilations), filters[3])]


def _convolved_back(op: Applied) -> list[Shape]:
    made, filters, shape = op.numbers(0), _four(op.shape(1)), _four(op.shape(2))
    same, steps = op.option(0, "b", low=0, high=1) == 0, [op.option(slot, low=1, high=LARGEST_STEP) for slot in (2, 1)]
    if len(made) != 4 or made[0] != shape[0] or made[3] != filters[0] or filters[3] != shape[3]:
        raise Contradiction(f"filters {list(filters)} over {list(shape)}")
    sides = zip(made[1:3], shape[1:3], filters[1:3], steps, strict=True)
    for size, given, kernel, step in sides:
        if not 0 < kernel <= LARGEST_KERNEL or size < 1 or _slid(size, kernel, step, 1, same) != given:
            raise Contradiction(f"{list(shape)} does not become {made}")
    _check_bias(op, 3, filters[0])
    return [tuple(made)]


def _check_bias(op: Applied, place: int, channels: int) -> None:
    bias = op.inputs[place] if place < len(op.inputs) else None
    if bias is not None and prod(bias.shape) != channels:
        raise Contradiction(f"a bias of shape {list(bias.shape)} for {channels} channels")


def _pooled(op: Applied) -> list[Shape]:
    shape = _four(op.shape())
    kernel = [op.option(slot, low=1, high=LARGEST_KERNEL) for slot in (4, 3)]
    return [(shape[0], *_window(op, kernel, (1, 1)), shape[3])]


def _connected(op: Applied) -> list[Shape]:
    shape, weights = op.shape(), op.shape(1)
    if len(weights) != 2 or prod(shape) % weights[1] or op.option(1, "b"):
        raise Contradiction(f"weights {list(weights)} over {list(shape)}")
    _check_bias(op, 2, weights[0])
    if op.option(2, "?"):
        if shape[-1:] != weights[1:]:
            raise Contradiction(f"weights {list(weights)} over {list(shape)}")
        return [(*shape[:-1], weights[0])]
    return [(prod(shape) // weights[1], weights[0])]


def _multiplied(op: Applied) -> list[Shape]:
    left, right = op.shape(0), op.shape(1)
    if len(left) < 2 or len(right) < 2:
        raise Contradiction("matrices of less than two dimensions")
    rows, inner = (left[-1], left[-2]) if op.option(0, "?") else (left[-2], left[-1])
    other, columns = (right[-1], right[-2]) if op.option(1, "?") else (right[-2], right[-1])
    if inner != other:
        raise Contradiction(f"{list(left)} times {list(right)}")
    return [(*_broadcast(left[:-2], right[:-2]), rows, columns)]


def _joined(op: Applied) -> list[Shape]:
    shapes = [op.shape(place) for place in range(len(op.inputs))]
    if not shapes or not shapes[0]:
        raise Contradiction("nothing to join")
    axis = _within(op.option(0), len(shapes[0]))
    rest = {(shape[:axis], shape[axis + 1 :]) for shape in shapes if len(shape) == len(shapes[0])}
    if len(rest) != 1 or any(len(shape) != len(shapes[0]) for shape in shapes):
        raise Contradiction(f"{[list(shape) for shape in shapes[:4]]} do not fit together")
    return [(*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])]


def _packed(op: Applied) -> list[Shape]:
    shapes = {op.shape(place) for place in range(len(op.inputs))}
    if len(shapes) != 1 or op.option(0) != len(op.inputs):
        raise Contradiction("tensors of several shapes are packed")
    (shape,) = shapes
    axis = _within(op.option(1), len(shape) + 1)
    return [(*shape[:axis], len(op.inputs), *shape[axis:])]


def _unpacked(op: Applied) -> list[Shape]:
    shape = op.shape()
    axis = _within(op.option(1), len(shape))
    if op.option(0) != shape[axis]:
        raise Contradiction(f"{list(shape)} into {op.option(0)}")
    return [(*shape[:axis], *shape[axis + 1 :])] * shape[axis]


def _split(op: Applied) -> list[Shape]:
    (axis, *more), shape = op.numbers(0), op.shape(1)
    count, axis = op.option(0, low=1, high=1024), _within(axis, len(shape))
    if more or shape[axis] % count:
        raise Contradiction(f"{list(shape)} into {count}")
    return [(*shape[:axis], shape[axis] // count, *shape[axis + 1 :])] * count


def _split_by_sizes(op: Applied) -> list[Shape]:
    shape, sizes, (axis, *more) = op.shape(), op.numbers(1), op.numbers(2)
    axis = _within(axis, len(shape))
    if sizes.count(-1) == 1:
        sizes = [shape[axis] - sum(sizes) - 1 if size == -1 else size for size in sizes]
    if more or sum(sizes) != shape[axis] or min(sizes) < 1 or op.option(0) != len(sizes):
        raise Contradiction(f"{list(shape)} into {sizes[:8]}")
    return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]


def _reshaped(op: Applied) -> list[Shape]:
    options, shape = op.operator.options, op.shape()
    if len(op.inputs) > 1:
        wanted = op.numbers(1)
    elif options is not None:
        wanted = [int(size) for size in options.vector(0, "i4", 8)]
    else:
        wanted = list(op.outputs[0].shape)  # what LiteRT takes where nothing is said
    if wanted.count(-1) == 1:
        known = -prod(wanted)
        wanted = [prod(shape) // known if size == -1 and known > 0 else size for size in wanted]
    if any(size < 1 for size in wanted) or prod(wanted) != prod(shape):
        raise Contradiction(f"{list(shape)} does not become {wanted[:8]}")
    return [tuple(wanted)]


def _squeezed(op: Applied) -> list[Shape]:
    shape, options = op.shape(), op.operator.options
    axes = [] if options is None else [_within(int(axis), len(shape)) for axis in options.vector(0, "i4", 8)]
    if any(shape[axis] != 1 for axis in axes):
        raise Contradiction(f"{list(shape)} without dimensions {axes}")
    return [tuple(size for axis, size in enumerate(shape) if (axis not in axes if axes else size != 1))]


def _expanded(op: Applied) -> list[Shape]:
    shape, (axis, *_) = op.shape(), op.numbers(1)
    axis = _within(axis, len(shape) + 1)
    return [(*shape[:axis], 1, *shape[axis:])]


def _transposed(op: Applied) -> list[Shape]:
    shape, order = op.shape(), op.numbers(1)
    order = [_within(axis, len(shape)) for axis in order]
    if sorted(order) != list(range(len(shape))):
        raise Contradiction(f"dimensions {order} of {list(shape)}")
    return [tuple(shape[axis] for axis in order)]


def _strided(op: Applied) -> list[Shape]:
    """Return what numpy makes of the same slices; a view of one byte is enough to ask it."""
    begins, ends, steps = op.numbers(1), op.numbers(2), op.numbers(3)
    begin_mask, end_mask, ellipsis_mask, new_mask, single_mask = (op.option(slot, low=0, high=255) for slot in range(5))
    if not len(begins) == len(ends) == len(steps) or 0 in steps or op.option(5, "?") or ellipsis_mask.bit_count() > 1:
        raise Contradiction("a slice of unequal parts")
    index: list[slice | int | None] = []
    rest: list[slice | int | None] | None = None
    for place, (begin, end, step) in enumerate(zip(begins, ends, steps, strict=True)):
        bit = 1 << place
        if ellipsis_mask & bit:
            index, rest = [], index
        elif new_mask & bit:
            index.append(None)
        elif single_mask & bit:
            index.append(begin)
        else:
            index.append(slice(None if begin_mask & bit else begin, None if end_mask & bit else end, step))
    view = np.broadcast_to(np.int8(0), op.shape())
    try:
        return [view[tuple(index) if rest is None else (*rest, ..., *index)].shape]
    except IndexError as error:
        raise Contradiction(f"a slice outside of {list(op.shape())}") from error


def _sliced(op: Applied) -> list[Shape]:
    shape, begins, sizes = op.shape(), op.numbers(1), op.numbers(2)
    if not len(shape) == len(begins) == len(sizes):
        raise Contradiction(f"a slice of {list(shape)}")
    found = []
    for whole, begin, size in zip(shape, begins, sizes, strict=True):
        found.append(whole - begin if size == -1 else size)
        if begin < 0 or found[-1] < 1 or begin + found[-1] > whole:
            raise Contradiction(f"a slice outside of {list(shape)}")
    return [tuple(found)]


def _padded(op: Applied) -> list[Shape]:
    shape, around = op.shape(), op.numbers(1)
    if len(around) != 2 * len(shape) or min(around, default=0) < 0:
        raise Contradiction(f"{around[:8]} around {list(shape)}")
    if op.operator.name == "MIRROR_PAD" and any(side >= shape[place // 2] for place, side in enumerate(around)):
        raise Contradiction(f"{around[:8]} mirrored around {list(shape)}")
    return [tuple(size + around[2 * axis] + around[2 * axis + 1] for axis, size in enumerate(shape))]


def _resized(op: Applied) -> list[Shape]:
    shape, sizes = _four(op.shape()), op.numbers(1)
    if len(sizes) != 2 or min(sizes) < 1:
        raise Contradiction(f"a size of {sizes[:8]}")
    return [(shape[0], *sizes, shape[3])]


def _reduced(op: Applied) -> list[Shape]:
    shape, keep = op.shape(), op.option(0, "?")
    axes = {_within(axis, len(shape)) for axis in op.numbers(1)}
    return [tuple(1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes)]


def _best_place(op: Applied) -> list[Shape]:
    shape, (axis, *_) = op.shape(), op.numbers(1)
    axis = _within(axis, len(shape))
    return [(*shape[:axis], *shape[axis + 1 :])]


def _best(op: Applied) -> list[Shape]:
    shape, (count, *_) = op.shape(), op.numbers(1)
    if not shape or not 0 < count <= shape[-1]:
        raise Contradiction(f"the best {count} of {list(shape)}")
    return [(*shape[:-1], count)] * 2


def _gathered(op: Applied) -> list[Shape]:
    shape, places = op.shape(0), op.shape(1)
    axis, batch = _within(op.option(0), len(shape)), op.option(1, low=0, high=8)
    if batch > min(axis, len(places)) or shape[:batch] != places[:batch]:
        raise Contradiction(f"places {list(places)} of {list(shape)}")
    return [(*shape[:axis], *places[batch:], *shape[axis + 1 :])]


def _gathered_deep(op: Applied) -> list[Shape]:
    shape, places = op.shape(0), op.shape(1)
    if not places or places[-1] > len(shape):
        raise Contradiction(f"places {list(places)} of {list(shape)}")
    return [(*places[:-1], *shape[places[-1] :])]


def _tiled(op: Applied) -> list[Shape]:
    shape, times = op.shape(), op.numbers(1)
    if len(times) != len(shape) or min(times, default=1) < 1:
        raise Contradiction(f"{list(shape)} times {times[:8]}")
    return [tuple(size * count for size, count in zip(shape, times, strict=True))]


def _spread(op: Applied) -> list[Shape]:
    wanted = tuple(op.numbers(1))
    if _broadcast(op.shape(), wanted) != wanted:
        raise Contradiction(f"{list(op.shape())} does not become {list(wanted)}")
    return [wanted]


def _filled(op: Applied) -> list[Shape]:
    return [tuple(op.numbers(0))]


def _shape_operation(op: Applied) -> list[Shape]:
    return [(len(op.shape()),)]


def _folded(op: Applied) -> list[Shape]:
    (batch, height, width, depth), side = _four(op.shape()), op.option(0, low=1, high=LARGEST_STEP)
    if op.operator.name == "SPACE_TO_DEPTH":
        if height % side or width % side:
            raise Contradiction(f"{height} x {width} in blocks of {side}")
        return [(batch, height // side, width // side, depth * side * side)]
    if depth % (side * side):
        raise Contradiction(f"{depth} channels in blocks of {side}")
    return [(batch, height * side, width * side, depth // (side * side))]


Rule = Callable[[Applied], list[Shape]]
RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "ABS", "CAST", "CEIL", "COS", "CUMSUM", "DEQUANTIZE", "ELU", "EXP", "FLOOR", "GELU", "HARD_SWISH",
            "LEAKY_RELU", "LOG", "LOGICAL_NOT", "LOGISTIC", "LOG_SOFTMAX", "NEG", "QUANTIZE", "RELU", "RELU6",
            "RELU_0_TO_1", "RELU_N1_TO_1", "REVERSE_V2", "ROUND", "RSQRT", "SIGN", "SIN", "SOFTMAX", "SQRT", "SQUARE",
            "TANH", "ZEROS_LIKE",
        ),
        _like_first,
    ),
    **dict.fromkeys(
        (
            "ADD", "DIV", "EQUAL", "FLOOR_DIV", "FLOOR_MOD", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL",
            "LOGICAL_AND", "LOGICAL_OR", "MAXIMUM", "MINIMUM", "MUL", "NOT_EQUAL", "POW", "PRELU",
            "SQUARED_DIFFERENCE", "SUB",
        ),
        _together,
    ),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), _reduced),
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), _padded),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resized),
    **dict.fromkeys(("MAX_POOL_2D", "AVERAGE_POOL_2D"), _pooled),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), _best_place),
    **dict.fromkeys(("SPACE_TO_DEPTH", "DEPTH_TO_SPACE"), _folded),
    **dict.fromkeys(("SELECT", "SELECT_V2"), _selected),
    "BATCH_MATMUL": _multiplied, "BROADCAST_TO": _spread, "CONCATENATION": _joined, "CONV_2D": _convolved,
    "DEPTHWISE_CONV_2D": _convolved_by_depth, "EXPAND_DIMS": _expanded, "FILL": _filled, "FULLY_CONNECTED": _connected,
    "GATHER": _gathered, "GATHER_ND": _gathered_deep, "PACK": _packed, "RESHAPE": _reshaped, "SHAPE": _shape_operation,
    "SLICE": _sliced, "SPLIT": _split, "SPLIT_V": _split_by_sizes, "SQUEEZE": _squeezed, "STRIDED_SLICE": _strided,
    "TILE": _tiled, "TOPK_V2": _best, "TRANSPOSE": _transposed, "TRANSPOSE_CONV": _convolved_back,
    "UNPACK": _unpacked,
}  # fmt: skip
