"""Weights rounded with error feedback: what one weight's rounding loses, the following ones make good (GPTQ).

Rounding each weight to the nearest step ignores that a convolution's inputs go together. Here the columns of a kernel
are rounded one after the other, and each one's error is spread over those that are still free, so that the change of
the outputs on calibration images is least. Steps are those that TensorFlow's converter derives, max|w| / 127 a channel:
the largest weight of each channel is held at +-127 steps, so that it derives the same ones again. What is left on
average goes into the bias.

A kernel that lies on an int8 grid already, as that of a checkpoint that was fine-tuned in int8, loses nothing and is
left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.graph import Graph, Operation

DAMPING = 0.01  # of the mean of the diagonal
ON_GRID = 0.02  # mean distance to the nearest step, in steps, below which a kernel lies on the grid; by chance 0.25
ROWS = 80  # places of a view at which a kernel's inputs are looked at
_BLOCK = 64
_LARGEST = 127  # of int8, of either sign


SAME = 0  # the format's code of padding that keeps height and width
Key = tuple[str, int, int, int, int]  # input, kernel height and width, stride, padding


@dataclass(frozen=True)
class Kernel:
    """A convolution whose weights are rounded.

    Attributes:
        operation: it.
        key: kernels of the same key see the same patches of the same input.
    """

    operation: Operation
    key: Key


class Moments:
    """Sums over the patches that kernels of one key see.

    Attributes:
        products: (D, D) sum of patch times patch.
        total: (D,) sum of patches.
        count: how many.
    """

    def __init__(self, length: int) -> None:
        self.products = torch.zeros(length, length)
        self.total = torch.zeros(length, dtype=torch.float64)
        self.count = 0

    def add(self, patches: torch.Tensor) -> None:
        """Count patches, (N, D)."""
        self.products.addmm_(patches.T, patches)
        self.total += patches.sum(dim=0, dtype=torch.float64)
        self.count += len(patches)


def kernels_of(graph: Graph) -> list[tuple[Kernel, FloatArray]]:
    """Return the ordinary convolutions, those without groups, and their weights, in the order of computation."""
    found = []
    for operation in graph.operations:
        if operation.kind != "CONV_2D" or operation.inputs[0] not in {*graph.by_output, graph.input}:
            continue
        before = graph.by_output.get(operation.inputs[0])
        weights = graph.constant(operation.inputs[1])
        if weights is None or len(operation.inputs) < 3 or (before is not None and before.kind == "SOFTMAX"):
            continue
        if before is not None and before.shape[-1] != weights.shape[-1]:  # each output sees a group of the inputs
            continue
        options = graph.options(operation)
        key = operation.inputs[0], *weights.shape[1:3], int(options.strideH), int(options.padding)
        found.append((Kernel(operation, key), weights))
    return found


def kernels_to_round(graph: Graph) -> list[Kernel]:
    """Return the convolutions whose weights lie off the int8 grid, in the order of computation."""
    return [kernel for kernel, weights in kernels_of(graph) if off_grid(weights) > ON_GRID]


def patch_length(graph: Graph, kernel: Kernel) -> int:
    """Return how many values a kernel sees at a place."""
    weights = graph.constant(kernel.operation.inputs[1])
    return 0 if weights is None else int(np.prod(weights.shape[1:]))


def off_grid(weights: FloatArray) -> float:
    """Return the mean distance of weights (channels, ...) to the nearest int8 step of their channel, in steps."""
    steps = steps_of(weights)
    codes = weights / steps
    return float(np.abs(codes - np.round(codes)).mean())


def steps_of(weights: FloatArray) -> FloatArray:
    """Return the step of each channel as TensorFlow's converter derives it, (channels, 1, ...)."""
    largest = np.abs(weights).max(axis=tuple(range(1, weights.ndim)), keepdims=True)
    return np.asarray(np.where(largest > 0, largest, 127) / 127, np.float32)


