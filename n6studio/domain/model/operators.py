"""Where the operations of a quantized model run on the STM32N6: NPU or processor.

After the mapping that ST publishes ("ST Neural-ART NPU - Supported operators and limitations", ST Edge AI Core 2.2 to
4.0). Operations in floating point run on the processor whatever they are; so does what the table does not name.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Unit(enum.StrEnum):
    """Where a part of a model is computed; the value is what people read."""

    NPU = "NPU"
    BOTH = "NPU and processor"
    CPU = "processor"


# By the names of ONNX and TensorFlow Lite, in lower case without underscores.
_NPU = frozenset({
    "conv", "conv2d", "depthwiseconv2d", "convtranspose", "transposeconv", "gemm", "fullyconnected", "qlinearconv",
    "convinteger", "relu", "relu6", "relun1to1", "leakyrelu", "clip", "hardswish", "hardsigmoid", "sigmoid",
    "logistic", "qlinearsigmoid", "tanh", "add", "sub", "mul", "neg", "abs", "max", "min", "maximum", "minimum",
    "sum", "pad", "padv2", "maxpool", "maxpool2d", "averagepool", "averagepool2d", "globalaveragepool",
    "globalmaxpool", "resizenearestneighbor", "quantize", "qlinearadd", "qlinearmul", "qlinearconcat",
})  # fmt: skip
# The NPU's where scales and layout allow it; mere moves of values, which cost little on either.
_EITHER = frozenset({
    "concat", "concatenation", "reshape", "flatten", "transpose", "squeeze", "unsqueeze", "expanddims", "identity",
    "slice", "stridedslice", "split", "splitv", "pack", "unpack", "resize", "depthtospace", "spacetodepth", "matmul",
    "batchmatmul", "div",
})  # fmt: skip


@dataclass(frozen=True)
class OperatorUse:
    """How often a model uses an operation, and where that runs.

    Attributes:
        name: as its format calls it.
        count: how often.
        unit: where.
        in_float: whether it computes in floating point.
    """

    name: str
    count: int
    unit: Unit
    in_float: bool = False


def unit_of(name: str, in_float: bool = False) -> Unit:
    """Return where an operation runs.

    Args:
        name: as ONNX or TensorFlow Lite call it.
        in_float: whether it computes in floating point, or turns it into integers or back.
    """
    plain = name.lower().replace("_", "")
    if in_float:
        return Unit.CPU
    if plain in _NPU:
        return Unit.NPU
    return Unit.BOTH if plain in _EITHER else Unit.CPU


def uses(operations: Iterable[tuple[str, bool]]) -> tuple[OperatorUse, ...]:
    """Return how often each operation occurs, the most frequent first.

    Args:
        operations: (name, whether it computes in floating point) of each.
    """
    counts: dict[tuple[str, bool], int] = {}
    for one in operations:
        counts[one] = counts.get(one, 0) + 1
    found = [OperatorUse(name, count, unit_of(name, floats), floats) for (name, floats), count in counts.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, one.name)))
