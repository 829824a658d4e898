"""Every setting of every stage: one typed table with defaults, ranges and help.

The command line, the window's pages, the project file and the documentation draw from these classes; nothing else
knows a default. Field metadata: `help`, and where they apply `choices`, `minimum`, `maximum`, `file_name`.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from n6studio.domain.errors.settings import SettingInvalid

Settings = TypeVar("Settings")

LONGEST_NAME_PART = 80  # bytes; a file's name has several parts and may have 255 in all
_NOT_IN_FILE_NAMES = '/\\:*?"<>|'

IO_TYPES = ("uint8", "int8", "float")
RESIZES = ("stretch", "crop", "letterbox")
ASPECTS = ("crop", "fit", "fullscreen")
TIMINGS = ("published", "host")
FAULTS = (
    "flip=SHARE, lose=SHARE (of all bytes), stall=SECONDS, disconnect=SECONDS, garbage=BYTES, version=MAJOR.MINOR, "
    "wrong-model, frozen, zero-scores, black; NAME=off ends one, 'clear' all"
)
TRANSPORTS = ("auto", "pty", "tcp")
BOARDS = ("virtual", "stm32n6570-dk", "nucleo-n657x0-q")  # a test holds this against the registry of boards


def _field(
    default: Any,
    help_text: str,
    choices: tuple[Any, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    file_name: bool = False,
) -> Any:
    limits = {"help": help_text, "choices": choices, "minimum": minimum, "maximum": maximum, "file_name": file_name}
    return dataclasses.field(default=default, metadata=limits)


@dataclass(frozen=True)
class InspectSettings:
    """Nothing to choose: inspection reads."""


@dataclass(frozen=True)
class ExportSettings:
    """From the checkpoint to ONNX, SavedModel and float TFLite."""

    imgsz: int = _field(256, "input width and height in pixels; a multiple of 32", minimum=32, maximum=2048)
    check_images: int = _field(8, "pictures for the self-check at most", minimum=1, maximum=1000)


@dataclass(frozen=True)
class QuantizeSettings:
    """From the SavedModel to a quantized .tflite."""

    granularity: str = _field("per_channel", "scale per output channel or per tensor", ("per_channel", "per_tensor"))
    input_type: str = _field("uint8", "type of the network's input; the board's camera gives uint8", IO_TYPES)
    output_type: str = _field("float", "type of the network's output", IO_TYPES)
    head: str = _field(
        "float",
        "arithmetic after the last convolutions: 'int8' is what ST's script yields, 'float' keeps it precise",
        ("float", "int8"),
    )
    ranges: str = _field(
        "auto",
        "int8 ranges: 'extremes' as ST's script takes them, 'tuned' to lose least; auto: tuned with a float head",
        ("auto", "tuned", "extremes"),
    )
    fake: bool = _field(False, "calibrate on random noise; only to see size and speed, its accuracy means nothing")
    count: int = _field(0, "calibration pictures to use at most; 0 for all", minimum=0)
    seed: int = _field(42, "seed for choosing pictures and for fake calibration", minimum=0)
    exclude: tuple[str, ...] = _field((), "calibration pictures to leave out, by their path below the folder")
    resize: str = _field("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = _field(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = _field(0.0, "and this is added")
    name: str = _field("", "first part of the file name; empty for the network's name and size", file_name=True)
    use_case: str = _field("pose", "last part of the file name", file_name=True)
    guard_images: int = _field(32, "calibration pictures on which int8 must still find people", minimum=0)
    expect_width: int = _field(0, "input width that the network must have; 0 for any", minimum=0)
    expect_height: int = _field(0, "input height that the network must have; 0 for any", minimum=0)


@dataclass(frozen=True)
class EvaluateSettings:
    """How networks are judged."""

    resize: str = _field("stretch", "how pictures are brought to the input size; as the board will do it", RESIZES)
    confidence: float = _field(0.001, "people below this score are left out of the curves", minimum=0.0, maximum=1.0)
    iou: float = _field(
        0.5, "overlap above which the weaker of two boxes goes; as in ST's applications", minimum=0.0, maximum=1.0
    )
    most: int = _field(300, "people per picture at most", minimum=1)
    operating_confidence: float = _field(
        0.25, "score from which a person counts in the per-keypoint figures and pictures", minimum=0.0, maximum=1.0
    )
    workers: int = _field(0, "pictures worked on at once; 0 for one per core", minimum=0, maximum=256)
    limit: int = _field(0, "evaluate only the first pictures; 0 for all", minimum=0)
    worst: int = _field(12, "pictures in the worst-first gallery", minimum=0, maximum=200)
    split: str = _field("val", "part of an Ultralytics YAML to evaluate on", ("val", "test", "train"))
    skip_missing: bool = _field(False, "leave out pictures that the labels name and that are not there")
    with_ultralytics: bool = _field(False, "also run Ultralytics' own validation on float-input models")


@dataclass(frozen=True)
class CalibrationHealthSettings:
    """How the calibration pictures are examined."""

    people_images: int = _field(500, "pictures on which the float network looks for people; 0 for all", minimum=0)
    resize: str = _field("stretch", "how pictures are brought to the input size", RESIZES)


@dataclass(frozen=True)
class LayerErrorsSettings:
    """How the loss of every layer is measured; all but the first are those the network was calibrated with."""

    pictures: int = _field(8, "calibration pictures to measure on", minimum=1, maximum=1000)
    seed: int = _field(42, "seed for choosing pictures", minimum=0)
    exclude: tuple[str, ...] = _field((), "calibration pictures to leave out, by their path below the folder")
    resize: str = _field("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = _field(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = _field(0.0, "and this is added")


@dataclass(frozen=True)
class VirtualBoardSettings:
    """What the virtual board plays; its thresholds are those of ST's application."""

    model: str = _field("", "quantized .tflite that it runs, or a project in which one was quantized")
    flash: str = _field("", "folder of a virtual board's flash: runs what was programmed there, in place of a model")
    camera: str = _field("scene", "what it sees: scene[:SEED], webcam[:NUMBER], a video, or a picture folder")
    width: int = _field(0, "width of the picture in pixels; 0 for the camera's own", minimum=0, maximum=4096)
    height: int = _field(0, "height of the picture in pixels; 0 for the camera's own", minimum=0, maximum=4096)
    people: int = _field(-1, "people in the scene; -1 leaves it to the seed", minimum=-1, maximum=6)
    hold: float = _field(1.0, "seconds for which each picture of a folder stands", minimum=0.01, maximum=3600.0)
    fps: float = _field(30.0, "pictures that the camera takes in a second", minimum=0.1, maximum=1000.0)
    aspect: str = _field("crop", "how the camera fills the network's input, in the words of ST's application", ASPECTS)
    quality: int = _field(80, "JPEG quality", minimum=1, maximum=100)
    protect: bool = _field(False, "add parity that repairs flipped bytes, for links without a checksum of their own")
    confidence: float = _field(0.5, "score that a person needs", minimum=0.0, maximum=1.0)
    iou: float = _field(0.5, "overlap above which the weaker of two boxes goes", minimum=0.0, maximum=1.0)
    most: int = _field(10, "people per picture at most", minimum=1, maximum=255)
    inference_every: int = _field(
        1, "1: only pictures with results are sent; N: all pictures, and every Nth has results", minimum=1, maximum=1000
    )
    timing: str = _field("published", "the network takes as long as ST publishes, or as it does here", TIMINGS)
    npu_ms: float = _field(0.0, "milliseconds that the network takes; 0 for what 'timing' says", minimum=0.0)
    transport: str = _field("auto", "pseudo-terminal or TCP; auto: the first where the system has it", TRANSPORTS)
    link: str = _field("", "name under which its pseudo-terminal can always be found")
    host: str = _field("127.0.0.1", "address it listens on with TCP")
    port: int = _field(0, "TCP port; 0 for any that is free", minimum=0, maximum=65535)
    frames: int = _field(0, "stop after this many pictures were sent; 0 for never", minimum=0)
    seed: int = _field(0, "seed of faults", minimum=0)
    fault: tuple[str, ...] = _field((), "what goes wrong, as NAME[=VALUE][@SECONDS]: " + FAULTS)


