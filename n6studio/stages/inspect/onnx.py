"""What an .onnx says about itself: shapes, weights, and which operations a QDQ quantization left in floating point."""

from math import prod
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.model.facts import FloatOperation, TensorFacts
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.inspect.onnx_numbers import numbers_of
from n6studio.stages.model.head_marks import channels_of
from n6studio.stages.model.head_onnx import onnx_head
from n6studio.stages.model.onnx_gate import admit_onnx
from n6studio.stages.model.onnx_metadata import parsed_metadata

_PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul")
_INTEGER_PRODUCTS = ("ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul")
_ARITHMETIC = {
    "Add", "Sub", "Mul", "Div", "Neg", "Exp", "Sqrt", "Pow", "Max", "Min", "Sum", "ReduceMean", "ReduceSum",
    "ReduceMax", "Sigmoid", "Tanh", "Softmax", "Relu", "LeakyRelu", "HardSwish", "Gelu", "Elu", "PRelu", "Clip", "Erf",
    "MaxPool", "AveragePool", "GlobalAveragePool",
}  # fmt: skip
_BORDER = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast", "Constant", "Shape")
_FLOAT_TYPES = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE, onnx.TensorProto.BFLOAT16)


def read_onnx(path: Path) -> GraphFacts:
    """Return what the graph of an .onnx amounts to.

    Raises:
        ModelDamaged: it is cut off or inconsistent.
        ModelRefused: it would do more than compute.
    """
    try:
        model = onnx.shape_inference.infer_shapes(admit_onnx(path))
        return _Graph(model).facts()
    except StudioError:
        raise
    except (DecodeError, onnx.shape_inference.InferenceError, ValueError, IndexError, KeyError) as error:
        raise ModelDamaged(path=path, format=".onnx", reason="it is cut off or inconsistent") from error


