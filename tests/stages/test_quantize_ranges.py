from pathlib import Path

import numpy as np
import pytest

from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, branch_tensors, find_head, silu_inputs
from n6studio.stages.quantize.ranges import BINS, Histogram, best_range


def _itself(values):
    return values


def _silu(values):
    return values / (1 + np.exp(-values))


def _counted(values, weights=None):
    histogram = Histogram()
    histogram.add(np.asarray(values, np.float32), weights)
    return histogram


def test_a_histogram_counts_everything_and_keeps_the_extremes():
    values = np.random.default_rng(1).normal(0, 3, 10_000).astype(np.float32)
    histogram = _counted(values)
    assert histogram.counts.sum() == 10_000
    assert (histogram.low, histogram.high) == (values.min(), values.max())


def test_a_histogram_that_grew_equals_one_that_was_large_from_the_start():
    small, large = np.full(100, 0.3, np.float32), np.linspace(-40, 90, 1000, dtype=np.float32)
    grown = Histogram()
    grown.add(small)
    grown.add(large)
    at_once = _counted(np.concatenate([large, small]))
    assert grown.reach == at_once.reach == 128.0
    # Merging bins twice as coarse again and again cannot move a value by more than one of the final bins.
    assert np.abs(np.cumsum(grown.counts - at_once.counts)).max() <= 100
    assert len(grown.counts) == BINS


def test_the_density_of_a_histogram_tells_its_mean_and_adds_up():
    values = np.random.default_rng(2).gamma(2.0, 3.0, 20_000)
    found, shares = _counted(values).density()
    assert shares.sum() == pytest.approx(1.0)
    assert (found * shares).sum() == pytest.approx(values.mean(), rel=1e-3)


def test_values_that_are_no_numbers_are_left_out():
    histogram = _counted([1.0, np.nan])
    assert histogram.counts.sum() == 0
    assert not len(histogram.density()[0])


def test_weights_count_cells_that_matter():
    values = np.zeros((1, 1, 2, 3), np.float32)
    values[0, 0, 1] = 5.0
    weights = np.array([0.0, 1.0], np.float32).reshape(1, 1, 2, 1)
    found, shares = _counted(values, weights).density()
    assert found[shares > 0] == pytest.approx([5.0], abs=0.01)


def test_a_few_outliers_are_clipped_and_a_plain_distribution_is_not():
    even = _counted(np.linspace(0, 10, 10_000))
    assert best_range([(even, _itself, 1.0)], [0.0], [5.0, 8.0, 10.0])[1] == 10.0
    tailed = _counted(np.concatenate([np.random.default_rng(3).normal(1, 0.5, 1_000_000), [200.0]]))
    assert best_range([(tailed, _itself, 1.0)], [tailed.low], [4.0, 50.0, 200.0])[1] < 200.0


def test_the_negative_tail_that_silu_flattens_is_given_up():
    values = _counted(np.random.default_rng(4).uniform(-60, 10, 100_000))
    low, high = best_range([(values, _silu, 1.0)], [-60.0, -20.0, -8.0], [10.0])
    assert (low, high) == (-8.0, 10.0)
    assert best_range([(values, _itself, 1.0)], [-60.0, -20.0, -8.0], [10.0])[0] == -60.0


def test_the_range_always_contains_zero():
    positive = _counted(np.linspace(3, 5, 1000))
    assert best_range([(positive, _itself, 1.0)], [3.0], [5.0]) == (0.0, 5.0)


@pytest.fixture(scope="module")
def graph(exported_people: Path) -> Graph:
    return Graph((exported_people / "yolov8n-pose_128_float32.tflite").read_bytes())


@pytest.mark.slow
def test_the_head_is_found_by_its_structure(graph):
    head = find_head(graph, 56, 51, 1)
    assert head is not None
    assert [graph.by_output[stride.convolution].shape for stride in head.strides] == [
        (1, 16, 16, 51),
        (1, 8, 8, 51),
        (1, 4, 4, 51),
    ]
    kinds = [graph.by_output[name].kind for name in head.float_nodes]
    assert kinds.count("MUL") == 2
    assert kinds.count("LOGISTIC") == 1
    assert kinds[-1] == "CONCATENATION"
    assert not set(kinds) & CONVOLUTIONS
    assert graph.by_output[head.merge].shape == (1, 51, 336)
    assert len(silu_inputs(graph)) == 63


@pytest.mark.slow
def test_branches_belong_to_one_convolution_each_and_the_neck_to_none(graph):
    head = find_head(graph, 56, 51, 1)
    branches = branch_tensors(graph, head)
    for level, stride in enumerate(head.strides):
        assert branches[stride.convolution] == level
    shapes = {graph.by_output[name].shape[1:3] for name in branches}
    assert shapes == {(16, 16), (8, 8), (4, 4)}
    convolutions = [name for name in branches if graph.by_output[name].kind in CONVOLUTIONS]
    assert len(convolutions) == 27  # three strides, three branches, three convolutions each


@pytest.mark.slow
def test_a_network_with_another_head_is_left_alone(graph):
    assert find_head(graph, 57, 51, 1) is None
    assert find_head(graph, 56, 34, 1) is None


@pytest.mark.slow
def test_what_was_changed_is_what_is_read_back(graph):
    again = Graph(graph.content())
    assert [item.output for item in again.operations] == [item.output for item in graph.operations]
    assert again.range_of(again.operations[0].output) is None
