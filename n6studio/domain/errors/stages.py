"""What goes wrong while a stage works: packages, memory, its end, its checks. Codes N6S-E, N6S-X and N6S-K."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.remedy import Remedy


class MachineError(StudioError):
    """Something about this machine or installation."""

    exit_status = ExitCode.ENVIRONMENT


class PackageMissing(MachineError):
    """A required Python package is missing or cannot be imported."""

    code = "N6S-E01"
    package: str
    reason: str
    remedy = Remedy(
        "The Python package {package} cannot be imported",
        "{reason}.",
        (
            "Run n6studio doctor. It lists what is missing.",
            "Repair the installation: python3 bootstrap.py --repair.",
        ),
    )


class NotEnoughMemory(MachineError):
    """A stage ran out of memory."""

    code = "N6S-E02"
    stage: str
    log: Path | str
    remedy = Remedy(
        "{stage}: out of memory",
        "The operating system ended the process, or an allocation failed. Earlier results are kept.",
        ("Close other programs and try again.", "Use a smaller input size.", "See the log for details: {log}"),
    )


class Cancelled(StudioError):
    """The user stopped the job."""

    code = "N6S-X01"
    exit_status = ExitCode.CANCELLED
    stage: str
    remedy = Remedy(
        "Cancelled: {stage}",
        "Cancelled at your request. Finished results are kept; incomplete files were removed.",
        ("Run it again at any time; finished stages are not repeated.",),
    )


class StageNotNeeded(StudioError):
    """A stage that the project goes without, as its model is further already."""

    code = "N6S-X06"
    exit_status = ExitCode.INPUT
    stage: str
    why: str
    remedy = Remedy(
        "{stage} has nothing to do",
        "{why}.",
        (
            "Go on with the next step: Evaluate or Deploy.",
            "To start earlier, open the checkpoint (.pt) that the model was made from.",
        ),
    )


class StageDied(StudioError):
    """The child process ended without a result."""

    code = "N6S-X02"
    exit_status = ExitCode.STAGE_DIED
    stage: str
    how: str
    log: Path | str
    remedy = Remedy(
        "{stage} ended unexpectedly",
        "Its process exited without a result: {how}. Earlier results are kept.",
        ("Run it again.", "If it happens again, report it with this log: {log}"),
    )


class StageBug(StudioError):
    """An unexpected exception in a stage."""

    code = "N6S-X03"
    exit_status = ExitCode.BUG
    stage: str
    summary: str
    log: Path | str
    remedy = Remedy(
        "Internal error: {stage}",
        "{summary}. This is a bug in N6 Studio, not a problem with your files.",
        ("Report it with this log: {log}",),
    )


class ExportFailed(StudioError):
    """Ultralytics or the converter refused the model."""

    code = "N6S-X04"
    exit_status = ExitCode.STAGE_DIED
    path: Path | str
    step: str
    reason: str
    remedy = Remedy(
        "{path} could not be exported",
        "Step '{step}' failed: {reason}.",
        (
            "If the model has custom layers, check that each can be exported to ONNX.",
            "Try the input size it was trained at.",
        ),
    )


class ConversionFailed(StudioError):
    """The quantizer refused the model."""

    code = "N6S-X05"
    exit_status = ExitCode.STAGE_DIED
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} could not be quantized",
        "The converter reported: {reason}.",
        ("Export the checkpoint again and quantize the new SavedModel.", "Try per-tensor quantization."),
    )


class CheckFailed(StudioError):
    """The work was done, but its result must not be trusted."""

    exit_status = ExitCode.CHECK_FAILED


class SelfCheckFailed(CheckFailed):
    """The exported model does not detect what the checkpoint detects."""

    code = "N6S-K01"
    where: str
    oks: float
    needed: float
    pixels: float
    image: str
    remedy = Remedy(
        "The exported model does not match the checkpoint",
        "After '{where}' detections differ: OKS {oks} (at least {needed} required), up to {pixels} px, worst on "
        "{image}. The result was discarded so that it cannot be deployed.",
        (
            "Export again with another input size.",
            "If the result is the same, report it with the log: the conversion of this model is faulty.",
        ),
    )


class ConfidenceCollapse(CheckFailed):
    """The float model detects people and the quantized one does not."""

    code = "N6S-K02"
    float_people: int
    int8_people: int
    images: int
    head: str
    remedy = Remedy(
        "The quantized model no longer detects people",
        "In {images} calibration images the float model detects {float_people} people, the int8 model {int8_people} "
        "(head precision: {head}). The confidences collapsed to 0; the board would detect nobody.",
        (
            "Keep the output head in float: --head float.",
            "Export again with N6 Studio, so that coordinates are normalised to 0..1.",
            "Calibrate on images with people, like those from the board's camera.",
        ),
    )
