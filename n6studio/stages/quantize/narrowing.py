"""One int8 model with its weights brought to 4 bits, read back with LiteRT, and compared with what it was made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.domain.errors.models import WeightsNotNarrowed
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.decode import OutputLayout
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.agreement import agreement, float_people
from n6studio.stages.quantize.figures import NarrowWeights
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.stages.quantize.trained import Kernel, codes_kept

if TYPE_CHECKING:
    from n6studio.stages.quantize import feedback

_VIEWS = 64


@dataclass(frozen=True)
class Narrowing:
    """What bringing weights to 4 bits needs of a quantization.

    Attributes:
        graph: calibrated float graph.
        head: its pose head.
        layout: of its output.
        calibration: the images.
        float_model: what was exported, running.
        best: see `Observation.best`.
        path: of the model, for messages.
        noise: whether images are random noise, of which nothing is learnt.
    """

    graph: Graph
    head: Head | None
    layout: OutputLayout
    calibration: CalibrationSet
    float_model: Model
    best: tuple[float, ...]
    path: Path
    noise: bool


@dataclass(frozen=True)
class Narrowed:
    """The model, and what it was compared by."""

    content: bytes
    figures: NarrowWeights


def require_no_contradiction(settings: QuantizeSettings) -> None:
    """Make sure that 4 bits are wanted only where they can be had.

    Raises:
        SettingInvalid: they are not.
    """
    if settings.weights != "int4":
        return
    if settings.granularity == "per_tensor":
        allowed = "int8 with one scale per tensor; int4 needs a scale per channel"
        raise SettingInvalid(name="Weights", value=settings.weights, allowed=allowed)
    if settings.onnx:
        allowed = "int8 with an ONNX copy; int4 is written as .tflite only"
        raise SettingInvalid(name="Weights", value=settings.weights, allowed=allowed)


def require_kernels(settings: QuantizeSettings, graph: Graph, head: Head | None, path: Path) -> None:
    """Make sure that a float graph has weights to round and answers to judge them by, before minutes go into it.

    Args:
        settings: of the quantization; nothing is required where no 4 bits are wanted.
        graph: float graph.
        head: its pose head.
        path: of the model, for messages.

    Raises:
        WeightsNotNarrowed: it has not.
    """
    if settings.weights != "int4":
        return
    from n6studio.stages.quantize.four_bits import kernels_to_narrow
    from n6studio.stages.quantize.torch_graph import NoTorchForm, TorchGraph

    if not kernels_to_narrow(graph):
        raise WeightsNotNarrowed(path=path, reason="no convolution lies between its first and its last ones")
    if settings.fake:
        return  # they are rounded to the nearest step, judged by nothing
    if head is None:
        raise WeightsNotNarrowed(path=path, reason="its head is not built like YOLOv8's")
    try:
        TorchGraph(graph)
    except NoTorchForm as error:
        raise WeightsNotNarrowed(path=path, reason=f"gradients of {error} are not known") from error


def narrowed_weights(job: Narrowing, content: bytes, opened: Callable[[bytes], Model], report: Reporter) -> Narrowed:
    """Return an int8 model with weights of 4 bits, and say what they cost; it is never taken back.

    Args:
        job: what it was made of.
        content: the int8 model.
        opened: model -> running.
        report: for progress and the loss.

    Raises:
        WeightsNotNarrowed: no convolution could be rounded, or LiteRT reads other numbers.
    """
    from n6studio.stages.quantize.four_bits import kernels_to_narrow, with_four_bits

    kernels = kernels_to_narrow(job.graph)
    result, put = with_four_bits(content, kernels, _moments(job, kernels, report))
    if not put:
        raise WeightsNotNarrowed(path=job.path, reason="none of its convolutions has weights and a bias of its own")
    if not codes_kept(result, {name: Kernel(one.codes, one.steps, None) for name, one in put.items()}):
        raise WeightsNotNarrowed(path=job.path, reason="LiteRT reads other numbers than were written")
    total = sum(item.kind in CONVOLUTIONS for item in Graph(result).operations)
    counts = NarrowWeights(narrowed=len(put), kept=total - len(put), int8_bytes=len(content))
    people = None if job.noise else float_people(job.float_model, job.calibration)
    if people is None or not people.count:
        return Narrowed(result, counts)
    before, after = (float(agreement(people, opened(one)).mean()) for one in (content, result))
    figures = NarrowWeights(
        narrowed=counts.narrowed,
        kept=counts.kept,
        int8_bytes=counts.int8_bytes,
        people=people.count,
        int8=round(before, 4),
        int4=round(after, 4),
    )
    if figures.loss is not None and figures.loss > 0:
        report.warn(
            f"Weights of 4 bits lose {figures.loss:.3f} of mean OKS to float on the calibration images "
            f"({figures.int8:.3f} with int8, {figures.int4:.3f} with int4)."
        )
    return Narrowed(result, figures)


def _moments(
    job: Narrowing, kernels: "list[feedback.Kernel]", report: Reporter
) -> "dict[feedback.Key, feedback.Moments]":
    from n6studio.stages.quantize.four_bits import unseen_moments
    from n6studio.stages.quantize.sensitivity import Wanted, measure
    from n6studio.stages.quantize.torch_graph import TorchGraph

    if job.noise or job.head is None:
        return unseen_moments(job.graph, kernels)
    wanted = Wanted((), kernels, _VIEWS)
    args = job.graph, TorchGraph(job.graph), job.head, job.layout, job.calibration, job.best
    return measure(*args, wanted, report.progress).moments
