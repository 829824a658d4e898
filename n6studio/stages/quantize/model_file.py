"""The .tflite that quantization writes: its name, as ST's script forms it, and what its metadata say."""

import hashlib
from pathlib import Path
from typing import Any

from n6studio.domain.file_names import shortened
from n6studio.domain.model.formats import FLOAT_ENDINGS
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.settings import recorded_values
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model, open_model
from n6studio.stages.model.tflite_metadata import embed_metadata, pose_metadata
from n6studio.stages.quantize.job import Job
from n6studio.stages.quantize.stage import QuantizeSettings

_LETTERS = {"uint8": "u", "int8": "i", "float": "f"}


def file_name(settings: QuantizeSettings, source: Path, size: tuple[int, int]) -> str:
    """Return the name that ST's script gives: {name}_quant_{pc|pt}_{input}{output}_{use case, or fake}.tflite.

    Weights of 4 bits, which it does not know, stand before the use case.
    """
    name = settings.name or shortened(_bare_name(source))
    if not settings.name and not name.endswith(f"_{InputSize(*size)}"):
        name = f"{name}_{InputSize(*size)}"
    granularity = "pt" if settings.granularity == "per_tensor" else "pc"
    output_type = "int8" if settings.head == "split" else settings.output_type
    types = _LETTERS[settings.input_type] + _LETTERS[output_type]
    types += "_int4" if settings.weights == "int4" else ""
    return f"{name}_quant_{granularity}_{types}_{'fake' if settings.fake else settings.use_case}.tflite"


def _bare_name(source: Path) -> str:
    return source.stem if source.suffix.lower() in FLOAT_ENDINGS else source.name.removesuffix("_saved_model")


def digest_of(calibration: CalibrationSet) -> str:
    """Return the digest of the calibration images, or that they are random noise."""
    return calibration.digest() if calibration.files else "fake"


def opened_candidate(job: Job, content: bytes) -> Model:
    """Return a model that may be chosen, running; its file is replaced by that of the next, or by the chosen one."""
    write(job, content, "")
    return open_model(job.target, threads=2, keypoints=job.layout.keypoints)


def write(job: Job, content: bytes, ranges: str) -> None:
    """Write a model with its metadata; `ranges` is how its ranges were chosen."""
    job.target.write_bytes(content)
    embed_metadata(job.target, metadata_of(job, content, ranges))


def metadata_of(job: Job, content: bytes, ranges: str) -> dict[str, Any]:
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
        "calibration": digest_of(job.calibration),
        "settings": {**recorded_values(settings), "ranges": ranges},
    }
    return metadata
