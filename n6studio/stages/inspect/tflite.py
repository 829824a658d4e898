"""What a .tflite says about itself, read from its flatbuffer; the network is not run here."""

import struct
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from n6studio.domain.errors.models import ModelDamaged, NotAPoseModel
from n6studio.domain.model.facts import FloatOperation, TensorFacts
from n6studio.gates.files import read_bytes
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.inspect.tflite_numbers import numbers_of
from n6studio.stages.model.head_marks import channels_of
from n6studio.stages.model.head_tflite import TfliteHead
from n6studio.stages.model.tflite_gate import admit_tflite

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "CONV_3D")
_ARITHMETIC = {
    "ADD", "SUB", "MUL", "DIV", "NEG", "EXP", "SQRT", "RSQRT", "POW", "SQUARE", "MAXIMUM", "MINIMUM", "SUM", "MEAN",
    "LOGISTIC", "TANH", "SOFTMAX", "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "GELU", "ELU", "PRELU",
    "MAX_POOL_2D", "AVERAGE_POOL_2D",
}  # fmt: skip
_BORDER = ("QUANTIZE", "DEQUANTIZE", "CAST")
_FLOATS = ("FLOAT32", "FLOAT16", "FLOAT64", "BFLOAT16")
_INTEGER_WEIGHTS = ("INT8", "UINT8", "INT4", "INT16")


def _constants(names: type) -> dict[int, str]:
    return {value: name for name, value in vars(names).items() if not name.startswith("_")}


_OPERATORS = _constants(schema.BuiltinOperator)
_TYPES = _constants(schema.TensorType)


