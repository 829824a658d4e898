"""What goes wrong while a stage works: packages, memory, its end, its checks. Codes N6S-E, N6S-X and N6S-K."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.remedy import Remedy


class MachineError(StudioError):
    """Something about this machine or installation."""

    exit_status = ExitCode.ENVIRONMENT


class PackageMissing(MachineError):
    """A Python package of ours is missing or cannot be imported."""

    code = "N6S-E01"
    package: str
    reason: str
    remedy = Remedy(
        "The Python package {package} does not work here",
        "Importing it failed: {reason}.",
        (
            "Run: n6studio doctor. It lists what is missing.",
            "Repair the installation: python3 bootstrap.py --repair.",
        ),
    )


class NotEnoughMemory(MachineError):
    """A stage ran out of memory."""

    code = "N6S-E02"
    stage: str
    log: Path | str
    remedy = Remedy(
        "Not enough memory for: {stage}",
        "The operating system ended the stage, or an allocation failed. Nothing you had is lost.",
        ("Close other programs and try again.", "Use a smaller input size.", "The log has the details: {log}"),
    )


class Cancelled(StudioError):
    """The user stopped the job."""

    code = "N6S-X01"
    exit_status = ExitCode.CANCELLED
    stage: str
    remedy = Remedy(
        "Stopped: {stage}",
        "You asked for it. Results that were finished before are kept; nothing half-written is left.",
        ("Start the same job again when you want; finished stages are not repeated.",),
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
        "Its process stopped without a result: {how}. Nothing you had is lost.",
        ("Start it again.", "If it ends again, report it with this log: {log}"),
    )


class StageBug(StudioError):
    """An exception in a stage that nobody expected."""

    code = "N6S-X03"
    exit_status = ExitCode.BUG
    stage: str
    summary: str
    log: Path | str
    remedy = Remedy(
        "N6 Studio made a mistake: {stage}",
        "{summary}. This is a fault of ours, not of your files.",
        ("Report it with this log: {log}",),
    )


class ExportFailed(StudioError):
    """Ultralytics or the converter refused the network."""

    code = "N6S-X04"
    exit_status = ExitCode.STAGE_DIED
    path: Path | str
    step: str
    reason: str
    remedy = Remedy(
        "{path} could not be exported",
        "The step '{step}' failed: {reason}.",
        (
            "If the network has layers of your own, check that each can be exported to ONNX.",
            "Try the size it was trained at.",
        ),
    )


class ConversionFailed(StudioError):
    """The quantizer refused the network."""

    code = "N6S-X05"
    exit_status = ExitCode.STAGE_DIED
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} could not be quantized",
        "The converter says: {reason}.",
        ("Export the checkpoint again and quantize the new SavedModel.", "Try per-tensor quantization."),
    )


class CheckFailed(StudioError):
    """The work was done, but its result must not be trusted."""

    exit_status = ExitCode.CHECK_FAILED


class SelfCheckFailed(CheckFailed):
    """The exported network does not see what the checkpoint sees."""

    code = "N6S-K01"
    where: str
    oks: float
    needed: float
    pixels: float
    image: str
    remedy = Remedy(
        "The exported network does not agree with the checkpoint",
        "After '{where}' people differ: OKS {oks} where at least {needed} is needed, up to {pixels} pixels, worst on "
        "{image}. Nothing was kept, so that nobody deploys it.",
        (
            "Start the export again with another input size.",
            "If it stays so, report it with the log: the conversion of this network is at fault.",
        ),
    )


class ScoreCollapse(CheckFailed):
    """The float network finds people and the quantized one does not."""

    code = "N6S-K02"
    float_people: int
    int8_people: int
    images: int
    head: str
    remedy = Remedy(
        "Quantization lost the people",
        "The float network finds {float_people} people in {images} calibration pictures, the int8 network "
        "{int8_people} (head precision: {head}). The scores collapsed; the board would find nobody.",
        (
            "Keep the last arithmetic in float: --head-precision float.",
            "Export again with N6 Studio, so that coordinates are normalised to 0..1.",
            "Calibrate on pictures with people, like those the camera will see.",
        ),
    )
