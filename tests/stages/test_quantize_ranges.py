import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.graph import (
    CONVOLUTIONS,
    Graph,
    Head,
    Operation,
    Stride,
    branch_tensors,
    find_head,
    silu_inputs,
)
from n6studio.stages.quantize.making import tell_of_effort
from n6studio.stages.quantize.ranges import BINS, Observation, TensorHistogram, best_range, extremes, tuned
from n6studio.stages.quantize.stage import QuantizeSettings


def _itself(values):
    return values


def _silu(values):
    return values / (1 + np.exp(-values))


def _counted(values, weights=None):
    histogram = TensorHistogram()
    histogram.add(np.asarray(values, np.float32), weights)
    return histogram


def test_a_histogram_counts_everything_and_keeps_the_extremes():
    values = np.random.default_rng(1).normal(0, 3, 10_000).astype(np.float32)
    histogram = _counted(values)
    assert histogram.counts.sum() == 10_000
    assert (histogram.low, histogram.high) == (values.min(), values.max())


def test_a_histogram_that_grew_equals_one_that_was_large_from_the_start():
    small, large = np.full(100, 0.3, np.float32), np.linspace(-40, 90, 1000, dtype=np.float32)
    grown = TensorHistogram()
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


def test_an_error_that_adds_up_counts_more_than_one_that_averages_out():
    """Two values, 10.3 and 28.3, and two ranges to choose from.

    Steps of 1 (0..255) give 10 and 28: both 0.3 too small, squares 0.09. Steps of 1.07 (0..272.85) give 10.7 and 27.82:
    0.4 too large and 0.48 too small, squares 0.195 on average, more than twice as much, yet the mean is only -0.04.
    With three times the mean's square it is 0.09 + 3 * 0.09 = 0.36 against 0.195 + 3 * 0.0016 = 0.2.
    """
    seen = _counted([10.3, 28.3])
    assert best_range([(seen, _itself, 1.0)], [0.0], [255.0, 272.85]) == (0.0, 272.85)
    # Where both errors are averaged out, or there is one value only, the finer steps are the better ones.
    assert best_range([(_counted([10.3, 27.7]), _itself, 1.0)], [0.0], [255.0, 272.85]) == (0.0, 255.0)


def _plain_loss(values, low, high, function):
    """Return what int8 over low..high loses of function(x): mean of the squares and three times the mean squared."""
    step = (high - low) / 255
    zero = round(-128 - low / step)
    errors = []
    for value in values:
        code = min(127, max(-128, round(value / step) + zero))
        errors.append(function((code - zero) * step) - function(value))
    return sum(error**2 for error in errors) / len(errors) + 3 * (sum(errors) / len(errors)) ** 2


@pytest.mark.parametrize("function", [_itself, _silu])
@pytest.mark.parametrize("seed", range(5))
def test_the_plain_way_finds_the_same_range(seed, function):
    values = np.random.default_rng(seed).normal(0, 2, 200).astype(np.float32)
    lows, highs = [-6.0, -3.0, -1.5], [1.5, 3.0, 6.0]
    loss = {(low, high): _plain_loss(values.tolist(), low, high, function) for low in lows for high in highs}
    best = min(loss, key=loss.__getitem__)
    found = best_range([(_counted(values), function, 1.0)], lows, highs)
    # A histogram's bins are not the values themselves: of two ranges that lose almost the same either is right.
    assert loss[found] <= loss[best] * 1.01


def test_importance_decides_between_two_distributions():
    narrow, wide = _counted([0.5] * 9 + [0.25]), _counted([4.0] * 9 + [3.5])
    lows, highs = [0.0], [0.5, 4.0]
    assert best_range([(narrow, _itself, 1e6), (wide, _itself, 1e-6)], lows, highs)[1] == 0.5
    assert best_range([(narrow, _itself, 1.0), (wide, _itself, 1.0)], lows, highs)[1] == 4.0


# --- the head: what is cut off of its logits, and one range for what is joined ----------------------------------------


