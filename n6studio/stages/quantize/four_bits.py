"""Weights of 4 bits: the kernels in the middle of an int8 model rounded once more, to 15 values a channel.

What comes in is the int8 model as it was chosen. Its ordinary convolutions except those that see the image and those
that end the head's branches get weights of -7 to 7 steps, symmetric, with a step for each output channel: the one
that costs least, which is smaller than largest / 7 as long as few weights are cut off by it. They are rounded with
error feedback (`feedback`), biases absorb what is left on average, and activations keep their 8 bits and ranges.

In the file they are TFLite's INT4: two in a byte, the first in the low half. LiteRT unpacks them and computes what it
computes of the same numbers in int8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from ai_edge_litert import schema_py_generated as schema

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.model.four_bit_codes import Codes, packed
from n6studio.stages.quantize.feedback import (
    Kernel,
    Key,
    Moments,
    codes_with_feedback,
    damped,
    kernels_of,
    left_on_average,
    patch_length,
)
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Operation
from n6studio.stages.quantize.trained import put_constant

LARGEST = 7  # -8 is left out: weights are symmetric
_SHARES = np.linspace(0.4, 1.0, 31)  # of the step that reaches the largest weight


@dataclass(frozen=True, eq=False)
class Narrow:
    """A kernel in 4 bits.

    Attributes:
        codes: (output channels, height, width, inputs), -7..7.
        steps: (output channels,) float32.
        absorbed: (output channels,) what the bias gets on top.
    """

    codes: Codes
    steps: FloatArray
    absorbed: FloatArray


def kernels_to_narrow(graph: Graph) -> list[Kernel]:
    """Return the ordinary convolutions of a float graph but the first and the last of each branch of the head.

    First are those that no other convolution feeds, last those that feed no other but one behind a softmax, which takes
    the mean of a box's distribution.
    """
    real = {item.output for item in graph.operations if item.kind in CONVOLUTIONS and not _takes_mean(graph, item)}
    first, feeding = set(), set()
    for name in real:
        before = {item.output for item in graph.above(graph.by_output[name], set())} & real - {name}
        feeding |= before
        if not before:
            first.add(name)
    found = [kernel for kernel, _ in kernels_of(graph)]
    return [kernel for kernel in found if kernel.operation.output in feeding - first]


def _takes_mean(graph: Graph, operation: Operation) -> bool:
    return any(item.kind == "SOFTMAX" for item in graph.above(operation, CONVOLUTIONS))


def unseen_moments(graph: Graph, kernels: Sequence[Kernel]) -> dict[Key, Moments]:
    """Return moments that say nothing, so that rounding is to the nearest step: for random noise as calibration."""
    return {kernel.key: Moments(patch_length(graph, kernel)) for kernel in kernels}


def narrowed(weights: FloatArray, moments: Moments) -> Narrow:
    """Return weights in 4 bits.

    Args:
        weights: (channels, height, width, inputs) as real numbers.
        moments: of the patches that the kernel sees.
    """
    count = len(weights)
    exact = torch.from_numpy(np.ascontiguousarray(weights, np.float32).reshape(count, -1))
    hessian = damped(moments)
    steps = best_steps(exact, hessian.diagonal())
    codes = codes_with_feedback(exact, steps, hessian, LARGEST, torch.zeros_like(exact, dtype=torch.bool))
    absorbed = left_on_average(exact - codes * steps, moments)
    return Narrow(codes.reshape(weights.shape).numpy().astype(np.int8), steps[:, 0].numpy(), absorbed.numpy())


def best_steps(exact: torch.Tensor, worth: torch.Tensor) -> torch.Tensor:
    """Return each channel's step of least weighted squared error when rounded to nearest, (channels, 1).

    Args:
        exact: (channels, D) weights.
        worth: (D,) what a squared error costs.
    """
    largest = exact.abs().amax(dim=1, keepdim=True)
    whole = torch.where(largest > 0, largest, torch.ones_like(largest) * LARGEST) / LARGEST
    best, least = whole, torch.full_like(whole, torch.inf)
    for share in _SHARES:
        steps = whole * float(share)
        errors = exact - torch.round(exact / steps).clamp(-LARGEST, LARGEST) * steps
        cost = (errors.square() * worth).sum(dim=1, keepdim=True)
        best, least = torch.where(cost < least, steps, best), torch.minimum(cost, least)
    return best


def with_four_bits(
    content: bytes, kernels: Sequence[Kernel], moments: Mapping[Key, Moments]
) -> tuple[bytes, dict[str, Narrow]]:
    """Return an int8 model whose kernels have 4 bits, and which do, by the names of their outputs.

    A convolution is left in int8 where its weights serve another one as well, or its bias would leave int32.

    Args:
        content: the int8 model, a scale per channel.
        kernels: of the float graph that it was made of.
        moments: by their keys.
    """
    converted = Graph(content)
    tensors = {tensor.name.decode(): tensor for tensor in converted.model.subgraphs[0].tensors}
    readers = [name for operation in converted.operations for name in operation.inputs]
    put: dict[str, Narrow] = {}
    for kernel in kernels:
        operation = converted.by_output.get(kernel.operation.output)
        if operation is None or len(operation.inputs) != 3 or readers.count(operation.inputs[1]) > 1:
            continue
        weights, bias = (_real(converted, tensors, name) for name in operation.inputs[1:])
        scale = converted.scale_of(operation.inputs[0])
        if weights is None or bias is None or scale is None:
            continue
        narrow = narrowed(weights.astype(np.float32), moments[kernel.key])
        steps = narrow.steps.astype(np.float64) * scale[0]
        whole = np.round((bias + narrow.absorbed) / steps)
        if np.abs(whole).max() >= 2**31:
            continue
        of_weights, of_bias = (tensors[name] for name in operation.inputs[1:])
        put_constant(converted.model, of_weights, packed(narrow.codes), narrow.steps)
        of_weights.type = schema.TensorType.INT4
        put_constant(converted.model, of_bias, whole.astype(np.int32), steps.astype(np.float32))
        put[operation.output] = narrow
    return converted.content(), put


def _real(graph: Graph, tensors: Mapping[str, Any], name: str) -> npt.NDArray[np.float64] | None:
    """Return a quantized constant as real numbers, its scales along its first dimension; None where it is none."""
    codes, quantization = graph.constant(name), tensors[name].quantization
    if codes is None or quantization is None or quantization.scale is None or len(quantization.scale) != len(codes):
        return None
    return np.asarray(codes * np.asarray(quantization.scale, np.float64).reshape(-1, *[1] * (codes.ndim - 1)))
