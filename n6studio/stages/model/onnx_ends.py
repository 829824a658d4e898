"""What the values of an .onnx's input and output stand for, where they are integers."""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import numpy_helper

from n6studio.domain.model.numbers import is_signed_range

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_WHOLE = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


def input_table(model: Any, name: str, kind: str) -> npt.NDArray[Any] | None:
    """Return the tensor value for each of the 256 pixel values; None for an input that takes no pixels.

    Args:
        model: the .onnx.
        name: of its input.
        kind: its type, as ONNX Runtime names it.
    """
    if kind in _WHOLE:  # a board writes the camera's bytes as they are
        first = 0 if kind == "tensor(uint8)" else -128
        return np.arange(first, first + 256).astype(_WHOLE[kind])
    if kind not in _FLOATS:
        return None
    pixels = np.arange(256, dtype=np.float32) / np.float32(255)
    steps = _steps(model, name, "QuantizeLinear", 0)
    if steps is not None:
        low, high = ((limit - steps[1]) * steps[0] for limit in steps[2:])
        if is_signed_range(low, high):
            pixels = pixels * 2 - 1
    return pixels.astype(_FLOATS[kind])


def output_steps(model: Any, name: str) -> tuple[float, int] | None:
    """Return (scale, zero point) of an output that ends in integers; None where it is floating point."""
    found = _steps(model, name, "QuantizeLinear", -1)
    return None if found is None else found[:2]


def _steps(model: Any, name: str, kind: str, side: int) -> tuple[float, int, int, int] | None:
    """Return scale, zero point, lowest and highest integer of the first operation of a kind beside a tensor.

    Args:
        model: the .onnx.
        name: of the tensor.
        kind: of the operation.
        side: 0 where the tensor is its input, -1 where it is its output.
    """
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != kind or len(node.input) < 2 or not node.output:  # constants have no inputs
            continue
        if name != (node.input[0] if side == 0 else node.output[0]) or node.input[1] not in stored:
            continue
        scale = numpy_helper.to_array(stored[node.input[1]]).reshape(-1)
        zero = stored.get(node.input[2]) if len(node.input) > 2 else None
        offset = np.zeros(1, np.uint8) if zero is None else numpy_helper.to_array(zero).reshape(-1)
        if scale.size != 1 or scale[0] <= 0 or offset.dtype.kind not in "iu":
            return None
        limits = np.iinfo(offset.dtype)
        return float(scale[0]), int(offset[0]), int(limits.min), int(limits.max)
    return None
