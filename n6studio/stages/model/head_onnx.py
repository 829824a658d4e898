"""The graph of an .onnx as `head_marks` follows it. Quantization (QDQ) is seen through."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from n6studio.stages.model.head_marks import Constant, Head, Operation, Options, Slices

_KINDS = {
    "QuantizeLinear": "same", "DequantizeLinear": "same", "Cast": "same", "Identity": "same", "Relu": "same",
    "Clip": "same", "Sigmoid": "sigmoid", "HardSigmoid": "sigmoid", "Softmax": "softmax", "Exp": "computed",
    "Tanh": "computed", "HardSwish": "computed", "Reshape": "reshape", "Flatten": "flatten", "Transpose": "transpose",
    "Concat": "concat", "Add": "add", "Sub": "add", "Mul": "mul", "Div": "mul", "Squeeze": "squeeze",
    "Unsqueeze": "expand", "Split": "split", "Slice": "slice", "Gather": "gather", "ReduceSum": "reduce",
    "ReduceMean": "reduce", "Conv": "weights", "ConvTranspose": "weights", "Gemm": "weights", "MatMul": "weights",
    "ConvInteger": "weights", "QLinearConv": "weights", "MatMulInteger": "weights", "QLinearMatMul": "weights",
    "QLinearSigmoid": "sigmoid",
}  # fmt: skip
_LARGEST_CONSTANT = 2**24  # numbers; the places of a grid are 2 for each candidate


def onnx_head(model: Any) -> Head:
    """Return the graph of an .onnx that `admit_onnx` let pass; shapes are as its `value_info` says."""
    return _OnnxHead(model).head()


def _attribute(node: Any, name: str, default: Any) -> Any:
    found = next((item for item in node.attribute if item.name == name), None)
    return default if found is None else helper.get_attribute_value(found)


class _OnnxHead:
    def __init__(self, model: Any) -> None:
        self._graph = model.graph
        self._stored = {tensor.name: tensor for tensor in self._graph.initializer}
        self._nodes = {name: node for node in self._graph.node for name in node.output}
        infos = [*self._graph.value_info, *self._graph.input, *self._graph.output]
        self._infos = {info.name: info for info in infos}

    def head(self) -> Head:
        makers = {}
        for node in self._graph.node:
            makers.update(dict.fromkeys(node.output, self._operation(node)))
        return Head(makers, self._shape, self._constant)

    def _operation(self, node: Any) -> Operation:
        kind, inputs, outputs = _KINDS.get(node.op_type, node.op_type), tuple(node.input), tuple(node.output)
        try:
            if kind == "flatten":
                return Operation("reshape", inputs, outputs, Options(shape=self._shape(outputs[0])))
            return Operation(kind, inputs, outputs, self._options(kind, node, inputs))
        except (ValueError, IndexError):  # computed, or left out
            return Operation("?", inputs, outputs)

    def _options(self, kind: str, node: Any, inputs: tuple[str, ...]) -> Options:
        if kind == "reshape":
            return Options(zero_keeps=True)
        if kind == "transpose":
            return Options(order=_attribute(node, "perm", None))
        if kind in ("concat", "gather"):
            return Options(axis=int(_attribute(node, "axis", 0)))
        if kind in ("squeeze", "expand", "reduce"):
            axes = _attribute(node, "axes", None)
            return Options(axes=axes or self._whole(inputs[1]), keep=bool(_attribute(node, "keepdims", 1)))
        if kind == "split":
            sizes = _attribute(node, "split", None)
            if sizes is None and len(inputs) > 1 and inputs[1]:
                sizes = self._whole(inputs[1])
            return Options(axis=int(_attribute(node, "axis", 0)), sizes=sizes)
        return Options(slices=self._slices(node, inputs)) if kind == "slice" else Options()

    def _slices(self, node: Any, inputs: tuple[str, ...]) -> Slices:
        def given(place: int, name: str, default: list[int] | None) -> list[int]:
            stored = _attribute(node, name, None)
            if stored is not None:
                return [int(number) for number in stored]
            if place < len(inputs) and inputs[place]:
                return self._whole(inputs[place])
            if default is None:
                raise ValueError("a slice without places")
            return default

        starts, ends = given(1, "starts", None), given(2, "ends", None)
        axes = given(3, "axes", list(range(len(starts))))
        steps = given(4, "steps", [1] * len(starts))

        def slices(shape: tuple[int, ...]) -> list[slice]:
            found = [slice(None)] * len(shape)
            for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
                found[axis] = slice(start, end if abs(end) < 2**31 - 1 else None, step)
            return found

        return slices

    def _whole(self, name: str) -> list[int]:
        constant = self._constant(name)
        if constant is None or constant.dtype.kind not in "iu":
            raise ValueError("a size that is computed")
        return [int(number) for number in constant.reshape(-1)]

    def _shape(self, name: str) -> tuple[int, ...] | None:
        if name in self._stored:
            return tuple(self._stored[name].dims)
        info = self._infos.get(name)
        if info is None or not info.type.tensor_type.HasField("shape"):
            return None
        return tuple(size.dim_value if size.HasField("dim_value") else -1 for size in info.type.tensor_type.shape.dim)

    def _constant(self, name: str, depth: int = 0) -> Constant | None:
        """Return a constant's values, also of one that is stored in integers and turned into floats."""
        tensor = self._stored.get(name)
        if tensor is None and name in self._nodes and depth < 4:
            node = self._nodes[name]
            if node.op_type == "Constant":
                tensor = next((item.t for item in node.attribute if item.name == "value"), None)
            elif node.op_type == "DequantizeLinear":
                return self._dequantized(node, depth)
            elif node.op_type in ("Cast", "Identity"):
                return self._constant(node.input[0], depth + 1)
        if tensor is None or tensor.data_location == TensorProto.EXTERNAL:
            return None
        if np.prod(tensor.dims, dtype=np.int64) > _LARGEST_CONSTANT:
            return None
        values: Constant = numpy_helper.to_array(tensor)
        return values

    def _dequantized(self, node: Any, depth: int) -> Constant | None:
        whole, scale = self._constant(node.input[0], depth + 1), self._constant(node.input[1], depth + 1)
        zero = self._constant(node.input[2], depth + 1) if len(node.input) > 2 else np.zeros(1)
        if whole is None or scale is None or zero is None or scale.size != 1:
            return None
        values: Constant = (whole.astype(np.float32) - float(zero.reshape(-1)[0])) * float(scale.reshape(-1)[0])
        return values
