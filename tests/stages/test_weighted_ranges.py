"""Ranges weighted by the answers: the int8 arithmetic of a SiLU, its search, ties, and what is compared before use."""

import io
import math
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.agreement import is_worse
from n6studio.stages.quantize.by_answers import EFFORTS, best_of, worth_doubling
from n6studio.stages.quantize.graph import Operation
from n6studio.stages.quantize.ranges import TensorHistogram
from n6studio.stages.quantize.ties import Group, Source, tied_groups
from n6studio.stages.quantize.weighted import Distribution, silu_codes, weighted


def counted(values, weights=None):
    histogram = TensorHistogram()
    values = np.asarray(values, np.float32)
    histogram.add(values, None if weights is None else np.asarray(weights, np.float32))
    return histogram


def int8_silu(x, step, zero, out_step, out_zero):
    """Return silu(x) as an int8 model computes it: x, its sigmoid and their product each in whole steps."""
    code = min(127, max(-128, round(x / step) + zero)) - zero
    sigmoid = min(255, math.floor(256 / (1 + math.exp(-code * step)) + 0.5))
    result = math.floor(code * step * sigmoid / 256 / out_step + 0.5) + out_zero
    return (min(127, max(-128, result)) - out_zero) * out_step


def silu(x):
    return x / (1 + math.exp(-x))


@pytest.mark.parametrize(("step", "zero", "out_step", "out_zero"), [(0.05, -20, 0.03, -118), (0.1, -80, 0.07, -124)])
def test_the_codes_of_a_silu_are_those_of_int8_arithmetic(step, zero, out_step, out_zero):
    whole = np.arange(-128, 128) - zero
    found = silu_codes(whole, step, np.array([out_step]), np.array([out_zero]))[0]
    wanted = [int8_silu((code - zero) * step, step, zero, out_step, out_zero) for code in range(-128, 128)]
    assert found == pytest.approx(wanted, abs=1e-9)


def test_the_losses_of_several_ranges_by_look_up_are_the_plain_sums():
    generator = np.random.default_rng(5)
    values, weights = generator.normal(0.5, 1.5, 500), generator.uniform(0, 2, 500)
    distribution = Distribution.of(counted(values, weights), silu=True)
    step, zeros, out_steps, out_zeros = 0.02, [-90, -30, 40], np.array([0.02, 0.006]), np.array([-114, -90])
    found = distribution.silu_losses(step, zeros, out_steps, out_zeros)
    for zero, losses in zip(zeros, found, strict=True):  # the values reach -4 to 5.5: each range cuts some of them off
        for loss, out_step, out_zero in zip(losses.tolist(), out_steps.tolist(), out_zeros.tolist(), strict=True):
            wanted = sum(
                weight * (int8_silu(x, step, zero, out_step, out_zero) - silu(x)) ** 2
                for x, weight in zip(values.tolist(), weights.tolist(), strict=True)
            )
            assert loss == pytest.approx(wanted, rel=0.03)  # a histogram's bins are not the values themselves


def test_the_loss_of_two_roundings_is_that_of_their_mean():
    generator = np.random.default_rng(5)
    values, weights = generator.normal(0.5, 1.5, 4000), generator.uniform(0, 2, 4000)
    distribution = Distribution.of(counted(values, weights), silu=True)
    step, zeros, out_step, out_zero = 0.04, [-90, -30, 40], 0.035, -114
    found = distribution.silu_losses(step, zeros, np.array([out_step]), np.array([out_zero]), times=2)
    for zero, losses in zip(zeros, found, strict=True):
        wanted = 0.0
        for x, weight in zip(values.tolist(), weights.tolist(), strict=True):
            both = [int8_silu(x + shift, step, zero, out_step, out_zero) for shift in (-0.75 * step, 0.75 * step)]
            wanted += weight * (sum(both) / 2 - silu(x)) ** 2
        assert losses[0] == pytest.approx(wanted, rel=0.03)
        once = distribution.silu_losses(step, [zero], np.array([out_step]), np.array([out_zero]))[0][0]
        assert losses[0] < once


