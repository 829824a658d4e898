"""With which numbers an .onnx computes: widths of weights and activations, the input's range, where operations run."""

from typing import Any

import onnx
from onnx import TensorProto, numpy_helper

from n6studio.domain.model.numbers import Numbers
from n6studio.domain.model.operators import uses

_WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
_INTEGER = ("QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger")
_BORDER = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast")
_LIMITS = {TensorProto.UINT8: (0, 255), TensorProto.INT8: (-128, 127)}
_SHAPES = ("Constant", "Shape", "Identity")


def numbers_of(model: Any, in_float: set[str]) -> Numbers:
    """Return with which numbers a model computes.

    Args:
        model: the .onnx.
        in_float: first outputs of the operations that it computes in floating point.
    """
    return _Reader(model, in_float).numbers()


class _Reader:
    def __init__(self, model: Any, in_float: set[str]) -> None:
        self._graph, self._in_float = model.graph, in_float
        self._stored = {tensor.name: tensor for tensor in self._graph.initializer}
        self._maker = {name: node for node in self._graph.node for name in node.output}

    def numbers(self) -> Numbers:
        activations: set[str] = set()
        weights: set[str] = set()
        uneven: set[str] = set()
        for node in self._graph.node:
            stored = self._weights(node)
            if stored is None:
                continue
            place, name = stored
            weights.add(_type(self._stored[name].data_type))
            activations.add(self._activation(node))
            if self._uneven(node.input[place], node):
                uneven.add(name)
        quantized = bool(weights - {"float", "float16"})
        kept = [node for node in self._graph.node if node.op_type not in _SHAPES]
        return Numbers(
            activations=tuple(sorted(activations)),
            weights=tuple(sorted(weights)),
            input_range=self._input_range(),
            uneven_weights=len(uneven),
            float_between=self._float_between() if quantized else 0,
            # Between integers, QDQ's pairs only say how a value is counted; the compiler leaves nothing of them.
            operators=uses(
                (node.op_type, node.output[0] in self._in_float) for node in kept if node.op_type not in _BORDER
            ),
        )

    def _weights(self, node: Any) -> tuple[int, str] | None:
        """Return which input of a node are its weights, and the stored tensor behind it."""
        if node.op_type not in (*_WEIGHTED, *_INTEGER):
            return None
        for place in (3,) if node.op_type.startswith("QLinear") else (1, 0):
            name = self._behind(node.input[place])
            if name in self._stored and len(self._stored[name].dims) > 1:
                return place, name
        return None

    def _behind(self, name: str) -> str:
        maker = self._maker.get(name)
        return str(maker.input[0]) if maker is not None and maker.op_type == "DequantizeLinear" else name

    def _activation(self, node: Any) -> str:
        if node.op_type in _INTEGER:
            zero = self._stored.get(node.input[2]) if len(node.input) > 2 else None
            return _type(zero.data_type) if zero is not None else "uint8"
        maker = self._maker.get(node.input[0])
        if maker is None or maker.op_type != "DequantizeLinear":
            return "float"
        zero = self._stored.get(maker.input[2]) if len(maker.input) > 2 else None
        return "uint8" if zero is None else _type(zero.data_type)

    def _uneven(self, name: str, node: Any) -> bool:
        maker = self._maker.get(name)
        beside: Any = node.input[4:6] if node.op_type.startswith("QLinear") else maker.input[1:3] if maker else []
        names = list(beside)
        if len(names) < 2 or names[0] not in self._stored or names[1] not in self._stored:
            return False
        scale, zero = (numpy_helper.to_array(self._stored[one]) for one in names)
        return scale.size > 1 and bool(zero.astype("int32").any())

    def _input_range(self) -> tuple[float, float] | None:
        name = next((item.name for item in self._graph.input if item.name not in self._stored), "")
        for node in self._graph.node:
            if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or node.input[0] != name:
                continue
            scale = self._stored.get(node.input[1])
            zero = self._stored.get(node.input[2]) if len(node.input) > 2 else None
            kind = TensorProto.UINT8 if zero is None else zero.data_type
            if scale is None or kind not in _LIMITS:
                return None
            step = float(numpy_helper.to_array(scale).reshape(-1)[0])
            offset = 0 if zero is None else int(numpy_helper.to_array(zero).reshape(-1)[0])
            low, high = _LIMITS[kind]
            return (low - offset) * step, (high - offset) * step
        return None

    def _float_between(self) -> int:
        """Return how many float operations lie before a convolution in integers."""
        needed: set[str] = set()
        count = 0
        for node in reversed(self._graph.node):
            floats = node.output[0] in self._in_float
            wanted = any(name in needed for name in node.output)
            count += wanted and floats
            if wanted or (self._weights(node) is not None and not floats):
                needed.update(node.input)
        return count


def _type(kind: int) -> str:
    name = str(onnx.helper.tensor_dtype_to_np_dtype(kind).name)
    return "float" if name == "float32" else name