@dataclass(frozen=True)
class Int8OutputSettings(EvaluateSettings):
    """How the loss of an int8 output is measured: as the network itself is evaluated."""


@dataclass(frozen=True)
class DeploySettings:
    """From a quantized .tflite to a board that runs it."""

    board: str = _field("virtual", "which board; the virtual one needs no hardware and no other software", BOARDS)
    application: str = _field("", "folder of ST's pose application, which is copied and never changed")
    compiler: str = _field("", "path of stedgeai; empty to look for it")
    programmer: str = _field("", "path of STM32_Programmer_CLI; empty to look for it")
    signing_tool: str = _field("", "path of STM32_SigningTool_CLI, used with --header tool; empty to look for it")
    gcc: str = _field("", "path of arm-none-eabi-gcc; empty to look for it")
    make: str = _field("", "path of make; empty to look for it")
    header: str = _field(
        "own", "who writes the header that lets an image boot: N6 Studio or ST's signing tool", ("own", "tool")
    )
    serial: str = _field("", "serial number of the ST-LINK, where several are connected")
    aspect: str = _field(
        "fit",
        "how the camera's picture becomes the network's input: 'fit' and 'fullscreen' stretch, 'crop' cuts the middle",
        ("crop", "fit", "fullscreen"),
    )
    screen: str = _field("UVCL", "of the Nucleo: over USB (UVCL) or a display on SPI", ("UVCL", "SPI"))
    camera_flip: str = _field("none", "turn the camera's picture", ("none", "flip", "mirror", "flip_mirror"))
    confidence: float = _field(0.5, "score from which a person is shown", minimum=0.0, maximum=1.0)
    iou: float = _field(0.5, "overlap above which the weaker of two boxes goes", minimum=0.0, maximum=1.0)
    keypoint_confidence: float = _field(0.5, "score from which a keypoint is drawn", minimum=0.0, maximum=1.0)
    boxes_limit: int = _field(10, "people shown at most", minimum=1, maximum=100)
    enlarge_region: bool = _field(
        False, "give the application 2 MB of RAM where its own region is too small; linked, never run on hardware"
    )
    replace_runtime: bool = _field(
        False, "put the NPU runtime of ST Edge AI Core into the copy where the application's is of another version"
    )
    virtual_folder: str = _field("", "folder of the virtual board; empty for this user's own")
    verify_only: bool = _field(False, "write nothing; only compare the board with what would be written")


