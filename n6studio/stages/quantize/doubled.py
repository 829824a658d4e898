"""Convolutions computed twice, at different roundings: one more bit for the noisiest activations, in plain int8.

Int8 loses by rounding activations, in front of SiLU and behind it. A convolution that has every output channel twice,
with the same weights and biases moved by three quarters of a step down and up, rounds each value twice, half a step
apart but for a whole one; the mean of the two has half the step. The two have never the same code (with a quarter of a
step they would half of the time), so what is rounded behind SiLU is another rounding each time, too. Who
reads it has every input channel twice, at half the weight: the mean costs nothing, the weights' codes stay the same.
The operations stay the same, too, so the NPU runs it as ever; what it costs are multiplications and memory, in the
convolution itself and in those that read it. Which ones are worth that is told by the squared gradients of the answers
(`sensitivity`), saving against multiply-accumulates, within a budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.graph import Graph, Operation, silu_inputs
from n6studio.stages.quantize.ranges import Range

_LINEAR = 0  # the format's code of no activation inside an operation
STEPS = 255  # of a range
MOVED = 0.75  # of a step, down and up


@dataclass(frozen=True)
class Candidate:
    """A SiLU that can be computed twice.

    Attributes:
        convolution: it gives x.
        widened: sigmoid, SiLU, and its padded copies, which get twice the channels, too.
        readers: the convolutions that read these; nothing else does.
    """

    convolution: Operation
    widened: tuple[Operation, ...]
    readers: tuple[Operation, ...]


def candidates(graph: Graph) -> dict[str, Candidate]:
    """Return what can be computed twice, by the name of x, in the order of computation."""
    silus = silu_inputs(graph)
    readers: dict[str, list[Operation]] = {}
    for operation in graph.operations:
        for name in operation.inputs:
            readers.setdefault(name, []).append(operation)
    found = {}
    for convolution in graph.operations:
        x = convolution.output
        if x not in silus or not _plain(graph, convolution, readers):
            continue
        sigmoid, product = sorted(readers[x], key=lambda item: item.kind)
        if product.kind != "MUL" or set(product.inputs) != {x, sigmoid.output} or len(readers[sigmoid.output]) != 1:
            continue
        behind = readers.get(product.output, [])
        padded = [item for item in behind if _pads_sides(graph, item)]
        ends = [item for item in behind if item not in padded]
        ends += [item for one in padded for item in readers.get(one.output, [])]
        if ends and all(_plain(graph, item, readers) for item in ends):
            found[x] = Candidate(convolution, (sigmoid, product, *padded), tuple(ends))
    return found


def _pads_sides(graph: Graph, operation: Operation) -> bool:
    """Return whether an operation adds zeros around an image, and no channels."""
    around = graph.constant(operation.inputs[1]) if operation.kind == "PAD" else None
    return around is not None and around.shape == (4, 2) and not around[[0, 3]].any()


def _plain(graph: Graph, operation: Operation, readers: Mapping[str, Sequence[Operation]]) -> bool:
    """Return whether an operation is a convolution over all channels whose weights and bias are its own."""
    if operation.kind != "CONV_2D" or len(operation.inputs) != 3:
        return False
    weights, bias = (graph.constant(name) for name in operation.inputs[1:])
    if weights is None or bias is None or any(len(readers[name]) != 1 for name in operation.inputs[1:]):
        return False
    source = graph.by_output.get(operation.inputs[0])
    whole = source is None or source.shape[-1] == weights.shape[-1]
    return whole and int(graph.options(operation).fusedActivationFunction) == _LINEAR


def macs_of(graph: Graph, operation: Operation) -> int:
    """Return the multiply-accumulates of a convolution; 0 of any other operation."""
    weights = graph.constant(operation.inputs[1]) if operation.kind == "CONV_2D" else None
    if weights is None:
        return 0
    return int(np.prod(operation.shape[:3], dtype=np.int64)) * int(np.prod(weights.shape, dtype=np.int64))


def macs_with(graph: Graph, chosen: Mapping[str, Candidate]) -> int:
    """Return the multiply-accumulates of all convolutions where these are computed twice."""
    inputs = {reader.output for one in chosen.values() for reader in one.readers}
    total = 0
    for operation in graph.operations:
        times = (2 if operation.output in chosen else 1) * (2 if operation.output in inputs else 1)
        total += macs_of(graph, operation) * times if operation.kind == "CONV_2D" else 0
    return total


def within_budget(
    graph: Graph, among: Mapping[str, Candidate], saved: Mapping[str, float], percent: float
) -> dict[str, Candidate]:
    """Return what to compute twice: one after the other the largest saving for its multiplications, while they fit.

    Args:
        graph: float graph.
        among: from `candidates`.
        saved: what each saves of the answers' cost; those without are not chosen.
        percent: multiply-accumulates that may be added, of those that the graph's convolutions have.
    """
    plain = macs_with(graph, {})
    limit = plain * (1 + percent / 100)
    chosen: dict[str, Candidate] = {}
    now = plain
    while True:
        best, worth = "", 0.0
        for name, saving in saved.items():
            if name in chosen or name not in among or saving <= 0:
                continue
            total = macs_with(graph, {**chosen, name: among[name]})
            if total <= limit and saving / (total - now) > worth:
                best, worth = name, saving / (total - now)
        if not best:
            return {name: one for name, one in among.items() if name in chosen}
        chosen[best] = among[best]
        now = macs_with(graph, chosen)


def shifts_of(chosen: Mapping[str, Candidate], ranges: Mapping[str, Range]) -> dict[str, float]:
    """Return by how much the biases of the two copies move, down and up, in real values of each x."""
    return {name: MOVED * (ranges[name][1] - ranges[name][0]) / STEPS for name in chosen}


def codes_kept(once: Graph, twice: Graph, chosen: Mapping[str, Candidate]) -> bool:
    """Return whether all these convolutions, and those that read them, have the same weights' codes in both models.

    Args:
        once: quantized model.
        twice: the same with these computed twice.
        chosen: them.
    """
    outputs = set(chosen)
    inputs = {reader.output for one in chosen.values() for reader in one.readers}
    for name in outputs | inputs:
        before, after = (one.constant(one.by_output[name].inputs[1]) for one in (once, twice))
        if before is None or after is None:
            return False
        expected = np.concatenate([before, before]) if name in outputs else before
        expected = np.concatenate([expected, expected], axis=-1) if name in inputs else expected
        if not np.array_equal(expected, after):
            return False
    return True


def doubled(graph: Graph, chosen: Mapping[str, Candidate], ranges: Mapping[str, Range]) -> Graph:
    """Return the float graph with these convolutions computed twice; its answers stay the same but for SiLU's bend.

    Args:
        graph: calibrated float graph, with the weights that it is converted with.
        chosen: from `within_budget`.
        ranges: with which it is converted; they say each x's step.
    """
    result = Graph(graph.content())
    shifts = shifts_of(chosen, ranges)
    for name, one in chosen.items():
        _outputs_twice(result, one.convolution, shifts[name])
        for operation in one.widened:
            _widen(result, operation.output)
        for reader in one.readers:
            _inputs_twice(result, reader)
    return Graph(result.content())


def _outputs_twice(graph: Graph, operation: Operation, shift: float) -> None:
    _, weights_name, bias_name = operation.inputs
    weights, bias = _values(graph, weights_name), _values(graph, bias_name)
    graph.replace_constant(weights_name, np.concatenate([weights, weights]))
    graph.replace_constant(bias_name, np.concatenate([bias - shift, bias + shift]))
    _widen(graph, operation.output)


def _inputs_twice(graph: Graph, operation: Operation) -> None:
    halves = _values(graph, operation.inputs[1]) / 2
    graph.replace_constant(operation.inputs[1], np.concatenate([halves, halves], axis=-1))


def _values(graph: Graph, name: str) -> FloatArray:
    values = graph.constant(name)
    assert values is not None  # candidates have constants
    return np.asarray(values, np.float32)


def _widen(graph: Graph, name: str) -> None:
    shape = graph.shape_of(name)
    graph.reshape(name, (*shape[:-1], 2 * shape[-1]))
