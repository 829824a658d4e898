"""The list of a folder's images, read away from the GUI thread."""

from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.engine.jobs.hashing import files_below
from n6studio.gates.files import require_folder


def list_folder(folder: Path) -> tuple[str, ...]:
    """Return the images below a folder as paths relative to it, with forward slashes, sorted.

    Raises:
        FileMissing, FileUnreadable.
    """
    with reading(folder):
        require_folder(folder)
    return tuple(path.relative_to(folder).as_posix() for path in files_below(folder, images_only=True))
