"""Folders that somebody else filled: so many files and no more, and listing them stops where somebody cancels."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from n6studio.domain.errors.files import FolderTooLarge
from n6studio.gates.stopping import go_on

MOST_FILES = 1_000_000  # COCO, the largest set that people have, has a fifth of that
_ASK_EVERY = 1000


def within_limit(folder: Path, paths: Iterable[Path], most: int = MOST_FILES) -> Iterator[Path]:
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


def file_count(folder: Path) -> int:
    """Return how many files lie in `folder` and below; 1 for a file.

    Raises:
        FolderTooLarge, StudioError: as for `within_limit`.
    """
    if not folder.is_dir():
        return 1
    return sum(1 for path in within_limit(folder, folder.rglob("*")) if path.is_file())