def read_tflite(path: Path) -> GraphFacts:
    """Return what the graph of a .tflite amounts to.

    Raises:
        ModelDamaged: it is cut off or inconsistent.
        ModelRefused: it would do more than compute.
        NotAPoseModel: it holds no graph.
    """
    admit_tflite(path)
    content = read_bytes(path)
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        if not model.subgraphs or model.operatorCodes is None:
            raise NotAPoseModel(path=path, found="a file without a graph")
        return _Graph(model).facts()
    except (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelDamaged(path=path, format=".tflite", reason="it is cut off or inconsistent") from error


class _Graph:
    """The main subgraph, with tensors and operators looked up."""

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]
        self._operators = [
            (_operator_name(model.operatorCodes[operator.opcodeIndex]), operator) for operator in self._graph.operators
        ]

    def facts(self) -> GraphFacts:
        """Return what the graph amounts to."""
        parameters, size = self._weights_size
        integer = sum(self._is_integer_product(operator) for operator in self._products)
        granularity = self._granularity()
        traced = TfliteHead(self._model)
        return GraphFacts(
            inputs=tuple(self._described(index) for index in self._graph.inputs),
            outputs=tuple(self._described(index) for index in self._graph.outputs),
            parameters=parameters,
            macs=sum(self._arithmetic(name, operator) for name, operator in self._operators),
            product_macs=sum(self._products_of(name, operator) for name, operator in self._operators),
            weights_bytes=size,
            granularity=granularity,
            integer_convolutions=integer,
            float_convolutions=len(self._products) - integer,
            float_operations=self._float_operations() if granularity != "none" else (),
            output_scale=self._output_scale(),
            trace=lambda axis: channels_of(traced.head(), traced.output(), axis),
            numbers=numbers_of(self._model),
            metadata={"converter": _text(self._model.description)} if self._model.description else {},
        )

    def _tensor(self, index: int) -> Any:
        return self._graph.tensors[index]

    def _shape(self, index: int) -> tuple[int, ...]:
        shape = self._tensor(index).shape
        return () if shape is None else tuple(int(size) for size in shape)

    def _type(self, index: int) -> str:
        return _TYPES.get(self._tensor(index).type, "?")

    def _scales(self, index: int) -> list[float]:
        quantization = self._tensor(index).quantization
        scales = None if quantization is None else quantization.scale
        return [] if scales is None else [float(scale) for scale in np.atleast_1d(scales)]

    def _constant(self, index: int) -> bool:
        return index >= 0 and self._model.buffers[self._tensor(index).buffer].data is not None

    def _described(self, index: int) -> TensorFacts:
        scales, kind = self._scales(index), self._type(index)
        zero = self._tensor(index).quantization.zeroPoint if scales else None
        signature = self._tensor(index).shapeSignature
        shape = self._shape(index) if signature is None else tuple(int(size) for size in signature)
        return TensorFacts(
            name=_text(self._tensor(index).name),
            shape=shape,
            type="float" if kind in _FLOATS else kind.lower(),
            scale=scales[0] if scales else None,
            zero_point=None if zero is None else int(np.atleast_1d(zero)[0]),
        )

    @cached_property
    def _products(self) -> list[Any]:
        """Operators that multiply with weights."""
        return [operator for name, operator in self._operators if name in _WEIGHTED and self._weights_of(operator)]

    def _weights_of(self, operator: Any) -> list[int]:
        return [int(index) for index in operator.inputs if self._constant(int(index)) and len(self._shape(index)) > 1]

    @cached_property
    def _weights_size(self) -> tuple[int, int]:
        """Number of weights and biases, and the bytes they take."""
        seen: set[int] = set()
        count = size = 0
        for operator in self._products:
            for index in (int(index) for index in operator.inputs):
                # Transposed convolutions begin with a constant that is a shape.
                if self._constant(index) and index not in seen and operator.inputs[0] != index:
                    seen.add(index)
                    count += prod(self._shape(index))
                    size += len(self._model.buffers[self._tensor(index).buffer].data)
        return count, size

    def _products_of(self, name: str, operator: Any) -> int:
        results = prod(self._shape(operator.outputs[0]))
        if name == "BATCH_MATMUL":
            options, shape = operator.builtinOptions, self._shape(operator.inputs[0])
            return results * (shape[-2] if options is not None and options.adjX else shape[-1])
        if name not in _WEIGHTED:
            return 0
        weights = self._shape(operator.inputs[1])
        if name == "DEPTHWISE_CONV_2D":
            return results * prod(weights[1:3])
        if name == "TRANSPOSE_CONV":
            return prod(self._shape(operator.inputs[2])) * prod(weights[:3])
        return results * prod(weights[1:])

    def _arithmetic(self, name: str, operator: Any) -> int:
        biased = name in _WEIGHTED and len(operator.inputs) > 2 and operator.inputs[2] >= 0
        extra = prod(self._shape(operator.outputs[0])) if biased or name in _ARITHMETIC else 0
        return self._products_of(name, operator) + extra

    def _is_integer_product(self, operator: Any) -> bool:
        """Whether image values and weights are both integers; with integer weights alone it computes in float."""
        used = [int(index) for index in operator.inputs if index >= 0]
        kinds = {self._type(index) for index in [*used, int(operator.outputs[0])]}
        return not kinds & set(_FLOATS)

    def _granularity(self) -> str:
        found = "none"
        for operator in self._products:
            for index in self._weights_of(operator):
                if self._type(index) in _INTEGER_WEIGHTS and (scales := self._scales(index)):
                    if len(scales) > 1:
                        return "per_channel"
                    found = "per_tensor"
        return found

    def _float_operations(self) -> tuple[FloatOperation, ...]:
        found = []
        for name, operator in self._operators:
            used = [int(index) for index in [*operator.inputs, *operator.outputs] if index >= 0]
            if name not in _BORDER and any(self._type(index) in _FLOATS for index in used):
                first = int(operator.outputs[0])
                found.append(FloatOperation(name, _text(self._tensor(first).name), self._shape(first)))
        return tuple(found)

    def _output_scale(self) -> float | None:
        """Return the output's step; a conversion to float (or another integer type) at the very end is seen through."""
        index = int(self._graph.outputs[0])
        while not self._scales(index):
            makers = [(name, operator) for name, operator in self._operators if index in operator.outputs]
            if not makers or makers[0][0] != "DEQUANTIZE":
                return None
            index = int(makers[0][1].inputs[0])
        return self._scales(index)[0]


def _operator_name(code: Any) -> str:
    if code.customCode:
        return _text(code.customCode)
    # Files older than the wider field keep the number in the narrow one.
    return _OPERATORS.get(max(int(code.builtinCode), int(code.deprecatedBuiltinCode)), "?")


def _text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value or "")
