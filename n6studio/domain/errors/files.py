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
        "There is no file or folder with this name. It may have been moved or renamed, or the name is misspelled.",
        ("Check the spelling, including upper and lower case.", "Choose the file again."),
    )


class FileUnreadable(InputError):
    """The operating system refuses read access."""

    code = "N6S-I02"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be read",
        "Operating system error: {reason}.",
        (
            PerSystem(
                "Close programs that have the file open, and check your read permission under Properties > Security.",
                "Allow the terminal or N6 Studio to read this folder under System Settings > Privacy & Security.",
                "Give yourself read permission: chmod u+r on the file, chmod u+rx on its folder.",
            ),
            "If it is on a network drive, copy it to this computer first.",
        ),
    )


class UnknownFormat(InputError):
    """The file has none of the supported model formats."""

    code = "N6S-I03"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a supported model file",
        "Found: {found}. Supported are Ultralytics .pt checkpoints, SavedModel folders, .tflite, .onnx and .keras "
        "files.",
        ("Choose the checkpoint that training wrote, usually runs/pose/train/weights/best.pt.",),
    )


class NotAFile(InputError):
    """A folder, named pipe, socket or device, or a link to one, where a file is read."""

    code = "N6S-I05"
    path: Path | str
    kind: str
    remedy = Remedy(
        "{path} is not a file",
        "It is {kind}, or a link to {kind}. Only files are read: others may never end, or be waited for without end.",
        ("Choose a file.", "If it was made by a program that writes to a pipe, let it write to a file first."),
    )


class FileTooLarge(InputError):
    """A file that is larger than what is read of its kind."""

    code = "N6S-I06"
    path: Path | str
    largest: str
    remedy = Remedy(
        "{path} is too large",
        "It is larger than {largest}, which is the most that is read of a file of this kind.",
        (
            "Check that it is the file you mean: one of this kind is usually far smaller.",
            "If it was cut from a disk image or grew by mistake, copy or make it again.",
        ),
    )


class LinkBroken(InputError):
    """A symbolic link that leads to nothing, or in a circle."""

    code = "N6S-I07"
    path: Path | str
    target: Path | str
    remedy = Remedy(
        "{path} is a broken link",
        "It leads to {target}, and from there to no file or folder.",
        ("Choose the file or folder itself; it may have been moved or renamed.", "Or remove the link."),
    )


class NotAFolder(InputError):
    """A file, named pipe, socket or device, or a link to one, where a folder is needed."""

    code = "N6S-I08"
    path: Path | str
    kind: str
    remedy = Remedy(
        "{path} is not a folder",
        "It is {kind}, or a link to {kind}.",
        ("Choose a folder.",),
    )


class FolderTooLarge(InputError):
    """A folder with more files than are looked at."""

    code = "N6S-I09"
    path: Path | str
    most: str
    remedy = Remedy(
        "{path} has too many files",
        "There are more than {most} files in it and in the folders below it, which is the most that is looked at.",
        (
            "Check that it is the folder you mean, and not a disk or a home folder.",
            "Copy the files that you need into a folder of their own, and choose that one.",
        ),
    )


class NotAProject(InputError):
    """A folder without project.n6.yaml, or one of a later version."""

    code = "N6S-P01"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a project that this version can open",
        "{reason}.",
        ("Choose a folder that contains a project.n6.yaml, or a checkpoint to start a new project.",),
    )


class ProjectNewer(InputError):
    """A project that a later release saved."""

    code = "N6S-P05"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} was saved by a newer N6 Studio",
        "{reason}.",
        (
            "Update N6 Studio: 'n6studio updates' looks for a newer one.",
            "Or open the checkpoint to start a new project.",
        ),
    )


class ProjectDamaged(InputError):
    """A project file with something in it that no project has."""

    code = "N6S-P02"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The project file {path} cannot be used",
        "In it, {reason}.",
        (
            "Mend it in a text editor; what a project file can say is listed by 'n6studio settings'.",
            "Or rename it, and open the checkpoint to start anew: results in the folder runs are taken up again.",
        ),
    )


