"""Folders that vendors' tools can work in: plain names, room on the disk, one each."""

import os
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


def plain_places() -> tuple[Path, ...]:
    """Return folders of this system for temporary files, the usual one first, those with a plain path before others.

    A user's name with blanks or non-English letters makes the usual one unfit for many tools. On Windows everybody may
    write to the folder Public.
    """
    public = os.environ.get("PUBLIC")
    places = [Path(tempfile.gettempdir()), *([Path(public)] if public else []), Path("/tmp")]
    there = [place for place in dict.fromkeys(places) if place.is_dir() and os.access(place, os.W_OK)]
    return tuple(sorted(there, key=lambda place: not is_plain(place)))


def working_folder(wanted: Path, tool: str) -> Path:
    """Return an empty folder for a tool: `wanted` where its path is plain, otherwise a temporary one.

    Args:
        wanted: folder below the run's folder; what is in it is removed.
        tool: name of the tool, for the message.

    Raises:
        ToolPathUnsafe: neither it nor any of `plain_places` has a plain path.
        DiskFull, NotWritable.
    """
    wanted = wanted.absolute()
    with writing(wanted):
        shutil.rmtree(wanted, ignore_errors=True)
        if is_plain(wanted):
            wanted.mkdir(parents=True, exist_ok=True)
            return wanted
        folder = Path(tempfile.mkdtemp(prefix="n6-", dir=next(iter(plain_places()), None)))
    # A short name of Windows (JRGMLL~1) is plain and resolves to one that is not; macOS' /tmp is a link to one that is.
    real = folder.resolve()
    if is_plain(real) or is_plain(folder):
        return real if is_plain(real) else folder
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
