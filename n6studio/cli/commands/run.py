"""The command ``run``: open or begin a project, apply what was typed, run the chain."""

import argparse
import dataclasses
from typing import Any

from n6studio.cli.commands.dispatch import cancelling
from n6studio.cli.parser import chosen_settings
from n6studio.cli.progress import Progress
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import STAGE_SETTINGS, from_mapping, is_list
from n6studio.engine.chain import ChainResult, project_folder_for, run_chain
from n6studio.engine.project.project import PROJECT_FILE, Project, load_project
from n6studio.engine.project.skeletons import read_skeleton


def run_project(options: argparse.Namespace) -> ChainResult:
    """Run the chain on what was typed.

    Raises:
        StudioError: see `run_chain`, `load_project`; SettingInvalid for a --set that names nothing.
    """
    project = _apply(_opened(options), options)
    progress = Progress(options.quiet)

    def announce(stage: str, fresh: bool, why: tuple[str, ...]) -> None:
        progress.say(f"{stage}: fresh, skipped" if fresh else f"{stage}: {'; '.join(why) or 'asked for'}")

    try:
        with cancelling() as cancel:
            return run_chain(project, progress, cancel, announce, options.force)
    finally:
        progress.clear()


def _opened(options: argparse.Namespace) -> Project:
    target = options.target
    if not target.exists():
        raise FileMissing(path=target)
    if target.is_dir():
        return load_project(target)
    if target.name == PROJECT_FILE:
        return load_project(target.parent)
    folder = options.project or project_folder_for(target)
    if (folder / PROJECT_FILE).is_file():
        return dataclasses.replace(load_project(folder), model=target.absolute())
    return Project(folder=folder.absolute(), model=target.absolute())


def _apply(project: Project, options: argparse.Namespace) -> Project:
    paths = {
        name: getattr(options, name).absolute()
        for name in ("calibration", "data", "images")
        if getattr(options, name) is not None
    }
    for path in paths.values():
        if not path.exists():
            raise FileMissing(path=path)
    typed = {stage: chosen_settings(options, stage) for stage in STAGE_SETTINGS}
    for entry in options.set:
        stage, name, value = _parsed(entry)
        typed[stage][name] = value
    settings = dict(project.settings)
    for stage, values in typed.items():
        if values:
            known = vars(project.stage_settings(stage))
            settings[stage] = from_mapping(STAGE_SETTINGS[stage], {**known, **values})
    if options.skeleton is not None:
        project = dataclasses.replace(project, skeleton=read_skeleton(options.skeleton))
    return dataclasses.replace(project, settings=settings, **paths)


def _parsed(entry: str) -> tuple[str, str, Any]:
    """Return (stage, name, value) of STAGE.NAME=VALUE."""
    key, _, text = entry.partition("=")
    stage, _, name = key.partition(".")
    fields = (
        {field.name: field for field in dataclasses.fields(STAGE_SETTINGS[stage])} if stage in STAGE_SETTINGS else {}
    )
    if name not in fields or "=" not in entry:
        raise SettingInvalid(name="--set", value=entry, allowed="STAGE.NAME=VALUE; n6studio settings lists them")
    kind: Any = fields[name].type
    if is_list(fields[name]):
        return stage, name, [item for item in text.split(",") if item]
    if kind is bool:
        return stage, name, {"true": True, "false": False}.get(text.lower(), text)
    try:
        return stage, name, kind(text)
    except ValueError:
        return stage, name, text  # the settings' own check will say what is allowed
