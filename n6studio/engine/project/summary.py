"""A project in a few words, for lists of projects. Reads small files; hashes and runs nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

from n6studio.board.registry import board
from n6studio.domain.errors.base import StudioError
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.project import Project
from n6studio.domain.summary import ProjectSummary
from n6studio.engine.project.project import load_project
from n6studio.engine.project.runs import latest
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT

MOST_LOOKED_AT = 20_000  # files and folders; a project with more is larger than what is said


def summary_of(folder: Path) -> ProjectSummary:
    """Return what a list says of the project in `folder`; for one that cannot be read, why not."""
    if not folder.is_dir():
        return ProjectSummary(folder, problem="Folder not found")
    try:
        project = load_project(folder)
        evaluated = latest(project, EVALUATE)
        return ProjectSummary(
            folder=folder,
            model=project.model.name,
            size=project.settings_of(EXPORT).imgsz,
            ap=evaluated.figures.models[0].ap if evaluated is not None and evaluated.figures.models else None,
            board=board(project.settings_of(DEPLOY).board).name,
            image=_first_image(project),
            disk_bytes=disk_bytes(folder),
        )
    except (StudioError, OSError):
        return ProjectSummary(folder, problem="Cannot be read")


def disk_bytes(folder: Path) -> int:
    """Return what the files below a folder take, links not followed; of those that cannot be looked at, nothing."""
    total = 0
    for number, entry in enumerate(_below(folder)):
        if number >= MOST_LOOKED_AT:
            break
        try:
            total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                yield entry


def _first_image(project: Project) -> Path | None:
    for folder in (project.calibration, project.check_images):
        if folder is None or not folder.is_dir():
            continue
        for entry in _below(folder):
            if Path(entry.name).suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith("."):
                return Path(entry.path)
    return None
