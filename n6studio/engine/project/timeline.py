"""Everything a project ever made, with names, pins and notes; going back to a run, sharing one, tidying up."""

import dataclasses
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import yaml

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.files import NotAProject
from n6studio.domain.errors.foreign import reading, writing
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import from_recorded, plain_values, without_own
from n6studio.engine.jobs.run import holding, load_result
from n6studio.engine.project.runs import runs
from n6studio.engine.project.summary import disk_bytes
from n6studio.gates.archives import Archive
from n6studio.gates.files import read_bytes
from n6studio.gates.inside import inside
from n6studio.stages.registry import STAGES
from n6studio.system.files import make_folder, replace_bytes, replacing

NOTES_FILE = "runs.json"
LARGEST_NOTES = 4 << 20  # bytes
LARGEST_SHARED = 2 << 30  # bytes unpacked


class RunNote(msgspec.Struct, frozen=True):
    """What a person says of a run.

    Attributes:
        name: what they call it; "" for none.
        text: anything.
        pinned: whether it is kept when the project is tidied.
    """

    name: str = ""
    text: str = ""
    pinned: bool = False


@dataclass(frozen=True)
class TimelineRun:
    """A run that is there.

    Attributes:
        stage: name of its stage.
        result: what it left.
        disk_bytes: what its folder takes.
        note: what a person says of it.
    """

    stage: str
    result: AnyResult
    disk_bytes: int
    note: RunNote

    @property
    def key(self) -> str:
        """What it is called in the project: stage/folder."""
        return f"{self.stage}/{self.result.folder.name}"


def timeline(project: Project) -> tuple[TimelineRun, ...]:
    """Return every run of a project, the newest first. Reads small files and looks at many.

    Raises:
        PathRefused: there is a link on the way.
    """
    notes = read_notes(project)
    found = []
    for stage in STAGES.values():
        for folder in runs(project, stage.name):
            result = load_result(stage, folder)
            if result is not None:
                key = f"{stage.name}/{folder.name}"
                found.append(TimelineRun(stage.name, result, disk_bytes(folder), notes.get(key, RunNote())))
    return tuple(sorted(found, key=lambda run: run.result.finished, reverse=True))


def read_notes(project: Project) -> Mapping[str, RunNote]:
    """Return what is said of runs, by their keys; nothing where the file cannot be read."""
    try:
        return decoded(
            read_bytes(inside(project.folder, NOTES_FILE, project.folder), LARGEST_NOTES), dict[str, RunNote]
        )
    except (OSError, msgspec.MsgspecError):
        return {}


def write_note(project: Project, key: str, note: RunNote) -> None:
    """Remember what is said of a run.

    Raises:
        DiskFull, NotWritable.
    """
    known = {**read_notes(project), key: note}
    kept = {name: one for name, one in known.items() if one != RunNote()}
    replace_bytes(inside(project.folder, NOTES_FILE, project.folder), msgspec.json.encode(kept))


def with_those_before(run: TimelineRun, known: Iterable[TimelineRun]) -> tuple[TimelineRun, ...]:
    """Return a run with the runs that it was made from, it first."""
    by_folder = {one.result.folder: one for one in known}
    found, waiting = [run], [run]
    while waiting:
        for files in waiting.pop().result.request.inputs.values():
            for one in files:
                before = by_folder.get(Path(one.path).parent)
                if before is not None and before not in found:
                    found.append(before)
                    waiting.append(before)
    return tuple(found)


def gone_back(project: Project, run: TimelineRun, known: Sequence[TimelineRun]) -> Project:
    """Return the project with the settings of a run and of those that it was made from.

    Raises:
        SettingInvalid: a later release made it, with settings that this one does not know.
    """
    settings = dict(project.settings)
    for one in with_those_before(run, known):
        stage = STAGES[one.stage]
        if stage.in_project:
            then = from_recorded(stage.settings, one.result.request.settings)
            settings[stage.name] = without_own(then)[0]  # an old run brings back no paths of this computer
    return dataclasses.replace(project, settings=settings)


def tidied(project: Project, known: Sequence[TimelineRun], current: Iterable[Path]) -> int:
    """Delete the runs that are neither pinned, named nor current; return the bytes that this frees.

    Args:
        project: the project.
        known: its runs.
        current: folders of the results that the project shows now; they and what they were made from stay.

    Raises:
        ProjectBusy: a job works in it.
        NotWritable: a file cannot be removed.
    """
    kept_folders = set(current)
    roots = [run for run in known if run.note != RunNote() or run.result.folder in kept_folders]
    kept = {one.key for run in roots for one in with_those_before(run, known)}
    freed = 0
    with holding(project.folder):
        for run in known:
            if run.key not in kept:
                with writing(run.result.folder):
                    shutil.rmtree(run.result.folder)
                freed += run.disk_bytes
    return freed


def share(project: Project, run: TimelineRun, known: Sequence[TimelineRun], path: Path) -> None:
    """Write a run, those that it was made from and the project's settings into a zip; no images of data go along.

    Raises:
        DiskFull, NotWritable, FileUnreadable.
    """
    then = gone_back(project, run, known)
    model = PurePosixPath(project.model.name)
    document: dict[str, Any] = {"schema": 1, "model": str(model)}
    document["settings"] = {name: plain_values(without_own(one)[0]) for name, one in then.settings.items()}
    with writing(path), replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PROJECT_FILE, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
        with reading(project.model):
            archive.write(project.model, str(model))
        for one in with_those_before(run, known):
            for file in sorted(one.result.folder.rglob("*")):
                if file.is_file() and not file.is_symlink():
                    archive.write(file, f"runs/{one.key}/{file.relative_to(one.result.folder).as_posix()}")


def shares_project(path: Path) -> bool:
    """Return whether a zip holds a project that was shared."""
    try:
        with Archive(path, LARGEST_SHARED) as archive:
            return any(entry.filename == PROJECT_FILE for entry in archive.entries)
    except (OSError, zipfile.BadZipFile):
        return False


def unpacked_share(path: Path) -> Path:
    """Unpack a zip of `share` beside it, and return the project's folder. One that is there already is taken up.

    Raises:
        NotAProject: the zip holds none.
        PathRefused: an entry leads out of the folder.
        DiskFull, NotWritable.
    """
    folder = path.with_suffix(".n6")
    if (folder / PROJECT_FILE).is_file():
        return folder
    try:
        with Archive(path, LARGEST_SHARED) as archive:
            names = {entry.filename for entry in archive.entries}
            if PROJECT_FILE not in names:
                raise NotAProject(path=path, reason=f"It contains no {PROJECT_FILE}")
            make_folder(folder)
            # The project's file comes last: what is unpacked half is no project.
            for entry in sorted(archive.entries, key=lambda one: one.filename == PROJECT_FILE):
                if not entry.is_dir():
                    target = inside(folder, entry.filename, path)
                    replace_bytes(target, archive.unpacked(entry, LARGEST_SHARED), durable=False)
    except zipfile.BadZipFile as error:
        raise NotAProject(path=path, reason=f"The zip cannot be read: {error}") from error
    return folder
