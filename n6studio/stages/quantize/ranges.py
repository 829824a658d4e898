"""Ranges for int8 that lose least: measured distributions instead of the extremes.

TensorFlow's converter takes the smallest and largest value that calibration saw. That wastes most of the 256 steps:

- SiLU, x * sigmoid(x), is almost 0 for every x below -6, yet pre-activations reach -95 in a YOLOv8n; the negative tail
  takes more than half of the range of the very tensors that everything else is computed from.
- The last keypoint convolutions give offsets for all N candidates, of which a handful are people.
- Scores below the threshold of any use (0.001, a logit of -6.9) need no resolution, yet logits reach -37.

So each tensor's range is chosen to minimise the expected error of what is computed from it: of silu(x) for a SiLU's
input, of x and sigmoid(x) at people for keypoint offsets, of x itself elsewhere. Measured on YOLOv8n-pose at 256 x 256,
this raises the signal-to-noise ratio in the backbone by 5 to 6 dB.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head, branch_tensors, silu_inputs

BINS = 16384  # over [-reach, reach]
SEARCH_BINS = 2048  # over the values that occur; clearly finer than int8, or the search would see steps of its own
LOWEST_LOGIT = -7.0  # sigmoid(-7) = 0.0009, just below the lowest threshold of any evaluation
# The error's mean adds up coherently over the inputs of the next convolution where its variance averages out, so the
# mean counts more. Between 3 and 100 the results differ by less than the data can tell.
MEAN_WEIGHT = 3.0
VISIBILITY_WEIGHT = 0.1  # of a visibility's error beside that of an offset: it only decides what is drawn
SOMEBODY = 0.25  # score from which a cell's keypoints are somebody's
BACKGROUND = 0.002  # what a cell without anybody counts; about 5 of 1344 cells are somebody's
_TUNED_KINDS = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "MUL", "ADD", "CONCATENATION", "MAX_POOL_2D", "STRIDED_SLICE", "SPLIT", "PAD",
    "RESIZE_NEAREST_NEIGHBOR",
}  # fmt: skip
_LOW_FRACTIONS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_HIGH_FRACTIONS = tuple(np.linspace(0.2, 1.0, 33))
_SILU_LOWS = (-2.0, -2.5, -3.0, -3.5, -4.0, -5.0, -6.0, -8.0, -10.0, -14.0, -20.0)

Range = tuple[float, float]  # real values of the codes -128 and 127
Function = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


class TensorHistogram:
    """Counts of values over a symmetric range that doubles as needed, so that one pass over the data suffices."""

    def __init__(self) -> None:
        self.reach = 2.0**-10
        self.counts = np.zeros(BINS, np.float64)
        self.low, self.high = np.inf, -np.inf

    def add(self, values: FloatArray, weights: FloatArray | None = None) -> None:
        """Count `values` (any shape); `weights` broadcasts to that shape, None is 1 each."""
        low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
        if not np.isfinite(low) or not np.isfinite(high):
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        while max(-low, high) >= self.reach:
            self.counts = np.concatenate([np.zeros(BINS // 4), _by_twos(self.counts), np.zeros(BINS // 4)])
            self.reach *= 2
        place = values.ravel() + np.float32(self.reach)
        place *= np.float32(BINS / (2 * self.reach))
        flat = None if weights is None else np.broadcast_to(weights, values.shape).ravel()
        counts = np.bincount(place.astype(np.intp), flat, BINS)
        self.counts += counts[:BINS]
        self.counts[-1] += counts[BINS:].sum()  # what rounds up to the reach

    @property
    def total(self) -> float:
        """The sum of all weights."""
        return float(self.counts.sum())

    def density(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return values and their shares, which add up to 1: bins that occur, merged while they are finer than needed.

        Empty arrays where nothing was counted.
        """
        counts, width = self.counts, 2 * self.reach / BINS
        while np.ptp(np.flatnonzero(counts)) > 2 * SEARCH_BINS if counts.any() else False:
            counts, width = _by_twos(counts), width * 2
        used = np.flatnonzero(counts)
        return (used + 0.5) * width - self.reach, counts[used] / max(float(counts.sum()), 1e-300)


