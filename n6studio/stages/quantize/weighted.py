"""Ranges that lose least of the answers: searched on the exact int8 arithmetic, errors weighted by what they cost.

`sensitivity` says how much an error in each value costs. Here the scale of every group of tied tensors and the range of
every SiLU input that feeds it are searched together on what int8 computes: the code of x, the code of its sigmoid
(1/256, at most 255) and the code of their product. The tensors of `tuned` that this does not touch keep their ranges.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.metrics.oks import Float64Array
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.ranges import Range, TensorHistogram
from n6studio.stages.quantize.ties import Group

FLOOR = 0.02  # of the mean weight, for every value: none is worth nothing
_CODES = np.arange(-128, 128, dtype=np.float64)
_OUTPUT_STEPS = np.geomspace(0.6, 1.7, 23)  # of the step that there is
_FINER_OUTPUT_STEPS = np.linspace(0.97, 1.03, 7)  # of the best of these
_INPUT_STEPS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2)
_COARSER_INPUT_STEPS = (1.25, 1.3, 1.35, 1.4, 1.5)  # where two codes halve a step, clipping less is worth more
_BOTTOMS = (-1.3, -1.6, -2.0, -2.5, -3.0, -3.5, -4.0, -5.0, -6.0, -8.0)
_SIGNED_FRACTIONS = np.linspace(0.15, 1.0, 18)  # of the extremes
_LARGEST_SIGMOID = 255 / 256  # in int8; a product's codes match its input's where steps differ by this


@dataclass(frozen=True)
class Watched:
    """A tensor whose values are counted, and the tensor whose squared gradient weights them.

    For the input x of a SiLU both differ: its error is judged in silu(x). `floor` is the share of the mean weight that
    every value gets; 0 for answers themselves, of which most are nobody's.
    """

    values: str
    gradient: str
    floor: float = FLOOR


@dataclass(frozen=True, eq=False)
class Distribution:
    """Weighted values in rising order, as sums up to each place, so that any interval of them is two look-ups.

    Attributes:
        values: (N,) rising.
        sums: (3, N + 1) of weight, weight * f and weight * f^2 before each place, f what is computed of a value.
    """

    values: Float64Array
    sums: Float64Array

    @classmethod
    def of(cls, histogram: TensorHistogram, silu: bool) -> "Distribution":
        """Return a histogram's values with f = silu(x), or f = x."""
        values, weights = histogram.density()
        exact = values / (1 + np.exp(-np.clip(values, -60.0, 60.0))) if silu else values
        parts = np.stack([weights, weights * exact, weights * exact**2])
        return cls(values, np.concatenate([np.zeros((3, 1)), np.cumsum(parts, axis=1)], axis=1) * histogram.total)

    def by_code(self, step: float, zero: int) -> Float64Array:
        """Return the sums of the values of each of the 256 codes, (3, 256)."""
        edges = np.searchsorted(self.values, (_CODES[1:] - zero - 0.5) * step)
        cut = self.sums[:, edges]
        return np.diff(np.concatenate([self.sums[:, :1], cut, self.sums[:, -1:]], axis=1), axis=1)

    def loss(self, codes: Float64Array, results: Float64Array) -> Float64Array:
        """Return what it costs where each code stands for a result.

        Args:
            codes: from `by_code`.
            results: (..., 256).
        """
        weight, first, second = codes
        return np.asarray(results**2 @ weight - 2 * results @ first + second.sum())

    def silu_losses(
        self, step: float, zeros: Sequence[int], steps: Float64Array, out_zeros: npt.NDArray[np.int_], times: int = 1
    ) -> list[Float64Array]:
        """Return what silu(x) costs in int8, (outputs,) for each of `zeros`.

        With one step, all zero points cut the values at the same places, only the ends differ: so each place is looked
        at once, and a range is a difference of sums.

        Args:
            step: scale of x.
            zeros: zero points of x, rising.
            steps: (outputs,) scales of the product.
            out_zeros: (outputs,) its zero points.
            times: 2 where x is computed twice, as `doubled` does, and the mean of both results counts.
        """
        lowest = times * (-128 - zeros[-1])
        whole = np.arange(lowest, times * (127 - zeros[0]) + 1, dtype=np.float64)
        cut = self.sums[:, np.searchsorted(self.values, (whole[1:] - 0.5) * step / times)]
        before = np.concatenate([self.sums[:, :1], cut, self.sums[:, -1:]], axis=1)
        weight, first, _ = np.diff(before, axis=1)
        alone = silu_codes(np.floor(whole / times), step, steps, out_zeros)
        results = alone
        if times == 2:  # moved by 3/4 of a step: at a code its two neighbours, between two codes these two
            lower, upper = np.ceil(whole / 2) - 1, np.floor(whole / 2) + 1
            results = (silu_codes(lower, step, steps, out_zeros) + silu_codes(upper, step, steps, out_zeros)) / 2
        costs = np.concatenate(
            [np.zeros((len(steps), 1)), np.cumsum(results * (results * weight - 2 * first), axis=1)], 1
        )
        every = before[:, -1]
        losses = []
        for zero in zeros:
            low = times * (-128 - zero) - lowest
            high = low + times * 255
            bottom, top = alone[:, low], alone[:, high]  # what is below or above a range stands at its ends
            ends = bottom * (bottom * before[0, low + 1] - 2 * before[1, low + 1])
            ends += top * (top * (every[0] - before[0, high]) - 2 * (every[1] - before[1, high]))
            losses.append(costs[:, high] - costs[:, low + 1] + ends + every[2])
        return losses


