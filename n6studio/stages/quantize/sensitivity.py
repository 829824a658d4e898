"""How much a rounding error in each activation costs in the answers: histograms weighted by squared gradients.

A squared error in an activation costs about its squared effect on the answers (Gauss-Newton). With a random sign r for
every output, the squared gradient of the sum of r * output * sqrt(importance) is an unbiased estimate of that cost, for
all activations at once. What an answer is worth follows the measure of accuracy, OKS:

- scores: 2 p (1 - p) on the logit, so that candidates at the edge of being somebody count most;
- keypoints: the square of the distance in units of 2 sigma sqrt(2 area), times 2 p and the keypoint's share of
  visibility, where p is above 0.03;
- boxes: p q (1 - q) / 8 on the logits of the distribution q that a box's side is read from.

Calibration images are seen as the board sees them, and in random views besides, which cost nothing to find.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import lay_in, place
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.gates.images import read_image
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.quantize.bias_moves import Places, places_of
from n6studio.stages.quantize.feedback import ROWS, SAME, Kernel, Key, Moments, patch_length, patches_at
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head
from n6studio.stages.quantize.ranges import TensorHistogram
from n6studio.stages.quantize.torch_graph import Tensors, TorchGraph
from n6studio.stages.quantize.weighted import Watched

PLAIN_VIEWS = 48  # images with people as they are, the most
OTHER_VIEWS = 8  # images without, which say next to nothing about answers
SOMEBODY = 0.1  # score from which an image is one with people
WORKERS = 2  # a fixed number: sums must not depend on the machine
SURE = 0.03  # a candidate's score from which its keypoints count
BOX_SHARE = 0.125  # of a box's logits beside the keypoints
BACKGROUND_PLACES = 0.1  # of the mean: how often places are looked at that matter to nobody
VISIBILITY_WEIGHT = 0.1  # of a visibility's error: it only decides what is drawn
MOST_VALUES = 40_000  # of a tensor in one view that are counted, evenly spread; 16,000 cost 0.01 AP against float
_SMALLEST_PART = 0.4  # of each side of an image that a view shows
_ASPECT = 0.2
_BOX_TO_AREA = 0.53  # as for OKS without outlines


@dataclass(frozen=True)
class Measured:
    """What the gradients tell.

    Attributes:
        histograms: one for each watched tensor.
        moments: of the patches that kernels see, by their key.
        places: of each of the first views, where outputs of convolutions are compared, by name.
    """

    histograms: tuple[TensorHistogram, ...]
    moments: dict[Key, Moments]
    places: tuple[dict[str, Places], ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is to be measured.

    Attributes:
        watched: tensors whose values are counted.
        kernels: convolutions whose weights are rounded with error feedback.
        views: how many views are looked at.
        moved: outputs of convolutions whose biases are moved.
        moved_views: how many of the first views tell by how much.
    """

    watched: Sequence[Watched]
    kernels: Sequence[Kernel] = ()
    views: int = 64
    moved: Sequence[str] = ()
    moved_views: int = 0

    @property
    def names(self) -> list[str]:
        """The tensors whose gradients are needed."""
        outputs = [kernel.operation.output for kernel in self.kernels]
        return sorted({*(one.gradient for one in self.watched), *outputs, *self.moved})


_Seen = tuple[list[tuple[FloatArray, FloatArray]], dict[Key, torch.Tensor], dict[str, Places]]