def _by_twos(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sums of each two neighbours; half as long."""
    return np.asarray(counts[::2] + counts[1::2])


@dataclass(frozen=True, eq=False)
class Reach:
    """How far the outputs of the last keypoint convolutions go at people; (K, dims) each, (0, dims) without people.

    Attributes:
        low: the smallest.
        high: the largest.
    """

    low: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    high: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def largest(self) -> FloatArray:
        """The largest distance from 0."""
        return np.maximum(np.abs(self.low), np.abs(self.high))


@dataclass(frozen=True)
class Observation:
    """What calibration saw: a histogram per tensor; in the head's branches, cells count by their candidate's score.

    Attributes:
        tensors: tensor name -> histogram.
        offsets: name of a last keypoint convolution -> histogram of x and y offsets.
        visibilities: likewise of the visibility logits.
        reach: of the last keypoint convolutions at people.
        best: score of the best candidate in each image; () where the head is not known.
    """

    tensors: dict[str, TensorHistogram]
    offsets: dict[str, TensorHistogram]
    visibilities: dict[str, TensorHistogram]
    reach: Reach = field(default_factory=Reach)
    best: tuple[float, ...] = ()


def observe(
    graph: Graph,
    head: Head | None,
    dims: int,
    tensors: Iterable[FloatArray],
    threads: int,
    progress: Callable[[int], None],
) -> Observation:
    """Run the float model over the calibration data and return the distribution of every calibrated tensor.

    Args:
        graph: calibrated float graph.
        head: its pose head, if found.
        dims: values per keypoint, 2 or 3.
        tensors: inputs, (1, height, width, 3) float32 each.
        threads: for inference.
        progress: called with the number of images done.
    """
    interpreter = Interpreter(
        model_content=graph.content(),
        num_threads=threads,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    index = {item["name"]: item["index"] for item in interpreter.get_tensor_details()}
    watched = {
        item.output: TensorHistogram()
        for item in graph.operations
        if item.kind != "LOGISTIC" and graph.range_of(item.output) is not None
    }
    convolutions = [stride.convolution for stride in head.strides] if head else []
    branches = branch_tensors(graph, head) if head else {}
    offsets = {name: TensorHistogram() for name in convolutions}
    visibilities = {name: TensorHistogram() for name in convolutions if dims == 3}
    somebody: list[FloatArray] = []
    best: list[float] = []
    for done, tensor in enumerate(tensors, 1):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
        interpreter.invoke()
        scores = interpreter.get_tensor(index[head.scores]) if head else None
        matters = _weights(scores, graph, head) if head and scores is not None else []
        if scores is not None:
            best.append(float(scores.max()))
        for name, histogram in watched.items():
            values = interpreter.get_tensor(index[name])
            histogram.add(values, matters[branches[name]] if name in branches else None)
        for level, name in enumerate(convolutions):
            values = interpreter.get_tensor(index[name])
            points = values.reshape(*values.shape[:3], -1, dims)
            somebody.append(values[matters[level][..., 0] > SOMEBODY])
            offsets[name].add(points[..., :2], matters[level][..., None])
            if dims == 3:
                visibilities[name].add(points[..., 2:], matters[level][..., None])
        progress(done)
    return Observation(watched, offsets, visibilities, _reach(somebody, dims), tuple(best))


def _reach(somebody: list[FloatArray], dims: int) -> Reach:
    rows = [rows for rows in somebody if len(rows)]
    if not rows:
        return Reach()
    every = np.concatenate(rows).reshape(-1, rows[0].shape[-1] // dims, dims)
    return Reach(np.asarray(every.min(axis=0), np.float32), np.asarray(every.max(axis=0), np.float32))


def _weights(scores: FloatArray, graph: Graph, head: Head) -> list[FloatArray]:
    """Return how much each cell of each stride matters, (1, height, width, 1): its candidate's score, and a little.

    Without it, ranges would be chosen for the background, of which almost every cell is.
    """
    best, weights, first = scores[0].max(axis=0), [], 0
    for stride in head.strides:
        _, height, width, _ = graph.by_output[stride.convolution].shape
        weights.append(best[first : first + height * width].reshape(1, height, width, 1) + np.float32(BACKGROUND))
        first += height * width
    return weights


def extremes(graph: Graph, observation: Observation) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest value of every tensor, as TensorFlow's converter takes them.

    Sigmoids are left out: int8's range of a sigmoid is fixed.
    """
    return {
        name: (seen.low, seen.high)
        for name, seen in observation.tensors.items()
        if seen.low <= seen.high and graph.by_output[name].kind != "LOGISTIC"
    }


def tuned(graph: Graph, head: Head | None, observation: Observation) -> dict[str, tuple[float, float]]:
    """Return the range of every tensor that loses least; see the module's description."""
    ranges = extremes(graph, observation)
    silus = silu_inputs(graph)
    behind = set(head.float_nodes) | set(head.box_nodes) if head else set()
    for operation in graph.operations:
        name = operation.output
        if name not in ranges or name in behind or operation.kind not in _TUNED_KINDS:
            continue
        seen = observation.tensors[name]
        if name in silus:
            lows = [low for low in _SILU_LOWS if low > seen.low]
            ranges[name] = best_range([(seen, _silu, 1.0)], [*lows, seen.low], _fractions(seen.high, _HIGH_FRACTIONS))
        elif operation.kind not in CONVOLUTIONS:
            ranges[name] = best_range([(seen, _itself, 1.0)], [seen.low], _fractions(seen.high, _HIGH_FRACTIONS))
    if head is not None:
        _tune_head(head, observation, ranges)
    return ranges


def _tune_head(head: Head, observation: Observation, ranges: dict[str, tuple[float, float]]) -> None:
    highest = max((ranges[name][1] for name in head.score_logits if name in ranges), default=0.0)
    for name in head.score_logits:
        if name in ranges and ranges[name][0] < LOWEST_LOGIT:
            ranges[name] = (LOWEST_LOGIT, max(highest, 0.0))
    # TensorFlow gives the outputs of all strides one scale, that of the place where they are joined. An offset is in
    # cells, so a coarser stride's error is more pixels; its square is what counts.
    seen: list[tuple[TensorHistogram, Function, float]] = []
    for level, stride in enumerate(head.strides):
        pixels = float(4**level)
        seen.append((observation.offsets[stride.convolution], _itself, pixels))
        if stride.convolution in observation.visibilities:
            seen.append((observation.visibilities[stride.convolution], _sigmoid, VISIBILITY_WEIGHT))
    names = [name for stride in head.strides for name in (stride.convolution, *stride.rearranged)]
    names = [name for name in (*names, head.merge) if name in ranges]
    if names:
        low, high = min(ranges[name][0] for name in names), max(ranges[name][1] for name in names)
        best = best_range(seen, _fractions(low, _LOW_FRACTIONS), _fractions(high, _HIGH_FRACTIONS))
        ranges.update(dict.fromkeys(names, best))


def _fractions(extreme: float, fractions: Iterable[float]) -> list[float]:
    return [extreme * fraction for fraction in fractions]


def _itself(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -60.0, 60.0))))


