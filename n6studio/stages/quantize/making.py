"""How the quantized model comes about: TensorFlow's converter alone, or by parts with ranges of our own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import HeadNotSplit
from n6studio.domain.errors.stages import ConversionFailed
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.stages.model.saved_model_path import loadable
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.by_answers import EFFORTS, Chosen, Conversion, Effort, by_answers
from n6studio.stages.quantize.figures import NarrowWeights
from n6studio.stages.quantize.graph import Graph, Head, find_head
from n6studio.stages.quantize.job import Job
from n6studio.stages.quantize.model_file import opened_candidate
from n6studio.stages.quantize.narrowing import Narrowing, narrowed_weights, require_kernels
from n6studio.stages.quantize.ranges import Range, apply_ranges, extremes, observe, tuned
from n6studio.stages.quantize.split import NoSplit, ends_of, require_same, with_factors
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.stages.quantize.training import Training, tell_of_ignored


@dataclass(frozen=True)
class Made:
    """The quantized model, its head where it was looked for, and what was told of training and of narrow weights."""

    chosen: Chosen
    head: Head | None = None
    trained: TrainedRanges | None = None
    narrow: NarrowWeights | None = None


def ranges_of(settings: QuantizeSettings) -> str:
    """Return how ranges are to be chosen; nobody is seen in random noise, so no answers weigh anything."""
    wanted = settings.ranges
    if wanted == "auto":
        wanted = "extremes" if settings.head == "int8" else "weighted"
    return "tuned" if wanted == "weighted" and settings.fake else wanted


def tell_of_effort(settings: QuantizeSettings, report: Reporter) -> None:
    """Warn where more effort is asked for than the way of choosing ranges can spend."""
    ranges = ranges_of(settings)
    if settings.effort != "standard" and ranges != "weighted":
        report.warn(
            f"The effort '{settings.effort}' has no effect: it is spent on weighted ranges, these are {ranges}."
        )
    if settings.doubled and ranges != "weighted":
        report.warn(f"No convolution is computed twice: that is chosen with weighted ranges, these are {ranges}.")
    elif settings.doubled and settings.weights == "int4":
        report.warn("No convolution is computed twice: weights of 4 bits go with the model as it is.")


def quantized(job: Job) -> Made:
    """Return the quantized model.

    Raises:
        ConversionFailed: TensorFlow refused.
        StudioError: as `run` of the stage says.
    """
    plain = job.settings.head == "int8" and ranges_of(job.settings) == "extremes" and job.settings.weights == "int8"
    try:
        if plain:
            tell_of_ignored(job.given, job.settings, "min/max ranges", job.report)
            content = _converted(job, _counted(job))
            job.report.step("convert")
            return Made(Chosen(content, "extremes"))
        return _quantized_by_parts(job)
    except StudioError:
        raise
    except Exception as error:  # TensorFlow's converter raises several without a common base, with MLIR's words
        reason = str(error).strip().splitlines() or ["no details"]
        raise ConversionFailed(path=job.given, reason=reason[0][:300]) from error


def _converted(job: Job, tensors: Iterator[Any], calibrate_only: bool = False) -> bytes:
    """Return what TensorFlow's converter makes of the SavedModel; if `calibrate_only`, the float graph with ranges."""
    with loadable(job.source.absolute()) as place:
        converter = _converter(job, place, tensors)
        converter._experimental_calibrate_only = calibrate_only
        return bytes(converter.convert())


def _converter(job: Job, place: str, tensors: Iterator[Any]) -> Any:
    """Return TensorFlow's converter, set as ST's script sets it."""
    import tensorflow as tf

    types = {"uint8": tf.uint8, "int8": tf.int8}
    converter = tf.lite.TFLiteConverter.from_saved_model(place)
    if job.settings.input_type in types:
        converter.inference_input_type = types[job.settings.input_type]
    if job.settings.output_type in types:
        converter.inference_output_type = types[job.settings.output_type]
    if job.settings.granularity == "per_tensor":
        converter._experimental_disable_per_channel = True
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([tensor] for tensor in tensors)
    return converter


def _counted(job: Job) -> Iterator[Any]:
    total = len(job.calibration)
    for done, tensor in enumerate(job.calibration.tensors(), 1):
        yield tensor
        job.report.progress(done, total)


