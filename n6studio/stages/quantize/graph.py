"""A .tflite as an editable graph: find the pose head in it, and change calibrated ranges.

The head is recognised by its structure, not by names or counts: the output is a concatenation along the channels of
the box (in one piece or two), the class scores and the keypoints, each of them arithmetic on the outputs of last
convolutions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.figures import End

CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
REARRANGING = {"RESHAPE", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS"}
_TYPES = {schema.TensorType.FLOAT32: "float", schema.TensorType.INT8: "int8", schema.TensorType.UINT8: "uint8"}
_NUMPY = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.INT8: np.int8,
}
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}


@dataclass(frozen=True)
class Operation:
    """One operation of the graph: its kind, the tensors it reads (constants too) and the one it writes, by name."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Stride:
    """One of the three resolutions of the keypoint branch: its last convolution, and what rearranges its output."""

    convolution: str
    rearranged: tuple[str, ...]


@dataclass(frozen=True)
class Head:
    """Where the arithmetic behind the last convolutions lies. All entries are tensor names, in graph order.

    Attributes:
        float_nodes: results of the keypoint arithmetic and of the last concatenation: what stays in float.
        box_nodes: results of the box arithmetic.
        strides: the keypoint branch before its outputs are joined, in the order of the candidates.
        merge: where they are joined; "" if there is but one.
        score_logits: everything between the last convolutions of the scores and their sigmoid.
        scores: the scores, 0..1.
    """

    float_nodes: tuple[str, ...]
    box_nodes: tuple[str, ...]
    strides: tuple[Stride, ...]
    merge: str
    score_logits: tuple[str, ...]
    scores: str


