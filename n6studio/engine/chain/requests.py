"""From a stage's descriptor and a project to the complete request, with the digests of everything that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import CalibrationChanged
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.project import Project
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.stage import AnyStage, Files, Inputs, Results
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request
from n6studio.engine.project.skeletons import save_skeleton, skeleton_input


@dataclass(frozen=True)
class Ask:
    """What a stage is asked for that follows from nothing in the project (`Kind.ASKED`).

    Attributes:
        settings: of the stage's class.
        inputs: role -> files.
    """

    settings: Any
    inputs: Mapping[str, tuple[Path, ...]]


def request_for(
    project: Project, stage: AnyStage, done: Results, hashes: HashCache, ask: Ask | None = None
) -> StageRequest:
    """Return the complete request for a stage, given the results of the stages before it.

    Raises:
        FileMissing, FileUnreadable: an input is not there.
        SettingInvalid: the project does not name what the stage cannot do without.
        CalibrationChanged: the calibration images were locked, and are others now.
    """
    if ask is not None:
        settings, wished = ask.settings, {role: Files(paths) for role, paths in ask.inputs.items()}
        return make_request(stage, settings, hashed(project, wished, hashes))
    settings = stage.settings_in(project)
    inputs = {**stage.given(project, settings), **stage.made(project, done)}
    return make_request(stage, settings, hashed(project, inputs, hashes))


def hashed(project: Project, wished: Inputs, hashes: HashCache) -> dict[str, tuple[InputFile, ...]]:
    """Return inputs with their digests.

    Raises:
        FileMissing, FileUnreadable, CalibrationChanged: as for `request_for`.
    """
    return {role: _hashed(project, one, hashes) for role, one in wished.items()}


def _hashed(project: Project, wished: Files | Skeleton, hashes: HashCache) -> tuple[InputFile, ...]:
    if isinstance(wished, Skeleton):
        return (skeleton_input(project.folder, wished),)
    found = tuple(input_of(path, hashes, wished.images_only) for path in wished.paths)
    for one in found:
        if wished.lock is not None and one.sha256 != wished.lock:
            raise CalibrationChanged(path=one.path, locked=wished.lock[:12], found=one.sha256[:12])
    return found


def save_skeletons(project: Project, stage: AnyStage, done: Results) -> None:
    """Write the files of the skeletons that a stage reads.

    Raises:
        DiskFull, NotWritable.
    """
    for wished in (*stage.given(project, stage.settings_in(project)).values(), *stage.made(project, done).values()):
        if isinstance(wished, Skeleton):
            save_skeleton(project.folder, wished)
