"""How large the results are whose sizes stand in a SavedModel as constants: a few bytes can ask for any amount."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from math import ceil, prod
from typing import Any

_TYPES = {3: "i", 9: "q"}  # numbers of DT_INT32 and DT_INT64 in types.proto, with struct's names
_MOST_NUMBERS = 64  # in a size; longer lists of whole numbers are none
_DEEPEST = 16  # operations between a size and its constants

# Which input of an operation says how large its result is.
_SIZE_AT = {
    "Fill": 0, "Conv2DBackpropInput": 0, "BroadcastTo": 1, "Reshape": 1, "Tile": 1, "SparseToDense": 1, "OneHot": 1,
    "ResizeBilinear": 1, "ResizeNearestNeighbor": 1, "LinSpace": 2, "ScatterNd": 2, "CropAndResize": 3,
}  # fmt: skip
_PADDINGS_AT = {"Pad": 1, "PadV2": 1, "MirrorPad": 1, "SpaceToBatchND": 2}


def too_large(nodes: Iterable[Any], most: int) -> Iterator[str]:
    """Yield what is said to be larger than `most` numbers.

    Args:
        nodes: the operations (NodeDef) of one graph or function.
        most: how many numbers one result may have.
    """
    known = {node.name: node for node in nodes}
    for node in known.values():
        size = _size(node, known)
        if size is not None and prod(size) > most:
            yield f"a tensor of shape {size[:6]}, made by {node.op[:60]}"
        for name in ("shape", "_output_shapes"):
            for shape in _shapes(node.attr[name]) if name in node.attr else ():
                if prod(shape) > most:
                    yield f"a tensor of shape {shape[:6]}, made by {node.op[:60]}"


def _shapes(value: Any) -> list[list[int]]:
    """Return the shapes in an attribute; sizes that it leaves open count as 1."""
    return [[max(size.size, 1) for size in shape.dim] for shape in (value.shape, *value.list.shape)]


def _size(node: Any, known: Mapping[str, Any]) -> list[int] | None:
    """Return how many numbers there are along each dimension, as far as constants say; None where they do not."""
    if node.op in _SIZE_AT and _SIZE_AT[node.op] < len(node.input):
        numbers = _numbers(node.input[_SIZE_AT[node.op]], known)
        return None if numbers is None else [max(number, 1) for number in numbers]
    if node.op in _PADDINGS_AT and _PADDINGS_AT[node.op] < len(node.input):
        around = _numbers(node.input[_PADDINGS_AT[node.op]], known)
        return None if around is None else [1 + abs(before) + abs(after) for before, after in _pairs(around)]
    if node.op == "Range" and len(node.input) > 2:
        ends = [_numbers(name, known) for name in node.input[:3]]
        if all(end is not None and len(end) == 1 for end in ends):
            start, limit, step = (end[0] for end in ends if end)
            return [max(ceil((limit - start) / step), 1)] if step else None
    return None


def _pairs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return numbers two by two; an odd one at the end is left out."""
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _numbers(name: str, known: Mapping[str, Any], depth: int = 0) -> list[int] | None:
    """Return the whole numbers that a constant holds, seen through what only passes them on; None where it is none."""
    node = known.get(name.partition(":")[0].removeprefix("^"))
    if node is None or depth > _DEEPEST:
        return None
    if node.op == "Const":
        return _stored(node.attr["value"].tensor) if "value" in node.attr else None
    if node.op in ("Identity", "Cast", "StopGradient", "PreventGradient", "Squeeze", "ExpandDims", "Reshape"):
        return _numbers(node.input[0], known, depth + 1) if node.input else None
    if node.op in ("Pack", "ConcatV2"):
        parts = [_numbers(part, known, depth + 1) for part in (node.input if node.op == "Pack" else node.input[:-1])]
        found = [number for part in parts for number in part or ()]
        return found if all(part is not None for part in parts) and len(found) <= _MOST_NUMBERS else None
    return None


def _stored(tensor: Any) -> list[int] | None:
    """Return a tensor's whole numbers; where fewer are stored than it has, the last one fills the rest."""
    count, kind = prod(max(size.size, 0) for size in tensor.tensor_shape.dim), _TYPES.get(tensor.dtype)
    if kind is None or count > _MOST_NUMBERS:
        return None
    if tensor.tensor_content:
        if len(tensor.tensor_content) != count * struct.calcsize("<" + kind):
            return None
        return list(struct.unpack(f"<{count}{kind}", tensor.tensor_content))
    stored = [int(number) for number in (tensor.int_val if kind == "i" else tensor.int64_val)][:count]
    return stored + [stored[-1] if stored else 0] * (count - len(stored))
