"""What the steps of a quantization share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.pose.decode import OutputLayout
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.stage import QuantizeSettings


@dataclass(frozen=True)
class Job:
    """What the steps share.

    Attributes:
        given: the model that the user chose.
        source: the SavedModel that is quantized: that, or one made of it.
        settings: how.
        calibration: the images.
        float_model: what was exported, running.
        known: metadata of the export.
        source_sha256: digest of `given`.
        target: the .tflite that is written.
        report: for progress and warnings.
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
        """Of the model's output."""
        return self.float_model.info.layout
