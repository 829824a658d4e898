"""Biases moved so that int8's errors cancel on average where they matter: what clipping and rounding shift, moves back.

Rounding and clipping leave an error whose mean is not 0. The mean of a convolution's error, int8 less float, is taken
off its bias for each channel; weighted with the squared gradients of the answers (`sensitivity`), for a plain
mean is mostly that of the tail which SiLU flattens, and makes a model worse. Convolutions are corrected in the order of
computation, each behind those corrected before it, so that no error is corrected twice: the views go through the int8
arithmetic side by side, one operation after the other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.feedback import steps_of
from n6studio.stages.quantize.graph import Graph, Operation
from n6studio.stages.quantize.torch_graph import Tensors, TorchGraph

ROWS = 256  # places of a view at which a convolution's outputs are compared
MOST_BYTES = 1 << 29  # of activations that are held at a time
_BACKGROUND = 0.1  # of the mean: how often places are looked at that matter to nobody
_LINEAR = 0  # the format's code of no activation inside an operation


@dataclass(frozen=True, eq=False)
class Places:
    """Where one view's outputs of one convolution are compared.

    Attributes:
        at: (N,) places, counted along the rows.
        weights: (N, channels) what a squared error there costs, over the chance of its place to be looked at.
        exact: (N, channels) float outputs.
    """

    at: torch.Tensor
    weights: torch.Tensor
    exact: torch.Tensor


def movable(graph: Graph) -> list[str]:
    """Return the convolutions whose biases can be moved, by their outputs, in the order of computation."""
    return [
        item.output
        for item in graph.operations
        if item.kind in {"CONV_2D", "DEPTHWISE_CONV_2D"}
        and len(item.inputs) == 3
        and graph.constant(item.inputs[2]) is not None
        and int(graph.options(item).fusedActivationFunction) == _LINEAR
    ]


def places_of(values: torch.Tensor, gradient: torch.Tensor, generator: torch.Generator) -> Places:
    """Return places drawn by how much they matter, of outputs (1, height, width, channels) and their gradient."""
    channels = values.shape[-1]
    costs = gradient.detach().square().reshape(-1, channels)
    matters = costs.sum(dim=1)
    mean = float(matters.mean())
    chances = matters + _BACKGROUND * mean if mean > 0 else torch.ones_like(matters)
    at = torch.multinomial(chances, min(ROWS, len(chances)), replacement=True, generator=generator)
    share = chances[at] / chances.sum()
    return Places(at, costs[at] / share[:, None], values.detach().reshape(-1, channels)[at])


def places_twice(places: Mapping[str, Places], shifts: Mapping[str, float]) -> dict[str, Places]:
    """Return places for a graph in which some convolutions have each output twice, moved down and up by a shift.

    Args:
        places: of one view, by the convolution's output.
        shifts: of the convolutions that are computed twice.
    """
    result = dict(places)
    for name, shift in shifts.items():
        if name in places:
            one = places[name]
            exact = torch.cat([one.exact - shift, one.exact + shift], dim=1)
            result[name] = Places(one.at, torch.cat([one.weights, one.weights], dim=1), exact)
    return result


def views_held(graph: Graph, most: int) -> int:
    """Return how many views can be computed side by side, `most` at the most."""
    return max(1, min(most, MOST_BYTES // max(1, _largest_live(graph))))


def with_moved_biases(
    graph: Graph,
    converted: Graph,
    views: Iterable[FloatArray],
    places: Sequence[dict[str, Places]],
    progress: Callable[[int, int], None],
) -> Graph:
    """Return the float graph with the biases of its convolutions moved.

    Args:
        graph: float graph with the weights that were converted.
        converted: the int8 model that was made of it, which says every scale.
        views: inputs, (1, height, width, 3) float32 each.
        places: of each view, by the convolution's output.
        progress: called with (done, total) operations.
    """
    result = Graph(graph.content())
    torch_graph = TorchGraph(graph)
    scales = _scales(graph, converted)
    constants = {**torch_graph.constants, **_rounded_weights(graph)}
    known = [{**constants, graph.input: torch.from_numpy(np.ascontiguousarray(view))} for view in views]
    names = set(places[0])
    needed = _needed(graph, names)
    last = {
        name: number for number, item in enumerate(graph.operations) if item.output in needed for name in item.inputs
    }
    with torch.no_grad():
        for number, (operation, work) in enumerate(torch_graph.plan):
            if operation.output not in needed:
                continue
            found = [work([one[name] for name in operation.inputs]) for one in known]
            if operation.output in names:
                move = _mean_error([one[operation.output] for one in places], found)
                bias = result.constant(operation.inputs[2])
                if bias is not None:
                    result.set_constant(operation.inputs[2], bias - move.numpy())
                    found = [one - move for one in found]
            for one, values in zip(known, found, strict=True):
                one[operation.output] = _rounded(values, scales.get(operation.output))
                for name in operation.inputs:
                    if last.get(name) == number:
                        one.pop(name, None)
            progress(number + 1, len(torch_graph.plan))
    return result


def _mean_error(places: Sequence[Places], found: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the weighted mean error of each channel, (channels,); 0 where nothing matters."""
    channels = found[0].shape[-1]
    errors, weights = torch.zeros(channels, dtype=torch.float64), torch.zeros(channels, dtype=torch.float64)
    for one, values in zip(places, found, strict=True):
        difference = values.reshape(-1, channels)[one.at] - one.exact
        errors += (one.weights * difference).sum(dim=0, dtype=torch.float64)
        weights += one.weights.sum(dim=0, dtype=torch.float64)
    return torch.where(weights > 0, errors / weights.clamp(min=1e-300), torch.zeros_like(errors)).float()


