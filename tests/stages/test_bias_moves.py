"""Biases moved by the weighted mean of what a convolution's outputs are off, one convolution after the other."""

import numpy as np
import pytest

from n6studio.stages.quantize.graph import Graph

pytestmark = pytest.mark.slow
VIEWS = [np.random.default_rng(seed).uniform(0, 1, (1, 128, 128, 3)).astype(np.float32) for seed in range(2)]


@pytest.fixture(scope="module")
def graph(exported_people):
    """The demo model with the weights of its first convolutions on int8's steps, where rounding changes nothing."""
    graph = Graph((exported_people / "n6demo-pose_128_float32.tflite").read_bytes())
    for operation in [one for one in graph.operations if one.kind == "CONV_2D"][:4]:
        weights = graph.constant(operation.inputs[1])
        steps = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / 127
        graph.set_constant(operation.inputs[1], np.round(weights / steps) * steps)
    return graph


def places(graph, names, blind=()):
    """What is expected of each view at every place of the float graph; channels in `blind` matter to nobody."""
    import torch

    from n6studio.stages.quantize.bias_moves import Places
    from n6studio.stages.quantize.torch_graph import TorchGraph

    found = []
    for view in VIEWS:
        tensors = TorchGraph(graph)(view)
        seen = {}
        for name in names:
            exact = tensors[name].reshape(-1, tensors[name].shape[-1])
            weights = torch.ones_like(exact)
            weights[:, list(blind)] = 0
            seen[name] = Places(torch.arange(len(exact)), weights, exact)
        found.append(seen)
    return found


def moved(graph, changed, names, blind=()):
    from n6studio.stages.quantize.bias_moves import with_moved_biases

    # A float graph has no int8 scale: nothing but weights is rounded.
    return with_moved_biases(changed, changed, VIEWS, places(graph, names, blind), lambda done, total: None)


def test_a_bias_that_was_shifted_moves_back_and_those_behind_it_stay(graph):
    from n6studio.stages.quantize.bias_moves import movable

    names = movable(graph)
    first, second = names[0], names[1]
    bias = graph.by_output[first].inputs[2]
    off = np.linspace(-0.5, 0.5, len(graph.constant(bias))).astype(np.float32)
    changed = Graph(graph.content())
    changed.set_constant(bias, graph.constant(bias) + off)
    result = moved(graph, changed, [first, second])
    assert result.constant(bias) == pytest.approx(graph.constant(bias), abs=1e-3)
    behind = graph.by_output[second].inputs[2]
    assert result.constant(behind) == pytest.approx(graph.constant(behind), abs=1e-3)
    alone = moved(graph, changed, [second]).constant(
        behind
    )  # where the first one may not move, the second makes it good
    assert np.abs(alone - graph.constant(behind)).max() > 0.1


def test_channels_that_matter_to_nobody_stay(graph):
    from n6studio.stages.quantize.bias_moves import movable

    first = movable(graph)[0]
    bias = graph.by_output[first].inputs[2]
    changed = Graph(graph.content())
    changed.set_constant(bias, graph.constant(bias) + 1)
    result = moved(graph, changed, [first], blind=(0, 3)).constant(bias) - graph.constant(bias)
    assert result[[0, 3]] == pytest.approx([1, 1])
    assert result[[1, 2, 4]] == pytest.approx([0, 0, 0], abs=1e-3)


def test_places_tell_the_weighted_mean_of_all():
    import torch

    from n6studio.stages.quantize.bias_moves import places_of

    generator = torch.Generator().manual_seed(1)
    gradient = torch.randn(1, 40, 40, 3, generator=generator) ** 5  # few places matter much
    values = torch.randn(1, 40, 40, 3, generator=generator) + gradient.abs().clamp(max=2)
    costs = gradient.square().reshape(-1, 3)
    wanted = (costs * values.reshape(-1, 3)).sum(0) / costs.sum(0)
    every = [places_of(values, gradient, generator) for _ in range(60)]
    top = sum((one.weights * one.exact).sum(0) for one in every)
    assert (top / sum(one.weights.sum(0) for one in every)).numpy() == pytest.approx(wanted.numpy(), rel=0.1)
    assert all(len(one.at) == 256 for one in every)


def test_large_inputs_hold_fewer_views(graph):
    from n6studio.stages.quantize import bias_moves

    assert bias_moves.views_held(graph, 16) == 16
    assert bias_moves.views_held(graph, 100_000) < 5_000