class _Graph:
    """The graph, with tensors and their makers looked up."""

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.graph
        self._weights = {tensor.name: tensor for tensor in self._graph.initializer}
        self._maker = {name: node for node in self._graph.node for name in node.output}
        self._users: dict[str, list[Any]] = {}
        for node in self._graph.node:
            for name in node.input:
                self._users.setdefault(name, []).append(node)
        self._infos = {info.name: info for info in [*self._graph.value_info, *self._graph.input, *self._graph.output]}
        self._products = [node for node in self._graph.node if node.op_type in _PRODUCTS and self._weights_of(node)]

    def facts(self) -> GraphFacts:
        """Return what the graph amounts to."""
        inputs = [item for item in self._graph.input if item.name not in self._weights]
        parameters, size = self._weights_size()
        integer = sum(self._is_integer_product(node) for node in self._products)
        granularity = self._granularity()
        floats = self._float_operations() if granularity != "none" else ()
        products = [self._products_of(node) for node in self._graph.node]
        counts = None if None in products else [count or 0 for count in products]
        extra = sum(self._extra(node) for node in self._graph.node)
        return GraphFacts(
            inputs=tuple(self._described(item, self._quantizer_after(item.name)) for item in inputs),
            outputs=tuple(self._described(item, self._quantizer_before(item.name)) for item in self._graph.output),
            parameters=parameters,
            macs=None if counts is None else sum(counts) + extra,
            product_macs=None if counts is None else sum(counts),
            weights_bytes=size,
            granularity=granularity,
            integer_convolutions=integer,
            float_convolutions=len(self._products) - integer,
            float_operations=floats,
            numbers=numbers_of(self._model, {one.tensor for one in floats}),
            output_scale=self._scale_of(self._quantizer_before(self._graph.output[0].name)),
            trace=lambda axis: channels_of(onnx_head(self._model), self._graph.output[0].name, axis),
            metadata=parsed_metadata({item.key: item.value for item in self._model.metadata_props}),
        )

    def _shape(self, name: str) -> tuple[int, ...] | None:
        """Return a tensor's shape, -1 for open sizes; None if it is not known."""
        if name in self._weights:
            return tuple(self._weights[name].dims)
        if name not in self._infos or not self._infos[name].type.tensor_type.HasField("shape"):
            return None
        sizes = self._infos[name].type.tensor_type.shape.dim
        return tuple(size.dim_value if size.HasField("dim_value") else -1 for size in sizes)

    def _initializer(self, name: str) -> Any:
        """Return the stored tensor behind a name, seen through its dequantization; None if it is computed."""
        if name not in self._weights and name in self._maker and self._maker[name].op_type == "DequantizeLinear":
            name = self._maker[name].input[0]
        return self._weights.get(name)

    def _weights_of(self, node: Any) -> list[str]:
        """Return the inputs that are trained: stored, and of at least one dimension."""
        names = [node.input[3], *node.input[8:]] if node.op_type.startswith("QLinear") else node.input
        return [name for name in names if (tensor := self._initializer(name)) is not None and tensor.dims]

    def _weights_size(self) -> tuple[int, int]:
        """Return the number of weights and biases, and the bytes they take."""
        tensors = {}
        for node in self._products:
            for name in self._weights_of(node):
                tensor = self._initializer(name)
                tensors[tensor.name] = tensor
        numbers = [prod(tensor.dims) for tensor in tensors.values()]
        sizes = [onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize for tensor in tensors.values()]
        return sum(numbers), sum(number * size for number, size in zip(numbers, sizes, strict=True))

    def _products_of(self, node: Any) -> int | None:
        """Return the multiply-accumulates of a node; None where a shape is not known."""
        if node.op_type not in _PRODUCTS:
            return 0
        results = self._shape(node.output[0])
        position = 3 if node.op_type.startswith("QLinear") else 1
        first, second = self._shape(node.input[0]), self._shape(node.input[position])
        stored = self._initializer(node.input[position])
        second = tuple(stored.dims) if stored is not None else second
        if results is None or first is None or second is None or -1 in (*results, *first, *second):
            return None
        if node.op_type == "ConvTranspose":
            return prod(first) * prod(second[1:])
        if "Conv" in node.op_type:
            return prod(results) * prod(second[1:])
        transposed = any(item.name == "transA" and item.i for item in node.attribute)
        return prod(results) * (first[-2] if transposed else first[-1])

    def _extra(self, node: Any) -> int:
        biased = node.op_type in ("Conv", "Gemm", "ConvTranspose") and len(node.input) > 2
        shape = self._shape(node.output[0]) if biased or node.op_type in _ARITHMETIC else None
        # Arithmetic on shapes yields vectors of a few numbers; only images' values count.
        return prod(shape) if shape and len(shape) > 1 and -1 not in shape else 0

    def _dequantized(self, name: str) -> bool:
        return name in self._maker and self._maker[name].op_type == "DequantizeLinear"

    def _is_integer_product(self, node: Any) -> bool:
        if node.op_type in _INTEGER_PRODUCTS:
            return True
        return all(self._dequantized(name) for name in node.input[:2] if name)

    def _granularity(self) -> str:
        found = "none"
        for node in self._products:
            if node.op_type in _INTEGER_PRODUCTS:
                position = {"QLinearConv": 4, "QLinearMatMul": 4}.get(node.op_type)
                scale = self._weights.get(node.input[position]) if position else None
            else:
                maker = self._maker.get(node.input[1])
                quantized = maker is not None and maker.op_type == "DequantizeLinear"
                scale = self._initializer(maker.input[1]) if quantized and maker is not None else None
            if scale is not None and prod(scale.dims) > 1:
                return "per_channel"
            if scale is not None or node.op_type in _INTEGER_PRODUCTS:
                found = "per_tensor"
        return found

    def _float_operations(self) -> tuple[FloatOperation, ...]:
        """Return what is not between a dequantization and a quantization, as it would be were it run in integers."""
        found = []
        for node in self._graph.node:
            if node.op_type in _BORDER or node.op_type in _INTEGER_PRODUCTS or not self._computes_floats(node):
                continue
            fed = all(self._dequantized(name) for name in node.input if name and name in self._maker)
            users = [user.op_type for name in node.output for user in self._users.get(name, [])]
            drained = bool(users) and all(user == "QuantizeLinear" for user in users)
            if not (fed and drained):
                shape = self._shape(node.output[0]) or ()
                found.append(FloatOperation(node.op_type, node.output[0], shape))
        return tuple(found)

    def _computes_floats(self, node: Any) -> bool:
        info = self._infos.get(node.output[0])
        return info is None or info.type.tensor_type.elem_type in _FLOAT_TYPES

    def _quantizer_after(self, name: str) -> Any:
        users = self._users.get(name, [])
        return users[0] if users and users[0].op_type == "QuantizeLinear" else None

    def _quantizer_before(self, name: str) -> Any:
        maker = self._maker.get(name)
        return maker if maker is not None and maker.op_type in ("DequantizeLinear", "QuantizeLinear") else None

    def _scale_of(self, node: Any) -> float | None:
        tensor = self._initializer(node.input[1]) if node is not None else None
        return None if tensor is None else float(numpy_helper.to_array(tensor).reshape(-1)[0])

    def _described(self, item: Any, quantizer: Any) -> TensorFacts:
        kind = item.type.tensor_type.elem_type
        if kind in _FLOAT_TYPES:
            return TensorFacts(item.name, self._shape(item.name) or (), "float")
        zero = self._initializer(quantizer.input[2]) if quantizer is not None and len(quantizer.input) > 2 else None
        return TensorFacts(
            name=item.name,
            shape=self._shape(item.name) or (),
            type=str(onnx.helper.tensor_dtype_to_np_dtype(kind).name),
            scale=self._scale_of(quantizer),
            zero_point=None if zero is None else int(numpy_helper.to_array(zero).reshape(-1)[0]),
        )