class ExplorationUnreadable(InputError):
    """A file that is no table of candidates."""

    code = "N6S-I10"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is no table of candidates",
        "Such a table is the explore.json of an exploration. What is wrong with this file: {reason}.",
        ("Choose the explore.json in the folder of an exploration.", "Or run n6studio explore again."),
    )


class PathRefused(InputError):
    """An entry of a file, or something found in a folder, that leads out of the folder or to no plain file."""

    code = "N6S-P03"
    path: Path | str
    entry: str
    reason: str
    remedy = Remedy(
        "{path} names {entry}, which is refused",
        "{reason}. Projects, results, releases and recordings are read and written inside their own folder only, and "
        "not through symbolic links.",
        (
            "If it came from somebody else, do not use it before you know why it names this.",
            "If it is your own link, put the folder itself in its place. A result that is damaged can be removed; its "
            "step then runs again.",
        ),
    )


class NotOpened(InputError):
    """Something that is not handed to the system to open, because it might be a program."""

    code = "N6S-P04"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not opened",
        "It is {found}. Only reports, images, logs and folders are opened with other programs.",
        (
            "Look at it in the file manager, and find out what it is before you open it.",
            "If a result was changed, run its step again.",
        ),
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
        "The disk ran out of space while writing to {path}. Incomplete files were removed.",
        ("Free some space, or choose an output folder on another disk.", "Run again; finished results are kept."),
    )


class TooLittleRoom(StorageError):
    """Less space is left than a step may write; nothing was begun."""

    code = "N6S-S04"
    path: Path | str
    free_megabytes: int
    needed_megabytes: int
    remedy = Remedy(
        "The disk is nearly full",
        "{free_megabytes} MB are free for {path}; a step may write up to {needed_megabytes} MB. Nothing was begun.",
        (
            "Delete runs that nothing needs: the page Runs has the button Tidy.",
            "Or free some space elsewhere, and run again; finished results are kept.",
        ),
    )


class WriteFailed(StorageError):
    """A file or folder could not be written; each cause is a class of its own."""

    path: Path | str
    reason: str


class NotWritable(WriteFailed):
    """The user may not write there."""

    code = "N6S-S02"
    remedy = Remedy(
        "Cannot write to {path}",
        "Operating system error: {reason}.",
        (
            PerSystem(
                "Choose a folder that you own, for example under Documents, or check Properties > Security.",
                "Choose a folder that you own, or allow access under System Settings > Privacy & Security.",
                "Choose a folder that you own, or give yourself write permission: chmod u+rwx on the folder.",
            ),
        ),
    )


class NoPlaceForFiles(WriteFailed):
    """A place where the system makes no files, whatever the rights of the user."""

    code = "N6S-S06"
    remedy = Remedy(
        "Cannot write to {path}",
        "The system makes no files there: {reason}. A folder on the way may be missing, the disk may be read-only or "
        "removed; folders of the system itself, such as /proc, take none.",
        ("Choose a folder that is there, on a disk that takes files, for example in your home folder.",),
    )


class NameTooLong(WriteFailed):
    """A name that the file system cannot hold."""

    code = "N6S-S07"
    remedy = Remedy(
        "Cannot write to {path}",
        "Its name is too long: {reason}. Most systems take 255 bytes for the name of a file or folder.",
        ("Choose a shorter name, or a folder that is not as deep.",),
    )


class NameTaken(StorageError):
    """A file lies where a folder is to be made."""

    code = "N6S-S05"
    path: Path | str
    remedy = Remedy(
        "Cannot write to {path}",
        "A file has this name, or that of one of the folders in it.",
        ("Choose another folder, or move that file away.",),
    )


class AlreadyThere(StorageError):
    """Something has the name that a new file is to get."""

    code = "N6S-S03"
    path: Path | str
    remedy = Remedy(
        "{path} already exists",
        "A recording is a new file: nothing that has its name is replaced.",
        ("Choose another name, or move away what has this one.",),
    )


class Busy(StudioError):
    """Another run holds this project or output folder."""

    code = "N6S-B01"
    exit_status = ExitCode.BUSY
    path: Path | str
    holder: str
    remedy = Remedy(
        "{path} is in use by another run",
        "{holder} is running there. Two runs would overwrite each other's results.",
        ("Wait for it to finish, or stop it.", "Or use another project or output folder."),
    )