class Graph:
    """A .tflite in memory.

    Args:
        content: the file's bytes.
    """

    def __init__(self, content: bytes) -> None:
        self.model: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
        self._subgraph = self.model.subgraphs[0]
        self._tensors = {tensor.name.decode(): tensor for tensor in self._subgraph.tensors}
        self.operations = tuple(self._operation(item) for item in self._subgraph.operators)
        self.by_output = {operation.output: operation for operation in self.operations}
        self.input = self._name(self._subgraph.inputs[0])
        self.output = self._name(self._subgraph.outputs[0])
        self._options = {self._name(item.outputs[0]): item.builtinOptions for item in self._subgraph.operators}

    def _name(self, index: int) -> str:
        return str(self._subgraph.tensors[index].name.decode())

    def _operation(self, item: Any) -> Operation:
        code = self.model.operatorCodes[item.opcodeIndex]
        kind = _OPERATORS.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM")
        inputs = tuple(self._name(index) for index in item.inputs if index >= 0)
        shape = self._subgraph.tensors[item.outputs[0]].shape
        shape = () if shape is None else shape  # of a single number
        return Operation(kind, inputs, self._name(item.outputs[0]), tuple(int(n) for n in shape))

    def has(self, name: str) -> bool:
        """Return whether there is such a tensor."""
        return name in self._tensors

    def cut(self, outputs: Sequence[str]) -> "Graph":
        """Return the graph that ends at these tensors, in this order; what only others need is left out."""
        result = Graph(self.content())
        needed = {item.output for name in outputs for item in result.above(result.by_output[name], set())}
        subgraph = result._subgraph
        places = {tensor.name.decode(): place for place, tensor in enumerate(subgraph.tensors)}
        subgraph.operators = [
            item
            for item, operation in zip(subgraph.operators, result.operations, strict=True)
            if operation.output in needed
        ]
        subgraph.outputs = np.array([places[name] for name in outputs], np.int32)
        result.model.signatureDefs = None  # they name the outputs from before
        return Graph(result.content())

    def note(self, name: str, content: bytes) -> None:
        """Put bytes into the file's own metadata, which interpreters ignore."""
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = np.frombuffer(content, np.uint8)
        self.model.buffers.append(buffer)
        entry.name, entry.buffer = name.encode(), len(self.model.buffers) - 1
        self.model.metadata = [*(self.model.metadata or ()), entry]

    def computed(self, operation: Operation) -> list[Operation]:
        """Return the operations whose results `operation` reads; constants and the model's input are left out."""
        return [self.by_output[name] for name in operation.inputs if name in self.by_output]

    def range_of(self, name: str) -> tuple[float, float] | None:
        """Return the calibrated (minimum, maximum) of a tensor, or None where it has none."""
        quantization = self._tensors[name].quantization
        if quantization is None or quantization.min is None or len(quantization.min) != 1:
            return None
        return float(quantization.min[0]), float(quantization.max[0])

    def set_range(self, name: str, low: float, high: float) -> None:
        """Change the calibrated range of a tensor."""
        quantization = self._tensors[name].quantization
        quantization.min = np.array([low], np.float32)
        quantization.max = np.array([high], np.float32)

    def weights_of(self, operation: Operation) -> npt.NDArray[np.float32] | None:
        """Return a convolution's constant float weights, (output channels, ...), or None where there are none."""
        if operation.kind not in CONVOLUTIONS or len(operation.inputs) < 2:
            return None
        tensor = self._tensors[operation.inputs[1]]
        data = self.model.buffers[tensor.buffer].data
        if data is None or tensor.type != schema.TensorType.FLOAT32 or not len(data):
            return None
        values = np.asarray(data, np.uint8).tobytes()
        weights = np.frombuffer(values, np.float32).reshape([int(n) for n in tensor.shape])
        return np.moveaxis(weights, -1, 0) if operation.kind == "DEPTHWISE_CONV_2D" else weights

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """Return the values of a constant tensor in its shape, or None where it is computed or of another type."""
        tensor = self._tensors[name]
        data, kind = self.model.buffers[tensor.buffer].data, _NUMPY.get(tensor.type)
        if kind is None or data is None or not len(data):
            return None
        shape = [] if tensor.shape is None else [int(n) for n in tensor.shape]
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), kind).reshape(shape)

    def set_constant(self, name: str, values: FloatArray) -> None:
        """Replace the values of a constant float tensor by others of the same shape."""
        self.model.buffers[self._tensors[name].buffer].data = np.frombuffer(
            np.ascontiguousarray(values, np.float32).tobytes(), np.uint8
        )

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        return tuple(int(n) for n in self._tensors[name].shape)

    def reshape(self, name: str, shape: Sequence[int]) -> None:
        """Let a tensor have another shape; `operations` are those from before."""
        self._tensors[name].shape = np.array(shape, np.int32)
        self._tensors[name].shapeSignature = None

    def replace_constant(self, name: str, values: FloatArray) -> None:
        """Replace a constant float tensor by one of any shape, in a buffer of its own."""
        self.model.buffers.append(schema.BufferT())
        self._tensors[name].buffer = len(self.model.buffers) - 1
        self.set_constant(name, values)
        self.reshape(name, values.shape)

    def give_constant(self, operation: Operation, instead_of: str, name: str, values: FloatArray) -> None:
        """Let an operation read a new float constant instead of another one; `operations` are those from before."""
        place = self._place(operation)
        inputs = np.array(self._subgraph.operators[place].inputs, np.int32)
        inputs[operation.inputs.index(instead_of)] = self._new_tensor(name, values.shape, values)
        self._subgraph.operators[place].inputs = inputs

    def add_behind(self, operation: Operation, name: str, constant: str, values: FloatArray) -> None:
        """Let all readers of an operation's result read the result plus a new float constant instead.

        Args:
            operation: of float; `operations` are those from before.
            name: of the sum.
            constant: name of the constant.
            values: broadcast to the shape of the result.
        """
        place = self._place(operation)
        source = int(self._subgraph.operators[place].outputs[0])
        added = self._new_tensor(constant, values.shape, values)
        target = self._new_tensor(name, operation.shape)
        for item in self._subgraph.operators:
            item.inputs = np.where(np.asarray(item.inputs) == source, target, item.inputs).astype(np.int32)
        addition = schema.OperatorT()
        addition.opcodeIndex = self._code_of(schema.BuiltinOperator.ADD)
        addition.inputs = np.array([source, added], np.int32)
        addition.outputs = np.array([target], np.int32)
        addition.builtinOptionsType = schema.BuiltinOptions.AddOptions
        addition.builtinOptions = schema.AddOptionsT()
        self._subgraph.operators.insert(place + 1, addition)

    def _place(self, operation: Operation) -> int:
        outputs = [self._name(item.outputs[0]) for item in self._subgraph.operators]
        return outputs.index(operation.output)

    def _new_tensor(self, name: str, shape: tuple[int, ...], values: FloatArray | None = None) -> int:
        tensor, buffer = schema.TensorT(), schema.BufferT()
        tensor.name, tensor.shape, tensor.type = name.encode(), np.array(shape, np.int32), schema.TensorType.FLOAT32
        if values is not None:
            buffer.data = np.frombuffer(np.ascontiguousarray(values, np.float32).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self._subgraph.tensors.append(tensor)
        return len(self._subgraph.tensors) - 1

    def _code_of(self, operator: int) -> int:
        """Return the index of an operator among those of the file, added where it is not there yet."""
        for index, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == operator:
                return index
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = operator
        code.version = 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def options(self, operation: Operation) -> Any:
        """Return what the format says of how an operation works (strides, axis...), by the format's own names."""
        return self._options[operation.output]

    def scale_of(self, name: str) -> tuple[float, int] | None:
        """Return (scale, zero point) of a tensor with one scale, or None."""
        quantization = self._tensors[name].quantization
        if quantization is None or quantization.scale is None or len(quantization.scale) != 1:
            return None
        return float(quantization.scale[0]), int(quantization.zeroPoint[0])

    def bytes_of(self, name: str) -> int:
        """Return how many bytes the values of a tensor take; those of a type that is not known count one each."""
        tensor = self._tensors[name]
        kind = np.uint8 if tensor.type == schema.TensorType.UINT8 else _NUMPY.get(tensor.type, np.int8)
        return int(np.prod([int(n) for n in tensor.shape], dtype=np.int64)) * np.dtype(kind).itemsize

    def type_of(self, name: str) -> str:
        """Return the type of a tensor's values: 'float', 'int8', 'uint8' or 'other'."""
        return _TYPES.get(self._tensors[name].type, "other")

    def end(self, which: str) -> End:
        """Return type, scale and zero point of the model's 'input' or 'output'; scale 0 where it is not quantized."""
        indices = self._subgraph.inputs if which == "input" else self._subgraph.outputs
        tensor = self._subgraph.tensors[indices[0]]
        scales = None if tensor.quantization is None else tensor.quantization.scale
        scale = float(scales[0]) if scales is not None and len(scales) else 0.0
        zero_point = int(tensor.quantization.zeroPoint[0]) if scale else 0
        return End(type=_TYPES.get(tensor.type, "other"), scale=scale, zero_point=zero_point)

    def content(self) -> bytes:
        """Return the graph as the bytes of a .tflite."""
        builder = flatbuffers.Builder(1 << 24)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def above(self, start: Operation, stop: set[str]) -> list[Operation]:
        """Return `start` and all it is computed from, up to and including operations whose kind is in `stop`."""
        found: dict[str, Operation] = {}
        waiting = [start]
        while waiting:
            operation = waiting.pop()
            if operation.output in found:
                continue
            found[operation.output] = operation
            if operation.kind not in stop or operation is start:
                waiting += self.computed(operation)
        return [operation for operation in self.operations if operation.output in found]


def find_head(graph: Graph, channels: int, keypoint_channels: int, classes: int) -> Head | None:
    """Return the pose head of a float graph, or None where the graph does not end like one.

    Args:
        graph: float (or calibrated) graph with one output (1, channels, N).
        channels: 4 + classes + keypoint_channels.
        keypoint_channels: K times 2 or 3.
        classes: number of class scores.
    """
    last = graph.by_output.get(graph.output)
    if last is None or last.kind != "CONCATENATION" or last.shape[1] != channels:
        return None
    parts = graph.computed(last)
    keypoints = [part for part in parts if part.shape[1] == keypoint_channels]
    scores = [part for part in parts if part.kind == "LOGISTIC" and part.shape[1] == classes]
    boxes = [part for part in parts if part not in keypoints and part not in scores]
    if len(keypoints) != 1 or len(scores) != 1 or not boxes:
        return None
    merge, arithmetic = _split_at_merge(graph, keypoints[0])
    sources = graph.computed(merge) if merge else [keypoints[0]]
    strides = tuple(_stride(graph, source) for source in sources)
    logits = graph.above(graph.computed(scores[0])[0], CONVOLUTIONS)
    box = [item.output for part in boxes for item in graph.above(part, CONVOLUTIONS) if item.kind not in CONVOLUTIONS]
    joined = [merge] if merge else []
    return Head(
        float_nodes=_in_order(graph, {item.output for item in [*joined, *arithmetic, last]}),
        box_nodes=_in_order(graph, set(box)),
        strides=strides,
        merge=merge.output if merge else "",
        score_logits=tuple(item.output for item in logits),
        scores=scores[0].output,
    )


def _stride(graph: Graph, source: Operation) -> Stride:
    above = graph.above(source, CONVOLUTIONS)
    convolution = next(item.output for item in above if item.kind in CONVOLUTIONS)
    return Stride(convolution, tuple(item.output for item in above if item.kind not in CONVOLUTIONS))


def _split_at_merge(graph: Graph, keypoints: Operation) -> tuple[Operation | None, list[Operation]]:
    """Return the concatenation that joins the strides (None if there is but one), and the arithmetic behind it."""
    arithmetic: dict[str, Operation] = {}
    merge: Operation | None = None
    waiting = [keypoints]
    while waiting:
        operation = waiting.pop()
        if operation.output in arithmetic or operation.kind in CONVOLUTIONS:
            continue
        above = {item.kind for source in graph.computed(operation) for item in graph.above(source, CONVOLUTIONS)}
        if operation.kind == "CONCATENATION" and above <= CONVOLUTIONS | REARRANGING:
            merge = operation
            continue
        arithmetic[operation.output] = operation
        waiting += graph.computed(operation)
    return merge, list(arithmetic.values())


def _in_order(graph: Graph, wanted: set[str]) -> tuple[str, ...]:
    return tuple(operation.output for operation in graph.operations if operation.output in wanted)


def silu_inputs(graph: Graph) -> set[str]:
    """Return the tensors x that are used only as x * sigmoid(x): the pre-activations of SiLU."""
    readers: dict[str, list[Operation]] = {}
    for operation in graph.operations:
        for name in operation.inputs:
            readers.setdefault(name, []).append(operation)
    found = set()
    for operation in graph.operations:
        if operation.kind == "LOGISTIC":
            source = operation.inputs[0]
            kinds = sorted(reader.kind for reader in readers[source])
            if kinds == ["LOGISTIC", "MUL"]:
                found.add(source)
    return found


def branch_tensors(graph: Graph, head: Head) -> dict[str, int]:
    """Return the tensors that serve a single last convolution, each with the index of its stride in `head.strides`.

    These are the head's own branches: their cells are the candidates', so that a candidate's score says how much a
    cell matters. What several branches share belongs to the model's neck and is left out.
    """
    behind = {*head.float_nodes, *head.box_nodes, *head.score_logits, head.scores}
    last = [item for item in graph.operations if item.kind in CONVOLUTIONS and _read_only_by(graph, item, behind)]
    served: dict[str, set[str]] = {}
    for convolution in last:
        for operation in graph.above(convolution, set()):
            served.setdefault(operation.output, set()).add(convolution.output)
    grids = {graph.by_output[stride.convolution].shape[1:3]: index for index, stride in enumerate(head.strides)}
    return {
        name: grids[graph.by_output[name].shape[1:3]]
        for name, ends in served.items()
        if len(ends) == 1 and len(graph.by_output[name].shape) == 4 and graph.by_output[name].shape[1:3] in grids
    }


def _read_only_by(graph: Graph, operation: Operation, names: set[str]) -> bool:
    readers = [item for item in graph.operations if operation.output in item.inputs]
    moved = [item for item in readers if item.kind in REARRANGING | {"CONCATENATION"} and item.output not in names]
    return bool(readers) and all(
        item.output in names or (item in moved and _read_only_by(graph, item, names)) for item in readers
    )
