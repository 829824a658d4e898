"""The operations of a .tflite as a comparison follows them: conversions between number formats are seen through."""

from math import prod

import numpy as np
import numpy.typing as npt

from n6studio.domain.model.difference import WEIGHTED
from n6studio.stages.model.four_bit_codes import unpacked
from n6studio.stages.model.tflite_format import BITS, Operator, Subgraph, Tensor

BORDER = ("QUANTIZE", "DEQUANTIZE", "CAST")
_NUMPY = {
    "FLOAT32": "<f4", "FLOAT16": "<f2", "FLOAT64": "<f8", "INT8": "i1", "UINT8": "u1", "INT16": "<i2", "UINT16": "<u2",
    "INT32": "<i4", "INT64": "<i8",
}  # fmt: skip


class Wiring:
    """A graph whose operations are known by their place.

    Args:
        graph: one that `admit_tflite` let pass.
    """

    def __init__(self, graph: Subgraph) -> None:
        self.graph = graph
        self._maker = {index: place for place, one in enumerate(graph.operators) for index in one.outputs}
        self.places = tuple(place for place, one in enumerate(graph.operators) if one.name not in BORDER)
        self.read = {place: self._computed(graph.operators[place]) for place in self.places}
        self.readers: dict[int, list[int]] = {}
        for place, sources in self.read.items():
            for source in dict.fromkeys(sources):
                self.readers.setdefault(source, []).append(place)

    def operator(self, place: int) -> Operator:
        """Return an operation."""
        return self.graph.operators[place]

    def result(self, place: int) -> Tensor:
        """Return what an operation makes; the first of several."""
        return self.graph.tensors[self.operator(place).outputs[0]]

    def weights(self, place: int) -> Tensor | None:
        """Return an operation's constant weights, through a conversion of theirs; None where it has none."""
        return self._constant(place, 1) if self.operator(place).name in WEIGHTED else None

    def bias(self, place: int) -> Tensor | None:
        """Return an operation's constant biases; None where it has none."""
        slot = 3 if self.operator(place).name == "TRANSPOSE_CONV" else 2
        return self._constant(place, slot) if self.operator(place).name in WEIGHTED else None

    def _constant(self, place: int, slot: int) -> Tensor | None:
        inputs = self.operator(place).inputs
        if len(inputs) <= slot or inputs[slot] < 0:
            return None
        tensor = self.graph.tensors[self._source(inputs[slot])]
        return tensor if tensor.data is not None else None

    def _source(self, index: int) -> int:
        """Return the tensor that a number format was converted from."""
        while index in self._maker and self.operator(self._maker[index]).name in BORDER:
            index = self.operator(self._maker[index]).inputs[0]
        return index

    def _computed(self, operator: Operator) -> tuple[int, ...]:
        sources = (self._source(index) for index in operator.inputs if index >= 0)
        return tuple(source for source in sources if self.graph.tensors[source].data is None)


def stored(tensor: Tensor) -> npt.NDArray[np.float32] | None:
    """Return a constant's real numbers in its shape; None where its type is none that numpy has."""
    kind = _NUMPY.get(tensor.type)
    if tensor.data is None:
        return None
    if tensor.type == "INT4":
        codes = unpacked(tensor.data, prod(tensor.shape))
    elif kind is not None:
        codes = np.frombuffer(tensor.data.tobytes(), kind)
    else:
        return None
    if codes.size != prod(tensor.shape):
        return None
    codes = codes.reshape(tensor.shape)
    if not tensor.scales:
        return codes.astype(np.float32)
    spread: tuple[int, ...] = (1,)
    if len(tensor.scales) > 1:  # along the output channels: the first dimension, of depthwise weights the last
        axis = 0 if tensor.shape[0] == len(tensor.scales) else len(tensor.shape) - 1
        spread = tuple(len(tensor.scales) if place == axis else 1 for place in range(len(tensor.shape)))
    scales = np.array(tensor.scales, np.float32).reshape(spread)
    zeros = np.array(tensor.zeros or (0,), np.float32)
    zeros = zeros.reshape(spread) if len(zeros) > 1 else zeros
    return np.asarray((codes.astype(np.float32) - zeros) * scales, np.float32)


def real_type(tensor: Tensor) -> str:
    """Return the type as results name it."""
    return "float" if tensor.type.startswith("FLOAT") else tensor.type.lower()


def reach(tensor: Tensor) -> tuple[float, float]:
    """Return the lowest and highest number that a quantized tensor can hold; (0, 0) for any other."""
    if len(tensor.scales) != 1 or "INT" not in tensor.type:
        return 0.0, 0.0
    bits, unsigned = BITS[tensor.type], tensor.type.startswith("U")
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    zero = tensor.zeros[0] if tensor.zeros else 0
    return (low - zero) * tensor.scales[0], (high - zero) * tensor.scales[0]
