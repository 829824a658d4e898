"""Small .tflite files that behave like quantized pose models, made without TensorFlow."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from builders import people_table, state_layout

from n6studio.stages.quantize.split import with_factors

OPERATORS = schema.BuiltinOperator
TYPES = {"uint8": schema.TensorType.UINT8, "int8": schema.TensorType.INT8, "float": schema.TensorType.FLOAT32}
PIXELS = {"uint8": (1 / 255, 0), "int8": (1 / 255, -128), "float": None}
OUTPUTS = {"float": None, "int8": (1.1 / 255, -128)}
BRIGHTNESS = 0.1  # all values are those for a black image times 1 + 0.1 * mean, with the mean in 0..1


def build_tflite(path: Path, size: int = 64, input_type: str = "uint8", output_type: str = "float") -> Path:
    """Write a model (1, S, S, 3) -> (1, 56, N) that sees three people, the further apart the brighter the image.

    Args:
        path: file to make.
        size: S.
        input_type: 'uint8', 'int8' or 'float'.
        output_type: 'float' or 'int8'.
    """
    graph = _Graph()
    table = people_table(size)
    pixels = graph.tensor((1, size, size, 3), input_type, PIXELS[input_type])
    plain = pixels
    if input_type != "float":
        plain = graph.tensor((1, size, size, 3))
        graph.operator(OPERATORS.DEQUANTIZE, [pixels], plain)
    mean, scaled, factor, output = graph.tensor((1,)), graph.tensor((1,)), graph.tensor((1,)), graph.tensor(table.shape)
    everything, reducer = graph.constant(np.array([1, 2, 3], np.int32)), schema.ReducerOptionsT()
    graph.operator(OPERATORS.MEAN, [plain, everything], mean, reducer)
    graph.operator(OPERATORS.MUL, [mean, graph.constant(np.full(1, BRIGHTNESS, np.float32))], scaled)
    graph.operator(OPERATORS.ADD, [scaled, graph.constant(np.ones(1, np.float32))], factor)
    graph.operator(OPERATORS.MUL, [graph.constant(table), factor], output)
    if output_type != "float":
        whole, output = output, graph.tensor(table.shape, output_type, OUTPUTS[output_type])
        graph.operator(OPERATORS.QUANTIZE, [whole], output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph.packed(pixels, output))
    return state_layout(path)


def build_split_tflite(path: Path, size: int = 64, factors: tuple[float, ...] = ()) -> Path:
    """Write a model (1, S, S, 3) uint8 with a split head: nine int8 outputs that change with the image's brightness.

    Two people are seen at stride 8 and one at 32, whose boxes and keypoints are further apart the brighter the image.
    """
    graph, rng = _Graph(), np.random.default_rng(4)
    pixels = graph.tensor((1, size, size, 3), "uint8", PIXELS["uint8"])
    plain, mean, scaled, factor = graph.tensor((1, size, size, 3)), *(graph.tensor((1,)) for _ in range(3))
    graph.operator(OPERATORS.DEQUANTIZE, [pixels], plain)
    everything = graph.constant(np.array([1, 2, 3], np.int32))
    graph.operator(OPERATORS.MEAN, [plain, everything], mean, schema.ReducerOptionsT())
    graph.operator(OPERATORS.MUL, [mean, graph.constant(np.full(1, BRIGHTNESS, np.float32))], scaled)
    graph.operator(OPERATORS.ADD, [scaled, graph.constant(np.ones(1, np.float32))], factor)
    outputs = []
    for stride in (8, 16, 32):
        side = size // stride
        score = np.full((1, side, side, 1), -9, np.float32)
        if stride == 8:
            score[0, [1, 6], [1, 6]] = [[2.0], [1.5]]
        if stride == 32:
            score[0, -1, 0] = 3.0
        box = rng.uniform(-3, 3, (1, side, side, 64))
        points = rng.uniform(-2, 2, (1, side, side, 51))
        for values, scale in ((box, 0.03), (score, 0.09), (points, 0.02 + stride / 1000)):
            made, whole = graph.tensor(values.shape), graph.tensor(values.shape, "int8", (scale, stride - 20))
            graph.operator(OPERATORS.MUL, [graph.constant(values.astype(np.float32)), factor], made)
            graph.operator(OPERATORS.QUANTIZE, [made], whole)
            outputs.append(whole)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(with_factors(graph.packed(pixels, *outputs), factors))
    return path


class _Graph:
    """A flatbuffer in the making."""

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]
        self._operators: list[Any] = []
        self._codes: list[int] = []

    def tensor(self, shape: tuple[int, ...], kind: str = "float", quantization: tuple[float, int] | None = None) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.name = np.array(shape, np.int32), TYPES[kind], f"t{len(self._tensors)}"
        if quantization is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.array([quantization[0]], np.float32)
            tensor.quantization.zeroPoint = np.array([quantization[1]], np.int64)
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def constant(self, values: "np.ndarray[Any, Any]") -> int:
        index = self.tensor(values.shape)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._buffers.append(buffer)
        self._tensors[index].buffer = len(self._buffers) - 1
        if values.dtype == np.int32:
            self._tensors[index].type = schema.TensorType.INT32
        return index

    def operator(self, code: int, inputs: list[int], output: int, options: Any = None) -> None:
        operator = schema.OperatorT()
        if code not in self._codes:
            self._codes.append(code)
        operator.opcodeIndex = self._codes.index(code)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        made = {
            OPERATORS.MEAN: (schema.BuiltinOptions.ReducerOptions, options),
            OPERATORS.MUL: (schema.BuiltinOptions.MulOptions, schema.MulOptionsT()),
            OPERATORS.ADD: (schema.BuiltinOptions.AddOptions, schema.AddOptionsT()),
        }
        if code in made:
            operator.builtinOptionsType, operator.builtinOptions = made[code]
        self._operators.append(operator)

    def packed(self, pixels: int, *outputs: int) -> bytes:
        graph, model = schema.SubGraphT(), schema.ModelT()
        graph.tensors, graph.operators, graph.name = self._tensors, self._operators, "main"
        graph.inputs, graph.outputs = np.array([pixels], np.int32), np.array(outputs, np.int32)
        model.version, model.subgraphs, model.buffers = 3, [graph], self._buffers
        model.operatorCodes = []
        for code in self._codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), 1
            model.operatorCodes.append(entry)
        builder = flatbuffers.Builder(65536)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
