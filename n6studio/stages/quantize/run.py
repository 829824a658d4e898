"""The stage behind ``quantize``: SavedModel -> quantized .tflite, named and made as ST's script does, or better.

With head precision 'int8' the model is what ST's recipe yields. With 'float' (the default) the arithmetic behind
the last keypoint convolutions stays in floating point and the int8 ranges are chosen by what their errors cost in the
answers (`by_answers`). With 'split' the model ends at the last convolutions, and nothing stays in floating point.
Afterwards the quantized model must still find the people that the float model finds.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import HeadNotSplit, InputSizeMismatch, PixelOutputs
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.stages import ConversionFailed
from n6studio.domain.errors.starts import EndToEnd, SplitHeadWithoutOnnx
from n6studio.domain.file_names import shortened
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.formats import FLOAT_ENDINGS
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.speed import SpeedEstimate, estimate_speed
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.domain.texts import counted
from n6studio.stages.datasets.images import other_formats
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.model.calibration import CalibrationSet, account_of, choose_images
from n6studio.stages.model.layout import told_reading
from n6studio.stages.model.runner import Hint, Model, ModelInfo, open_model
from n6studio.stages.model.saved_model_path import loadable
from n6studio.stages.model.tflite_metadata import embed_metadata, pose_metadata
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.quantize.by_answers import EFFORTS, Chosen, Conversion, Effort, by_answers
from n6studio.stages.quantize.collapse_guard import guard
from n6studio.stages.quantize.figures import (
    CalibrationUse,
    End,
    Guard,
    HeadPrecision,
    NarrowWeights,
    OperationCount,
    QuantizeFigures,
)
from n6studio.stages.quantize.graph import Graph, Head, find_head
from n6studio.stages.quantize.memory import ram_of
from n6studio.stages.quantize.narrowing import Narrowing, narrowed_weights, require_no_contradiction
from n6studio.stages.quantize.ranges import Range, apply_ranges, extremes, observe, tuned
from n6studio.stages.quantize.remembered import Remembered
from n6studio.stages.quantize.source import saved_model_of
from n6studio.stages.quantize.split import NoSplit, ends_of, require_same, with_factors
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.stages.quantize.training import Training, tell_of_ignored

STEPS: tuple[str, ...] = ("read", "choose images", "calibrate", "weigh errors", "convert", "collapse guard")

_RANGE_SLACK = 0.02  # 255 or 256, 127.5 or 128: people write both
_LETTERS = {"uint8": "u", "int8": "i", "float": "f"}


@dataclass(frozen=True)
class _Job:
    """What the steps share.

    Attributes:
        given: the model that the user chose.
        source: the SavedModel that is quantized: that, or one made of it.
    """

    given: Path
    source: Path
    settings: QuantizeSettings
    calibration: CalibrationSet
    float_model: Model
    known: dict[str, Any]
    source_sha256: str
    target: Path
    report: Reporter

    @property
    def layout(self) -> OutputLayout:
        return self.float_model.info.layout


@dataclass(frozen=True)
class _Made:
    """The quantized model, and its head where it was looked for."""

    chosen: Chosen
    head: Head | None = None
    trained: TrainedRanges | None = None
    narrow: NarrowWeights | None = None


def run(
    settings: QuantizeSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[QuantizeFigures]:
    """Quantize the SavedModel or float .onnx of the role "model" on the images of the role "calibration".

    Outputs: "tflite"; "onnx" where a copy is wanted.

    Raises:
        SettingInvalid: images would not be brought to numbers that a model takes, or 4 bits are wanted where there are
            none.
        WeightsNotNarrowed: 4 bits are wanted of a model whose answers cannot be judged.
        SplitHeadWithoutOnnx: a split head is wanted as ONNX.
        NotASavedModel, NotAPoseModel, PixelOutputs: it is not one to quantize.
        EndToEnd: it gives finished detections.
        InputSizeMismatch: its input is not as large as the settings expect.
        NoImages: no usable calibration image.
        ConversionFailed: TensorFlow refused.
        HeadNotSplit: a split head is wanted of a model that has another head.
        ConfidenceCollapse: the result no longer finds people.
    """
    source = Path(inputs["model"][0].path)
    _require_rescaling(settings, report)
    require_no_contradiction(settings)
    tell_of_effort(settings, report)
    if settings.onnx and settings.head == "split":
        raise SplitHeadWithoutOnnx
    report.step("read")
    hint = Hint(settings.keypoints or None, told_reading(settings.layout))
    prepared, float_model = saved_model_of(source, folder, hint, lambda info: _require(source, settings, info))
    info = float_model.info
    if not info.layout.normalised:
        raise PixelOutputs(path=source, largest=f"{max(info.size)} and more")
    report.step("choose images")
    calibration = _calibration_set(settings, inputs, info.size, report)
    target = folder / file_name(settings, source, info.size)
    job = _Job(
        source,
        prepared,
        settings,
        calibration,
        Remembered(float_model),
        info.metadata,
        inputs["model"][0].sha256,
        target,
        report,
    )
    report.step("calibrate")
    made = _quantized(job)
    _write(job, made.chosen.content, made.chosen.ranges)
    report.step("collapse guard")
    figures = _figures(job, made, _guarded(job))
    return StageOutcome(
        relative_outputs(folder, {"tflite": target, **_onnx_copy(job, made.chosen)}),
        figures,
        versions=versions_of("tensorflow", "torch", "ai-edge-litert"),
    )


def _figures(job: _Job, made: _Made, verdict: Guard | None) -> QuantizeFigures:
    settings, calibration, head, size = job.settings, job.calibration, made.head, job.float_model.info.size
    graph, facts = Graph(made.chosen.content), read_tflite(job.target)
    return QuantizeFigures(
        size_bytes=len(made.chosen.content),
        input_size=size,
        calibration=CalibrationUse(
            images=len(calibration.files),
            skipped=tuple((str(path), reason) for path, reason in calibration.skipped),
            digest=_digest(calibration),
            account=calibration.account,
        ),
        head=HeadPrecision(
            precision=settings.head,
            float_operations=len(head.float_nodes) if head and settings.head == "float" else 0,
        ),
        ranges=made.chosen.ranges,
        agreement=made.chosen.agreement,
        trained=made.trained,
        narrow=made.narrow,
        input=graph.end("input"),
        output=End(type="int8") if settings.head == "split" else graph.end("output"),
        operations=_operation_count(graph),
        guard=verdict,
        speed=_speed(facts, size),
        ram=ram_of(graph, facts.parameters, facts.macs, size),
        macs=facts.macs,
        weights_bytes=facts.weights_bytes,
    )


def _onnx_copy(job: _Job, chosen: Chosen) -> dict[str, Path]:
    """Write the ONNX copy where it is wanted; where an operation has no such form, say so."""
    if not job.settings.onnx:
        return {}
    from n6studio.stages.quantize.qdq import NoQdqForm, as_qdq

    copy = job.target.with_suffix(".onnx")
    try:
        copy.write_bytes(as_qdq(chosen.content, _metadata(job, chosen.content, chosen.ranges)))
    except NoQdqForm as reason:
        job.report.warn(f"No ONNX copy was written: {reason} has no QDQ form here.")
        return {}
    return {"onnx": copy}


def _require(source: Path, settings: QuantizeSettings, info: ModelInfo) -> None:
    """Make sure that a model has the size that is expected, and gives candidates.

    Raises:
        InputSizeMismatch, EndToEnd.
    """
    wanted = (settings.expect_width or info.size[0], settings.expect_height or info.size[1])
    if wanted != info.size:
        raise InputSizeMismatch(path=source, wanted=InputSize(*wanted).text, found=InputSize(*info.size).text)
    if info.layout.end_to_end:
        raise EndToEnd(path=source)


def _require_rescaling(settings: QuantizeSettings, report: Reporter) -> None:
    """Make sure that pixels are not enlarged, and tell where the input's range is not that of an export.

    Raises:
        SettingInvalid: the divisor is below 1, such as 1/255 for 255.
    """
    if settings.fake:
        return
    if settings.scale < 1:
        meant = f"1 or more: pixels are divided by it, and you probably mean {1 / settings.scale:.4g}"
        raise SettingInvalid(name="Divisor", value=settings.scale, allowed=meant)
    low, high = settings.offset, 255 / settings.scale + settings.offset
    if not any(abs(low - least) < _RANGE_SLACK and abs(high - 1) < _RANGE_SLACK for least in (0, -1)):
        report.warn(
            f"Calibration images are brought to {low:.4g} to {high:.4g}. An export of Ultralytics expects 0 to 1; "
            "with another range the model sees what it was not trained on."
        )


def _speed(facts: GraphFacts, size: tuple[int, int]) -> SpeedEstimate | None:
    return estimate_speed(
        ModelFacts(
            format="tflite",
            size_bytes=0,
            sha256="",
            input_size=size,
            parameters=facts.parameters,
            macs=facts.macs,
            granularity=facts.granularity,
            float_convolutions=facts.float_convolutions,
            float_operations=facts.float_operations,
        )
    )


def _digest(calibration: CalibrationSet) -> str:
    return calibration.digest() if calibration.files else "fake"


def _operation_count(graph: Graph) -> OperationCount:
    types = [graph.type_of(operation.output) for operation in graph.operations]
    in_float = sorted({item.kind for item, kind in zip(graph.operations, types, strict=True) if kind == "float"})
    return OperationCount(total=len(types), in_float=types.count("float"), float_kinds=tuple(in_float))


def _calibration_set(
    settings: QuantizeSettings,
    inputs: dict[str, tuple[InputFile, ...]],
    size: tuple[int, int],
    report: Reporter,
) -> CalibrationSet:
    files: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    account = None
    if not settings.fake:
        folder = Path(inputs["calibration"][0].path)
        files, skipped = choose_images(folder, settings.max_images, settings.seed, settings.exclude)
        if skipped:
            names = "; ".join(f"{path.name}: {reason}" for path, reason in skipped[:5])
            report.warn(f"{counted(len(skipped), 'calibration image')} skipped ({names})")
        for note, _ in other_formats(folder):
            report.warn(note)
        account = account_of(folder, files, skipped)
    return CalibrationSet(
        tuple(files),
        tuple(skipped),
        size,
        Resize(settings.resize),
        settings.scale,
        settings.offset,
        settings.seed,
        account,
    )


def file_name(settings: QuantizeSettings, source: Path, size: tuple[int, int]) -> str:
    """Return the name that ST's script gives: {name}_quant_{pc|pt}_{input}{output}_{use case, or fake}.tflite."""
    name = settings.name or shortened(_bare_name(source))
    if not settings.name and not name.endswith(f"_{InputSize(*size)}"):
        name = f"{name}_{InputSize(*size)}"
    granularity = "pt" if settings.granularity == "per_tensor" else "pc"
    output_type = "int8" if settings.head == "split" else settings.output_type
    types = _LETTERS[settings.input_type] + _LETTERS[output_type]
    return f"{name}_quant_{granularity}_{types}_{'fake' if settings.fake else settings.use_case}.tflite"


