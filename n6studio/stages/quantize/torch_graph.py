"""A float .tflite graph in torch, so that gradients with respect to every activation can be taken.

Tensors keep the shapes of the graph, (1, height, width, channels), so that values and gradients are found by the
graph's own names. Torch's channels-last layout makes the two orders the same memory.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.graph import Graph, Operation

_SAME = 0  # the format's code of padding that keeps height and width; 1 is none
_LINEAR, _RELU, _RELU6 = 0, 1, 3  # the format's codes of activations inside an operation

Tensors = dict[str, torch.Tensor]
_Values = list[torch.Tensor]


class NoTorchForm(Exception):
    """The graph has an operation that is not known here."""


class TorchGraph:
    """A float graph that torch computes.

    Args:
        graph: float graph with one input and one output.

    Attributes:
        constants: tensors that are not computed, by name.
        plan: every operation in order, and what computes its result from its inputs.

    Raises:
        NoTorchForm: an operation of it is not known here.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.constants: Tensors = {}
        self.plan: list[tuple[Operation, Callable[[list[torch.Tensor]], torch.Tensor]]] = []
        for operation in graph.operations:
            make = _MAKERS.get(operation.kind)
            if make is None:
                raise NoTorchForm(operation.kind)
            for name in operation.inputs:
                values = None if name in graph.by_output else graph.constant(name)
                if values is not None and name not in self.constants:
                    self.constants[name] = torch.from_numpy(values.copy())
            self.plan.append((operation, make(graph, operation)))

    def __call__(self, image: FloatArray, followed: Collection[str] = ()) -> Tensors:
        """Return every computed tensor by name.

        Args:
            image: (1, height, width, 3) float32, as the graph's input.
            followed: results of operations from which on gradients are followed, each that lies behind none of the
                others; () for no gradients.
        """
        known: Tensors = {**self.constants, self._graph.input: torch.from_numpy(np.ascontiguousarray(image))}
        computed: Tensors = {}
        with torch.set_grad_enabled(bool(followed)):
            for operation, work in self.plan:
                result = work([known[name] for name in operation.inputs])
                if operation.output in followed and not result.requires_grad and result.is_floating_point():
                    result = result.detach().requires_grad_()
                known[operation.output] = computed[operation.output] = result
        return computed


def _activated(values: torch.Tensor, kind: int) -> torch.Tensor:
    if kind == _LINEAR:
        return values
    if kind == _RELU:
        return functional.relu(values)
    if kind == _RELU6:
        return functional.relu6(values)
    raise NoTorchForm(f"activation {kind}")


