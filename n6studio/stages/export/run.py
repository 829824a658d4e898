"""The stage behind ``export``: checkpoint -> ONNX, SavedModel and float TFLite with normalised coordinates.

Ultralytics' own exporter makes the ONNX file; its head is patched first so that boxes and keypoints come out as
fractions of the input, whatever release is installed. onnx2tf turns that into a SavedModel. Then the people that the
float TFLite finds are compared with those that the checkpoint finds. Of quantization-aware training, weights are put on
their trained steps first, and its ranges go into the SavedModel's folder for quantization.
"""

import shutil
from pathlib import Path
from typing import Any

from n6studio.domain.encoding import plain
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import ImageSizeInvalid
from n6studio.domain.errors.stages import ExportFailed
from n6studio.domain.file_names import short_stem
from n6studio.domain.model.input_size import STEP, InputSize
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.checkpoint.load import LoadedCheckpoint, load
from n6studio.stages.export.figures import ExportFigures
from n6studio.stages.export.self_check import self_check
from n6studio.stages.export.stage import ExportSettings
from n6studio.stages.export.trained import rounded_as_trained
from n6studio.stages.model.onnx_to_saved_model import convert_onnx
from n6studio.stages.model.tflite_metadata import embed_metadata
from n6studio.stages.model.trained_ranges import write_trained
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of

STEPS: tuple[str, ...] = ("load", "ONNX", "SavedModel and TFLite", "self-check")


def run(
    settings: ExportSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[ExportFigures]:
    """Export the checkpoint of the role "model"; check it on the images of the role "images", if given.

    Outputs: "onnx", "saved_model" (folder), "tflite" (float32).

    Raises:
        ImageSizeInvalid: the size is not a multiple of the largest stride.
        ExportFailed: Ultralytics or onnx2tf refused the model.
        SelfCheckFailed: the result does not find what the checkpoint finds.
        CheckpointDamaged, CheckpointUnsafe...: see `checkpoint.load`.
    """
    size = settings.imgsz
    _require_multiple(size, STEP)  # before anything takes long
    source = Path(inputs["model"][0].path)
    scratch = folder / "scratch"
    report.step("load")
    checkpoint = load(source)
    trained = rounded_as_trained(checkpoint)
    _require_multiple(size, int(checkpoint.model.stride.max()))
    stem = f"{short_stem(source)}_{size}"
    report.step("ONNX")
    onnx_file, metadata = _to_onnx(checkpoint, source, scratch / f"{stem}.onnx", size)
    report.step("SavedModel and TFLite")
    converted = convert_onnx(source, onnx_file, scratch / "converted")
    outputs = _collect(folder, stem, onnx_file, converted, metadata)
    if trained is not None:
        write_trained(outputs["saved_model"], trained)
    report.step("self-check")
    check = self_check(checkpoint, outputs["tflite"], settings, inputs.get("images", ()), report)
    return StageOutcome(
        relative_outputs(folder, outputs),
        ExportFigures(
            imgsz=size.plain,
            self_check=check,
            metadata=metadata,
            trained=None if trained is None else trained.account,
        ),
        versions=versions_of("torch", "ultralytics", "onnx", "onnx2tf", "tensorflow", "ai-edge-litert"),
    )


def _require_multiple(size: InputSize, stride: int) -> None:
    """Refuse a size that the coarsest detection level does not divide.

    Raises:
        ImageSizeInvalid.
    """
    if not any(side % stride for side in size):
        return
    low = InputSize(*(max(stride, side // stride * stride) for side in size))
    high = InputSize(*(side if side % stride == 0 else least + stride for side, least in zip(size, low, strict=True)))
    raise ImageSizeInvalid(size=size.plain, nearest=f"{low} or {high}", stride=stride)


def _to_onnx(checkpoint: LoadedCheckpoint, source: Path, target: Path, size: InputSize) -> tuple[Path, dict[str, Any]]:
    """Write the ONNX file with normalised outputs; return it and the metadata that Ultralytics describes it with."""
    from copy import deepcopy

    from ultralytics.engine.exporter import Exporter
    from ultralytics.utils.export.tensorflow import tf_wrapper

    model = tf_wrapper(deepcopy(checkpoint.model))
    model.pt_path = str(target.with_suffix(".pt"))  # the exporter derives the output's name from it
    sides = [size.height, size.width]  # the order of Ultralytics
    overrides = {"format": "onnx", "imgsz": sides, "simplify": True, "device": "cpu", "batch": 1, "verbose": False}
    try:
        exporter = Exporter(overrides=overrides)
        written = Path(str(exporter(model=model)))
    except StudioError:
        raise
    except Exception as error:  # whatever torch's exporter meets in a foreign network
        raise ExportFailed(path=source, step="ONNX", reason=_brief(error)) from error
    metadata: dict[str, Any] = plain(exporter.metadata)
    metadata.pop("date", None)
    if checkpoint.date:
        metadata["date"] = checkpoint.date
    _date(written, checkpoint.date or "")
    return written, metadata


def _date(onnx_file: Path, trained: str) -> None:
    """Put the date of the training in place of the export's: the same input gives the same bytes."""
    import onnx

    model = onnx.load(onnx_file)
    kept = [(one.key, trained if one.key == "date" else one.value) for one in model.metadata_props]
    onnx.helper.set_model_props(model, {key: value for key, value in kept if value or key != "date"})
    onnx.save(model, onnx_file)


def _identify(saved_model: Path) -> None:
    """Let the fingerprint's number, which TensorFlow draws at random, follow from the contents."""
    from tensorflow.core.protobuf.fingerprint_pb2 import FingerprintDef

    path = saved_model / "fingerprint.pb"
    if path.exists():
        fingerprint = FingerprintDef.FromString(path.read_bytes())
        fingerprint.uuid = str(fingerprint.saved_model_checksum ^ fingerprint.checkpoint_hash)
        path.write_bytes(fingerprint.SerializeToString(deterministic=True))


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no details'}"[:300]


def _collect(folder: Path, stem: str, onnx_file: Path, converted: Path, metadata: dict[str, Any]) -> dict[str, Path]:
    """Bring what was made to its final names; what nobody asked for (the sample) stays in scratch."""
    import yaml

    saved_model, tflite = folder / f"{stem}_saved_model", folder / f"{stem}_float32.tflite"
    (float32,) = converted.glob("*_float32.tflite")
    shutil.move(float32, tflite)
    for leftover in converted.glob("*.tflite"):
        leftover.unlink()
    shutil.move(converted, saved_model)
    _identify(saved_model)
    final_onnx = folder / f"{stem}.onnx"
    onnx_file.replace(final_onnx)
    (saved_model / "metadata.yaml").write_text(yaml.safe_dump(metadata, sort_keys=False), encoding="utf-8")
    embed_metadata(tflite, metadata)
    return {"onnx": final_onnx, "saved_model": saved_model, "tflite": tflite}
