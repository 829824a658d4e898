"""Folders that vendors' tools can work in: plain names, room on the disk, one each."""

import re
import shutil
import tempfile
from pathlib import Path

from n6studio.domain.errors.files import DiskFull, FileUnreadable
from n6studio.domain.errors.tools import ToolPathUnsafe
from n6studio.system.files import is_full, replace_bytes, storage_error

_PLAIN = re.compile(r"[A-Za-z0-9_./\\:~+,@-]+$")
_FULL = re.compile(r"No space left on device|not enough space on the disk|Disk quota exceeded", re.IGNORECASE)
_LONGEST = 120  # characters; ST's trees reach another 130 down, and Windows ends at 260


def is_plain(path: Path) -> bool:
    """Return whether make, ld and ST's tools can be trusted with a path: no spaces, English letters, not too long."""
    text = str(path)
    return bool(_PLAIN.match(text)) and len(text) <= _LONGEST


def working_folder(wanted: Path, tool: str) -> Path:
    """Return an empty folder for a tool: `wanted` where its name is plain, otherwise a temporary one.

    Args:
        wanted: folder below the run's folder; what is in it is removed.
        tool: name of the tool, for the message.

    Raises:
        ToolPathUnsafe: neither it nor the system's temporary folder has a plain name.
        DiskFull, NotWritable.
    """
    wanted = wanted.absolute()
    try:
        shutil.rmtree(wanted, ignore_errors=True)
        if is_plain(wanted):
            wanted.mkdir(parents=True, exist_ok=True)
            return wanted
        folder = Path(tempfile.mkdtemp(prefix="n6-")).resolve()
    except OSError as error:
        raise storage_error(wanted, error) from error
    if is_plain(folder):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    raise ToolPathUnsafe(tool=tool, path=folder)


def plain_name(name: str) -> str:
    """Return a file name made of letters, digits, '_', '-' and '.' only."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.") or "model"


def disk_full(text: str, folder: Path) -> DiskFull | None:
    """Return the error where a tool's output, or the disk itself, says that there is no room left."""
    return DiskFull(path=folder) if _FULL.search(text) or is_full(folder) else None


def copied(source: Path, target: Path) -> Path:
    """Copy a file and return the copy; it is there whole or not at all.

    Raises:
        FileUnreadable: the source.
        DiskFull, NotWritable: the copy.
    """
    try:
        content = source.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=source, reason=error.strerror or str(error)) from error
    replace_bytes(target, content)
    return target


def written(path: Path, text: str) -> Path:
    """Write a text file of a working copy and return it.

    Raises:
        DiskFull, NotWritable.
    """
    try:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise storage_error(path, error) from error
    return path
