"""Rounding weights with error feedback: whole steps, the same steps as before, and a smaller change of the outputs."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # imports torch


@pytest.fixture(scope="module")
def feedback():
    from n6studio.stages.quantize import feedback

    return feedback


def correlated(rows, length, seed=0):
    generator = np.random.default_rng(seed)
    few = generator.normal(0, 1, (rows, max(2, length // 4)))
    return (few @ generator.normal(0, 1, (few.shape[1], length)) + generator.normal(0.3, 0.1, (rows, length))).astype(
        np.float32
    )


@pytest.fixture
def case(feedback):
    import torch

    weights = np.random.default_rng(1).normal(0, 0.2, (6, 3, 3, 8)).astype(np.float32)
    patches = correlated(4000, 72)
    moments = feedback.Moments(72)
    for part in np.split(patches, 10):
        moments.add(torch.from_numpy(part))
    rounded, bias = feedback.with_feedback(weights, moments)
    return weights, patches, rounded, bias


def steps(weights):
    return np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / 127


def test_weights_are_whole_steps_and_the_converter_derives_the_same(case):
    weights, _, rounded, _ = case
    codes = rounded / steps(weights)
    assert np.abs(codes - np.round(codes)).max() < 1e-3
    assert np.abs(codes).max() <= 127.001
    assert steps(rounded) == pytest.approx(steps(weights), rel=1e-6)
    largest = np.abs(weights) == np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    assert rounded[largest] == pytest.approx(weights[largest], rel=1e-6)


def test_outputs_change_far_less_than_by_rounding_to_nearest(case):
    weights, patches, rounded, bias = case
    nearest = np.round(weights / steps(weights)) * steps(weights)
    kernels = [one.reshape(6, -1).T for one in (weights, nearest, rounded)]
    exact, plain, fed = (patches @ kernel for kernel in kernels)
    errors = np.square(plain - exact).mean(), np.square(fed + bias - exact).mean()
    assert errors[1] < 0.5 * errors[0]


def test_the_bias_absorbs_what_is_left_on_average(case):
    weights, patches, rounded, bias = case
    left = patches @ (weights - rounded).reshape(6, -1).T - bias
    assert left.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-4)


@pytest.mark.parametrize(("stride", "same", "size"), [(1, True, (6, 5)), (2, True, (7, 6)), (2, False, (7, 9))])
def test_patches_are_what_the_kernel_sees(feedback, stride, same, size):
    """Against LiteRT's own rule, spelled out: the output's place times the stride, less the zeros before."""
    import torch

    height, width = size
    source = np.random.default_rng(2).normal(0, 1, (1, height, width, 2)).astype(np.float32)
    tall = -(-height // stride) if same else (height - 3) // stride + 1
    wide = -(-width // stride) if same else (width - 3) // stride + 1
    top = max((tall - 1) * stride + 3 - height, 0) // 2 if same else 0
    left = max((wide - 1) * stride + 3 - width, 0) // 2 if same else 0
    at = torch.arange(tall * wide)
    found = feedback.patches_at(torch.from_numpy(source), (3, 3), stride, same, at).numpy()
    for place in range(tall * wide):
        row, column = place // wide * stride - top, place % wide * stride - left
        wanted = [
            source[0, y, x].tolist() if 0 <= y < height and 0 <= x < width else [0.0, 0.0]
            for y in range(row, row + 3)
            for x in range(column, column + 3)
        ]
        assert found[place] == pytest.approx(np.ravel(wanted))


def test_weights_on_the_grid_are_left_alone(feedback, exported_people):
    from n6studio.stages.quantize.graph import Graph

    content = (exported_people / "n6demo-pose_128_float32.tflite").read_bytes()
    graph = Graph(content)
    kernels = feedback.kernels_to_round(graph)
    assert len(kernels) == 72, "all but the fixed sum over a box side's distribution"
    for kernel in kernels[:5]:
        name = kernel.operation.inputs[1]
        weights = graph.constant(name)
        step = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / 127
        graph.set_constant(name, np.round(weights / step) * step)
    again = [kernel.operation.output for kernel in feedback.kernels_to_round(Graph(graph.content()))]
    assert again == [kernel.operation.output for kernel in kernels[5:]]
