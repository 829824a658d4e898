"""Folders that somebody else filled: so many files and no more, and listing them stops where somebody cancels."""

import fnmatch
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


def matching(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield what a pattern such as */images or **/*.png stands for, in no order; each once.

    As in a shell: ** stands for any folders, of which links are not entered, and a name that begins with a point is
    met by a part that does, too. `Path.glob` fails on patterns like **.png and on folders that vanish meanwhile, and
    takes as long as the combinations of several ** are many.

    Raises:
        FolderTooLarge: it would take a look at more files than `MOST_FILES`.
        StudioError: what `stopped_by` was given raises.
    """
    return within_limit(folder, _matching(folder, [part for part in pattern.split("/") if part not in ("", ".")]))


def _matching(folder: Path, parts: list[str]) -> Iterator[Path]:
    end, start, seen = len(parts), _places(parts, {0}), 0
    if end in start:
        yield folder
    waiting = [(str(folder), start)]
    while waiting:
        here, places = waiting.pop()
        go_on()
        try:
            with os.scandir(here) as found:
                entries = list(found)
        except OSError:
            continue  # closed to us, or gone meanwhile
        seen += len(entries)
        if seen > MOST_FILES:
            raise FolderTooLarge(path=folder, most=f"{MOST_FILES:,}")
        for entry in entries:
            reached = _places(parts, _after(entry, parts, places))
            if end in reached:
                yield Path(entry.path)
            if reached - {end} and _is_folder(entry):
                waiting.append((entry.path, reached))


def _after(entry: os.DirEntry[str], parts: list[str], places: set[int]) -> set[int]:
    """Return how many parts may be behind an entry, where `places` were behind its folder."""
    reached = set()
    for place in places - {len(parts)}:
        part = parts[place]
        if part == "**":
            reached |= {place} if entry.name[0] != "." and _is_folder(entry, follow=False) else set()
        elif fnmatch.fnmatchcase(entry.name, part) and (entry.name[0] != "." or part[0] == "."):
            reached.add(place + 1)
    return reached


def _is_folder(entry: os.DirEntry[str], follow: bool = True) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        return False


def _places(parts: list[str], places: set[int]) -> set[int]:
    """Return the same with those behind ** that stand for no folder at all."""
    found = set(places)
    for place, part in enumerate(parts):
        if part == "**" and place in found:
            found.add(place + 1)
    return found


def file_count(folder: Path) -> int:
    """Return how many files lie in `folder` and below; 1 for a file.

    Raises:
        FolderTooLarge, StudioError: as for `within_limit`.
    """
    return sum(1 for _ in every_file(folder)) if folder.is_dir() else 1
