"""What the values of an .onnx's input and output stand for, where they are integers."""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import numpy_helper

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_WHOLE = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


def input_table(model: Any, name: str, kind: str) -> npt.NDArray[Any] | None:
    """Return the tensor value for each of the 256 pixel values; None for an input that takes no pixels.

    Args:
        model: the .onnx.
        name: of its input.
        kind: its type, as ONNX Runtime names it.
    """
    pixels = np.arange(256, dtype=np.float32) / np.float32(255)
    if kind in _FLOATS:
        return pixels.astype(_FLOATS[kind])
    steps = _steps(model, name, readers=True)
    if kind not in _WHOLE or steps is None:
        return None
    limits = np.iinfo(_WHOLE[kind])
    table: npt.NDArray[Any] = np.clip(np.rint(pixels / steps[0] + steps[1]), limits.min, limits.max)
    return table.astype(_WHOLE[kind])


def output_steps(model: Any, name: str) -> tuple[float, int] | None:
    """Return (scale, zero point) of an output that ends in integers; None where it is floating point."""
    return _steps(model, name, readers=False)


def _steps(model: Any, name: str, readers: bool) -> tuple[float, int] | None:
    wanted = "DequantizeLinear" if readers else "QuantizeLinear"
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        beside = node.input[:1] if readers else node.output[:1]
        if node.op_type != wanted or name not in beside or node.input[1] not in stored:
            continue
        scale = numpy_helper.to_array(stored[node.input[1]]).reshape(-1)
        zero = stored.get(node.input[2]) if len(node.input) > 2 else None
        offset = 0 if zero is None else int(numpy_helper.to_array(zero).reshape(-1)[0])
        return (float(scale[0]), offset) if scale.size == 1 and scale[0] > 0 else None
    return None
