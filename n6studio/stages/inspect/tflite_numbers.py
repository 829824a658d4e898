"""With which numbers a .tflite computes: widths of weights and activations, the input's range, where operations run."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from n6studio.domain.model.numbers import Numbers
from n6studio.domain.model.operators import uses

_OPERATORS: dict[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
}
_TYPES: dict[int, str] = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "CONV_3D")
_BORDER = ("QUANTIZE", "DEQUANTIZE", "CAST")
_LIMITS = {"UINT8": (0, 255), "INT8": (-128, 127)}


def numbers_of(model: Any) -> Numbers:
    """Return with which numbers a model computes.

    Args:
        model: a `schema.ModelT`.
    """
    return _Reader(model).numbers()


class _Reader:
    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]
        self._operators = [(self._name(operator), operator) for operator in self._graph.operators]
        self._maker = {int(index): (name, operator) for name, operator in self._operators for index in operator.outputs}

    def numbers(self) -> Numbers:
        products = [(operator, self._weights(operator)) for name, operator in self._operators if name in _WEIGHTED]
        products = [(operator, weights) for operator, weights in products if weights is not None]
        return Numbers(
            activations=_each([self._type(int(operator.inputs[0])) for operator, _ in products]),
            weights=_each([self._type(weights) for _, weights in products if weights is not None]),
            input_range=self._input_range(),
            uneven_weights=len({weights for _, weights in products if weights is not None and self._uneven(weights)}),
            float_between=self._float_between(),
            operators=uses((name, self._in_float(name, operator)) for name, operator in self._operators),
        )

    def _name(self, operator: Any) -> str:
        code = self._model.operatorCodes[operator.opcodeIndex]
        return _OPERATORS.get(max(int(code.builtinCode), int(code.deprecatedBuiltinCode)), "CUSTOM")

    def _tensor(self, index: int) -> Any:
        return self._graph.tensors[index]

    def _kind(self, index: int) -> str:
        return _TYPES.get(self._tensor(index).type, "?")

    def _type(self, index: int) -> str:
        kind = self._kind(index).lower()
        return "float" if kind == "float32" else kind

    def _constant(self, index: int) -> bool:
        return index >= 0 and self._model.buffers[self._tensor(index).buffer].data is not None

    def _weights(self, operator: Any) -> int | None:
        """Return the tensor that holds the weights as they are stored; None where they are computed."""
        place = int(operator.inputs[1]) if len(operator.inputs) > 1 else -1
        if place >= 0 and not self._constant(place) and place in self._maker:
            name, maker = self._maker[place]
            place = int(maker.inputs[0]) if name == "DEQUANTIZE" else -1
        return place if place >= 0 and self._constant(place) else None

    def _steps(self, index: int) -> tuple[list[float], list[int]]:
        quantization = self._tensor(index).quantization
        if quantization is None or quantization.scale is None or quantization.zeroPoint is None:
            return [], []
        scales, zeros = np.atleast_1d(quantization.scale), np.atleast_1d(quantization.zeroPoint)
        return [float(scale) for scale in scales], [int(zero) for zero in zeros]

    def _uneven(self, index: int) -> bool:
        scales, zeros = self._steps(index)
        return len(scales) > 1 and any(zeros)

    def _input_range(self) -> tuple[float, float] | None:
        """Return the range of the input's integers; of a float input that of what it is turned into first."""
        index = int(self._graph.inputs[0])
        if self._kind(index) not in _LIMITS:
            quantizers = [op for name, op in self._operators if name == "QUANTIZE" and index in op.inputs]
            if not quantizers:
                return None
            index = int(quantizers[0].outputs[0])
        scales, zeros = self._steps(index)
        if self._kind(index) not in _LIMITS or len(scales) != 1 or len(zeros) != 1:
            return None
        low, high = _LIMITS[self._kind(index)]
        return (low - zeros[0]) * scales[0], (high - zeros[0]) * scales[0]

    def _in_float(self, name: str, operator: Any) -> bool:
        used = [int(index) for index in [*operator.inputs, *operator.outputs] if index >= 0]
        return any(self._kind(index).startswith(("FLOAT", "BFLOAT")) for index in used)

    def _float_between(self) -> int:
        """Return how many float operations lie before a convolution in integers."""
        needed: set[int] = set()
        count = 0
        for name, operator in reversed(self._operators):
            floats = self._in_float(name, operator)
            wanted = any(int(index) in needed for index in operator.outputs)
            if wanted and floats and name not in _BORDER:
                count += 1
            if wanted or (name in _WEIGHTED and not floats):
                needed.update(int(index) for index in operator.inputs if index >= 0)
        return count


def _each(kinds: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(kinds)))
