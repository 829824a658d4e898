"""Where the results of a project lie, and the latest of them."""

import hashlib
import os
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.project import Project
from n6studio.domain.results import StageResult
from n6studio.domain.stage import Stage
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import load_result, result_file
from n6studio.gates.inside import inside
from n6studio.stages.inspect.stage import INSPECT

F = TypeVar("F")


def run_folder(project: Project, stage: str, fingerprint: str) -> Path:
    """Return where a stage's result for a request lies.

    Raises:
        PathRefused: there is a link on the way.
    """
    return inside(project.folder, f"runs/{stage}/{fingerprint[:12]}", project.folder)


def runs(project: Project, stage: str) -> list[Path]:
    """Return the run folders of a stage that hold a result, newest first.

    Raises:
        PathRefused: there is a link on the way.
    """
    below = inside(project.folder, f"runs/{stage}", project.folder)
    folders = [inside(project.folder, f"runs/{stage}/{path.name}", project.folder) for path in below.glob("*")]
    found = [path for path in folders if result_file(stage, path).is_file()]
    return sorted(found, key=lambda path: result_file(stage, path).stat().st_mtime, reverse=True)


def latest(project: Project, stage: Stage[Any, F]) -> StageResult[F] | None:
    """Return the latest result of a stage, whether it still answers the project or not; None where there is none."""
    newest = runs(project, stage.name)
    return load_result(stage, newest[0]) if newest else None


def hashes_of(project: Project) -> HashCache:
    """Return the cache of digests for a project."""
    return hashes_for(project.folder)


def hashes_for(folder: Path) -> HashCache:
    """Return the cache of digests for a folder of results; it is the user's, since one in the folder proves nothing."""
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return HashCache(platformdirs.user_cache_path("n6studio", appauthor=False) / "digests" / f"{name}.json")


def skeleton_of(project: Project) -> Skeleton | None:
    """Return the keypoints of the project's model, edited or not; None before the model was inspected.

    Whatever draws, names or judges keypoints outside the window takes them from here. Reads the last inspection.
    """
    inspected = latest(project, INSPECT)
    return project.skeleton_of(inspected.figures if inspected else None)