def _bare_name(source: Path) -> str:
    return source.stem if source.suffix.lower() in FLOAT_ENDINGS else source.name.removesuffix("_saved_model")


def _ranges(settings: QuantizeSettings) -> str:
    """Return how ranges are to be chosen; nobody is seen in random noise, so no answers weigh anything."""
    wanted = settings.ranges
    if wanted == "auto":
        wanted = "extremes" if settings.head == "int8" else "weighted"
    return "tuned" if wanted == "weighted" and settings.fake else wanted


def tell_of_effort(settings: QuantizeSettings, report: Reporter) -> None:
    """Warn where more effort is asked for than the way of choosing ranges can spend."""
    ranges = _ranges(settings)
    if settings.effort != "standard" and ranges != "weighted":
        report.warn(
            f"The effort '{settings.effort}' has no effect: it is spent on weighted ranges, these are {ranges}."
        )


def _quantized(job: _Job) -> _Made:
    plain = job.settings.head == "int8" and _ranges(job.settings) == "extremes" and job.settings.weights == "int8"
    try:
        if plain:
            tell_of_ignored(job.given, job.settings, "min/max ranges", job.report)
            content = _converted(job, _counted(job))
            job.report.step("convert")
            return _Made(Chosen(content, "extremes"))
        return _quantized_by_parts(job)
    except StudioError:
        raise
    except Exception as error:  # TensorFlow's converter raises several without a common base, with MLIR's words
        reason = str(error).strip().splitlines() or ["no details"]
        raise ConversionFailed(path=job.given, reason=reason[0][:300]) from error