class Converted:
    """What a converted model says of its scales."""

    def __init__(self, **scales):
        self.scales = scales

    def scale_of(self, name):
        return self.scales[name]


def test_the_chosen_scales_lose_less_than_those_before_and_than_their_neighbours():
    generator = np.random.default_rng(6)
    values = generator.normal(-1, 2, 4000)  # and one of 40 that matters to nobody
    group = Group(("y",), (Source("y", "x"),))
    before = (-6.0, 11.0)
    now = Converted(y=(11.28 / 255, -122))
    found = weighted([group], [counted([*values, 40.0], [1] * 4000 + [0])], {"x": before, "y": (-0.28, 11.0)}, now)

    def loss(x_range, y_range):
        step, out_step = (x_range[1] - x_range[0]) / 255, (y_range[1] - y_range[0]) / 255
        zeros = round(-128 - x_range[0] / step), round(-128 - y_range[0] / out_step)
        return sum((int8_silu(x, step, zeros[0], out_step, zeros[1]) - silu(x)) ** 2 for x in values.tolist())

    best = loss(found["x"], found["y"])
    assert best < 0.7 * loss(before, (-0.28, 11.0))
    for share in (0.9, 1.1):
        assert best <= 1.02 * loss(found["x"], tuple(share * end for end in found["y"]))


def test_what_costs_nothing_is_clipped_and_what_costs_all_is_kept():
    values = [1.0, 1.1, 1.2, 6.0]
    group, now = Group(("y",), (Source("y"),)), Converted(y=(6 / 255, -128))
    cheap = weighted([group], [counted(values, [1, 1, 1, 0])], {}, now)["y"]
    dear = weighted([group], [counted(values, [1, 1, 1, 1000])], {}, now)["y"]
    assert cheap[1] < 4.0
    assert dear[1] >= 5.99


def test_every_range_contains_zero_and_ties_stay_tied():
    group = Group(("sum", "joined"), (Source("sum"), Source("y", "x")))
    generator = np.random.default_rng(7)
    seen = [counted(generator.normal(0, 1, 300)), counted(generator.normal(0, 3, 300))]
    found = weighted([group], seen, {"x": (-4.0, 8.0)}, Converted(sum=(0.05, -60)))
    assert found["sum"] == found["joined"]
    assert all(low <= 0 <= high for low, high in found.values())


def test_a_tensor_without_values_keeps_its_range():
    group = Group(("y",), (Source("y", "x"),))
    kept = {"x": (-4.0, 8.0), "y": (-0.3, 8.0)}
    assert weighted([group], [TensorHistogram()], kept, Converted(y=(0.03, -118))) == kept


# --- ties ------------------------------------------------------------------------------------------------------------


class Ops:
    """As much of a graph as looking for ties asks of one."""

    def __init__(self, *operations, floats=()):
        self.operations = tuple(Operation(kind, inputs, output, (1,)) for kind, inputs, output in operations)
        self.by_output = {one.output: one for one in self.operations}
        self.floats = floats

    def type_of(self, name):
        return "float" if name in self.floats else "int8"

    def range_of(self, name):
        return None if name.endswith("unseen") else (0.0, 1.0)

    def options(self, operation):
        return SimpleNamespace(fusedActivationFunction=0)


def test_what_is_joined_is_tied_and_a_copy_at_another_scale_is_not():
    operations = [
        ("CONV_2D", ("image",), "x"),
        ("LOGISTIC", ("x",), "s"),
        ("MUL", ("x", "s"), "y"),
        ("STRIDED_SLICE", ("y", "begin"), "half"),
        ("ADD", ("half", "y"), "sum"),
        ("CONCATENATION", ("half", "sum"), "joined"),
        ("CONV_2D", ("joined",), "x2"),
        ("LOGISTIC", ("x2",), "s2"),
        ("MUL", ("x2", "s2"), "y2"),
    ]
    exact = Ops(*operations, ("RESIZE_NEAREST_NEIGHBOR", ("y2", "size"), "large"), ("MUL", ("large", "y"), "end"))
    converted = Ops(
        *operations,
        ("QUANTIZE", ("y2",), "y2 again"),
        ("RESIZE_NEAREST_NEIGHBOR", ("y2 again", "size"), "large"),
        ("MUL", ("large", "y"), "end"),
    )
    groups = tied_groups(exact, converted, {"x", "x2"}, {"end"})
    assert [(group.members, group.sources) for group in groups] == [
        (("y", "half", "sum", "joined"), (Source("y", "x"), Source("sum"))),
        (("y2",), (Source("y2", "x2"),)),
        (("large",), (Source("large"),)),
    ]