def _quantized_by_parts(job: Job) -> Made:
    """Calibrate ourselves, choose ranges, and leave the head's arithmetic in float.

    TensorFlow calibrates on the first image only, which yields the graph; the ranges come from `observe`.
    """
    settings, layout = job.settings, job.layout
    first = iter([next(job.calibration.tensors())])
    graph = Graph(_converted(job, first, calibrate_only=True))
    head = find_head(graph, layout.channels, layout.keypoints * layout.dims, layout.classes)
    if settings.head == "split":
        _require_split(job, graph, head)
    elif head is None and settings.head == "float":
        job.report.warn("The head of this model is not built like YOLOv8's; it was quantized as a whole.")
    require_kernels(settings, graph, head, job.given)
    total = len(job.calibration)
    seen = observe(
        graph, head, layout.dims, job.calibration.tensors(), 2, lambda done: job.report.progress(done, total)
    )

    pixels = settings.offset, 255 / settings.scale + settings.offset
    training = Training(job.given, graph, settings, job.report)

    def convert(graph: Graph, ranges: dict[str, Range], in_float: tuple[str, ...] = ()) -> bytes:
        # A camera's pixels span all of it, whatever the calibration images do: boards refuse a narrower range.
        apply_ranges(graph, {**ranges, graph.input: pixels})
        return training.patched(_int8(job, graph, head, in_float), graph)

    def chosen_by_layer() -> dict[str, Range]:
        return training.ranges(tuned(graph, head, seen), extremes(graph, seen), convert)

    wanted = ranges_of(settings)
    if wanted == "weighted":
        job.report.step("weigh errors")
        by_layer = chosen_by_layer()
        chosen = by_answers(
            Conversion(
                graph,
                head,
                settings.head != "int8",
                settings.granularity == "per_channel",
                layout,
                job.calibration,
                job.float_model,
                seen.reach,
                seen.best,
                convert,
                lambda content: opened_candidate(job, content),
                job.report,
                _effort(settings),
                training.kept,
                training.pinned,
            ),
            by_layer,
        )
        job.report.step("convert")
    else:
        job.report.step("convert")
        ranges = chosen_by_layer() if wanted == "tuned" else extremes(graph, seen)
        chosen = Chosen(convert(graph, ranges), wanted)
    return _with_weights(job, graph, seen.best, Made(chosen, head, training.told))


def _with_weights(job: Job, graph: Graph, best: tuple[float, ...], made: Made) -> Made:
    """Return the model with weights of 4 bits where they are wanted, else as it is."""
    if job.settings.weights != "int4":
        return made
    narrow = narrowed_weights(
        Narrowing(graph, made.head, job.layout, job.calibration, job.float_model, best, job.given, job.settings.fake),
        made.chosen.content,
        lambda content: opened_candidate(job, content),
        job.report,
    )
    return replace(made, chosen=replace(made.chosen, content=narrow.content), narrow=narrow.figures)


def _effort(settings: QuantizeSettings) -> Effort:
    """Return what is to be spent; what decodes a split head knows of no channels that were moved."""
    effort = EFFORTS[settings.effort]
    percent = settings.doubled if settings.weights != "int4" else 0
    return replace(effort, centred=effort.centred and settings.head == "float", doubled=percent)


def _require_split(job: Job, graph: Graph, head: Head | None) -> None:
    """Make sure that a float graph can be cut behind its last convolutions.

    Raises:
        HeadNotSplit: it cannot.
    """
    layout = job.layout
    try:
        ends = ends_of(graph, head, layout.classes, layout.keypoints * layout.dims)
        require_same(graph, ends, next(job.calibration.tensors()), layout.channels, layout.dims)
    except NoSplit as reason:
        raise HeadNotSplit(path=job.given, reason=str(reason)) from reason


def _int8(job: Job, graph: Graph, head: Head | None, added: tuple[str, ...]) -> bytes:
    """Return what TensorFlow's quantizer makes of a float graph with its ranges; `added` stays in float, too."""
    if job.settings.head == "split":
        ends = ends_of(graph, head, job.layout.classes, job.layout.keypoints * job.layout.dims)
        content = _int8_of(job, graph.cut(ends.outputs), None, "int8")
        return with_factors(content, ends.factors)
    in_float = [*head.float_nodes, *added] if head and job.settings.head == "float" else None
    return _int8_of(job, graph, in_float, job.settings.output_type)


def _int8_of(job: Job, graph: Graph, in_float: list[str] | None, output_type: str) -> bytes:
    """Return what TensorFlow's quantizer makes of a float graph; the tensors `in_float` are computed in float."""
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    types = {"uint8": tf.uint8, "int8": tf.int8, "float": tf.float32}
    return bytes(
        mlir_quantize(
            graph.content(),
            disable_per_channel=job.settings.granularity == "per_tensor",
            input_data_type=types[job.settings.input_type],
            output_data_type=types[output_type],
            denylisted_nodes=in_float,
        )
    )