def _scales(graph: Graph, converted: Graph) -> dict[str, tuple[float, int]]:
    """Return scale and zero point of each computed tensor that is int8 in the converted model."""
    scales = {}
    for operation in converted.operations:
        name = operation.output
        scale = converted.scale_of(name) if converted.type_of(name) == "int8" and name in graph.by_output else None
        if scale is not None and scale[0] > 0:
            scales[name] = scale
    return scales


def _rounded_weights(graph: Graph) -> Tensors:
    """Return the weights of convolutions on their steps; those rounded with feedback lie there already."""
    found: Tensors = {}
    for operation in graph.operations:
        weights = graph.constant(operation.inputs[1]) if operation.kind == "CONV_2D" else None
        if weights is not None:
            steps = steps_of(weights)
            found[operation.inputs[1]] = torch.from_numpy((np.round(weights / steps) * steps).astype(np.float32))
    return found


def _rounded(values: torch.Tensor, scale: tuple[float, int] | None) -> torch.Tensor:
    if scale is None:
        return values
    step, zero = scale
    return (torch.clamp(torch.round(values / step) + zero, -128, 127) - zero) * step


def _needed(graph: Graph, names: set[str]) -> set[str]:
    """Return everything that these convolutions are computed from, and themselves."""
    return {item.output for name in names for item in graph.above(graph.by_output[name], set())}


def _largest_live(graph: Graph) -> int:
    """Return the most bytes of float activations that one view needs at a time."""
    last: dict[str, int] = {}
    for number, item in enumerate(graph.operations):
        last.update(dict.fromkeys(item.inputs, number))
    live, most = 0, 0
    ends: dict[int, list[Operation]] = {}
    for number, item in enumerate(graph.operations):
        live += _bytes(item)
        most = max(most, live)
        ends.setdefault(last.get(item.output, number), []).append(item)
        live -= sum(_bytes(one) for one in ends.pop(number, []))
    return most


def _bytes(operation: Operation) -> int:
    return 4 * int(np.prod(operation.shape, dtype=np.int64))