def patches_at(
    source: torch.Tensor, kernel: tuple[int, int], stride: int, same: bool, at: torch.Tensor
) -> torch.Tensor:
    """Return what a kernel sees at places of its output, (N, kernel height * kernel width * channels).

    Args:
        source: (1, height, width, channels).
        kernel: (height, width).
        stride: of both axes.
        same: whether the output is as large as ceil(input / stride), with zeros around.
        at: (N,) places, counted along the rows of the output.
    """
    _, height, width, channels = source.shape
    tall, wide = ((-(-size // stride)) if same else (size - side) // stride + 1
                  for size, side in ((height, kernel[0]), (width, kernel[1])))  # fmt: skip
    around = [max((count - 1) * stride + side - size, 0) if same else 0
              for count, side, size in ((tall, kernel[0], height), (wide, kernel[1], width))]  # fmt: skip
    before = around[0] // 2, around[1] // 2
    sides = (0, 0, before[1], around[1] - before[1], before[0], around[0] - before[0])
    padded = torch.nn.functional.pad(source, sides)[0]
    rows = (at // wide * stride)[:, None, None] + torch.arange(kernel[0])[None, :, None]
    columns = (at % wide * stride)[:, None, None] + torch.arange(kernel[1])[None, None, :]
    return padded[rows, columns].reshape(len(at), kernel[0] * kernel[1] * channels)


def with_feedback(weights: FloatArray, moments: Moments) -> tuple[FloatArray, FloatArray]:
    """Return the weights on their channels' steps and what the bias has to absorb.

    Args:
        weights: (channels, height, width, inputs) as the graph has them.
        moments: of the patches that the kernel sees.

    Returns:
        Weights of the same shape, each a whole number of steps, and (channels,) to be added to the bias.
    """
    count = len(weights)
    exact = torch.from_numpy(weights.reshape(count, -1).copy())
    steps = torch.from_numpy(steps_of(weights).reshape(count, 1).copy())
    largest = exact.abs() >= steps * _LARGEST * (1 - 1e-6)
    codes = codes_with_feedback(exact, steps, damped(moments), _LARGEST, largest)
    rounded = codes * steps
    return rounded.reshape(weights.shape).numpy(), left_on_average(exact - rounded, moments).numpy()


def damped(moments: Moments) -> torch.Tensor:
    """Return what errors of weights cost together, (D, D), positive definite."""
    hessian = moments.products.clone() / max(moments.count, 1)
    unseen = hessian.diagonal() <= 0
    hessian.diagonal()[unseen] = 1.0
    hessian.diagonal().add_(DAMPING * float(hessian.diagonal().mean()))
    return hessian


def left_on_average(errors: torch.Tensor, moments: Moments) -> torch.Tensor:
    """Return what errors of weights, (channels, D), change in the outputs on average, (channels,)."""
    return errors @ (moments.total / max(moments.count, 1)).float()


def codes_with_feedback(
    exact: torch.Tensor, steps: torch.Tensor, hessian: torch.Tensor, most: int, held: torch.Tensor
) -> torch.Tensor:
    """Return weights as whole numbers of steps, (channels, D), those that cost most rounded first.

    Args:
        exact: (channels, D).
        steps: (channels, 1).
        hessian: from `damped`.
        most: the largest whole number, of either sign.
        held: (channels, D) of those that are to be +-most.
    """
    order = torch.argsort(hessian.diagonal(), descending=True, stable=True)
    codes = _codes(exact[:, order], steps, hessian[order][:, order], most, held[:, order])
    return codes[:, torch.argsort(order)]


def round_weights(graph: Graph, kernels: Sequence[Kernel], moments: dict[Key, Moments]) -> None:
    """Replace weights and biases of the kernels in the graph by rounded ones."""
    for kernel in kernels:
        _, weights_name, bias_name = kernel.operation.inputs[:3]
        weights, bias = graph.constant(weights_name), graph.constant(bias_name)
        if weights is None or bias is None:
            continue
        rounded, absorbed = with_feedback(weights, moments[kernel.key])
        graph.set_constant(weights_name, rounded)
        graph.set_constant(bias_name, bias + absorbed)


def _codes(
    exact: torch.Tensor, steps: torch.Tensor, hessian: torch.Tensor, most: int, held: torch.Tensor
) -> torch.Tensor:
    """Return whole numbers of steps, (channels, D), in the order of the columns."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian))
    upper = torch.linalg.cholesky(inverse, upper=True)
    work, codes = exact.clone(), torch.zeros_like(exact)
    length = exact.shape[1]
    for start in range(0, length, _BLOCK):
        end = min(start + _BLOCK, length)
        errors = torch.zeros(len(exact), end - start)
        for column in range(start, end):
            code = torch.round(work[:, column] / steps[:, 0]).clamp(-most, most)
            code = torch.where(held[:, column], most * exact[:, column].sign(), code)
            codes[:, column] = code
            error = (work[:, column] - code * steps[:, 0]) / upper[column, column]
            work[:, column:end] -= error[:, None] * upper[column, column:end]
            errors[:, column - start] = error
        work[:, end:] -= errors @ upper[start:end, end:]
    return codes