def watched_of(groups: Sequence[Group]) -> list[Watched]:
    """Return what `sensitivity.measure` has to count for `weighted`, a tensor a source in the groups' order."""
    return [
        Watched(one.silu_input or one.name, one.name, 0.0 if one.signed else FLOOR)
        for group in groups
        for one in group.sources
    ]


def weighted(
    groups: Sequence[Group],
    counted: Sequence[TensorHistogram],
    tuned: dict[str, Range],
    converted: Graph,
    pinned: Collection[str] = (),
    doubled: Collection[str] = (),
) -> dict[str, Range]:
    """Return `tuned` with the ranges of all groups, and of the SiLU inputs that feed them, replaced by the best.

    Args:
        groups: tied tensors.
        counted: weighted histograms in the order of `watched_of`.
        tuned: ranges that `converted` was made with.
        converted: the quantized model that says which step every group has now.
        pinned: tensors whose groups keep their range.
        doubled: inputs of SiLU that are computed twice.
    """
    ranges = dict(tuned)
    histograms = iter(counted)
    for group in groups:
        kept = any(name in pinned for name in group.members)
        mine = [next(histograms) for _ in group.sources]
        ranges.update(_best_of_group(group, mine, tuned, converted, kept, doubled)[0])
    return ranges


def savings(
    groups: Sequence[Group],
    counted: Sequence[TensorHistogram],
    tuned: dict[str, Range],
    converted: Graph,
    candidates: Collection[str],
) -> dict[str, float]:
    """Return how much less each candidate's group costs in the values that were counted, were it computed twice.

    Args:
        groups: tied tensors.
        counted: weighted histograms in the order of `watched_of`.
        tuned: ranges that `converted` was made with.
        converted: the quantized model that says which step every group has now.
        candidates: inputs of SiLU, each the only one that feeds its group.
    """
    found: dict[str, float] = {}
    histograms = iter(counted)
    for group in groups:
        mine = [next(histograms) for _ in group.sources]
        names = [source.silu_input for source in group.sources]
        if len(names) == 1 and names[0] in candidates:
            once, twice = (
                _best_of_group(group, mine, tuned, converted, False, doubled)[1] for doubled in ((), (names[0],))
            )
            found[names[0]] = once - twice
    return found


def _best_of_group(
    group: Group,
    histograms: list[TensorHistogram],
    tuned: dict[str, Range],
    converted: Graph,
    kept: bool,
    doubled: Collection[str],
) -> tuple[dict[str, Range], float]:
    """Return ranges of a group's tensors and of what feeds it, {} to leave them, and what they cost, 0 if not known."""
    known = converted.scale_of(group.members[0])
    if known is None or known[0] <= 0 or not all(histogram.counts.any() for histogram in histograms):
        return {}, 0.0
    if kept and all(source.signed for source in group.sources):
        return {}, 0.0
    if all(source.signed for source in group.sources):
        least = next((tuned[name] for name in group.members if name in tuned), (0.0, 0.0))
        return dict.fromkeys(group.members, _best_signed(histograms, least)), 0.0
    step, zero = known
    bottom = (-128 - zero) * step
    sources = [
        (source, Distribution.of(histogram, bool(source.silu_input)))
        for source, histogram in zip(group.sources, histograms, strict=True)
    ]
    best, losses = step, 0.0
    inputs: dict[str, Range] = {}
    for factors in (np.ones(1),) if kept else (_OUTPUT_STEPS, _FINER_OUTPUT_STEPS):
        steps = best * factors
        total = np.zeros(len(steps))
        found: dict[str, list[Range]] = {}
        for source, distribution in sources:
            if source.silu_input:
                times = 2 if source.silu_input in doubled else 1
                losses_of, found[source.silu_input] = _silu_losses(
                    distribution, tuned[source.silu_input], steps, bottom, times
                )
            else:
                losses_of = np.array([_plain_loss(distribution, one, bottom) for one in steps])
            total += losses_of
        place = int(total.argmin())
        best, losses = float(steps[place]), float(total[place])
        inputs = {name: ranges[place] for name, ranges in found.items()}
    if not np.isfinite(losses):
        return {}, 0.0
    return {**dict.fromkeys(group.members, _range(best, _zero(best, bottom))), **inputs}, losses


