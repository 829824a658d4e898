"""From a path that somebody dropped or chose to a project."""

import dataclasses
import os
from pathlib import Path

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.foreign import reading
from n6studio.domain.model.formats import CHECKPOINT_ENDINGS, MODEL_ENDINGS
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.project.project import load_project
from n6studio.engine.project.timeline import shares_project, unpacked_share
from n6studio.gates.files import opened, require_present
from n6studio.gates.inside import inside
from n6studio.stages.inspect.stage import is_saved_model


def project_at(path: Path, fallback: Path) -> Project:
    """Return the project of a model, a project folder or a project file. Nothing is written.

    A model is a checkpoint, a .tflite, an .onnx or the folder of a SavedModel. Its project lies beside it as NAME.n6,
    or below `fallback` where that folder cannot be written. One that is there already is taken up again.

    Raises:
        FileMissing: there is nothing of that name.
        PathRefused: what would be its project is a link.
        NotAProject, ProjectDamaged, SettingInvalid: see `load_project`.
        UnknownFormat: it is neither.
    """
    path = path.expanduser().absolute()
    with reading(path):
        require_present(path)
    if path.is_dir() and not is_saved_model(path):
        return load_project(path)
    if path.name == PROJECT_FILE:
        return load_project(path.parent)
    if path.suffix.lower() == ".zip" and shares_project(path):
        return load_project(unpacked_share(path))
    if not path.is_dir() and path.suffix.lower() not in MODEL_ENDINGS:
        expected = f"a checkpoint ({', '.join(MODEL_ENDINGS)}), a SavedModel or a project"
        raise UnknownFormat(path=path, found=f"a {path.suffix or 'nameless'} file, where {expected} was expected")
    if path.suffix.lower() in CHECKPOINT_ENDINGS:
        _require_checkpoint(path)
    beside = inside(path.parent, f"{path.stem}.n6", path.parent)
    writable = os.access(beside if beside.exists() else path.parent, os.W_OK)
    folder = beside if writable else fallback / f"{path.stem}.n6"
    if (folder / PROJECT_FILE).is_file():
        return dataclasses.replace(load_project(folder), model=path)
    return Project(folder=folder, model=path)


def _require_checkpoint(path: Path) -> None:
    """Refuse what cannot be a checkpoint by its first bytes, before a project of its own is made for it.

    Raises:
        UnknownFormat: it is neither a zip nor a pickle.
    """
    with reading(path), opened(path) as stream:
        start = stream.read(4)
    if not start.startswith((b"PK", b"\x80")):
        raise UnknownFormat(path=path, found="a file that is no checkpoint, whatever its name says")


def latest_log(project: Project, stage: str) -> Path | None:
    """Return the log that the stage's last job wrote, finished or not; None where there is none.

    Raises:
        PathRefused: one is a link, or lies behind one.
    """
    below = inside(project.folder, f"runs/{stage}", project.folder)
    found = (path.relative_to(project.folder).as_posix() for path in below.glob(f"*/{stage}.log"))
    logs = [inside(project.folder, name, project.folder) for name in found]
    return max(logs, key=lambda path: path.stat().st_mtime, default=None)


def tail(path: Path, lines: int = 200) -> str:
    """Return the last lines of a text file, "" where it cannot be read."""
    try:
        with opened(path) as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 400 * lines))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").splitlines()[-lines:])