def _converted(job: _Job, tensors: Iterator[Any], calibrate_only: bool = False) -> bytes:
    """Return what TensorFlow's converter makes of the SavedModel; if `calibrate_only`, the float graph with ranges."""
    with loadable(job.source.absolute()) as place:
        converter = _converter(job, place, tensors)
        converter._experimental_calibrate_only = calibrate_only
        return bytes(converter.convert())


def _converter(job: _Job, place: str, tensors: Iterator[Any]) -> Any:
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


def _counted(job: _Job) -> Iterator[Any]:
    total = len(job.calibration)
    for done, tensor in enumerate(job.calibration.tensors(), 1):
        yield tensor
        job.report.progress(done, total)


def _quantized_by_parts(job: _Job) -> _Made:
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

    wanted = _ranges(settings)
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
                lambda content: _opened_candidate(job, content),
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
    if settings.weights == "int4":
        narrow = narrowed_weights(
            Narrowing(graph, head, layout, job.calibration, job.float_model, seen.best, job.given, settings.fake),
            chosen.content,
            lambda content: _opened_candidate(job, content),
            job.report,
        )
        return _Made(replace(chosen, content=narrow.content), head, training.told, narrow.figures)
    return _Made(chosen, head, training.told)


def _effort(settings: QuantizeSettings) -> Effort:
    """Return what is to be spent; what decodes a split head knows of no channels that were moved."""
    effort = EFFORTS[settings.effort]
    return replace(effort, centred=effort.centred and settings.head == "float")


