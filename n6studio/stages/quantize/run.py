"""The stage behind ``quantize``: SavedModel -> quantized .tflite, named and made as ST's script does, or better.

With head precision 'int8' the model is what ST's recipe yields. With 'float' (the default) the arithmetic behind
the last keypoint convolutions stays in floating point and the int8 ranges are chosen by what their errors cost in the
answers (`by_answers`). With 'split' the model ends at the last convolutions, and nothing stays in floating point.
Afterwards the quantized model must still find the people that the float model finds.
"""

from pathlib import Path

from n6studio.domain.errors.models import InputSizeMismatch, PixelOutputs
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.starts import EndToEnd, SplitHeadWithoutOnnx
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.speed import SpeedEstimate, estimate_speed
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.texts import counted
from n6studio.stages.datasets.images import other_formats
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.model.calibration import CalibrationSet, account_of, choose_images
from n6studio.stages.model.layout import told_reading
from n6studio.stages.model.runner import Hint, ModelInfo, open_model
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.quantize.by_answers import Chosen
from n6studio.stages.quantize.collapse_guard import guard
from n6studio.stages.quantize.figures import (
    CalibrationUse,
    End,
    Guard,
    HeadPrecision,
    OperationCount,
    QuantizeFigures,
)
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.job import Job
from n6studio.stages.quantize.making import Made, quantized, tell_of_effort
from n6studio.stages.quantize.memory import ram_of
from n6studio.stages.quantize.model_file import digest_of, file_name, metadata_of, write
from n6studio.stages.quantize.narrowing import require_no_contradiction
from n6studio.stages.quantize.remembered import Remembered
from n6studio.stages.quantize.source import saved_model_of
from n6studio.stages.quantize.stage import QuantizeSettings

STEPS: tuple[str, ...] = ("read", "choose images", "calibrate", "weigh errors", "convert", "collapse guard")

_RANGE_SLACK = 0.02  # 255 or 256, 127.5 or 128: people write both


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
    job = Job(
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
    made = quantized(job)
    write(job, made.chosen.content, made.chosen.ranges)
    report.step("collapse guard")
    figures = _figures(job, made, _guarded(job))
    return StageOutcome(
        relative_outputs(folder, {"tflite": target, **_onnx_copy(job, made.chosen)}),
        figures,
        versions=versions_of("tensorflow", "torch", "ai-edge-litert"),
    )


def _figures(job: Job, made: Made, verdict: Guard | None) -> QuantizeFigures:
    settings, calibration, head, size = job.settings, job.calibration, made.head, job.float_model.info.size
    graph, facts = Graph(made.chosen.content), read_tflite(job.target)
    return QuantizeFigures(
        size_bytes=len(made.chosen.content),
        input_size=size,
        calibration=CalibrationUse(
            images=len(calibration.files),
            skipped=tuple((str(path), reason) for path, reason in calibration.skipped),
            digest=digest_of(calibration),
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
        doubled=made.chosen.doubled,
        input=graph.end("input"),
        output=End(type="int8") if settings.head == "split" else graph.end("output"),
        operations=_operation_count(graph),
        guard=verdict,
        speed=_speed(facts, size),
        ram=ram_of(graph, facts.parameters, facts.macs, size),
        macs=facts.macs,
        weights_bytes=facts.weights_bytes,
    )


def _onnx_copy(job: Job, chosen: Chosen) -> dict[str, Path]:
    """Write the ONNX copy where it is wanted; where an operation has no such form, say so."""
    if not job.settings.onnx:
        return {}
    from n6studio.stages.quantize.qdq import NoQdqForm, as_qdq

    copy = job.target.with_suffix(".onnx")
    try:
        copy.write_bytes(as_qdq(chosen.content, metadata_of(job, chosen.content, chosen.ranges)))
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


def _guarded(job: Job) -> Guard | None:
    """Run the collapse guard on the first calibration images; there is nothing to see in random noise."""
    if job.settings.fake or job.settings.guard_images == 0:
        return None
    quantized = open_model(job.target, threads=2, keypoints=job.layout.keypoints)
    return guard(job.float_model, quantized, job.calibration, job.settings.guard_images, job.settings.head, job.report)