def test_inputs_of_the_model_and_what_is_fixed_are_in_no_group():
    operations = [
        ("QUANTIZE", ("image",), "quantized"),
        ("PAD", ("quantized", "sides"), "padded"),
        ("CONV_2D", ("padded",), "last"),
        ("RESHAPE", ("last", "shape"), "row"),
        ("MUL", ("row", "anchors"), "box"),
    ]
    exact, converted = Ops(*operations), Ops(*operations, floats=("image",))
    assert tied_groups(exact, converted, set(), {"box", "row"}) == []
    found = tied_groups(exact, converted, set(), {"box"})
    assert found == [Group(("last", "row"), (Source("last", signed=True),))]


def test_answers_below_zero_get_as_much_of_the_range_as_those_above():
    values = [*np.linspace(-6, 2, 200), 40.0]
    group = Group(("last", "row"), (Source("last", signed=True),))
    found = weighted([group], [counted(values, [1] * 200 + [0])], {}, Converted(last=(0.1, 0)))
    low, high = found["last"]
    assert found["row"] == (low, high)
    assert low == pytest.approx(-6, abs=0.1)
    assert 2 <= high < 10, "what costs nothing is clipped"
    wide = weighted([group], [counted(values, [1] * 200 + [0])], {"row": (-9.0, 9.0)}, Converted(last=(0.1, 0)))
    assert wide["last"] == pytest.approx((-9.0, 9.0), abs=0.1), "never narrower than what others may need"


# --- comparing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "worse"),
    [
        ([0.1] * 4, False),
        ([-0.1] * 4, True),
        ([0.3, -0.3, 0.2, -0.22], False),
        ([0.0] * 4, False),
        ([-0.2, -0.1], True),
    ],
)
def test_a_fall_within_its_noise_is_not_worse(changes, worse):
    before = np.full(len(changes), 0.6)
    assert is_worse(before, before + changes) is worse


def test_the_search_meets_no_range_that_is_not_there():
    """Whatever the distribution, the chosen codes lie within int8."""
    for seed, spread in product(range(3), (0.01, 1.0, 50.0)):
        values = np.random.default_rng(seed).normal(0, spread, 200)
        top = float(values.max())
        found = weighted(
            [Group(("y",), (Source("y", "x"),))],
            [counted(values)],
            {"x": (-6.0, top), "y": (-0.28, top)},
            Converted(y=((top + 0.28) / 255, -120)),
        )
        for low, high in found.values():
            assert low <= 0 <= high
            assert low < high


def test_the_last_model_that_is_not_worse_than_those_before_is_used():
    low, middle, high = (np.array([0.8, 0.81, 0.8]) + rise for rise in (0, 0.05, 0.1))
    assert best_of(low, middle, None) == "weighted"
    assert best_of(middle, low, None) == "tuned"
    assert best_of(low, middle, high) == "doubled"
    assert best_of(low, middle, middle) == "doubled"
    assert best_of(low, high, middle) == "weighted"
    assert best_of(high, low, middle) == "tuned"
    assert best_of(middle, low, high) == "doubled"


def test_nothing_is_computed_twice_unasked_or_where_weights_were_trained():
    report = Reporter("quantize", io.StringIO())
    graph, kept = SimpleNamespace(operations=()), frozenset({"trained"})
    for percent, trained in ((0, frozenset()), (0, kept), (20, kept)):
        effort = replace(EFFORTS["standard"], doubled=percent)
        job = SimpleNamespace(effort=effort, kept=trained, report=report)
        assert worth_doubling(SimpleNamespace(graph=graph, job=job)) == {}
    assert len(report.warnings) == 1
    assert "trained weights stay" in report.warnings[0]
