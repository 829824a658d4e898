"""Folders that vendors' tools can work in: plain names, room on the disk, one each."""

import re
import shutil
import tempfile
from pathlib import Path

from n6studio.domain.errors.foreign import reading, writing
from n6studio.domain.errors.tools import ToolPathUnsafe
from n6studio.system.files import replace_bytes

_PLAIN = re.compile(r"[A-Za-z0-9_./\\:~+,@-]+$")
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
    with writing(wanted):
        shutil.rmtree(wanted, ignore_errors=True)
        if is_plain(wanted):
            wanted.mkdir(parents=True, exist_ok=True)
            return wanted
        folder = Path(tempfile.mkdtemp(prefix="n6-")).resolve()
    if is_plain(folder):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    raise ToolPathUnsafe(tool=tool, path=folder)


def plain_name(name: str) -> str:
    """Return a file name made of letters, digits, '_', '-' and '.' only."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.") or "model"


def copied(source: Path, target: Path) -> Path:
    """Copy a file and return the copy; it is there whole or not at all.

    Raises:
        FileUnreadable: the source.
        DiskFull, NotWritable: the copy.
    """
    with reading(source):
        content = source.read_bytes()
    replace_bytes(target, content)
    return target


def written(path: Path, text: str) -> Path:
    """Write a text file of a working copy and return it.

    Raises:
        DiskFull, NotWritable.
    """
    with writing(path):
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return path