def measure(
    graph: Graph,
    torch_graph: TorchGraph,
    head: Head,
    layout: OutputLayout,
    images: CalibrationSet,
    best: Sequence[float],
    wanted: Wanted,
    progress: Callable[[int, int], None],
) -> Measured:
    """Return weighted histograms and moments; the same seed gives the same to the last bit.

    Args:
        graph: calibrated float graph.
        torch_graph: the same in torch.
        head: its pose head.
        layout: of its output.
        images: calibration images.
        best: score of the best candidate in each.
        wanted: what to measure.
        progress: called with (done, total) views.
    """
    torch.set_num_threads(1)
    answers = _Answers(graph, head, layout, images.size)
    histograms = tuple(TensorHistogram() for _ in wanted.watched)
    together: dict[Key, list[Kernel]] = {}
    for kernel in wanted.kernels:
        together.setdefault(kernel.key, []).append(kernel)
    moments = {key: Moments(patch_length(graph, kernels[0])) for key, kernels in together.items()}
    names = wanted.names
    followed = frozenset((answers.leaf, *names))  # a network may begin with several convolutions side by side

    def look(view: tuple[int, FloatArray]) -> _Seen:
        number, tensor = view
        generator = torch.Generator().manual_seed(images.seed * 100_003 + number)
        tensors = torch_graph(tensor, followed)
        total = answers.value(tensors, generator)
        found = torch.autograd.grad(total, [tensors[name] for name in names], allow_unused=True)
        gradients = {
            name: torch.zeros_like(tensors[name]) if one is None else one
            for name, one in zip(names, found, strict=True)
        }
        tensors[graph.input] = torch.from_numpy(tensor)
        counted = [_weighted(tensors[one.values], gradients[one.gradient], one.floor) for one in wanted.watched]
        patches = {key: _patches(graph, kernels, tensors, gradients, generator) for key, kernels in together.items()}
        moved = wanted.moved if number < wanted.moved_views else ()
        return counted, patches, {name: places_of(tensors[name], gradients[name], generator) for name in moved}

    places: list[dict[str, Places]] = []
    seen = _in_order(look, views_of(images, best, wanted.views))
    for done, (counted, patches, compared) in enumerate(seen, start=1):
        for histogram, (values, weights) in zip(histograms, counted, strict=True):
            histogram.add(values, weights)
        for key, rows in patches.items():
            moments[key].add(rows)
        if compared:
            places.append(compared)
        progress(done, wanted.views)
    return Measured(histograms, moments, tuple(places))


def _in_order(look: Callable[[tuple[int, FloatArray]], _Seen], views: Iterable[FloatArray]) -> Iterator[_Seen]:
    """Yield what is seen in each view, in their order, while `WORKERS` threads look at the next ones."""
    running: deque[Future[_Seen]] = deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="gradients") as pool:
        for view in enumerate(views):
            running.append(pool.submit(look, view))
            if len(running) > WORKERS:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _patches(
    graph: Graph, kernels: Sequence[Kernel], tensors: Tensors, gradients: Tensors, generator: torch.Generator
) -> torch.Tensor:
    """Return what the kernels of one key see at places drawn by how much their outputs matter there, (N, D)."""
    matters = sum(
        (gradients[kernel.operation.output].square().sum(dim=-1).reshape(-1) for kernel in kernels), torch.zeros(())
    )
    mean = float(matters.mean())
    chances = matters + BACKGROUND_PLACES * mean if mean > 0 else torch.ones_like(matters)
    at = torch.multinomial(chances, min(ROWS, len(chances)), replacement=True, generator=generator)
    operation = kernels[0].operation
    options = graph.options(operation)
    _, tall, wide, _, same = kernels[0].key
    source = tensors[operation.inputs[0]].detach()
    return patches_at(source, (tall, wide), int(options.strideH), same == SAME, at)


