"""A small quantized pose model as a .tflite, made in a moment without TensorFlow."""

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from builders import state_layout


def write_pose_tflite(
    path: Path,
    size: int = 64,
    keypoints: int = 17,
    input_type: str = "uint8",
    output_type: str = "float",
    weights: int = 0,
) -> Path:
    """Write a model that takes (1, size, size, 3) and gives (1, 5 + 3 * keypoints, N).

    Args:
        path: where to.
        size: input width and height.
        keypoints: K.
        input_type: 'uint8', 'int8' or 'float'.
        output_type: 'float' or 'int8'.
        weights: bytes of further weights.
    """
    channels, candidates = 5 + 3 * keypoints, sum((size // stride) ** 2 for stride in (8, 16, 32))
    builder, cells = Builder(), (size // 8) ** 2
    image = builder.tensor("images", (1, size, size, 3), input_type, scale=1 / 255)
    kernel = builder.tensor("kernel", (channels, 3, 3, 3), "int8", np.ones(channels * 27, np.int8), 0.01)
    bias = builder.tensor("bias", (channels,), "int32", np.zeros(channels, np.int32), 0.0001)
    grid = builder.tensor("grid", (1, size // 8, size // 8, channels), "int8", scale=1 / 200)
    options = schema.BuiltinOptions.Conv2DOptions
    builder.operator("CONV_2D", [image, kernel, bias], [grid], options, _convolution(8))
    if weights:
        ones = np.ones((weights // channels, 1, 1, channels), np.int8)
        extra = builder.tensor("extra", ones.shape, "int8", ones, 0.01)
        more = builder.tensor("more", (1, size // 8, size // 8, len(ones)), "int8", scale=1 / 200)
        builder.operator("CONV_2D", [grid, extra], [more], options, _convolution(1))
    rows = builder.tensor("rows", (1, cells, channels), "int8", scale=1 / 200)
    builder.operator("RESHAPE", [grid], [rows])
    around = np.array([[0, 0], [0, candidates - cells], [0, 0]], np.int32)
    padded = builder.tensor("padded", (1, candidates, channels), "int8", scale=1 / 200)
    builder.operator("PAD", [rows, builder.tensor("around", around.shape, "int32", around)], [padded])
    table = builder.tensor("table", (1, channels, candidates), "int8", scale=1 / 200)
    order = builder.tensor("order", (3,), "int32", np.array([0, 2, 1], np.int32))
    builder.operator("TRANSPOSE", [padded, order], [table])
    if output_type == "float":
        result = builder.tensor("people", (1, channels, candidates), "float")
        builder.operator("DEQUANTIZE", [table], [result])
        table = result
    path.write_bytes(builder.finished([image], [table]))
    return state_layout(path, keypoints)


def write_running_tflite(
    path: Path, size: int | tuple[int, int] = 64, keypoints: int = 17, height: float = 0.6
) -> Path:
    """Write a model that LiteRT can run: three people whatever it is shown. About 40 kB at the default size.

    Args:
        path: where to.
        size: input width and height, or both.
        keypoints: K.
        height: of the people, a fraction of the input's; another one makes a model with other weights.
    """
    across, down = (size, size) if isinstance(size, int) else size
    candidates = sum((across // stride) * (down // stride) for stride in (8, 16, 32))
    channels = 5 + 3 * keypoints
    builder, count, step = Builder(), channels * candidates, 1 / 120
    image = builder.tensor("images", (1, down, across, 3), "uint8", scale=1 / 255)
    signed = builder.tensor("signed", (1, down, across, 3), "int8", scale=1 / 255, zero=-128)
    builder.operator("QUANTIZE", [image], [signed])
    axes = builder.tensor("axes", (2,), "int32", np.array([1, 2], np.int32))
    mean = builder.tensor("mean", (1, 3), "int8", scale=1 / 255, zero=-128)
    builder.operator("MEAN", [signed, axes], [mean], schema.BuiltinOptions.ReducerOptions, schema.ReducerOptionsT())
    kernel = builder.tensor("kernel", (count, 3), "int8", np.zeros((count, 3), np.int8), 1.0)
    values = np.round(_three_people(channels, candidates, height) * 255).astype(
        np.int32
    )  # bias: in steps of input times kernel
    bias = builder.tensor("bias", (count,), "int32", values.ravel(), 1 / 255)
    flat = builder.tensor("flat", (1, count), "int8", scale=step)
    dense = schema.FullyConnectedOptionsT()
    builder.operator(
        "FULLY_CONNECTED", [mean, kernel, bias], [flat], schema.BuiltinOptions.FullyConnectedOptions, dense
    )
    shape = builder.tensor("shape", (3,), "int32", np.array([1, channels, candidates], np.int32))
    table = builder.tensor("table", (1, channels, candidates), "int8", scale=step)
    builder.operator("RESHAPE", [flat, shape], [table])
    people = builder.tensor("people", (1, channels, candidates), "float")
    builder.operator("DEQUANTIZE", [table], [people])
    path.write_bytes(builder.finished([image], [people]))
    return state_layout(path, keypoints)


def write_split_tflite(path: Path, size: int = 64) -> Path:
    """Write a model with a split head that LiteRT can run; nobody is in any image."""
    builder = Builder()
    image = builder.tensor("images", (1, size, size, 3), "uint8", scale=1 / 255)
    signed = builder.tensor("signed", (1, size, size, 3), "int8", scale=1 / 255, zero=-128)
    builder.operator("QUANTIZE", [image], [signed])
    ends = []
    for stride in (8, 16, 32):
        for name, channels, scale in (("box", 64, 0.03), ("score", 1, 0.09), ("points", 51, 0.02 + stride / 1000)):
            kernel = builder.tensor(
                f"kernel {name} {stride}", (channels, 1, 1, 3), "int8", np.zeros(channels * 3, np.int8), 0.1
            )
            bias = builder.tensor(
                f"bias {name} {stride}", (channels,), "int32", np.full(channels, -2000, np.int32), 0.1 / 255
            )
            end = builder.tensor(f"{name} {stride}", (1, size // stride, size // stride, channels), "int8", scale=scale)
            builder.operator(
                "CONV_2D", [signed, kernel, bias], [end], schema.BuiltinOptions.Conv2DOptions, _convolution(stride)
            )
            ends.append(end)
    path.write_bytes(builder.finished([image], ends))
    return path


def _convolution(stride: int) -> "schema.Conv2DOptionsT":
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = stride
    return options


def _three_people(channels: int, candidates: int, height: float) -> "np.ndarray":
    table = np.zeros((channels, candidates))
    for person in range(3):
        left = 0.2 + 0.3 * person
        table[:5, person] = (left, 0.5, 0.2, height, 0.9)
        table[5:, person] = np.tile([left, 0.5, 0.8], (channels - 5) // 3)
    return table


class Builder:
    """Collects tensors and operators and packs them as a flatbuffer."""

    def __init__(self):
        self._buffers = [schema.BufferT()]
        self._tensors, self._operators, self._codes = [], [], []

    def tensor(self, name, shape, kind, data=None, scale=None, zero=0, within=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, list(shape)
        tensor.type = getattr(schema.TensorType, "FLOAT32" if kind == "float" else kind.upper())
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            tensor.buffer = len(self._buffers)
            self._buffers.append(buffer)
        if scale is not None and kind != "float":
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero]
        if within is not None:  # what calibration leaves in a float model
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.min, tensor.quantization.max = [within[0]], [within[1]]
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def operator(self, name, inputs, outputs, kind=0, options=None):
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = code.builtinCode
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self._codes), inputs, outputs
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self._codes.append(code)
        self._operators.append(operator)

    def finished(self, inputs, outputs):
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = self._tensors, self._operators, inputs, outputs
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], self._buffers
        model.operatorCodes, model.description = self._codes, "made for a test"
        packer = flatbuffers.Builder(1024)
        packer.Finish(model.Pack(packer), b"TFL3")
        return bytes(packer.Output())