@dataclass(frozen=True)
class RangeConvergenceSettings:
    """How it is measured whether more pictures would change the ranges; as the network is calibrated."""

    pictures: int = _field(200, "calibration pictures to measure on, at most", minimum=2, maximum=2000)
    seed: int = _field(42, "seed for the order of the pictures", minimum=0)
    exclude: tuple[str, ...] = _field((), "calibration pictures to leave out, by their path below the folder")
    resize: str = _field("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = _field(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = _field(0.0, "and this is added")


@dataclass(frozen=True)
class VideoFramesSettings:
    """Which frames of a video become calibration pictures."""

    every: int = _field(30, "take one frame, then pass over the others up to this number", minimum=1, maximum=100_000)
    most: int = _field(200, "frames to take at most", minimum=1, maximum=10_000)


STAGE_SETTINGS: dict[str, type[Any]] = {
    "inspect": InspectSettings,
    "export": ExportSettings,
    "quantize": QuantizeSettings,
    "evaluate": EvaluateSettings,
    "deploy": DeploySettings,
}

# Stages that only explain results of those above. They have no command and nothing in the project file: what they use
# follows from the chain's settings.
SIDE_STAGE_SETTINGS: dict[str, type[Any]] = {
    "calibration_health": CalibrationHealthSettings,
    "layer_errors": LayerErrorsSettings,
    "range_convergence": RangeConvergenceSettings,
    "video_frames": VideoFramesSettings,
    "int8_output": Int8OutputSettings,
}

# Processes that are no stages: they run until they are told to end.
PROCESS_SETTINGS: dict[str, type[Any]] = {"virtual_board": VirtualBoardSettings}


def settings_class(name: str) -> type[Any]:
    """Return the class of a stage's or a process's settings."""
    return {**STAGE_SETTINGS, **SIDE_STAGE_SETTINGS, **PROCESS_SETTINGS}[name]


def from_mapping(cls: type[Settings], values: dict[str, Any]) -> Settings:
    """Return checked settings of class `cls` from plain values; missing ones take their defaults.

    Raises:
        SettingInvalid: an unknown name, a value of the wrong type, outside its choices or its range.
    """
    known = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise SettingInvalid(name="setting", value=name, allowed=", ".join(known) or "none")
    return cls(**{name: _checked(known[name], value) for name, value in values.items()})


def plain_values(settings: Any) -> dict[str, Any]:
    """Return a settings object as values that JSON and YAML give back unchanged; `from_mapping` reads them."""
    values = dataclasses.asdict(settings)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def is_list(field: "dataclasses.Field[Any]") -> bool:
    """Return whether a setting is a list of texts."""
    return get_origin(field.type) is tuple


def _checked(field: "dataclasses.Field[Any]", value: Any) -> Any:
    if is_list(field):
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise SettingInvalid(name=field.name, value=str(value), allowed=describe(field))
        return tuple(value)
    wanted = field.type
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    plain = get_origin(wanted) or wanted
    if not isinstance(plain, type) or not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    limits = field.metadata
    if limits["choices"] and value not in limits["choices"]:
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    low, high = limits["minimum"], limits["maximum"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    if limits["file_name"] and not _fits_a_file_name(str(value)):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    return value


def _fits_a_file_name(text: str) -> bool:
    """Whether `text` may be part of a file's name on every system."""
    return text.isprintable() and not set(text) & set(_NOT_IN_FILE_NAMES) and len(text.encode()) <= LONGEST_NAME_PART


def describe(field: "dataclasses.Field[Any]") -> str:
    """Return in words which values a setting takes."""
    limits = field.metadata
    if is_list(field):
        return "a list of texts"
    if limits["choices"]:
        return ", ".join(str(choice) for choice in limits["choices"])
    if limits["file_name"]:
        return f"a text of at most {LONGEST_NAME_PART} bytes without {' '.join(_NOT_IN_FILE_NAMES)}"
    kind = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(
        get_args(field.type)[0] if get_args(field.type) else field.type,  # type: ignore[arg-type]
        "a value",
    )
    low, high = limits["minimum"], limits["maximum"]
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    if low is not None:
        return f"{kind} of at least {low:g}"
    return kind
