"""Adding images to the calibration set: copies below its folder, so that nothing of the user's is moved."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.domain.project import Project
from n6studio.gates.files import read_bytes, require_file
from n6studio.gates.folders import every_file
from n6studio.system.files import make_folder, replacing

ADDED = "added"  # folder below the calibration folder


@dataclass(frozen=True)
class Added:
    """What `add_images` did.

    Attributes:
        calibration: the folder of calibration images; the project's own where it had none.
        copied: the new files.
        there: how many were in it already, under any name.
    """

    calibration: Path
    copied: tuple[Path, ...]
    there: int


def add_images(project: Project, images: Sequence[Path]) -> Added:
    """Copy images into the calibration set; what it holds already, byte for byte, is left out.

    Args:
        project: names the calibration folder; without one, `calibration` in the project's folder is begun.
        images: files.

    Raises:
        FileMissing, FileUnreadable: an image cannot be read; those before it are added.
        DiskFull, NotWritable: the folder cannot be written.
    """
    calibration = project.calibration or project.folder / "calibration"
    target = calibration / ADDED
    make_folder(target)
    sizes: dict[int, list[Path]] = {}
    for entry in every_file(calibration):
        sizes.setdefault(entry.stat().st_size, []).append(Path(entry.path))
    copied: list[Path] = []
    there = 0
    for image in images:
        with reading(image):
            require_file(image)
        alike = sizes.get(image.stat().st_size, [])
        if alike and _digest(image) in {_digest(other) for other in alike}:
            there += 1
            continue
        copied.append(_copy(image, target))
        sizes.setdefault(image.stat().st_size, []).append(copied[-1])
    return Added(calibration, tuple(copied), there)


def _copy(image: Path, folder: Path) -> Path:
    place, number = folder / image.name, 1
    while place.exists():
        number += 1
        place = folder / f"{image.stem} ({number}){image.suffix}"
    with replacing(place) as part:
        shutil.copyfile(image, part)
    return place


def _digest(path: Path) -> str:
    with reading(path):
        return hashlib.sha256(read_bytes(path)).hexdigest()