def _silu(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values * _sigmoid(values)


def best_range(
    seen: Sequence[tuple[TensorHistogram, Function, float]], lows: Iterable[float], highs: Iterable[float]
) -> tuple[float, float]:
    """Return the (low, high) out of `lows` x `highs` for which int8 loses least.

    Args:
        seen: distributions, what is computed from them, and how much an error there counts; the errors add up.
        lows: candidates; those above 0 count as 0, since int8's range must contain 0.
        highs: likewise below 0.
    """
    data = []
    for histogram, function, importance in seen:
        values, shares = histogram.density()
        if len(values):
            data.append((values, shares * importance, shares, function, function(values)))
    best, smallest = (min(min(lows), 0.0), max(max(highs), 0.0)), np.inf
    for low in sorted({min(low, 0.0) for low in lows}):
        for high in sorted({max(high, 0.0) for high in highs}):
            step = (high - low) / 255
            if step <= 0:
                continue
            zero = np.round(-128 - low / step)
            error = 0.0
            for values, weights, shares, function, exact in data:
                codes = np.clip(np.round(values / step) + zero, -128, 127)
                difference = function((codes - zero) * step) - exact
                mean = float(shares @ difference)
                error += float(weights @ (difference**2 + MEAN_WEIGHT * mean**2))
            if error < smallest * 0.999:  # of equals the first, so that noise in the last digits decides nothing
                best, smallest = (low, high), error
    return best


def apply_ranges(graph: Graph, ranges: dict[str, tuple[float, float]]) -> None:
    """Write `ranges` into the calibrated graph."""
    for name, (low, high) in ranges.items():
        graph.set_range(name, min(low, 0.0), max(high, 0.0))