def _best_signed(histograms: list[TensorHistogram], least: Range) -> Range:
    """Return the best range of values that are as large below 0 as above, none narrower than `least`.

    A few people in the calibration images must not narrow what others will need.
    """
    distributions = [Distribution.of(histogram, silu=False) for histogram in histograms]
    low = min(0.0, *(histogram.low for histogram in histograms))
    high = max(0.0, *(histogram.high for histogram in histograms))
    best, smallest = least, np.inf
    for bottom in (least[0], *(one for one in low * _SIGNED_FRACTIONS if one < least[0])):
        for top in (least[1], *(one for one in high * _SIGNED_FRACTIONS if one > least[1])):
            step = float(top - bottom) / 255
            if step <= 0:
                continue
            loss = sum(_plain_loss(distribution, step, float(bottom)) for distribution in distributions)
            if loss < smallest * 0.999:
                best, smallest = _range(step, _zero(step, float(bottom))), loss
    return best


def _zero(step: float, bottom: float) -> int:
    return int(np.clip(np.round(-128 - bottom / step), -128, 127))


def _range(step: float, zero: int) -> Range:
    """Return the values that the codes -128 and 127 stand for."""
    return (-128 - zero) * step, (127 - zero) * step


def _plain_loss(distribution: Distribution, step: float, bottom: float) -> float:
    zero = _zero(step, bottom)
    return float(distribution.loss(distribution.by_code(step, zero), (_CODES - zero) * step))


def _silu_losses(
    distribution: Distribution, tuned: Range, steps: Float64Array, bottom: float, times: int
) -> tuple[Float64Array, list[Range]]:
    """Return for each step of the output the least loss that an input's range allows, and that range."""
    now = (tuned[1] - tuned[0]) / 255
    aligned = [float(step) / _LARGEST_SIGMOID for step in steps if 0.6 < step / _LARGEST_SIGMOID / now < 1.3]
    out_zeros = np.array([_zero(float(step), bottom) for step in steps])
    least, ranges = np.full(len(steps), np.inf), [tuned] * len(steps)
    factors = _INPUT_STEPS if times == 1 else (*_INPUT_STEPS, *_COARSER_INPUT_STEPS)
    for step in sorted({*(now * factor for factor in factors), *aligned}):
        zeros = sorted({_zero(step, low) for low in (*_BOTTOMS, tuned[0])})
        for zero, losses in zip(zeros, distribution.silu_losses(step, zeros, steps, out_zeros, times), strict=True):
            for place in np.flatnonzero(losses < least * 0.999):  # of equals the first: last digits decide nothing
                least[place], ranges[place] = losses[place], _range(step, zero)
    return least, ranges


def silu_codes(steps_of_x: Float64Array, step: float, steps: Float64Array, zeros: npt.NDArray[np.int_]) -> Float64Array:
    """Return what int8 gives for silu(x), (outputs, N): real values at each output's step.

    Args:
        steps_of_x: (N,) whole numbers of steps that x is away from 0.
        step: scale of x.
        steps: (outputs,) scales of the product.
        zeros: (outputs,) its zero points.
    """
    x = steps_of_x * step
    sigmoid = np.clip(np.floor(256 / (1 + np.exp(-x)) + 0.5), 0, 255) / 256
    codes = np.floor(x * sigmoid / steps[:, None] + 0.5) + zeros[:, None]
    return np.asarray((np.clip(codes, -128, 127) - zeros[:, None]) * steps[:, None])
