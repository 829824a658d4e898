"""Realisations of one quantized model for `accuracy.py`: other kernels, jittered scales, weights off the grid."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from n6studio.stages.model.runner import ModelInfo, open_model
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.ties import MOVING

ARITHMETICS = {
    "xnnpack": OpResolverType.AUTO,
    "builtin": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
}
_FIXED = {"LOGISTIC", "SOFTMAX", "TANH"}  # the format fixes the scales of what they give


class Realisation:
    """A .tflite on one kind of kernels; like any `Model`."""

    def __init__(self, path: Path, content: bytes, arithmetic: str) -> None:
        self.info: ModelInfo = open_model(path).info
        resolver = ARITHMETICS[arithmetic]
        self._interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    def run(self, image: np.ndarray) -> np.ndarray:
        tensor = image if self._input["dtype"] == np.uint8 else image.astype(np.float32) / np.float32(255)
        self._interpreter.set_tensor(self._input["index"], tensor[None])
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])[0]
        if output.dtype == np.float32:
            return output
        scale, zero = self._output["quantization"]
        return (output.astype(np.float32) - zero) * np.float32(scale)


def jittered(content: bytes, seed: int, most: float = 0.001) -> bytes:
    """Return the model with the scale of every group of tied activations moved by up to `most`; seed 0: unchanged.

    Biases, which are counted in (input scale * weight scale), are rounded anew.
    """
    if seed == 0:
        return content
    graph = Graph(content)
    generator = np.random.default_rng(seed)
    tensors = {tensor.name.decode(): tensor for tensor in graph.model.subgraphs[0].tensors}
    of: dict[str, str] = {}

    def root(name: str) -> str:
        while of.setdefault(name, name) != name:
            name = of[name]
        return name

    fixed = set()
    for operation in graph.operations:
        if operation.kind in _FIXED or graph.type_of(operation.inputs[0]) != "int8":
            fixed.add(operation.output)
        if operation.kind in MOVING:
            for name in operation.inputs:
                if name in tensors and graph.type_of(name) == "int8" and graph.scale_of(name):
                    of[root(name)] = root(operation.output)
    held = {root(name) for name in fixed} | {root(graph.input), root(graph.output)}
    factors: dict[str, float] = {}
    before = {name: graph.scale_of(name) for name in tensors}
    for operation in graph.operations:
        group = root(operation.output)
        if group in held or graph.type_of(operation.output) != "int8":
            continue
        factor = factors.setdefault(group, 1 + most * float(generator.uniform(-1, 1)))
        quantization = tensors[operation.output].quantization
        quantization.scale = np.asarray(quantization.scale, np.float32) * np.float32(factor)
    for operation in graph.operations:
        if operation.kind not in {"CONV_2D", "DEPTHWISE_CONV_2D"} or len(operation.inputs) < 3:
            continue
        source, bias = before[operation.inputs[0]], tensors[operation.inputs[2]]
        now = graph.scale_of(operation.inputs[0])
        if source is None or now is None or now[0] == source[0]:
            continue
        values = graph.constant(operation.inputs[2])
        ratio = source[0] / now[0]
        buffer = graph.model.buffers[bias.buffer]
        buffer.data = np.frombuffer(np.round(values * ratio).astype(np.int32).tobytes(), np.uint8)
        bias.quantization.scale = np.asarray(bias.quantization.scale, np.float32) * np.float32(1 / ratio)
    return graph.content()


def off_grid(checkpoint: Path, target: Path, seed: int = 1) -> Path:
    """Write a copy of a checkpoint whose convolutions' weights moved by up to half an int8 step of their channel.

    Weights that already lie on an int8 grid flatter every recipe; those of a model that was trained in float do not.
    The checkpoint is unpickled: give it only files that you trust.
    """
    import torch

    content = torch.load(checkpoint, map_location="cpu", weights_only=False)
    generator = torch.Generator().manual_seed(seed)
    for part in ("model", "ema"):
        network = content.get(part)
        if network is None:
            continue
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d) and module.weight.requires_grad is not None:
                weight = module.weight.data.float()
                if weight.shape[1:] == (16, 1, 1):  # the fixed sum over a box side's distribution
                    continue
                step = weight.abs().amax(dim=(1, 2, 3), keepdim=True) / 127
                moved = weight + (torch.rand(weight.shape, generator=generator) - 0.5) * step
                module.weight.data = moved.to(module.weight.dtype)
    torch.save(content, target)
    return target
