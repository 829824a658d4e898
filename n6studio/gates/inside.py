"""The one way from an entry of a file that anybody may have written to a path: inside a folder, or refused.

Projects, results, releases and recordings name files. What they name is read, written or shown only where it is a plain
file or folder inside their own folder, reached without a symbolic link: a link inside a folder leads anywhere.
"""

import os
import re
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from n6studio.domain.errors.files import PathRefused
from n6studio.gates.files import kind_of
from n6studio.gates.paths import NoPath, plain_path

_DRIVE = re.compile(r"[A-Za-z]:")
_REPARSE_POINT = 0x400  # Windows: links, junctions and other things that lead elsewhere


def inside(folder: Path, entry: object, named_in: Path) -> Path:
    """Return the path that `entry` names inside `folder`; what is there is a plain file or folder, or nothing yet.

    Args:
        folder: the folder that it counts from; may itself be reached by a link, since the user chose it.
        entry: the value, as it stands in a file; parts are separated by /.
        named_in: the file that it stands in, or the folder that it is found in, for the message.

    Raises:
        PathRefused: it leads out of the folder, is no relative path, or something on the way is a link or a device.
    """
    place = folder
    parts = _parts(entry, named_in)
    for number, part in enumerate(parts, 1):
        place = place / part
        try:
            status = os.lstat(place)
        except OSError:
            break  # nothing is there, or nobody may look: whoever reads or writes then is told so by the system
        if (reason := _kind_refused(status, last=number == len(parts))) is not None:
            raise PathRefused(path=named_in, entry=str(entry), reason=f"{place} is {reason}")
    return folder.joinpath(*parts)


def _parts(entry: object, named_in: Path) -> tuple[str, ...]:
    text = str(entry)
    reason = ""
    try:
        plain_path(entry)
    except NoPath as error:
        reason = f"it {error}"
    parts = PurePosixPath(text).parts
    if "\\" in text:
        reason = reason or "it has a backslash"
    elif _DRIVE.match(text) or (os.name == "nt" and (":" in text or PureWindowsPath(text).is_reserved())):
        reason = reason or "it begins with a drive, or names a device"
    elif text.startswith("/"):
        reason = reason or "it is an absolute path"
    elif ".." in parts:
        reason = reason or "it leads out of the folder with '..'"
    elif not parts:
        reason = reason or "it is empty"
    if reason:
        raise PathRefused(path=named_in, entry=text, reason=reason)
    return parts


def _kind_refused(status: os.stat_result, last: bool) -> str | None:
    """Return what is there, with its article, where it is nothing that a path may lead to or through."""
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_file_attributes", 0) & _REPARSE_POINT:
        return "a symbolic link"
    if stat.S_ISDIR(status.st_mode) or (last and stat.S_ISREG(status.st_mode)):
        return None
    return kind_of(status.st_mode) if not stat.S_ISREG(status.st_mode) else "a file where a folder is needed"
