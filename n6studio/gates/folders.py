"""Folders that somebody else filled: so many files and no more, and listing them stops where somebody cancels."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from n6studio.domain.errors.files import FolderTooLarge
from n6studio.domain.errors.foreign import reading_error
from n6studio.gates.stopping import go_on

MOST_FILES = 1_000_000  # COCO, the largest set that people have, has a fifth of that
_ASK_EVERY = 1000

Found = TypeVar("Found")  # a path, or what stands for one


def within_limit(folder: Path, paths: Iterable[Found], most: int = MOST_FILES) -> Iterator[Found]:
    """Yield what is found below `folder`.

    Args:
        folder: the one that was chosen, for the error.
        paths: what is found, as it is found.
        most: so many of them.

    Raises:
        FolderTooLarge: there are more; someone chose a whole disk, say.
        StudioError: what `stopped_by` was given raises.
    """
    for number, path in enumerate(paths):
        if number % _ASK_EVERY == 0:
            go_on()
        if number >= most:
            raise FolderTooLarge(path=folder, most=f"{most:,}")
        yield path


def every_file(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield the files in `folder` and below, in no order.

    Folders behind links, and those below that are closed to us, are not entered. One look at a folder tells which of
    its entries are files, where `Path.rglob` and `is_file` ask the system about every name.

    Raises:
        OSError: the folder cannot be listed.
        FolderTooLarge, StudioError: as for `within_limit`.
    """
    for entry in within_limit(folder, _entries(str(folder))):
        if entry.is_file():
            yield entry


def _entries(top: str) -> Iterator[os.DirEntry[str]]:
    waiting = [top]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as found:
                entries = list(found)
        except PermissionError:
            if here == top:
                raise
            continue
        yield from entries
        waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def visible_files(top: Path, recursive: bool = True) -> Iterator[Path]:
    """Yield the files in `top` and below, in no order, as people mean a folder of images.

    Links to folders are followed once. Hidden files and folders are left out (macOS leaves `._` files that only look
    like images), and so are those below that are closed to us.

    Raises:
        FileMissing, FileUnreadable: the operating system refuses to list it.
        FolderTooLarge, StudioError: as for `within_limit`.
    """
    return within_limit(top, _visible(top, recursive))


def _visible(top: Path, recursive: bool) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()

    def refuse(error: OSError) -> None:
        if error.filename is not None and Path(error.filename) == top:
            raise reading_error(top, error) from error

    for here, folders, names in os.walk(top, onerror=refuse, followlinks=True):
        status = Path(here).stat()
        identity = (status.st_dev, status.st_ino)
        folders[:] = [] if identity in seen or not recursive else [name for name in folders if name[0] != "."]
        if identity not in seen:
            yield from (Path(here) / name for name in names if name[0] != ".")
        seen.add(identity)


def file_count(folder: Path) -> int:
    """Return how many files lie in `folder` and below; 1 for a file.

    Raises:
        FolderTooLarge, StudioError: as for `within_limit`.
    """
    return sum(1 for _ in every_file(folder)) if folder.is_dir() else 1
