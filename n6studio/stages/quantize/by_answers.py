"""The quantized model with ranges weighted by the answers, if it is sound and not worse than with tuned ranges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from n6studio.domain.pose.decode import OutputLayout
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.agreement import FEWEST_PEOPLE, FloatPeople, agreement, float_people, is_worse
from n6studio.stages.quantize.equalize import equalised
from n6studio.stages.quantize.figures import RangeAgreement
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head, silu_inputs
from n6studio.stages.quantize.ranges import Range, Reach
from n6studio.stages.quantize.ties import tied_groups
from n6studio.stages.quantize.weighted import watched_of, weighted

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
    """

    views: int
    centred: bool = False
    moved_views: int = 0


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
    """A quantized model, how its ranges were chosen, and what was compared for it."""

    content: bytes
    ranges: str
    agreement: RangeAgreement | None = None


class _Unsuited(Exception):
    """Weighted ranges cannot be had; the message says why, as the end of a sentence."""


def by_answers(job: Conversion, tuned: dict[str, Range]) -> Chosen:
    """Return the model with weighted ranges, or that with `tuned` ranges where they are no gain, and say so."""
    plain = job.convert(job.graph, tuned, ())
    try:
        people = _people(job)
        content = _weighted(job, tuned, plain)
        before, after = (agreement(people, job.opened(one)) for one in (plain, content))
        figures = RangeAgreement(
            people=people.count, tuned=round(float(before.mean()), 4), weighted=round(float(after.mean()), 4)
        )
        if is_worse(before, after):
            job.report.warn(
                f"Ranges weighted by the answers agree less with the float model on the calibration images (mean OKS "
                f"{figures.weighted:.3f}) than tuned ranges ({figures.tuned:.3f}); tuned ranges were used."
            )
            return Chosen(plain, "tuned", figures)
    except _Unsuited as reason:
        job.report.warn(f"Tuned ranges were used instead of ranges weighted by the answers: {reason}.")
        return Chosen(plain, "tuned")
    return Chosen(content, "weighted", figures)


def _people(job: Conversion) -> FloatPeople:
    if job.head is None:
        raise _Unsuited("the head of this model is not built like YOLOv8's")
    people = float_people(job.float_model, job.calibration)
    if people.count < FEWEST_PEOPLE:
        raise _Unsuited("the float model detects fewer than 3 people in the calibration images")
    return people


def _weighted(job: Conversion, tuned: dict[str, Range], plain: bytes) -> bytes:
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
    ranges = weighted(groups, found.histograms, tuned, converted, job.pinned)
    content = job.convert(graph, ranges, added)
    if found.places:
        content = job.convert(_biases_moved(job, graph, content, found), ranges, added)
    _require_like(converted, Graph(content), added)
    if len(content) > len(plain) * _LARGEST_GROWTH:
        raise _Unsuited("the file would grow")
    return content


def _biases_moved(job: Conversion, graph: Graph, content: bytes, found: "Measured") -> Graph:
    from n6studio.stages.quantize.bias_moves import with_moved_biases
    from n6studio.stages.quantize.sensitivity import views_of

    views = views_of(job.calibration, job.best, job.effort.views)
    held = [view for view, _ in zip(views, found.places, strict=False)]
    return with_moved_biases(graph, Graph(content), held, found.places, job.report.progress)


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
