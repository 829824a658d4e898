"""Every failure a user can meet, as one shallow tree of exceptions.

An error carries fields (path, size, name...), never a finished sentence: `remedies.py` makes the title, the reason
and numbered steps of it, once for the window, the command line and the log. Errors cross the process border as JSON
(`to_message`, `from_message`). Foreign exceptions are translated where they are caught, with ``raise ... from``.
What can go wrong with boards is in `errors_deploy.py`, with their tools in `errors_tools.py`, with the live stream in
`errors_link.py`.
"""

import enum
from typing import Any, ClassVar


class ExitCode(enum.IntEnum):
    """What the command line returns. Stable: scripts rely on it."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    ENVIRONMENT = 4
    STAGE_DIED = 5
    CHECK_FAILED = 6
    STORAGE = 7
    BUSY = 8
    DEPLOY = 9
    LINK = 10
    CANCELLED = 130


class StudioError(Exception):
    """Base of all expected failures. Subclasses name their `code`, `exit_code` and `fields`.

    Args:
        **fields: exactly the names in `fields`; values must survive JSON (str, int, float, bool, None, lists of them).
    """

    code: ClassVar[str] = ""
    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **fields: Any) -> None:
        if set(fields) != set(self.fields):
            raise TypeError(f"{type(self).__name__} takes {self.fields}, got {tuple(fields)}")
        self.values = {name: _plain(value) for name, value in fields.items()}
        super().__init__(", ".join(f"{name}={value}" for name, value in self.values.items()) or self.code)

    def to_message(self) -> dict[str, Any]:
        """Return the error as a JSON-ready mapping."""
        return {"code": self.code, "fields": self.values}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


def error_classes() -> dict[str, type[StudioError]]:
    """Return every concrete error class by its code."""
    from n6studio.domain.errors import deploy as errors_deploy  # noqa: F401  (their classes count
    from n6studio.domain.errors import flow as errors_flow  # noqa: F401  (their classes count
    from n6studio.domain.errors import link as errors_link  # noqa: F401  (their classes count
    from n6studio.domain.errors import tools as errors_tools  # noqa: F401  (their classes count

    found: dict[str, type[StudioError]] = {}
    waiting = list(StudioError.__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.code:
            found[cls.code] = cls
    return found


def from_message(message: dict[str, Any]) -> StudioError:
    """Rebuild an error that crossed the process border; an unknown code becomes `StageBug`."""
    cls = error_classes().get(str(message.get("code")))
    fields = dict(message.get("fields") or {})
    if cls is None or set(fields) != set(cls.fields):
        return StageBug(stage="?", summary=str(message), log="")
    return cls(**fields)


# --- what the user gave us -------------------------------------------------------------------------------------------


class InputError(StudioError):
    """Something about a file or a setting that the user chose."""

    exit_code = ExitCode.INPUT


class FileMissing(InputError):
    """There is no such file or folder."""

    code, fields = "N6S-I01", ("path",)


class FileUnreadable(InputError):
    """The operating system refuses to let us read it."""

    code, fields = "N6S-I02", ("path", "reason")


class UnknownFormat(InputError):
    """The file is none of the model formats we read."""

    code, fields = "N6S-I03", ("path", "found")


class SettingInvalid(InputError):
    """A setting has a value outside its choices or range."""

    code, exit_code, fields = "N6S-I04", ExitCode.USAGE, ("name", "value", "allowed")


class CheckpointDamaged(InputError):
    """A .pt that is cut off or not a checkpoint at all."""

    code, fields = "N6S-M01", ("path", "reason")


class CheckpointUnsafe(InputError):
    """A .pt whose pickle wants to call something that a model does not need."""

    code, fields = "N6S-M02", ("path", "names")


class CheckpointUnknownClass(InputError):
    """A .pt made of classes that the installed Ultralytics lacks."""

    code, fields = "N6S-M03", ("path", "names", "have", "need")


class CheckpointCustomClass(InputError):
    """A .pt that contains classes from outside Ultralytics and torch."""

    code, fields = "N6S-M04", ("path", "names")


class WrongTask(InputError):
    """A model for another task than pose."""

    code, fields = "N6S-M05", ("path", "task")


class NotAPoseNetwork(InputError):
    """A network whose output cannot be read as boxes, score and keypoints."""

    code, fields = "N6S-M06", ("path", "found")


class PixelOutputs(InputError):
    """A network whose coordinates are in pixels, so that int8 would destroy the scores."""

    code, fields = "N6S-M07", ("path", "largest")


class ImageSizeInvalid(InputError):
    """An input size that is not a multiple of 32."""

    code, exit_code, fields = "N6S-M08", ExitCode.USAGE, ("size", "nearest")


class InputSizeMismatch(InputError):
    """A configured input size that is not the network's."""

    code, fields = "N6S-M09", ("path", "wanted", "found")