@dataclass(frozen=True)
class SmallGraph:
    """A graph of operations that follow on each other, as far as choosing ranges looks at one."""

    operations: tuple[Operation, ...]

    @property
    def by_output(self):
        return {operation.output: operation for operation in self.operations}


def _small_graph(*names, kind="CONV_2D"):
    return SmallGraph(tuple(Operation(kind, (), name, (1, 1, 1, 1)) for name in names))


def _observed(**seen):
    histograms = {name: _counted(values) for name, values in seen.items()}
    return Observation(histograms, {"keys": histograms["keys"]}, {})


HEAD = Head((), (), (Stride("keys", ("moved",)),), "", ("logits",), "scores")


def _tuned(**seen):
    given = {"keys": [-1.0, 1.0], "moved": [-1.0, 1.0], **seen}
    return tuned(_small_graph(*given), HEAD, _observed(**given))


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ([-37.0, 4.0], (-7.0, 4.0)),  # sigmoid(-7) is 0.0009: below the lowest threshold of any evaluation, 0.001
        ([-7.5, 4.0], (-7.0, 4.0)),
        ([-6.5, 4.0], (-6.5, 4.0)),
        ([-37.0, -9.0], (-7.0, 0.0)),
    ],
)
def test_logits_that_no_threshold_reaches_get_no_room(seen, wanted):
    assert _tuned(logits=seen)["logits"] == pytest.approx(wanted, abs=0.01)


def test_what_is_joined_has_one_range():
    ranges = _tuned(logits=[-5.0, 5.0], keys=[-2.0, 1.0], moved=[-1.0, 3.0])
    assert ranges["keys"] == ranges["moved"]
    low, high = ranges["keys"]
    assert -2.0 <= low <= -1.9, "what the convolution gives decides"
    assert 0.95 <= high <= 3.0


def test_extremes_are_the_smallest_and_the_largest_value():
    graph = SmallGraph(
        (Operation("ADD", (), "sum", ()), Operation("LOGISTIC", (), "score", ()), Operation("ADD", (), "never", ()))
    )
    observation = Observation({"sum": _counted([-3, 5]), "score": _counted([0.1]), "never": TensorHistogram()}, {}, {})
    assert extremes(graph, observation) == {"sum": (-3, 5)}


@pytest.fixture(scope="module")
def graph(exported_people: Path) -> Graph:
    return Graph((exported_people / "n6demo-pose_128_float32.tflite").read_bytes())


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
def test_a_model_with_another_head_is_left_alone(graph):
    assert find_head(graph, 57, 51, 1) is None
    assert find_head(graph, 56, 34, 1) is None


@pytest.mark.slow
def test_what_was_changed_is_what_is_read_back(graph):
    again = Graph(graph.content())
    assert [item.output for item in again.operations] == [item.output for item in graph.operations]
    assert again.range_of(again.operations[0].output) is None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, None),
        ({"doubled": 20}, None),
        ({"doubled": 0, "ranges": "tuned"}, None),
        ({"doubled": 20, "ranges": "tuned"}, "these are tuned"),
        ({"doubled": 20, "weights": "int4"}, "weights of 4 bits"),
    ],
)
def test_convolutions_that_cannot_be_computed_twice_are_told(settings, why):
    report = Reporter("quantize", io.StringIO())
    tell_of_effort(QuantizeSettings(**settings), report)
    assert [why in text for text in report.warnings] == [True] * (why is not None)


@pytest.mark.parametrize(
    ("settings", "ranges"),
    [
        ({}, None),
        ({"effort": "thorough"}, None),
        ({"effort": "thorough", "head": "split"}, None),
        ({"effort": "thorough", "ranges": "extremes"}, "extremes"),
        ({"effort": "thorough", "head": "int8"}, "extremes"),
        ({"effort": "thorough", "fake": True}, "tuned"),
        ({"ranges": "extremes"}, None),
    ],
)
def test_effort_without_effect_is_told(settings, ranges):
    report = Reporter("quantize", io.StringIO())
    tell_of_effort(QuantizeSettings(**settings), report)
    assert len(report.warnings) == (ranges is not None)
    assert all("'thorough' has no effect" in text and text.endswith(f"these are {ranges}.") for text in report.warnings)
