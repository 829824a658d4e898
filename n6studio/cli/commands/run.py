"""The command ``run``: open or begin a project, apply what was typed, run the chain."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from n6studio.cli.commands.dispatch import cancelling
from n6studio.cli.parser import chosen_settings
from n6studio.cli.progress import Progress
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.project import Project
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import from_mapping, named
from n6studio.engine.chain.run import Again, project_folder_for, run_to
from n6studio.engine.chain.states import Caller
from n6studio.engine.project.project import PROJECT_FILE, load_project
from n6studio.engine.project.skeletons import read_skeleton
from n6studio.stages.registry import CHAIN, STAGES


def run_project(options: argparse.Namespace) -> tuple[Path, dict[str, AnyResult]]:
    """Run the chain on what was typed; return the project's folder and the results by stage.

    Raises:
        StudioError: see `run_to`, `load_project`; SettingInvalid for a --set that names nothing.
    """
    project = _apply(_opened(options), options)
    progress = Progress(options.quiet)

    def announce(stage: str, fresh: bool, why: tuple[str, ...]) -> None:
        progress.say(f"{stage}: fresh, skipped" if fresh else f"{stage}: {'; '.join(why) or 'asked for'}")

    try:
        with cancelling() as cancel:
            caller = Caller(progress, cancel, announce=announce)
            again = Again.ALL if options.force else Again.NOTHING
            return project.folder, run_to(project, CHAIN[-1], caller, again=again)
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
    typed = {name: chosen_settings(options, name) for name, stage in STAGES.items() if stage.in_project}
    for entry in options.set:
        stage, name, value = _parsed(entry)
        typed[stage][name] = value
    settings = dict(project.settings)
    for stage, values in typed.items():
        if values:
            known = STAGES[stage].settings_in(project)
            settings[stage] = from_mapping(STAGES[stage].settings, {**vars(known), **values})
    if options.skeleton is not None:
        project = dataclasses.replace(project, skeleton=read_skeleton(options.skeleton))
    return dataclasses.replace(project, settings=settings, **paths)


def _parsed(entry: str) -> tuple[str, str, Any]:
    """Return (stage, name, value) of STAGE.NAME=VALUE."""
    key, _, text = entry.partition("=")
    stage, _, name = key.partition(".")
    found = STAGES.get(stage)
    setting = named(found.settings, name) if found is not None and found.in_project else None
    if setting is None or "=" not in entry:
        raise SettingInvalid(name="--set", value=entry, allowed="STAGE.NAME=VALUE; n6studio settings lists them")
    return stage, setting.name, setting.parsed(text)