def _require_split(job: _Job, graph: Graph, head: Head | None) -> None:
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


def _int8(job: _Job, graph: Graph, head: Head | None, added: tuple[str, ...]) -> bytes:
    """Return what TensorFlow's quantizer makes of a float graph with its ranges; `added` stays in float, too."""
    if job.settings.head == "split":
        ends = ends_of(graph, head, job.layout.classes, job.layout.keypoints * job.layout.dims)
        content = _int8_of(job, graph.cut(ends.outputs), None, "int8")
        return with_factors(content, ends.factors)
    in_float = [*head.float_nodes, *added] if head and job.settings.head == "float" else None
    return _int8_of(job, graph, in_float, job.settings.output_type)


def _int8_of(job: _Job, graph: Graph, in_float: list[str] | None, output_type: str) -> bytes:
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


def _opened_candidate(job: _Job, content: bytes) -> Model:
    """Return a model that may be chosen, running; its file is replaced by that of the next, or by the chosen one."""
    _write(job, content, "")
    return open_model(job.target, threads=2, keypoints=job.layout.keypoints)


def _write(job: _Job, content: bytes, ranges: str) -> None:
    job.target.write_bytes(content)
    embed_metadata(job.target, _metadata(job, content, ranges))


def _metadata(job: _Job, content: bytes, ranges: str) -> dict[str, Any]:
    """Return what goes into the file: Ultralytics' own entries, so that its `val` reads it, and where it comes from."""
    settings = job.settings
    size = job.calibration.size
    metadata = {
        **pose_metadata(size, job.layout),
        **job.known,
        "imgsz": [size[1], size[0]],
        "kpt_shape": [job.layout.keypoints, job.layout.dims],
    }
    metadata["n6studio"] = {
        "source": job.source_sha256,
        "model": hashlib.sha256(content).hexdigest(),
        "calibration": _digest(job.calibration),
        "settings": {**recorded_values(settings), "ranges": ranges},
    }
    return metadata


def _guarded(job: _Job) -> Guard | None:
    """Run the collapse guard on the first calibration images; there is nothing to see in random noise."""
    if job.settings.fake or job.settings.guard_images == 0:
        return None
    quantized = open_model(job.target, threads=2, keypoints=job.layout.keypoints)
    return guard(job.float_model, quantized, job.calibration, job.settings.guard_images, job.settings.head, job.report)
