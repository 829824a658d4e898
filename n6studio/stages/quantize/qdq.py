"""The quantized model once more as ONNX: the same integers and scales, written as QuantizeLinear and DequantizeLinear.

Every int8 tensor of the .tflite becomes a pair of these two behind what computes it, weights and biases keep their
integers, and what stays in float there stays in float here. Images are (1, 3, height, width) float, as Ultralytics'
exports take them; convolutions work in that order of dimensions, too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 13, 8
_TO_NCHW, _TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_NUMPY = {
    schema.TensorType.FLOAT32: "<f4", schema.TensorType.INT8: "i1", schema.TensorType.UINT8: "u1",
    schema.TensorType.INT32: "<i4", schema.TensorType.INT64: "<i8",
}  # fmt: skip
_PLAIN = {"LOGISTIC": "Sigmoid", "MUL": "Mul", "ADD": "Add", "SUB": "Sub"}
_PASSED_ON = ("QUANTIZE", "DEQUANTIZE")
_SHAPED = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")

Array = npt.NDArray[Any]


class NoQdqForm(Exception):
    """An operation that is not written as ONNX here; the message names it."""


def as_qdq(content: bytes, metadata: Mapping[str, object]) -> bytes:
    """Return an int8 .tflite with one output as ONNX.

    Args:
        content: the .tflite.
        metadata: what the file is to say of itself, as Ultralytics writes it.

    Raises:
        NoQdqForm: it holds another operation than pose models do.
    """
    return _Writer(schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))).written(metadata)


class _Writer:
    """A graph in the making. Tensors are known by their numbers in the .tflite, values by their names in the ONNX.

    Args:
        model: a `schema.ModelT`.
    """

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]
        self._nodes: list[Any] = []
        self._stored: list[Any] = []
        self._values: dict[int, str] = {}
        self._turned: set[int] = set()  # values of four dimensions whose channels come second
        self._names = 0

    def written(self, metadata: Mapping[str, object]) -> bytes:
        """Return the file."""
        first, last = int(self._graph.inputs[0]), int(self._graph.outputs[0])
        _, height, width, channels = self._shape(first)
        self._put(first, "images", turned=True)
        for operator in self._graph.operators:
            code = self._model.operatorCodes[operator.opcodeIndex]
            name = _OPERATORS.get(max(int(code.builtinCode), int(code.deprecatedBuiltinCode)), "CUSTOM")
            self._operation(name, operator)
        self._nodes.append(helper.make_node("Identity", [self._plain(last)], ["output0"]))
        graph = helper.make_graph(
            self._nodes, "n6studio",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, channels, height, width])],
            [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(self._shape(last)))],
            self._stored,
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="n6studio")
        model.ir_version = IR_VERSION
        helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    # --- tensors of the .tflite

    def _shape(self, index: int) -> tuple[int, ...]:
        shape = self._graph.tensors[index].shape
        return () if shape is None else tuple(int(size) for size in shape)

    def _constant(self, index: int) -> Array | None:
        tensor = self._graph.tensors[index]
        data = self._model.buffers[tensor.buffer].data
        if data is None or tensor.type not in _NUMPY or not len(data):
            return None
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), _NUMPY[tensor.type]).reshape(self._shape(index))

    def _scales(self, index: int) -> tuple[Array, Array] | None:
        """Return scales and zero points; None where a tensor is not quantized."""
        quantization = self._graph.tensors[index].quantization
        if quantization is None or quantization.scale is None or not len(quantization.scale):
            return None
        return np.asarray(quantization.scale, np.float32), np.asarray(quantization.zeroPoint, np.int64)

    def _numbers(self, operator: Any, place: int) -> list[int]:
        values = self._constant(int(operator.inputs[place]))
        if values is None:
            raise NoQdqForm("a size that is computed")
        return [int(value) for value in values.reshape(-1)]

    # --- values of the ONNX

    def _name(self, what: str) -> str:
        self._names += 1
        return f"{what}_{self._names}"

    def _node(self, kind: str, inputs: Sequence[str], **options: Any) -> str:
        output = self._name(kind.lower())
        self._nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **options))
        return output

    def _store(self, values: Array, what: str = "constant") -> str:
        name = self._name(what)
        self._stored.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _dequantized(self, integers: Array, scales: Array, zeros: Array) -> str:
        """Return stored integers as real values; several scales belong to their first dimension."""
        one = len(scales) == 1
        inputs = [
            self._store(integers, "integers"),
            self._store(np.asarray(scales[0] if one else scales, np.float32), "scale"),
            self._store(np.asarray(zeros[0] if one else zeros, integers.dtype), "zero"),
        ]
        return self._node("DequantizeLinear", inputs, **({} if one else {"axis": 0}))

    def _put(self, index: int, value: str, turned: bool) -> None:
        """Keep what was computed of a tensor, rounded to its int8 where it has one."""
        self._values[index] = self._rounded(index, value)
        if turned:
            self._turned.add(index)

    def _rounded(self, index: int, value: str) -> str:
        steps = self._scales(index)
        if self._graph.tensors[index].type != schema.TensorType.INT8 or steps is None:
            return value
        scale, zero = self._store(steps[0][0], "scale"), self._store(steps[1][0].astype(np.int8), "zero")
        return self._node("DequantizeLinear", [self._node("QuantizeLinear", [value, scale, zero]), scale, zero])

    def _reordered(self, index: int, order: tuple[int, ...]) -> str:
        """Return a value with its dimensions in another order; the same integers, so that what reads it computes so."""
        return self._rounded(index, self._node("Transpose", [self._values[index]], perm=order))

    def _plain(self, index: int) -> str:
        """Return a value with its dimensions as the .tflite has them."""
        if index not in self._values:
            self._values[index] = self._known(index, None)
        return self._reordered(index, _TO_NHWC) if index in self._turned else self._values[index]

    def _image(self, index: int) -> str:
        """Return a value of four dimensions with the channels second."""
        if index in self._values:
            return self._values[index] if index in self._turned else self._reordered(index, _TO_NCHW)
        return self._known(index, _TO_NCHW)

    def _known(self, index: int, order: tuple[int, ...] | None) -> str:
        values, steps = self._constant(index), self._scales(index)
        if values is None:
            raise NoQdqForm("a value that nothing computes")
        if order is not None and values.ndim == 4:
            values = values.transpose(order)
        elif order is not None and values.ndim == 1 and values.size > 1:
            values = values.reshape(-1, 1, 1)
        if steps is None or values.dtype == np.float32:
            return self._store(values)
        return self._dequantized(values, *steps)

    # --- operations

    def _operation(self, name: str, operator: Any) -> None:
        output = int(operator.outputs[0])
        inputs = [int(index) for index in operator.inputs]
        images = any(index in self._turned for index in inputs)
        if name in _PASSED_ON:
            self._put(output, self._values[inputs[0]], images)
        elif name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self._convolution(name, operator, inputs, output)
        elif name in _PLAIN:
            if getattr(operator.builtinOptions, "fusedActivationFunction", 0):
                raise NoQdqForm(f"{name} with an activation")
            values = [self._image(index) if images else self._plain(index) for index in inputs]
            self._put(output, self._node(_PLAIN[name], values), images)
        elif name == "CONCATENATION":
            axis = int(operator.builtinOptions.axis) % len(self._shape(output))
            images = all(index in self._turned for index in inputs)
            values = [self._values[index] if images else self._plain(index) for index in inputs]
            self._put(output, self._node("Concat", values, axis=_TO_NCHW.index(axis) if images else axis), images)
        elif name == "MAX_POOL_2D":
            options = operator.builtinOptions
            kernel = (int(options.filterHeight), int(options.filterWidth))
            window = self._window(options, inputs[0], output, kernel, (1, 1))
            self._put(output, self._node("MaxPool", [self._image(inputs[0])], kernel_shape=kernel, **window), True)
        elif name == "RESIZE_NEAREST_NEIGHBOR":
            self._resize(inputs, output)
        elif name == "PAD":
            pads = np.array(self._numbers(operator, 1), np.int64).reshape(-1, 2)
            pads = pads[list(_TO_NCHW)] if images else pads
            value = self._values[inputs[0]]
            self._put(output, self._node("Pad", [value, self._store(pads.T.reshape(-1))], mode="constant"), images)
        elif name == "STRIDED_SLICE":
            self._slice(operator, inputs, output)
        elif name == "SPLIT":
            axis = self._numbers(operator, 0)[0] % len(self._shape(inputs[1]))
            axis = _TO_NCHW.index(axis) if images else axis
            parts = [self._name("split") for _ in operator.outputs]
            self._nodes.append(helper.make_node("Split", [self._values[inputs[1]]], parts, axis=axis))
            for index, part in zip(operator.outputs, parts, strict=True):
                self._put(int(index), part, images)
        elif name in _SHAPED:
            shape = self._store(np.array(self._shape(output), np.int64))
            self._put(output, self._node("Reshape", [self._plain(inputs[0]), shape]), False)
        elif name == "TRANSPOSE":
            order = self._numbers(operator, 1)
            if images:
                order = [_TO_NCHW.index(place) for place in order]
            value = self._values[inputs[0]]
            moved = order != list(range(len(order)))
            self._put(output, self._node("Transpose", [value], perm=order) if moved else value, False)
        elif name == "BATCH_MATMUL":
            self._product(operator, inputs, output)
        elif name == "SOFTMAX":
            self._put(output, self._node("Softmax", [self._plain(inputs[0])], axis=-1), False)
        else:
            raise NoQdqForm(name)

    def _product(self, operator: Any, inputs: list[int], output: int) -> None:
        values = []
        for index, adjoint in zip(inputs, (operator.builtinOptions.adjX, operator.builtinOptions.adjY), strict=True):
            order = list(range(len(self._shape(index))))
            order[-2:] = order[:-3:-1]
            value = self._plain(index)
            values.append(self._node("Transpose", [value], perm=order) if adjoint else value)
        self._put(output, self._node("MatMul", values), False)

    def _convolution(self, name: str, operator: Any, inputs: list[int], output: int) -> None:
        options = operator.builtinOptions
        if options.fusedActivationFunction not in (0, 1):
            raise NoQdqForm(f"{name} with its activation")
        weights, steps = self._constant(inputs[1]), self._scales(inputs[1])
        if weights is None or weights.ndim != 4:
            raise NoQdqForm(f"{name} with computed weights")
        deep = name == "DEPTHWISE_CONV_2D"
        kernel = weights.transpose((3, 0, 1, 2) if deep else _TO_NCHW)
        channels = self._shape(inputs[0])[3]
        values = [self._image(inputs[0]), self._store(kernel) if steps is None else self._dequantized(kernel, *steps)]
        bias = self._constant(inputs[2]) if len(inputs) > 2 and inputs[2] >= 0 else None
        if bias is not None:
            of_bias = self._scales(inputs[2])
            values.append(self._store(bias) if of_bias is None else self._dequantized(bias, *of_bias))
        dilation = (int(options.dilationHFactor), int(options.dilationWFactor))
        window = self._window(options, inputs[0], output, kernel.shape[2:], dilation)
        group = channels if deep else channels // kernel.shape[1]
        made = self._node("Conv", values, group=group, dilations=dilation, kernel_shape=kernel.shape[2:], **window)
        self._put(output, self._node("Relu", [made]) if options.fusedActivationFunction == 1 else made, True)

    def _window(
        self, options: Any, source: int, output: int, kernel: Sequence[int], dilation: Sequence[int]
    ) -> dict[str, list[int]]:
        """Return strides and pads of a convolution or pooling."""
        strides = [int(options.strideH), int(options.strideW)]
        missing = [0, 0]
        if options.padding == schema.Padding.SAME:
            sides = zip(self._shape(source)[1:3], self._shape(output)[1:3], strides, kernel, dilation, strict=True)
            missing = [max(0, (after - 1) * step + (k - 1) * d + 1 - before) for before, after, step, k, d in sides]
        first = [one // 2 for one in missing]
        return {"strides": strides, "pads": [*first, *(one - half for one, half in zip(missing, first, strict=True))]}

    def _resize(self, inputs: list[int], output: int) -> None:
        (_, height, width, _), (_, tall, wide, _) = self._shape(inputs[0]), self._shape(output)
        if tall % height or wide % width:
            raise NoQdqForm("RESIZE_NEAREST_NEIGHBOR by no whole number")
        scales = self._store(np.array([1, 1, tall // height, wide // width], np.float32))
        made = self._node(
            "Resize", [self._image(inputs[0]), "", scales], mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
        self._put(output, made, True)

    def _slice(self, operator: Any, inputs: list[int], output: int) -> None:
        options, shape = operator.builtinOptions, self._shape(inputs[0])
        if options.shrinkAxisMask or options.ellipsisMask or options.newAxisMask:
            raise NoQdqForm("STRIDED_SLICE that changes the dimensions")
        begin, end, steps = (self._numbers(operator, place) for place in (1, 2, 3))
        if any(step != 1 for step in steps):
            raise NoQdqForm("STRIDED_SLICE with steps")
        parts = [
            slice(None if options.beginMask >> place & 1 else start, None if options.endMask >> place & 1 else stop)
            for place, (start, stop) in enumerate(zip(begin, end, strict=True))
        ]
        cut = [part.indices(size)[:2] for part, size in zip(parts, shape, strict=True)]
        turned = inputs[0] in self._turned
        cut = [cut[place] for place in _TO_NCHW] if turned else cut
        values = [self._store(np.array([one[side] for one in cut], np.int64)) for side in (0, 1)]
        self._put(output, self._node("Slice", [self._values[inputs[0]], *values]), turned)
