"""Models that a board or an application cannot take. Codes N6S-T10 to T20, and T87."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy


class ModelInputNotUint8(DeployError):
    """A model that does not take the camera's bytes."""

    code = "N6S-T10"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} does not take uint8 images",
        "The board's camera delivers unsigned bytes (uint8); this model takes {found}.",
        ("Quantize with the input type uint8: n6studio quantize ... --input-type uint8.",),
    )


class QdqOnDevice(DeployError):
    """A QDQ .onnx, whose input is float; an application of ST's hands the network the camera's bytes."""

    code = "N6S-T90"
    exit_status = ExitCode.INPUT
    path: Path | str
    remedy = Remedy(
        "{path} cannot be deployed as it is: it is a QDQ .onnx",
        "Its input is floating point, and the conversion to int8 is a part of its graph. ST's applications, and the "
        "virtual board, hand a model the camera's bytes: they take a .tflite with a uint8 input.",
        (
            "Quantize the float model that it was made from: n6studio quantize FLOAT.onnx --calibration FOLDER, or "
            "n6studio run MODEL.pt. The .tflite that comes of it is the one to deploy.",
            "Its accuracy can be measured on this computer: n6studio evaluate {path} --data LABELS.",
        ),
    )


class ModelOutputNotFloat(DeployError):
    """A model whose output is not float, as every application of ST's expects."""

    code = "N6S-T11"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} outputs {found}, not float",
        "ST's applications need a file with float output. Where the board post-processes int8, that is a compiler "
        "option; the file stays float.",
        ("Quantize with the output type float: n6studio quantize ... --output-type float.",),
    )


class SplitHeadUnread(DeployError):
    """A model with a split head, for an application whose post-processing does not read it."""

    code = "N6S-T88"
    exit_status = ExitCode.INPUT
    path: Path | str
    application: str
    reason: str
    remedy = Remedy(
        "{application} cannot read the split head of {path}",
        "Only N6 Studio's own post-processing reads its outputs, which comes with the live stream: {reason}.",
        (
            "Deploy to Getting Started Pose Estimation with the live stream: --live-stream.",
            "Or keep the head whole: n6studio quantize ... --head float.",
        ),
    )


class ModelNumbersUnsupported(DeployError):
    """A model that computes with numbers that the NPU does not have, or reads the camera's bytes as others."""

    code = "N6S-T87"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    wanted: str
    remedy = Remedy(
        "The NPU cannot compute {path}",
        "{found}",
        ("{wanted}", "Look at the whole verdict: n6studio inspect {path}."),
    )


class ModelLayoutUnsupported(DeployError):
    """A model whose output the application's post-processing cannot read."""

    code = "N6S-T12"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    wanted: str
    remedy = Remedy(
        "The application cannot read the output of {path}",
        "Output: {found}. The application reads {wanted}.",
        (
            "Export the checkpoint with N6 Studio and quantize that: n6studio run MODEL.pt.",
            "A model with built-in NMS (end-to-end) must be exported without it.",
        ),
    )


class ModelNotQuantized(DeployError):
    """A model with float weights, which the NPU cannot run."""

    code = "N6S-T13"
    exit_status = ExitCode.INPUT
    path: Path | str
    remedy = Remedy(
        "{path} is not quantized",
        "Its weights are floating point. The NPU computes in int8; a float model would run on the CPU, if at all.",
        ("Quantize it: n6studio quantize, or n6studio run MODEL.pt for the whole chain.",),
    )


class ModelScaleTooCoarse(DeployError):
    """A model whose output scale leaves no steps between a confidence of 0 and of 1."""

    code = "N6S-T14"
    exit_status = ExitCode.INPUT
    path: Path | str
    scale: float
    limit: float
    remedy = Remedy(
        "{path} cannot resolve confidences",
        "One quantization step of its output is {scale}; above {limit}, a confidence rounds to 0 or 1.",
        (
            "Export the checkpoint with N6 Studio: it normalises coordinates, so that one scale suits both.",
            "Quantize again with the output head in float, which is the default.",
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
        "They take {need} bytes; {have} bytes are available.",
        ("Use a smaller model, for example yolov8n instead of yolov8s.",),
    )


class ModelTooLargeForRam(DeployError):
    """A model whose activations do not fit the memory that the application leaves."""

    code = "N6S-T16"
    exit_status = ExitCode.INPUT
    board: str
    application: str
    need: int
    have: int
    size: str
    remedy = Remedy(
        "The model does not fit the memory of {board}",
        "At {size} its activations need {need} bytes; {application} leaves {have} bytes.",
        (
            "Export at a smaller input size; memory grows with its square.",
            "If you use the Nucleo and have a Discovery kit, use that: it has external RAM.",
        ),
    )


class ApplicationTooLargeForRam(DeployError):
    """An application whose arrays for this model do not fit its memory region."""

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
        "For {size} it needs {need} bytes; its memory region has {have} bytes. {help}",
        (
            "Export at a smaller input size, or choose an application that post-processes floats.",
            "Or give the application a larger memory region, if the model leaves room: --enlarge-region.",
        ),
    )


class InputLargerThanSensor(DeployError):
    """A model input larger than the camera's image; the board only scales down."""

    code = "N6S-T18"
    exit_status = ExitCode.INPUT
    path: Path | str
    size: str
    sensor: str
    sensor_size: str
    remedy = Remedy(
        "The input of {path} is larger than the camera image",
        "It takes {size}, the sensor {sensor} delivers {sensor_size}. The board can only scale down.",
        ("Export at a smaller input size.", "Or use the IMX335 camera module (2592x1944)."),
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
        "This release draws {supported} keypoints; {path} has {keypoints}.",
        ("Use application release 2.1 or later, where the skeleton is a setting.",),
    )


class ClassesUnsupported(DeployError):
    """More classes than this application release's post-processing reads correctly."""

    code = "N6S-T20"
    exit_status = ExitCode.INPUT
    path: Path | str
    classes: int
    application: str
    remedy = Remedy(
        "{application} supports one class only",
        "{path} has {classes} classes. This release reads the second class's confidence as the first keypoint.",
        ("Use application release 2.1 or later, or train with a single class.",),
    )
