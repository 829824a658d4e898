"""Files and folders that are missing, unreadable, full or taken. Codes N6S-I, N6S-P, N6S-S and N6S-B."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, InputError, StudioError
from n6studio.domain.errors.remedy import PerSystem, Remedy


class FileMissing(InputError):
    """There is no such file or folder."""

    code = "N6S-I01"
    path: Path | str
    remedy = Remedy(
        "{path} does not exist",
        "There is no file or folder of that name; it may have been moved, or the name has a typing error.",
        ("Check the name, also upper and lower case.", "Choose the file again."),
    )


class FileUnreadable(InputError):
    """The operating system refuses to let us read it."""

    code = "N6S-I02"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be read",
        "The operating system says: {reason}.",
        (
            PerSystem(
                "Close programs that hold the file, and check under Properties > Security that you may read it.",
                "Allow the terminal or N6 Studio to read this folder under System Settings > Privacy & Security.",
                "Give yourself read permission: chmod u+r on the file, chmod u+rx on its folder.",
            ),
            "If it lies on a network drive, copy it to this computer first.",
        ),
    )


class UnknownFormat(InputError):
    """The file is none of the model formats we read."""

    code = "N6S-I03"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a model that N6 Studio can read",
        "It looks like {found}. Readable are Ultralytics .pt checkpoints, SavedModel folders, .tflite and .onnx files.",
        ("Choose the checkpoint that training left, usually runs/pose/train/weights/best.pt.",),
    )


class NotAProject(InputError):
    """A folder without project.n6.yaml, or one of a later version."""

    code = "N6S-P01"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a project that this release can open",
        "{reason}.",
        ("Choose a folder with a project.n6.yaml in it, or a checkpoint to begin a new project.",),
    )


class StorageError(StudioError):
    """Something about where results are written."""

    exit_status = ExitCode.STORAGE


class DiskFull(StorageError):
    """No space left where the results go."""

    code = "N6S-S01"
    path: Path | str
    remedy = Remedy(
        "The disk is full",
        "There was no room left while writing to {path}. Half-written files were removed.",
        ("Free some space, or choose an output folder on another disk.", "Start again; what was finished is kept."),
    )


class NotWritable(StorageError):
    """The output folder cannot be written."""

    code = "N6S-S02"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be written",
        "The operating system says: {reason}.",
        (
            PerSystem(
                "Choose a folder of your own, for example under Documents, or check Properties > Security.",
                "Choose a folder of your own, or allow access under System Settings > Privacy & Security.",
                "Choose a folder of your own, or give yourself permission: chmod u+rwx on the folder.",
            ),
        ),
    )


class Busy(StudioError):
    """Another run holds this project or output folder."""

    code = "N6S-B01"
    exit_status = ExitCode.BUSY
    path: Path | str
    holder: str
    remedy = Remedy(
        "{path} is in use by another run",
        "{holder} is working there; two runs would overwrite each other's results.",
        ("Wait until it is done, or stop it.", "Or use another project or output folder."),
    )