def _around(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return what is added before and behind so that a strided window gives ceil(length / stride) results."""
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def _convolution(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    options = graph.options(operation)
    stride = int(options.strideH), int(options.strideW)
    if (int(options.dilationHFactor), int(options.dilationWFactor)) != (1, 1):
        raise NoTorchForm("dilation")
    depthwise = operation.kind == "DEPTHWISE_CONV_2D"

    def work(values: _Values) -> torch.Tensor:
        source, weights, *bias = values
        kernel = weights.permute(3, 0, 1, 2) if depthwise else weights.permute(0, 3, 1, 2)
        source = source.permute(0, 3, 1, 2)
        if int(options.padding) == _SAME:
            top, bottom = _around(source.shape[2], kernel.shape[2], stride[0])
            left, right = _around(source.shape[3], kernel.shape[3], stride[1])
            source = functional.pad(source, (left, right, top, bottom))
        groups = source.shape[1] // kernel.shape[1]  # YOLO11 has convolutions of each channel as CONV_2D
        result = functional.conv2d(source, kernel, bias[0] if bias else None, stride, groups=groups)
        return _activated(result.permute(0, 2, 3, 1), int(options.fusedActivationFunction))

    return work


def _pooling(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    options = graph.options(operation)
    kernel, stride = (
        (int(options.filterHeight), int(options.filterWidth)),
        (int(options.strideH), int(options.strideW)),
    )

    def work(values: _Values) -> torch.Tensor:
        source = values[0].permute(0, 3, 1, 2)
        if int(options.padding) == _SAME:
            top, bottom = _around(source.shape[2], kernel[0], stride[0])
            left, right = _around(source.shape[3], kernel[1], stride[1])
            source = functional.pad(source, (left, right, top, bottom), value=float("-inf"))
        return functional.max_pool2d(source, kernel, stride).permute(0, 2, 3, 1)

    return work


def _element_wise(
    compute: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Callable[[Graph, Operation], Callable[[_Values], torch.Tensor]]:
    def make(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
        kind = int(graph.options(operation).fusedActivationFunction)
        return lambda values: _activated(compute(values[0], values[1]), kind)

    return make


def _unary(
    compute: Callable[[torch.Tensor], torch.Tensor],
) -> Callable[[Graph, Operation], Callable[[_Values], torch.Tensor]]:
    return lambda graph, operation: lambda values: compute(values[0])


def _shaped(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    return lambda values: values[0].reshape(operation.shape)


def _joined(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    axis = int(graph.options(operation).axis)
    return lambda values: torch.cat(values, axis)


def _softmax(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    beta = float(graph.options(operation).beta)
    return lambda values: torch.softmax(values[0] * beta, -1)


def _product(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    options = graph.options(operation)
    turned = bool(options.adjX), bool(options.adjY)

    def work(values: _Values) -> torch.Tensor:
        first, second = (one.transpose(-1, -2) if turn else one for one, turn in zip(values[:2], turned, strict=True))
        return first @ second

    return work


def _whole_numbers(graph: Graph, operation: Operation, place: int) -> list[int]:
    values: npt.NDArray[Any] | None = graph.constant(operation.inputs[place])
    if values is None:
        raise NoTorchForm(f"{operation.kind} by computed numbers")
    return [int(value) for value in values.ravel()]


def _turned(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    order = _whole_numbers(graph, operation, 1)
    return lambda values: values[0].permute(order)


def _padded(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    numbers = _whole_numbers(graph, operation, 1)
    sides = [side for start in range(len(numbers) - 2, -1, -2) for side in numbers[start : start + 2]]
    return lambda values: functional.pad(values[0], sides)


def _sliced(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    begin, end, stride = (_whole_numbers(graph, operation, place) for place in (1, 2, 3))
    options = graph.options(operation)
    if options.ellipsisMask or options.newAxisMask or options.shrinkAxisMask or min(stride) < 1:
        raise NoTorchForm("a slice that changes axes")
    parts = tuple(
        slice(
            None if options.beginMask >> axis & 1 else begin[axis],
            None if options.endMask >> axis & 1 else end[axis],
            stride[axis],
        )
        for axis in range(len(begin))
    )
    return lambda values: values[0][parts]


def _enlarged(graph: Graph, operation: Operation) -> Callable[[_Values], torch.Tensor]:
    _, height, width, _ = operation.shape

    def work(values: _Values) -> torch.Tensor:
        source = values[0].permute(0, 3, 1, 2)
        if height % source.shape[2] or width % source.shape[3]:
            raise NoTorchForm("a resize by a fraction")
        return functional.interpolate(source, (height, width), mode="nearest").permute(0, 2, 3, 1)

    return work


_MAKERS: dict[str, Callable[[Graph, Operation], Callable[[_Values], torch.Tensor]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "MAX_POOL_2D": _pooling,
    "ADD": _element_wise(torch.add),
    "SUB": _element_wise(torch.sub),
    "MUL": _element_wise(torch.mul),
    "DIV": _element_wise(torch.div),
    "LOGISTIC": _unary(torch.sigmoid),
    "RELU": _unary(functional.relu),
    "RELU6": _unary(functional.relu6),
    "EXP": _unary(torch.exp),
    "SOFTMAX": _softmax,
    "BATCH_MATMUL": _product,
    "CONCATENATION": _joined,
    "RESHAPE": _shaped,
    "SQUEEZE": _shaped,
    "EXPAND_DIMS": _shaped,
    "TRANSPOSE": _turned,
    "PAD": _padded,
    "STRIDED_SLICE": _sliced,
    "RESIZE_NEAREST_NEIGHBOR": _enlarged,
}
