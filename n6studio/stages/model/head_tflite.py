"""The graph of a .tflite as `head_marks` follows it."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from n6studio.stages.model.head_marks import Constant, Head, Operation, Options, Slices, strided

_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_KINDS = {
    "QUANTIZE": "same", "DEQUANTIZE": "same", "CAST": "same", "RELU": "same", "RELU6": "same", "LOGISTIC": "sigmoid",
    "HARD_SWISH": "computed", "TANH": "computed", "EXP": "computed", "SOFTMAX": "softmax", "RESHAPE": "reshape",
    "TRANSPOSE": "transpose", "CONCATENATION": "concat", "ADD": "add", "SUB": "add", "MUL": "mul", "DIV": "mul",
    "SQUEEZE": "squeeze", "PACK": "pack", "UNPACK": "unpack", "GATHER": "gather", "SPLIT": "split",
    "SPLIT_V": "split", "SUM": "reduce", "MEAN": "reduce", "STRIDED_SLICE": "slice", "SLICE": "slice",
    "CONV_2D": "weights", "DEPTHWISE_CONV_2D": "weights", "FULLY_CONNECTED": "weights", "TRANSPOSE_CONV": "weights",
    "EXPAND_DIMS": "expand",
}  # fmt: skip
_TYPES = {
    schema.TensorType.FLOAT32: "f4", schema.TensorType.FLOAT16: "f2", schema.TensorType.INT8: "i1",
    schema.TensorType.UINT8: "u1", schema.TensorType.INT16: "i2", schema.TensorType.INT32: "i4",
    schema.TensorType.INT64: "i8",
}  # fmt: skip


def open_tflite_head(content: bytes) -> tuple[Head, str]:
    """Return the graph of a .tflite that `admit_tflite` let pass, and the name of its first output."""
    found = TfliteHead(schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0)))
    return found.head(), found.output()


class TfliteHead:
    """A .tflite in schema objects; tensors are named by their numbers.

    Args:
        model: a `schema.ModelT`.
    """

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]

    def head(self) -> Head:
        """Return it as `head_marks` follows it."""
        makers = {}
        for operator in self._graph.operators:
            made = self._operation(operator)
            makers.update(dict.fromkeys(made.outputs, made))
        return Head(makers, self._shape, self._constant)

    def output(self, place: int = 0) -> str:
        """Return the name of an output."""
        return str(int(self._graph.outputs[place]))

    def _operation(self, operator: Any) -> Operation:
        code = self._model.operatorCodes[operator.opcodeIndex]
        name = _OPERATORS.get(max(int(code.builtinCode), int(code.deprecatedBuiltinCode)), "?")
        inputs = tuple("" if index < 0 else str(int(index)) for index in operator.inputs)
        outputs = tuple(str(int(index)) for index in operator.outputs)
        kind = _KINDS.get(name, name)
        try:
            return Operation(kind, inputs, outputs, self._options(name, kind, operator.builtinOptions, inputs, outputs))
        except (ValueError, IndexError, TypeError, AttributeError):  # computed, or left out
            return Operation("?", inputs, outputs)

    def _options(self, name: str, kind: str, stored: Any, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Options:
        if kind == "reshape":
            return Options(shape=self._shape(outputs[0]))
        if kind in ("concat", "gather", "unpack", "pack"):
            return Options(axis=int(stored.axis))
        if kind == "expand":
            return Options(axes=self._whole(inputs[1]))
        if kind == "squeeze":
            return Options(axes=[] if stored is None or stored.squeezeDims is None else stored.squeezeDims)
        if kind == "reduce":
            return Options(axes=self._whole(inputs[1]), keep=stored is not None and bool(stored.keepDims))
        if name == "SPLIT":
            return Options(axis=self._whole(inputs[0])[0], source=1)
        if name == "SPLIT_V":
            return Options(axis=self._whole(inputs[2])[0], sizes=self._whole(inputs[1]))
        return Options(slices=self._slices(name, stored, inputs)) if kind == "slice" else Options()

    def _slices(self, name: str, stored: Any, inputs: tuple[str, ...]) -> Slices:
        first, second = self._whole(inputs[1]), self._whole(inputs[2])
        if name == "SLICE":
            return lambda shape: [
                slice(start, None if size < 0 else start + size) for start, size in zip(first, second, strict=True)
            ]
        steps = self._whole(inputs[3])
        keep_first, keep_end = int(stored.beginMask), int(stored.endMask)
        gone = int(stored.shrinkAxisMask)
        return strided(first, second, steps, keep_first, keep_end, gone)

    def _whole(self, name: str) -> list[int]:
        constant = self._constant(name)
        if constant is None:
            raise ValueError("a size that is computed")
        return [int(number) for number in constant.reshape(-1)]

    def _shape(self, name: str) -> tuple[int, ...] | None:
        shape = self._graph.tensors[int(name)].shape
        return None if shape is None else tuple(int(size) for size in shape)

    def _constant(self, name: str) -> Constant | None:
        if not name:
            return None
        tensor = self._graph.tensors[int(name)]
        data = self._model.buffers[tensor.buffer].data
        if data is None or tensor.type not in _TYPES:
            return None
        values: Constant = np.frombuffer(np.asarray(data, np.uint8).tobytes(), "<" + _TYPES[tensor.type])
        values = values.reshape(self._shape(name) or ())
        scales = None if tensor.quantization is None else tensor.quantization.scale
        if scales is None or len(scales) != 1 or tensor.type == schema.TensorType.INT32:
            return values
        zeros = tensor.quantization.zeroPoint
        zero = 0 if zeros is None or len(zeros) != 1 else int(zeros[0])
        return (values.astype(np.float32) - zero) * np.float32(scales[0])