class ModelDamaged(InputError):
    """A .tflite, .onnx or SavedModel that is cut off or inconsistent."""

    code, fields = "N6S-M10", ("path", "format", "reason")


class NotASavedModel(InputError):
    """Something else where quantization needs a SavedModel folder."""

    code, fields = "N6S-M11", ("path", "found")


class NoImages(InputError):
    """A folder without a single usable picture."""

    code, fields = "N6S-D01", ("path", "seen")


class LabelsUnreadable(InputError):
    """An annotation file that does not have the form it should."""

    code, fields = "N6S-D02", ("path", "reason")


class KeypointCountMismatch(InputError):
    """Labels and network disagree about the number of keypoints."""

    code, fields = "N6S-D03", ("data", "data_keypoints", "model", "model_keypoints")


class ImagesMissing(InputError):
    """Annotations for pictures that are not there."""

    code, fields = "N6S-D04", ("path", "missing", "total", "example")


class SkeletonUnreadable(InputError):
    """A file from which names, pairs and sigmas of keypoints cannot be taken."""

    code, fields = "N6S-D05", ("path", "reason")


class VideoUnreadable(InputError):
    """A file from which no frame can be taken."""

    code, fields = "N6S-D06", ("path", "reason")


class CalibrationChanged(InputError):
    """Calibration pictures that are no longer those that were locked."""

    code, fields = "N6S-D07", ("path", "locked", "found")


class ConfigUnreadable(InputError):
    """An ST user_config.yaml that cannot be understood."""

    code, fields = "N6S-C01", ("path", "line", "reason")


class ConfigKeyMissing(InputError):
    """An ST user_config.yaml without a key that the job needs."""

    code, fields = "N6S-C02", ("path", "key")


class ConfigValueInvalid(InputError):
    """An ST user_config.yaml with a value that is not possible."""

    code, fields = "N6S-C03", ("path", "key", "value", "allowed")


class NotAProject(InputError):
    """A folder without project.n6.yaml, or one of a later version."""

    code, fields = "N6S-P01", ("path", "reason")


# --- what the machine lacks ------------------------------------------------------------------------------------------


class MachineError(StudioError):
    """Something about this machine or installation."""

    exit_code = ExitCode.ENVIRONMENT


class PackageMissing(MachineError):
    """A Python package of ours is missing or cannot be imported."""

    code, fields = "N6S-E01", ("package", "reason")


class NotEnoughMemory(MachineError):
    """A stage ran out of memory."""

    code, fields = "N6S-E02", ("stage", "log")


class StorageError(StudioError):
    """Something about where results are written."""

    exit_code = ExitCode.STORAGE


class DiskFull(StorageError):
    """No space left where the results go."""

    code, fields = "N6S-S01", ("path",)


class NotWritable(StorageError):
    """The output folder cannot be written."""

    code, fields = "N6S-S02", ("path", "reason")


class Busy(StudioError):
    """Another run holds this project or output folder."""

    code, exit_code, fields = "N6S-B01", ExitCode.BUSY, ("path", "holder")


# --- what went wrong while working -----------------------------------------------------------------------------------


class Cancelled(StudioError):
    """The user stopped the job."""

    code, exit_code, fields = "N6S-X01", ExitCode.CANCELLED, ("stage",)


class StageDied(StudioError):
    """The child process ended without a result."""

    code, exit_code, fields = "N6S-X02", ExitCode.STAGE_DIED, ("stage", "how", "log")


class StageBug(StudioError):
    """An exception in a stage that nobody expected."""

    code, exit_code, fields = "N6S-X03", ExitCode.BUG, ("stage", "summary", "log")


class ExportFailed(StudioError):
    """Ultralytics or the converter refused the network."""

    code, exit_code, fields = "N6S-X04", ExitCode.STAGE_DIED, ("path", "step", "reason")


class ConversionFailed(StudioError):
    """The quantizer refused the network."""

    code, exit_code, fields = "N6S-X05", ExitCode.STAGE_DIED, ("path", "reason")


class CheckFailed(StudioError):
    """The work was done, but its result must not be trusted."""

    exit_code = ExitCode.CHECK_FAILED


class SelfCheckFailed(CheckFailed):
    """The exported network does not see what the checkpoint sees."""

    code, fields = "N6S-K01", ("where", "oks", "needed", "pixels", "image")


class ScoreCollapse(CheckFailed):
    """The float network finds people and the quantized one does not."""

    code, fields = "N6S-K02", ("float_people", "int8_people", "images", "head")
