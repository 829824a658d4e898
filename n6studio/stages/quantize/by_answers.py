"""The quantized model with ranges weighted by the answers, if it is sound and not worse than with tuned ranges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from n6studio.domain.metrics.oks import Float64Array
from n6studio.domain.pose.decode import OutputLayout
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.agreement import FEWEST_PEOPLE, FloatPeople, agreement, float_people, is_worse
from n6studio.stages.quantize.doubled import (
    Candidate,
    candidates,
    codes_kept,
    doubled,
    macs_with,
    shifts_of,
    within_budget,
)
from n6studio.stages.quantize.equalize import equalised
from n6studio.stages.quantize.figures import DoubledConvolutions, RangeAgreement
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head, silu_inputs
from n6studio.stages.quantize.ranges import Range, Reach
from n6studio.stages.quantize.ties import Group, tied_groups
from n6studio.stages.quantize.weighted import savings, watched_of, weighted

if TYPE_CHECKING:
    from n6studio.stages.quantize.sensitivity import Measured

_LARGEST_DIFFERENCE = 1e-3  # of torch's output to TensorFlow's, in fractions of the input; rounding gives 1e-5
_LARGEST_GROWTH = 1.001


@dataclass(frozen=True)
class Effort:
    """What is spent on a better model.

    Attributes:
        views: how many views the gradients are taken on.
        centred: whether keypoint channels are moved to their middle, which costs an addition in float.
        moved_views: on how many of them biases are moved; 0: not.
        doubled: percent of multiply-accumulates that may be added by computing convolutions twice.
    """

    views: int
    centred: bool = False
    moved_views: int = 0
    doubled: int = 0


# With 16 views that show people, ranges were hardly better than tuned ones; 56 of 64 are as good as any of 96.
EFFORTS = {"standard": Effort(64), "thorough": Effort(384, centred=True, moved_views=128)}


@dataclass(frozen=True)
class Conversion:
    """What choosing ranges needs of a quantization.

    Attributes:
        graph: calibrated float graph.
        head: its pose head.
        head_in_float: whether the arithmetic behind its last convolutions stays in float.
        round_weights: whether weights off the int8 grid are rounded with error feedback.
        layout: of its output.
        calibration: the images.
        float_model: what was exported, running.
        reach: see `Observation.reach`.
        best: see `Observation.best`.
        convert: float graph, ranges, names of operations beside the head's that stay in float -> quantized model.
        opened: quantized model -> running.
        report: for progress and warnings.
        effort: what is spent.
        kept: convolutions, by their outputs, whose weights and biases stay as they were trained.
        pinned: tensors whose scale stays as it was trained.
    """

    graph: Graph
    head: Head | None
    head_in_float: bool
    round_weights: bool
    layout: OutputLayout
    calibration: CalibrationSet
    float_model: Model
    reach: Reach
    best: tuple[float, ...]
    convert: Callable[[Graph, dict[str, Range], tuple[str, ...]], bytes]
    opened: Callable[[bytes], Model]
    report: Reporter
    effort: Effort = EFFORTS["standard"]
    kept: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chosen:
    """A quantized model, how its ranges were chosen, and what was compared and computed twice for it."""

    content: bytes
    ranges: str
    agreement: RangeAgreement | None = None
    doubled: DoubledConvolutions | None = None


@dataclass(frozen=True)
class _Made:
    """A model with weighted ranges, and the same with convolutions computed twice, where any are."""

    content: bytes
    doubled: bytes = b""
    twice: dict[str, Candidate] = field(default_factory=dict)


class _Unsuited(Exception):
    """Weighted ranges cannot be had; the message says why, as the end of a sentence."""


def by_answers(job: Conversion, tuned: dict[str, Range]) -> Chosen:
    """Return the model with weighted ranges, or that with `tuned` ranges where they are no gain, and say so."""
    plain = job.convert(job.graph, tuned, ())
    try:
        people = _people(job)
        made = _weighted(job, tuned, plain)
        before, after = (agreement(people, job.opened(one)) for one in (plain, made.content))
        figures = RangeAgreement(
            people=people.count, tuned=round(float(before.mean()), 4), weighted=round(float(after.mean()), 4)
        )
        twice = agreement(people, job.opened(made.doubled)) if made.twice else None
        best = best_of(before, after, twice)
        if best == "doubled" and twice is not None:
            return Chosen(made.doubled, "weighted", figures, _doubled_figures(job, made, people.count, after, twice))
        if twice is not None:
            job.report.warn(
                f"With convolutions computed twice the model agrees less with the float model on the calibration "
                f"images (mean OKS {twice.mean():.3f}) than without ({after.mean():.3f}) or with tuned ranges "
                f"({figures.tuned:.3f}); none is computed twice."
            )
        if best == "tuned":
            job.report.warn(
                f"Ranges weighted by the answers agree less with the float model on the calibration images (mean OKS "
                f"{figures.weighted:.3f}) than tuned ranges ({figures.tuned:.3f}); tuned ranges were used."
            )
            return Chosen(plain, "tuned", figures)
    except _Unsuited as reason:
        job.report.warn(f"Tuned ranges were used instead of ranges weighted by the answers: {reason}.")
        return Chosen(plain, "tuned")
    return Chosen(made.content, "weighted", figures)


def best_of(tuned: Float64Array, weighted: Float64Array, doubled: Float64Array | None) -> str:
    """Return which model is used, 'tuned', 'weighted' or 'doubled': the last that is not worse than those before.

    Args:
        tuned: (P,) OKS of each person with tuned ranges.
        weighted: the same with weighted ranges.
        doubled: the same with convolutions computed twice, too; None where none are.
    """
    if doubled is not None and not is_worse(weighted, doubled) and not is_worse(tuned, doubled):
        return "doubled"
    return "tuned" if is_worse(tuned, weighted) else "weighted"


def _doubled_figures(
    job: Conversion, made: _Made, people: int, once: Float64Array, twice: Float64Array
) -> DoubledConvolutions:
    operations = [item.output for item in job.graph.operations if item.kind == "CONV_2D"]
    return DoubledConvolutions(
        budget=job.effort.doubled,
        convolutions=tuple(operations.index(name) + 1 for name in made.twice),
        of=len(operations),
        macs_before=macs_with(job.graph, {}),
        macs=macs_with(job.graph, made.twice),
        added_bytes=len(made.doubled) - len(made.content),
        people=people,
        once=round(float(once.mean()), 4),
        twice=round(float(twice.mean()), 4),
    )


def _people(job: Conversion) -> FloatPeople:
    if job.head is None:
        raise _Unsuited("the head of this model is not built like YOLOv8's")
    people = float_people(job.float_model, job.calibration)
    if people.count < FEWEST_PEOPLE:
        raise _Unsuited("the float model detects fewer than 3 people in the calibration images")
    return people


def _weighted(job: Conversion, tuned: dict[str, Range], plain: bytes) -> _Made:
    from n6studio.stages.quantize.bias_moves import movable, views_held
    from n6studio.stages.quantize.feedback import kernels_to_round, round_weights
    from n6studio.stages.quantize.sensitivity import Wanted, measure
    from n6studio.stages.quantize.torch_graph import NoTorchForm, TorchGraph

    if job.head is None:
        raise _Unsuited("the model has no pose head")
    head, graph = job.head, job.graph
    found_equal = None
    if job.head_in_float:
        found_equal = equalised(graph, head, job.layout.keypoints, job.reach, job.effort.centred)
    added: tuple[str, ...] = ()
    if found_equal is not None:
        graph, span, added = found_equal.graph, found_equal.span, found_equal.added
        tuned = {**tuned, **dict.fromkeys(_keypoint_outputs(head, tuned), (-span, span))}
    try:
        torch_graph = TorchGraph(graph)
        image = next(job.calibration.images())
        exact = job.float_model.run(image)
        found = torch_graph((image / np.float32(255))[None])[graph.output].numpy()[0]
    except NoTorchForm as error:
        raise _Unsuited(f"gradients of {error} are not known") from error
    if not np.allclose(found, exact, atol=_LARGEST_DIFFERENCE):
        raise _Unsuited("torch computes other values than TensorFlow")
    fixed = {*head.float_nodes, *head.box_nodes, *head.score_logits, head.scores, head.merge}
    if not job.head_in_float:  # the strides' outputs are joined in int8, with more than ranges to mind
        fixed |= {name for stride in head.strides for name in (stride.convolution, *stride.rearranged)}
    converted = Graph(plain)
    groups = tied_groups(graph, converted, silu_inputs(graph), fixed)
    kernels = kernels_to_round(graph) if job.round_weights else []
    kernels = [kernel for kernel in kernels if kernel.operation.output not in job.kept]
    # Where weights lie on the grid already, moved biases agreed no better on unseen images; trained ones stay.
    moves = job.effort.moved_views if kernels and not job.kept else 0
    held = views_held(graph, moves) if moves else 0
    wanted = Wanted(watched_of(groups), kernels, job.effort.views, movable(graph) if held else (), held)
    found = measure(graph, torch_graph, head, job.layout, job.calibration, job.best, wanted, job.report.progress)
    round_weights(graph, kernels, found.moments)
    return _converted(Weighed(job, graph, groups, found, tuned, converted, added), len(plain))


@dataclass(frozen=True)
class Weighed:
    """A float graph with rounded weights, and what its errors cost.

    Attributes:
        job: what is asked for.
        graph: it.
        groups: its tensors of one scale.
        found: what was measured on it.
        tuned: ranges that `converted` was made with.
        converted: the quantized model that says which tensors have one scale.
        added: names of operations that stay in float beside the head's.
    """

    job: Conversion
    graph: Graph
    groups: list[Group]
    found: "Measured"
    tuned: dict[str, Range]
    converted: Graph
    added: tuple[str, ...]

    def int8(self, twice: Mapping[str, Candidate]) -> bytes:
        """Return the quantized model in which these convolutions are computed twice.

        Raises:
            _Unsuited: the converter would give other operations.
        """
        job = self.job
        ranges = weighted(self.groups, self.found.histograms, self.tuned, self.converted, job.pinned, twice)
        graph = doubled(self.graph, twice, ranges)
        content = job.convert(graph, ranges, self.added)
        if self.found.places:
            content = job.convert(self._biases_moved(graph, content, shifts_of(twice, ranges)), ranges, self.added)
        _require_like(self.converted, Graph(content), self.added)
        return content

    def _biases_moved(self, graph: Graph, content: bytes, shifts: Mapping[str, float]) -> Graph:
        from n6studio.stages.quantize.bias_moves import places_twice, with_moved_biases
        from n6studio.stages.quantize.sensitivity import views_of

        job, places = self.job, [places_twice(one, shifts) for one in self.found.places]
        views = views_of(job.calibration, job.best, job.effort.views)
        held = [view for view, _ in zip(views, places, strict=False)]
        return with_moved_biases(graph, Graph(content), held, places, job.report.progress)


def _converted(weighed: Weighed, plain_bytes: int) -> _Made:
    """Return the quantized model, and beside it the one with convolutions computed twice, where any are wanted."""
    content = weighed.int8({})
    if len(content) > plain_bytes * _LARGEST_GROWTH:
        raise _Unsuited("the file would grow")
    twice = worth_doubling(weighed)
    if not twice:
        return _Made(content)
    report = weighed.job.report
    try:
        changed = weighed.int8(twice)
    except _Unsuited as reason:
        report.warn(f"No convolution is computed twice: {reason}.")
        return _Made(content)
    if not codes_kept(Graph(content), Graph(changed), twice):
        report.warn("No convolution is computed twice: the converter would round their weights otherwise.")
        return _Made(content)
    return _Made(content, changed, twice)


def worth_doubling(weighed: Weighed) -> dict[str, Candidate]:
    """Return which convolutions are computed twice."""
    from n6studio.stages.quantize.sensitivity import stride_of

    graph, percent = weighed.graph, weighed.job.effort.doubled
    if not percent:
        return {}
    if weighed.job.kept:
        weighed.job.report.warn("No convolution is computed twice: trained weights stay as they were trained.")
        return {}
    among = candidates(graph)
    histograms = weighed.found.histograms
    saved = savings(weighed.groups, histograms, weighed.tuned, weighed.converted, among)
    sizes = {name: int(np.prod(graph.by_output[name].shape)) for name in saved}
    whole = {name: one * stride_of(sizes[name]) for name, one in saved.items()}
    return within_budget(graph, among, whole, percent)


def _keypoint_outputs(head: Head, ranges: dict[str, Range]) -> list[str]:
    """Return the tensors between the last keypoint convolutions and their arithmetic that have a range."""
    names = [name for stride in head.strides for name in (stride.convolution, *stride.rearranged)]
    return [name for name in (*names, head.merge) if name in ranges]


def _require_like(before: Graph, after: Graph, added: tuple[str, ...]) -> None:
    """Check that only numbers changed but for what was `added`: the same operations, each convolution of the same type.

    Raises:
        _Unsuited: they differ.
    """
    kinds = [
        [(item.kind, graph.type_of(item.output)) for item in graph.operations if item.output not in added]
        for graph in (before, after)
    ]
    if sorted(kinds[0]) != sorted(kinds[1]):
        raise _Unsuited("the converter would give other operations")
    if any(kind in CONVOLUTIONS and type_ != "int8" for kind, type_ in kinds[1]):
        raise _Unsuited("a convolution would stay in float")
