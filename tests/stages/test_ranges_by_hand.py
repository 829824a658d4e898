"""Ranges worked out by hand, or the plain way: what is counted, what an int8 range loses, and which one is chosen."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from standins.small_tflite import Builder

from n6studio.stages.quantize.graph import Graph, Head, Operation, Stride
from n6studio.stages.quantize.ranges import (
    Observation,
    TensorHistogram,
    apply_ranges,
    best_range,
    extremes,
    observe,
    tuned,
)

BINS = 16384


def counted(*values, weights=None, low=None, high=None) -> TensorHistogram:
    """Return a histogram; `low` and `high` are extremes that so little reaches that it counts nothing."""
    histogram = TensorHistogram()
    histogram.add(np.array(values, np.float32), None if weights is None else np.array(weights, np.float32))
    histogram.low = histogram.low if low is None else low
    histogram.high = histogram.high if high is None else high
    return histogram


def told(histogram: TensorHistogram) -> dict[float, float]:
    """Return value -> count, values to two digits: bins are narrower than that."""
    width = 2 * histogram.reach / BINS
    assert width < 0.005
    used = np.flatnonzero(histogram.counts)
    found = {}
    for place in used:
        value = round(float((place + 0.5) * width - histogram.reach), 2) + 0.0
        found[value] = found.get(value, 0) + float(histogram.counts[place])
    return found


# --- counting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "reach"),
    [(0.0, 2**-10), (2**-11, 2**-10), (2**-10, 2**-9), (0.75, 1), (1, 2), (-1, 2), (-0.75, 1), (-100, 128), (3, 4)],
)
def test_the_reach_is_the_next_power_of_two_above(value, reach):
    histogram = counted(value)
    assert histogram.reach == reach
    assert len(histogram.counts) == BINS
    place = math.floor((value + reach) * BINS / (2 * reach))
    assert np.flatnonzero(histogram.counts).tolist() == [place]
    assert histogram.counts[place] == 1
    assert (histogram.low, histogram.high) == (value, value)


def test_what_was_counted_before_stays_in_its_place():
    histogram = counted(0.0004, -0.0004)
    histogram.add(np.array([3.0, 0.25], np.float32))
    histogram.add(np.array([-3.5, 3.0], np.float32))
    assert histogram.reach == 4
    assert told(histogram) == {0.0: 2, 3.0: 2, 0.25: 1, -3.5: 1}
    middle = BINS // 2
    assert histogram.counts[middle - 1] == histogram.counts[middle] == 1, "below 0 and above it"
    assert (histogram.low, histogram.high) == (-3.5, 3.0)


def test_the_last_bin_takes_what_is_rounded_up():
    """The largest float32 below 1: added to 1 in float32 it makes 2, which would be one bin too far."""
    histogram = counted(np.nextafter(np.float32(1), np.float32(0)))
    assert np.flatnonzero(histogram.counts).tolist() == [BINS - 1]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_tensor_with_what_is_no_number_is_left_out(wrong):
    histogram = counted(1.0)
    histogram.add(np.array([0.5, wrong], np.float32))
    histogram.add(np.zeros((0, 3), np.float32))
    assert told(histogram) == {1.0: 1}
    assert (histogram.low, histogram.high) == (1, 1)


def test_weights_are_those_of_the_last_axis_but_one():
    values = np.array([[[1, 2], [3, 4]]], np.float32)
    histogram = TensorHistogram()
    histogram.add(values, np.array([[[0.5], [2]]], np.float32))
    assert told(histogram) == {1: 0.5, 2: 0.5, 3: 2, 4: 2}


def at_bins(*places) -> TensorHistogram:
    """Return a histogram of reach 1 with a value in the middle of each of these bins."""
    return counted(*[(place + 0.5) / (BINS // 2) - 1 for place in places])


def test_bins_are_merged_in_pairs_where_4096_of_them_are_not_enough():
    last = BINS - 1  # keeps the reach at 1
    values, shares = at_bins(last - 4096, last - 4096, last - 1, last).density()
    assert values.tolist() == [(place + 0.5) / 8192 - 1 for place in (last - 4096, last - 1, last)]
    assert shares.tolist() == [0.5, 0.25, 0.25]
    values, shares = at_bins(last - 4097, last - 4097, last - 1, last).density()
    # from bin 12286 to 16383 they are 4098: twice as wide, 6143 and 8191
    assert values.tolist() == [(place + 0.5) / 4096 - 1 for place in (6143, 8191)]
    assert shares.tolist() == [0.5, 0.5]


def test_bins_are_merged_again_and_again():
    values, shares = at_bins(0, 5, BINS - 1).density()  # 16384, 8192, 4096
    assert values.tolist() == [0.5 / 2048 - 1, 1.5 / 2048 - 1, 4095.5 / 2048 - 1]
    assert shares == pytest.approx([1 / 3] * 3)


def test_nothing_has_no_density():
    values, shares = TensorHistogram().density()
    assert (values.shape, shares.shape) == ((0,), (0,))


# --- one range -------------------------------------------------------------------------------------------------------


def itself(value):
    return value


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def silu(value):
    return value * sigmoid(value)


ARRAYS = {
    itself: lambda values: values,
    sigmoid: lambda values: 1 / (1 + np.exp(-values)),
    silu: lambda values: values / (1 + np.exp(-values)),
}


def loss(seen, low, high) -> float:
    """Return what int8 over low..high loses: of each distribution the mean square and three times the mean squared."""
    step = (high - low) / 255
    zero = round(-128 - low / step)
    whole = 0.0
    for values, function, importance in seen:
        errors = []
        for value in values:
            code = min(127, max(-128, round(value / step) + zero))
            errors.append(function((code - zero) * step) - function(value))
        mean = sum(errors) / len(errors)
        whole += importance * (sum(error * error for error in errors) / len(errors) + 3 * mean * mean)
    return whole


def in_the_middle(values) -> list[float]:
    """Move values to the middle of their bins, merged while there are more than 4096: so they are known exactly."""
    values = [float(value) for value in values]
    width = 2 ** (math.floor(math.log2(max(map(abs, values)))) + 2) / BINS
    while math.floor(max(values) / width) - math.floor(min(values) / width) > 4096:
        width *= 2
    return [(math.floor(value / width) + 0.5) * width for value in values]


@pytest.mark.parametrize("seed", range(12))
def test_the_plain_way_finds_the_same_range(seed):
    random = np.random.default_rng(seed)
    seen = []
    for function, importance in ((itself, 1.0), (silu, 2.5), (sigmoid, 4.0)):
        values = [*random.uniform(-1.4, 1.9, 12), random.uniform(-1.9, -1.5), random.uniform(1, 1.9)]
        seen.append((in_the_middle(values), function, importance))
    lows, highs = [-1.9, -1.7, -1.5, -1.3, -1.1, 0.5], [1.9, 1.7, 1.5, 1.3, -0.5]
    pairs = [(low, high) for low in (*lows[:-1], 0) for high in (*highs[:-1], 0) if high > low]
    given = [(counted(*values), ARRAYS[function], importance) for values, function, importance in seen]
    # all of them together, then one at a time
    for some, plain in ((given, seen), *(([one], [other]) for one, other in zip(given, seen, strict=True))):
        assert loss(plain, *best_range(some, lows, highs)) <= min(loss(plain, *pair) for pair in pairs) / 0.999


def test_three_times_the_mean_and_no_more():
    """Two values, 10.22 and 28.22, and two ranges to choose from.

    Steps of 1 (0..255) give 10 and 28: both 0.22 too small, square 0.0484, and with three times the mean's 0.19. Steps
    of 1.066 give 10.66 and 27.716: 0.44 too large and 0.504 too small, squares 0.224 on average, and the mean is -0.03.
    With four and a half times the mean's square the first would have lost 0.27, and the second 0.23.
    """
    assert best_range([(counted(10.22, 28.22), ARRAYS[itself], 1.0)], [0.0], [255.0, 255 * 1.066]) == (0.0, 255.0)


def test_a_range_has_255_steps():
    whole = counted(*range(0, 255, 2))
    assert best_range([(whole, ARRAYS[itself], 1.0)], [0.0], [254.0, 255.0, 256.0]) == (0.0, 255.0)
    below = counted(*range(-255, 1, 2))
    assert best_range([(below, ARRAYS[itself], 1.0)], [-254.0, -255.0, -256.0], [0.0]) == (-255.0, 0.0)


def test_zero_is_in_every_range():
    seen = [(counted(3.0, 5.0), ARRAYS[itself], 1.0)]
    assert best_range(seen, [3.0, 2.0], [5.0]) == (0.0, 5.0)
    assert best_range([(counted(-3.0, -5.0), ARRAYS[itself], 1.0)], [-5.0], [-3.0, -2.0]) == (-5.0, 0.0)
    assert best_range(seen, [0.0], [-1.0, 5.0, 500.0]) == (0.0, 5.0), "a range of nothing is passed over"
    assert best_range(seen, [1.0, 2.0], [-2.0, -1.0]) == (0.0, 0.0), "there is no other"


def test_of_equals_the_first():
    """Nothing but zeros, or nothing at all: each range is right, and the lowest ends are looked at first."""
    for seen in ([(counted(0.0), ARRAYS[silu], 1.0)], [(TensorHistogram(), ARRAYS[itself], 1.0)], []):
        assert best_range(seen, [-3.0, -9.0], [64.0, 3.0]) == (-9.0, 3.0)


# --- a graph's ranges ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SmallGraph:
    """Operations, as far as choosing ranges looks at a graph."""

    operations: tuple[Operation, ...]

    @property
    def by_output(self):
        return {operation.output: operation for operation in self.operations}


def small_graph(**kinds) -> SmallGraph:
    return SmallGraph(tuple(Operation(kind, ("given",), name, ()) for name, kind in kinds.items()))


def on_codes(low: float, high: float, *, lowest: float | None = None, highest: float | None = None) -> TensorHistogram:
    """Return values that int8 over low..high has exactly, and no other range nearly as well; and given extremes."""
    step = (high - low) / 255
    zero = round(-128 - low / step)
    values = [(code - zero) * step for code in range(-128, 128)]
    return counted(*values, low=low if lowest is None else lowest, high=high if highest is None else highest)


def test_extremes_are_of_what_was_seen():
    graph = small_graph(sum="ADD", score="LOGISTIC", never="ADD", always="ADD")
    seen = {"sum": counted(-3, 5), "score": counted(0.5), "never": TensorHistogram(), "always": counted(2, 2)}
    assert extremes(graph, Observation(seen, {}, {})) == {"sum": (-3, 5), "always": (2, 2)}


TUNED = [
    "MUL", "ADD", "CONCATENATION", "MAX_POOL_2D", "STRIDED_SLICE", "SPLIT", "PAD", "RESIZE_NEAREST_NEIGHBOR",
]  # fmt: skip


def test_what_is_tuned_loses_its_outliers():
    """int8 is exact over -1..2; the lowest value stays, and of the highest, 4, a half is kept."""
    kinds = dict(zip("abcdefgh", TUNED, strict=True)) | {"i": "CONV_2D", "j": "DEPTHWISE_CONV_2D", "k": "RESHAPE"}
    graph = small_graph(**kinds, never="ADD", score="LOGISTIC")
    seen = {name: on_codes(-1, 2, highest=4.0) for name in kinds} | {"never": TensorHistogram(), "score": counted(0.5)}
    ranges = tuned(graph, None, Observation(seen, {}, {}))
    assert set(ranges) == set(kinds)
    for name in "abcdefgh":
        assert ranges[name] == pytest.approx((-1, 2), abs=1e-3), name
    for name in "ijk":
        assert ranges[name] == pytest.approx((-1, 4), abs=1e-3), name


def test_the_arithmetic_of_the_head_keeps_its_extremes():
    graph = small_graph(boxes="ADD", points="MUL", neck="ADD", both="MUL")
    seen = {name: on_codes(-1, 2, highest=4.0) for name in graph.by_output}
    head = Head(("points", "both"), ("boxes", "both"), (), "", (), "")
    ranges = tuned(graph, head, Observation(seen, {}, {}))
    assert {name: round(found[1], 3) for name, found in ranges.items()} == {
        "boxes": 4,
        "points": 4,
        "both": 4,
        "neck": 2,
    }


@pytest.mark.parametrize("share", [0.2, 0.225, 0.5, 0.725, 0.975, 1.0])
def test_high_ends_are_fortieths_from_a_fifth_on(share):
    seen = on_codes(-1, 10 * share, highest=10.0)
    found = tuned(small_graph(sum="ADD"), None, Observation({"sum": seen}, {}, {}))["sum"]
    assert found == pytest.approx((-1, 10 * share), abs=2e-3)


def of_silu(seen: TensorHistogram) -> tuple[float, float]:
    """Return the range of a tensor that is only read as x * sigmoid(x)."""
    graph = SmallGraph(
        (
            Operation("CONV_2D", ("image",), "x", ()),
            Operation("LOGISTIC", ("x",), "gate", ()),
            Operation("MUL", ("x", "gate"), "out", ()),
        )
    )
    return tuned(graph, None, Observation({"x": seen}, {}, {}))["x"]


@pytest.mark.parametrize("low", [-2.0, -2.5, -3.0, -3.5, -4.0, -5.0, -6.0, -8.0, -10.0, -14.0, -20.0])
def test_low_ends_before_silu(low):
    """int8 is exact from this low end on, and next to nothing reaches below."""
    assert of_silu(on_codes(low, 4, lowest=-95.0)) == pytest.approx((low, 4), abs=1e-2)


def test_the_lowest_value_is_a_low_end_too():
    assert of_silu(on_codes(-1.5, 4)) == pytest.approx((-1.5, 4), abs=1e-3), "none of the others lies within"
    assert of_silu(on_codes(-7, 4)) == pytest.approx((-7, 4), abs=1e-3)
    assert of_silu(counted(0.5, 4.0)) == pytest.approx((0, 4), abs=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_what_silu_flattens_needs_no_room(seed):
    random = np.random.default_rng(seed)
    values = in_the_middle([*random.uniform(-30, 8, 8), *random.uniform(-6, 4, 4), -30.5, 8.5])
    lows = [-2.0, -2.5, -3.0, -3.5, -4.0, -5.0, -6.0, -8.0, -10.0, -14.0, -20.0, -30.5]
    highs = [8.5 * (0.2 + number * 0.025) for number in range(33)]
    seen = [(values, silu, 1.0)]
    found = of_silu(counted(*values, low=-30.5, high=8.5))
    assert loss(seen, *found) <= min(loss(seen, low, high) for low in lows for high in highs) / 0.999


# --- the head --------------------------------------------------------------------------------------------------------


def tuned_head(strides, tensors, offsets, visibilities=None, merge="", logits=()) -> dict[str, tuple[float, float]]:
    graph = small_graph(**dict.fromkeys(tensors, "CONV_2D"))
    head = Head((), (), tuple(Stride(*stride) for stride in strides), merge, logits, "")
    return tuned(graph, head, Observation(tensors, offsets, visibilities or {}))


def test_logits_begin_at_minus_seven_and_end_together():
    tensors = {"low": counted(-37, 2), "lower": counted(-7.25, 5), "at": counted(-7, 3), "above": counted(-6, 1)}
    tensors["other"] = counted(-9, 9)
    logits = ("low", "lower", "at", "above", "missing")
    assert tuned_head((), tensors, {}, logits=logits) == {
        "low": (-7, 5), "lower": (-7, 5), "at": (-7, 3), "above": (-6, 1), "other": (-9, 9),
    }  # fmt: skip
    assert tuned_head((), {"low": counted(-37, -9)}, {}, logits=("low",)) == {"low": (-7, 0)}
    assert tuned_head((), {"other": counted(-9, 9)}, {}, logits=("missing",)) == {"other": (-9, 9)}


def test_all_that_is_joined_has_one_range():
    """Its candidates are shares of the lowest and the highest value of any of them."""
    tensors = {
        "a": counted(-1, 1),
        "b": counted(-1, 8),
        "moved": counted(-4, 1),
        "join": counted(-2, 2),
        "other": counted(-9, 9),
    }
    strides = [("a", ("moved", "unseen")), ("b", ())]
    offsets = {"a": on_codes(-2, 6), "b": on_codes(-2, 6)}  # half of -4, three quarters of 8
    ranges = tuned_head(strides, tensors, offsets, merge="join")
    assert set(ranges) == set(tensors)
    assert ranges["other"] == (-9, 9)
    for name in ("a", "b", "moved", "join"):
        assert ranges[name] == ranges["a"] == pytest.approx((-2, 6), abs=1e-9)


def test_one_stride_is_joined_with_nothing():
    ranges = tuned_head([("a", ())], {"a": counted(-4, 8)}, {"a": on_codes(-2, 6)})
    assert ranges == {"a": pytest.approx((-2, 6))}
    assert tuned_head([("a", ())], {}, {"a": on_codes(-2, 6)}) == {}, "what has no range gets none"


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_low_ends_of_offsets(share):
    found = tuned_head([("a", ())], {"a": counted(-10, 5)}, {"a": on_codes(-10 * share, 5)})["a"]
    assert found == pytest.approx((-10 * share, 5))


HIGHS = [4 * (0.2 + number * 0.025) for number in range(33)]  # of values from 0 to 4


@pytest.mark.parametrize("seed", range(16))
def test_coarser_strides_count_more_and_visibilities_less(seed):
    """An offset is in cells: at the next stride its error is twice as many pixels, and its square four times."""
    random = np.random.default_rng(seed)
    names = ("a", "b", "c")
    points = {name: in_the_middle(random.uniform(0, 3.2, 6)) for name in names}
    seen = {name: in_the_middle(random.uniform(-1, 7, 5)) for name in names[:2]}  # most of them beyond 4, and cut off
    plain = [(points[name], itself, importance) for name, importance in zip(names, (1, 4, 16), strict=True)]
    plain += [(values, sigmoid, 0.1) for values in seen.values()]
    for some in (plain, plain[:2] + plain[3:]):
        kept = names[: len(some) - 2]
        ranges = tuned_head(
            [(name, ()) for name in kept],
            {name: counted(0, 4) for name in kept},
            {name: counted(*points[name]) for name in kept},
            {name: counted(*values) for name, values in seen.items()},
        )
        (low, high), losses = ranges["a"], [loss(some, 0, high) for high in HIGHS]
        assert low == 0
        assert loss(some, low, high) <= min(losses) / 0.999


# --- what a model says -----------------------------------------------------------------------------------------------


def small_model() -> bytes:
    """Return a model with two strides, two classes and one keypoint, each of its convolutions a choice of channels.

    Its input is a row of 4 pixels of x, y, visibility and the logits of two classes; the coarser has every second.
    """
    made = Builder()
    image = made.tensor("image", (1, 1, 4, 5), "float", within=(0, 1))

    def convolution(name, source, channels, stride, ranged=True):
        choice = np.eye(5, dtype=np.float32)[channels].reshape(len(channels), 1, 1, 5)
        kernel = made.tensor(f"{name} kernel", choice.shape, "float", choice)
        bias = made.tensor(f"{name} bias", (len(channels),), "float", np.zeros(len(channels), np.float32))
        shape = (1, 1, 4 // stride, len(channels))
        output = made.tensor(name, shape, "float", within=(0, 1) if ranged else None)
        options = schema.Conv2DOptionsT()
        options.strideW = options.strideH = stride
        made.operator("CONV_2D", [source, kernel, bias], [output], schema.BuiltinOptions.Conv2DOptions, options)
        return output

    def arranged(name, source, channels, cells):
        rows = made.tensor(f"{name} rows", (1, cells, channels), "float", within=(0, 1))
        shape = made.tensor(f"{name} shape", (3,), "int32", np.array([1, cells, channels], np.int32))
        made.operator("RESHAPE", [source, shape], [rows])
        columns = made.tensor(f"{name} columns", (1, channels, cells), "float")
        order = made.tensor(f"{name} order", (3,), "int32", np.array([0, 2, 1], np.int32))
        made.operator("TRANSPOSE", [rows, order], [columns])
        return columns

    def joined(name, sources, shape, axis):
        output = made.tensor(name, shape, "float", within=(0, 1))
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        made.operator("CONCATENATION", sources, [output], schema.BuiltinOptions.ConcatenationOptions, options)
        return output

    neck = convolution("neck", image, [0, 1, 2, 3, 4], 1)
    fine, coarse = convolution("fine", neck, [0, 1, 2], 1), convolution("coarse", neck, [0, 1, 2], 2)
    points = joined("points", [arranged("fine", fine, 3, 4), arranged("coarse", coarse, 3, 2)], (1, 3, 6), 2)
    fine, coarse = (
        convolution("fine score", neck, [3, 4], 1),
        convolution("coarse score", neck, [3, 4], 2, ranged=False),
    )
    both = [arranged("fine score", fine, 2, 4), arranged("coarse score", coarse, 2, 2)]
    logits = joined("logits", both, (1, 2, 6), 2)
    scores = made.tensor("scores", (1, 2, 6), "float", within=(0, 1))
    made.operator("LOGISTIC", [logits], [scores])
    return made.finished([image], [joined("output", [points, scores], (1, 5, 6), 1)])


MODEL_HEAD = Head(
    float_nodes=("points", "output"),
    box_nodes=(),
    strides=(Stride("fine", ("fine rows", "fine columns")), Stride("coarse", ("coarse rows", "coarse columns"))),
    merge="points",
    score_logits=(
        "fine score", "coarse score", "fine score rows", "fine score columns", "coarse score rows",
        "coarse score columns", "logits",
    ),
    scores="scores",
)  # fmt: skip

NEVER, SURE = -100, 100  # logits of 0 and 1; that of 0 is 0.5
IMAGES = [
    # x, y, visibility, and the logits of both classes
    [[1, 2, 3, SURE, NEVER], [4, 5, 6, NEVER, 0], [7, 8, 9, NEVER, NEVER], [-1, -2, -3, 0, NEVER]],
    [[0.5, 1.5, 2.5, NEVER, 0], [0, 0, 0, NEVER, NEVER], [0, 0, 0, NEVER, NEVER], [0, 0, 0, NEVER, NEVER]],
]


def observed(head, dims=3):
    calls = []
    tensors = [np.array([[image]], np.float32) for image in IMAGES]
    return observe(Graph(small_model()), head, dims, tensors, 1, calls.append), calls


def test_every_tensor_with_a_range_is_watched():
    seen, calls = observed(MODEL_HEAD)
    assert calls == [1, 2]
    assert set(seen.tensors) == {
        "neck", "fine", "coarse", "fine rows", "coarse rows", "points", "fine score", "fine score rows",
        "coarse score rows", "logits", "output",
    }, "all but the sigmoid, whose range in int8 is fixed"  # fmt: skip
    assert (seen.tensors["fine"].low, seen.tensors["fine"].high) == (-3, 9)
    assert (seen.tensors["coarse"].low, seen.tensors["coarse"].high) == (0, 9)
    assert (seen.tensors["neck"].low, seen.tensors["neck"].high) == (-100, 100)
    assert seen.tensors["neck"].counts.sum() == 2 * 20, "each value of what several branches share counts once"
    assert seen.tensors["points"].counts.sum() == 2 * 18


BACKGROUND = 0.002


def test_cells_count_as_their_best_score_does():
    seen, _ = observed(MODEL_HEAD)
    sure, half, never = 1 + BACKGROUND, 0.5 + BACKGROUND, BACKGROUND
    fine = {
        1: sure,
        2: sure,
        3: sure,
        4: half,
        5: half,
        6: half,
        7: never,
        8: never,
        9: never,
        -1: half,
        -2: half,
        -3: half,
    }
    second = {0.5: half, 1.5: half, 2.5: half, 0: 9 * never}
    assert told(seen.tensors["fine"]) == pytest.approx(fine | second)
    # the coarser cells' candidates are the last two of six, with the scores of the first and the third pixel
    coarse = {1: sure, 2: sure, 3: sure, 7: never, 8: never, 9: never, 0.5: half, 1.5: half, 2.5: half, 0: 3 * never}
    assert told(seen.tensors["coarse"]) == pytest.approx(coarse)
    logits = seen.tensors["fine score"]
    assert logits.counts.sum() == pytest.approx(2 * (sure + 2 * half + never) + 2 * (half + 3 * never))


def test_offsets_and_visibilities_are_counted_apart():
    seen, _ = observed(MODEL_HEAD)
    sure, half, never = 1 + BACKGROUND, 0.5 + BACKGROUND, BACKGROUND
    assert told(seen.offsets["fine"]) == pytest.approx(
        {1: sure, 2: sure, 4: half, 5: half, 7: never, 8: never, -1: half, -2: half, 0.5: half, 1.5: half, 0: 6 * never}
    )
    assert told(seen.visibilities["fine"]) == pytest.approx(
        {3: sure, 6: half, 9: never, -3: half, 2.5: half, 0: 3 * never}
    )
    assert told(seen.offsets["coarse"]) == pytest.approx(
        {1: sure, 2: sure, 7: never, 8: never, 0.5: half, 1.5: half, 0: 2 * never}
    )
    assert told(seen.visibilities["coarse"]) == pytest.approx({3: sure, 9: never, 2.5: half, 0: never})


def test_without_visibilities_and_without_a_head():
    head = Head((), (), (Stride("two", ()),), "", (), "scores")
    made = Builder()
    image = made.tensor("image", (1, 1, 1, 4), "float", within=(0, 1))
    scores = made.tensor("scores", (1, 1, 4), "float")
    shape = made.tensor("shape", (3,), "int32", np.array([1, 1, 4], np.int32))
    two = made.tensor("two", (1, 1, 1, 4), "float")
    made.operator("ABS", [image], [two])
    made.operator("RESHAPE", [two, shape], [scores])
    graph = Graph(made.finished([image], [scores]))
    seen = observe(graph, head, 2, [np.array([[[[-1, 2, -3, 4]]]], np.float32)], 1, lambda done: None)
    assert told(seen.offsets["two"]) == pytest.approx({1: 1.002, 2: 1.002, 3: 1.002, 4: 1.002})
    assert (seen.tensors, seen.visibilities) == ({}, {})
    seen, _ = observed(None)
    assert (seen.offsets, seen.visibilities) == ({}, {})
    assert seen.tensors["fine"].counts.sum() == 2 * 12
    assert seen.tensors["coarse"].counts.sum() == 2 * 6


def test_ranges_are_written_with_zero_inside():
    graph = Graph(small_model())
    apply_ranges(graph, {"neck": (-2, 3), "fine": (1, 4), "coarse": (-5, -1)})
    again = Graph(graph.content())
    assert [again.range_of(name) for name in ("neck", "fine", "coarse", "points")] == [(-2, 3), (0, 4), (-5, 0), (0, 1)]