def stride_of(count: int) -> int:
    """Return which values of so many are counted, the first and every `stride`-th behind it.

    An odd stride meets every channel: their number is a power of two, or shares no factor with it.
    """
    return max(1, count // MOST_VALUES) | 1


def _weighted(values: torch.Tensor, gradient: torch.Tensor, floor: float) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, (N,) each: evenly spread ones of a large tensor."""
    flat = values.detach().reshape(-1)
    slope = gradient.reshape(-1)
    mean = torch.dot(slope, slope) / len(slope)
    stride = stride_of(len(flat))
    weights = slope[::stride].square() + floor * mean
    return flat[::stride].numpy(), weights.numpy()


def views_of(images: CalibrationSet, best: Sequence[float], total: int) -> Iterator[FloatArray]:
    """Yield images as the board sees them, then random parts of those with people, mirrored half of the time.

    The same arguments give the same views, and fewer give the first of them.
    """
    people = [path for path, score in zip(images.files, best, strict=True) if score >= SOMEBODY]
    others = [path for path, score in zip(images.files, best, strict=True) if score < SOMEBODY]
    plain = (*_spread(people, PLAIN_VIEWS), *_spread(others, OTHER_VIEWS))
    yield from replace(images, files=plain).tensors()
    generator = np.random.default_rng(images.seed)
    shown = people or others
    for number in range(total - len(plain)):
        image = read_image(shown[number % len(shown)])
        height, width = image.shape[:2]
        part, aspect = generator.uniform(_SMALLEST_PART, 1.0), generator.uniform(1 - _ASPECT, 1 + _ASPECT)
        extent = min(width, max(1, round(width * part * aspect))), min(height, max(1, round(height * part)))
        left, top = (int(generator.integers(0, most + 1)) for most in (width - extent[0], height - extent[1]))
        view = image[top : top + extent[1], left : left + extent[0]]
        if generator.random() < 0.5:
            view = view[:, ::-1]
        laid = lay_in(np.ascontiguousarray(view), place(extent, images.size, images.resize))
        yield (laid / images.scale + images.offset).astype(np.float32)[None]


def _spread(files: Sequence[Path], most: int) -> tuple[Path, ...]:
    """Return up to `most` files, evenly spread."""
    return tuple(files[:: max(1, -(-len(files) // most))])


class _Answers:
    """What a pose model answers, as one number with random signs."""

    def __init__(self, graph: Graph, head: Head, layout: OutputLayout, size: tuple[int, int]) -> None:
        self._layout, self._output, self._scores = layout, graph.output, head.scores
        self._logits = graph.by_output[head.scores].inputs[0]
        soft = [item for item in graph.operations if item.kind == "SOFTMAX" and item.output in head.box_nodes]
        self._sides = soft[0] if soft else None
        self._size = torch.tensor(size, dtype=torch.float32)
        self._sigmas = torch.tensor(for_keypoints(layout.keypoints).sigmas, dtype=torch.float32)
        self.leaf = next(item.output for item in graph.operations if item.kind in CONVOLUTIONS)

    def value(self, tensors: Tensors, generator: torch.Generator) -> torch.Tensor:
        """Return the sum over all answers of sign * answer * sqrt(importance)."""
        scores, logits = tensors[self._scores], tensors[self._logits]
        p = scores.detach()
        total = self._signed(logits, (2 * p * (1 - p)).sqrt(), generator)
        best = p[0].amax(dim=0)
        sure = torch.nonzero(best > SURE)[:, 0]
        if not len(sure):
            return total
        return total + self._points(tensors, best, sure, generator) + self._boxes(tensors, best, sure, generator)

    def _points(
        self, tensors: Tensors, best: torch.Tensor, sure: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        output = tensors[self._output][0][:, sure]
        first = 4 + self._layout.classes
        points = output[first:].reshape(self._layout.keypoints, self._layout.dims, len(sure))
        extent = output[2:4].detach() * self._size[:, None]
        area = (_BOX_TO_AREA * extent[0] * extent[1]).clamp(min=4.0)
        seen = points[:, 2].detach() if self._layout.dims == 3 else torch.ones_like(points[:, 0])
        share = seen / seen.sum(dim=0, keepdim=True).clamp(min=1e-6)
        unit = 1 / (2 * self._sigmas[:, None] * (2 * area)[None].sqrt())
        importance = (2 * best[sure] * share).sqrt() * unit
        pixels = points[:, :2] * self._size[None, :, None]
        total = self._signed(pixels, importance[:, None].expand_as(pixels), generator)
        if self._layout.dims == 3:
            told = (2 * best[sure] * VISIBILITY_WEIGHT / self._layout.keypoints).sqrt()
            total = total + self._signed(points[:, 2], told.expand_as(seen), generator)
        return total

    def _boxes(
        self, tensors: Tensors, best: torch.Tensor, sure: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        if self._sides is None:
            return torch.zeros(())
        logits, shares = tensors[self._sides.inputs[0]], tensors[self._sides.output].detach()
        worth = torch.zeros_like(best)
        worth[sure] = best[sure] * BOX_SHARE
        return self._signed(logits, (worth[None, None, :, None] * shares * (1 - shares)).sqrt(), generator)

    @staticmethod
    def _signed(values: torch.Tensor, importance: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        signs = torch.randint(0, 2, values.shape, generator=generator).to(torch.float32) * 2 - 1
        return (values * signs * importance).sum()
