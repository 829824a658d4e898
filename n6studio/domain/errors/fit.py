"""Models that a board or an application cannot take. Codes N6S-T10 to T20."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy


class ModelInputNotUint8(DeployError):
    """A network that does not take the camera's bytes."""

    code = "N6S-T10"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} does not take camera pictures",
        "The board's camera gives unsigned bytes (uint8); this network takes {found}.",
        ("Quantize with the input type uint8: n6studio quantize ... --input-type uint8.",),
    )


class ModelOutputNotFloat(DeployError):
    """A network whose output is not float, as every application of ST's expects of the file."""

    code = "N6S-T11"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} gives {found}, not float",
        "ST's applications are made from a file with float output; where the board is to post-process int8, the "
        "compiler is told so, and the file stays float.",
        ("Quantize with the output type float: n6studio quantize ... --output-type float.",),
    )


class ModelLayoutUnsupported(DeployError):
    """A network whose output the application's post-processing cannot read."""

    code = "N6S-T12"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    wanted: str
    remedy = Remedy(
        "The application cannot read the output of {path}",
        "It is {found}; the application reads {wanted}.",
        (
            "Export the checkpoint with N6 Studio and quantize that: n6studio run MODEL.pt.",
            "A network that suppresses overlaps itself (end-to-end) must be exported without that part.",
        ),
    )


class ModelNotQuantized(DeployError):
    """A network with float weights, which the NPU cannot run."""

    code = "N6S-T13"
    exit_status = ExitCode.INPUT
    path: Path | str
    remedy = Remedy(
        "{path} is not quantized",
        "Its weights are floating point. The NPU computes in int8; a float network would run on the processor, if at "
        "all.",
        ("Quantize it: n6studio quantize, or n6studio run MODEL.pt for the whole chain.",),
    )


class ModelScaleTooCoarse(DeployError):
    """A network whose output scale leaves no room between a score of 0 and of 1."""

    code = "N6S-T14"
    exit_status = ExitCode.INPUT
    path: Path | str
    scale: float
    limit: float
    remedy = Remedy(
        "{path} cannot tell scores apart",
        "One step of its output is {scale}; with more than {limit}, a score is rounded to 0 or 1.",
        (
            "Export the checkpoint with N6 Studio: it normalises coordinates, so that one scale serves both.",
            "Quantize again with the head in float, which is the default.",
        ),
    )


class ModelTooLargeForFlash(DeployError):
    """Weights larger than what the board's flash has for them."""

    code = "N6S-T15"
    exit_status = ExitCode.INPUT
    path: Path | str
    board: str
    need: int
    have: int
    remedy = Remedy(
        "The weights of {path} do not fit the flash of {board}",
        "They take {need} bytes; {have} are there for them.",
        ("Take a smaller network, for example yolov8n instead of yolov8s.",),
    )


class NetworkTooLargeForRam(DeployError):
    """A network whose activations do not fit the memories that the application leaves to it."""

    code = "N6S-T16"
    exit_status = ExitCode.INPUT
    board: str
    application: str
    need: int
    have: int
    size: str
    remedy = Remedy(
        "The network does not fit the memory of {board}",
        "At {size} it needs {need} bytes for what it computes; with {application}, {have} are there for it.",
        (
            "Export at a smaller input size; memory grows with its square.",
            "On the Nucleo, choose the Discovery kit instead if you have one: it has external memory.",
        ),
    )


class ApplicationTooLargeForRam(DeployError):
    """An application whose arrays for this network do not fit its memory region."""

    code = "N6S-T17"
    exit_status = ExitCode.INPUT
    board: str
    application: str
    need: int
    have: int
    size: str
    help: str
    remedy = Remedy(
        "{application} does not fit the memory of {board}",
        "For {size} it needs {need} bytes, and its memory region has {have}. {help}",
        (
            "Export at a smaller input size, or choose an application that post-processes floats.",
            "Or give the application more memory where the network leaves it some: --enlarge-region.",
        ),
    )


class InputLargerThanSensor(DeployError):
    """A network input larger than the camera's picture; the board's scaler only makes smaller."""

    code = "N6S-T18"
    exit_status = ExitCode.INPUT
    path: Path | str
    size: str
    sensor: str
    sensor_size: str
    remedy = Remedy(
        "{path} wants a larger picture than the camera gives",
        "It takes {size}, the sensor {sensor} gives {sensor_size}. The board can only make pictures smaller.",
        ("Export at a smaller input size.", "Or use the IMX335 camera module, which gives 2592x1944."),
    )


class SkeletonUnsupported(DeployError):
    """A keypoint count that this release of the application cannot draw."""

    code = "N6S-T19"
    exit_status = ExitCode.INPUT
    path: Path | str
    keypoints: int
    application: str
    supported: str
    remedy = Remedy(
        "{application} cannot draw {keypoints} keypoints",
        "{path} has {keypoints}; this release draws {supported}.",
        ("Use release 2.1 or later of the application: there the skeleton is part of its settings.",),
    )


class ClassesUnsupported(DeployError):
    """More classes than this release of the application's post-processing reads rightly."""

    code = "N6S-T20"
    exit_status = ExitCode.INPUT
    path: Path | str
    classes: int
    application: str
    remedy = Remedy(
        "{application} reads one class only",
        "{path} has {classes} classes. This release takes the second class's score for the first keypoint.",
        ("Use release 2.1 or later of the application, or train with a single class.",),
    )
