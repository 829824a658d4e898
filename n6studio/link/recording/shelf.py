"""The recordings in a folder, known without reading them through."""

from dataclasses import dataclass
from pathlib import Path

from n6studio.link.recording.recording import index_seconds, is_recording

MOST = 500  # recordings; the newest ones


@dataclass(frozen=True)
class Stored:
    """A recording on the shelf.

    Attributes:
        path: of the file.
        size: bytes.
        modified: seconds since 1970.
        seconds: how long it is by the last line of its index; None where that does not say.
    """

    path: Path
    size: int
    modified: float
    seconds: float | None


def recordings_in(folder: Path) -> tuple[Stored, ...]:
    """Return the recordings in a folder, the newest first. Raises nothing."""
    try:
        found = [(path, path.stat()) for path in folder.iterdir() if is_recording(path) and path.is_file()]
    except OSError:
        return ()
    newest = sorted(found, key=lambda one: one[1].st_mtime, reverse=True)[:MOST]
    return tuple(Stored(path, stat.st_size, stat.st_mtime, index_seconds(path)) for path, stat in newest)
