"""A folder's images and what the calibration check found in them, read away from the GUI thread."""

from pathlib import Path

from n6studio.domain.calibration.facts import CalibrationFacts
from n6studio.domain.encoding import decoded
from n6studio.domain.errors.foreign import reading
from n6studio.engine.jobs.hashing import files_below
from n6studio.gates.files import read_bytes, require_folder

FEW = 3  # people


def list_folder(folder: Path) -> tuple[str, ...]:
    """Return the images below a folder as paths relative to it, with forward slashes, sorted.

    Raises:
        FileMissing, FileUnreadable.
    """
    with reading(folder):
        require_folder(folder)
    folder = folder.absolute()
    start = len(folder.as_posix().rstrip("/")) + 1
    return tuple(path.as_posix()[start:] for path in files_below(folder, images_only=True))


def read_facts(path: Path) -> CalibrationFacts:
    """Read what the stage `calibration_health` wrote."""
    return decoded(read_bytes(path), CalibrationFacts)


def with_people(folder: Path, facts: CalibrationFacts) -> Path | None:
    """Return an image of a checked folder that shows people well: a few of them, one of them tall."""
    seen = [one for one in facts.images if one.people and not one.problem and (folder / one.name).is_file()]
    few = [one for one in seen if (one.people or 0) <= FEW] or seen
    best = max(few, key=lambda one: max(one.heights, default=0.0), default=None)
    return folder / best.name if best is not None else None
