"""The file of a project: a folder with project.n6.yaml, and a run folder for each stage and request."""

import os
from pathlib import Path
from typing import Any

import yaml

from n6studio.domain.errors.files import NotAProject, ProjectDamaged, ProjectNewer
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.pose.skeleton_file import NotASkeleton, skeleton_from_values, skeleton_values
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.settings import from_mapping, plain_values, without_own
from n6studio.engine.project.skeletons import save_skeleton
from n6studio.gates.files import is_file, is_folder, require_folder
from n6studio.gates.inside import inside
from n6studio.gates.paths import NoPath, path_of
from n6studio.gates.texts import yaml_file
from n6studio.stages.registry import STAGES
from n6studio.system.files import make_folder, replace_bytes

SCHEMA = 2
READABLE = (1, 2)  # 1 had neither skeleton nor lock

_HEADING = """# N6 Studio project. Paths are relative to this folder, or absolute. Settings left out are defaults;
# `n6studio settings` lists them all.
"""


_PATHS = ("model", "calibration", "data", "images", "check_images")


def save_project(project: Project) -> bytes:
    """Write the project file, and return what is in it; settings that have their defaults are left out.

    Raises:
        DiskFull, NotWritable.
    """
    make_folder(project.folder)
    document: dict[str, Any] = {"schema": _schema(project)}
    for name in _PATHS:
        path: Path | None = getattr(project, name)
        if path is not None:
            document[name] = _relative(path, project.folder)
    if project.calibration_lock is not None:
        document["calibration_lock"] = project.calibration_lock
    changed = {stage: _changed(values) for stage, values in project.settings.items()}
    for stage, wished in project.wishes.items():
        changed[stage] = {**wished, **changed.get(stage, {})}
    if any(changed.values()):
        document["settings"] = {stage: values for stage, values in changed.items() if values}
    if project.skeleton is not None:
        document["skeleton"] = skeleton_values(project.skeleton)
        save_skeleton(project.folder, project.skeleton)
    text = _HEADING + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    data = text.replace("\n", os.linesep).encode()
    replace_bytes(project.folder / PROJECT_FILE, data)
    return data


def _schema(project: Project) -> int:
    """Return the oldest schema that can say it, so that earlier releases can read what they understand."""
    return SCHEMA if project.skeleton is not None or project.calibration_lock is not None else READABLE[0]


def _relative(path: Path, folder: Path) -> str:
    absolute = path.expanduser().absolute()
    return absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else str(absolute)


def _changed(values: Any) -> dict[str, Any]:
    defaults = plain_values(type(values)())
    return {name: value for name, value in plain_values(values).items() if value != defaults[name]}


def load_project(folder: Path) -> Project:
    """Read a project.

    Raises:
        PathRefused: its file is a link.
        NotAProject: there is no project file.
        ProjectNewer: it is of a later schema.
        ProjectDamaged: something in it is not what a project has.
        SettingInvalid: a setting with an impossible value.
    """
    folder = folder.expanduser().absolute()
    file = folder / PROJECT_FILE
    inside(folder, PROJECT_FILE, folder)
    with reading(folder):
        require_folder(folder)
        there = file.is_file()
    if not there:
        raise NotAProject(path=folder, reason=f"It contains no {PROJECT_FILE}")
    try:
        with reading(file):
            document = yaml_file(file)
    except Unparsable as error:
        raise ProjectDamaged(path=file, reason=error.where) from error
    if not isinstance(document, dict) or not document.get("model"):
        raise ProjectDamaged(path=file, reason="no model is named")
    schema = document.get("schema")
    if type(schema) is int and schema > SCHEMA:
        raise ProjectNewer(path=folder, reason=f"{PROJECT_FILE} has schema {schema}, this release reads up to {SCHEMA}")
    if type(schema) is not int or schema not in READABLE:
        raise ProjectDamaged(path=file, reason=f"the line 'schema: {SCHEMA}' is missing, or says something else")
    paths = {name: _path(folder, name, document[name]) for name in _PATHS if document.get(name)}
    settings, wishes = _settings(folder, document.get("settings") or {})
    if is_folder(paths["model"]) and not is_file(paths["model"] / "saved_model.pb"):
        raise ProjectDamaged(path=file, reason=f"the model, {paths['model']}, is a folder and no SavedModel")
    return Project(
        folder=folder,
        settings=settings,
        wishes=wishes,
        skeleton=_skeleton(folder, document.get("skeleton")),
        calibration_lock=_lock(folder, document.get("calibration_lock")),
        **paths,
    )


def _lock(folder: Path, value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and value):
        raise ProjectDamaged(path=folder / PROJECT_FILE, reason="calibration_lock is not a digest")
    return value


def _path(folder: Path, name: str, value: object) -> Path:
    try:
        return folder / path_of(value)
    except NoPath as error:
        raise ProjectDamaged(path=folder / PROJECT_FILE, reason=f"{name} {error}") from error


def _skeleton(folder: Path, values: Any) -> Skeleton | None:
    if values is None:
        return None
    try:
        return skeleton_from_values(values)
    except NotASkeleton as error:
        raise ProjectDamaged(path=folder / PROJECT_FILE, reason=f"the skeleton is not usable: {error}") from error


def _settings(folder: Path, sections: Any) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """Return the settings of stages, and apart from them what only the user sets: a project is data."""
    if not isinstance(sections, dict) or not all(isinstance(part or {}, dict) for part in sections.values()):
        reason = "the settings are not names and values by stage"
        raise ProjectDamaged(path=folder / PROJECT_FILE, reason=reason)
    kept = {name: stage for name, stage in STAGES.items() if stage.in_project}
    for name in sections:
        if name not in kept:
            reason = f"the settings name a stage {name}; there are {', '.join(kept)}"
            raise ProjectDamaged(path=folder / PROJECT_FILE, reason=reason)
    read = {}
    for name, part in sections.items():
        try:
            read[name] = without_own(from_mapping(kept[name].settings, part or {}))
        except SettingInvalid as error:
            allowed = error.allowed if isinstance(error.allowed, str) else ", ".join(error.allowed)
            reason = f"the settings of {name} have {error.name}: {error.value}; allowed: {allowed}"
            raise ProjectDamaged(path=folder / PROJECT_FILE, reason=reason) from error
    wishes = {name: wished for name, (_, wished) in read.items() if wished}
    return {name: settings for name, (settings, _) in read.items()}, wishes
