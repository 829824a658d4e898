"""``n6studio run``: open or begin a project, apply what was typed, run the chain."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6studio.cli import texts
from n6studio.cli.command import Command, add_confirming, add_settings, add_skeleton, chosen_settings
from n6studio.domain.carried import board_keys
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.settings import from_mapping, named, settings_of, without_own
from n6studio.gates.files import require_present
from n6studio.gates.inside import inside
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.stages.registry import STAGES

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, metavar="PROJECT|MODEL.pt", help="project folder, or checkpoint")
    parser.add_argument("--project", type=Path, metavar="DIR", help="project folder (default: MODEL.n6)")
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", help="calibration images")
    parser.add_argument("--data", type=Path, help="labelled data to evaluate on")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="images of a COCO JSON")
    add_skeleton(parser)
    parser.add_argument("--force", action="store_true", help="run all stages again")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="STAGE.NAME=VALUE",
        help="change a setting of the project, for example export.imgsz=192; n6studio settings lists them",
    )
    fake = named(QuantizeSettings, "fake")
    parser.add_argument(
        "--fake",
        dest="setting_quantize_fake",
        action="store_true",
        default=argparse.SUPPRESS,
        help=fake.help if fake is not None else None,
    )
    parser.add_argument(
        "--board",
        dest="setting_deploy_board",
        choices=board_keys(),
        default=argparse.SUPPRESS,
        help="take it to this board as well, as 'To the board' in the window does",
    )
    add_confirming(parser)
    add_settings(parser, EXPORT.name, EXPORT.settings, only=("imgsz",))


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import run_project

    project = _apply(_opened(options), options)
    stages = run_project(project, options)
    if "setting_deploy_board" in options:
        from n6studio.cli.work.deploy import deploy_project

        stages = {**stages, DEPLOY.name: deploy_project(project, options)}
    return print_chain(options, project.folder, stages)


def print_chain(options: argparse.Namespace, folder: Path, stages: "dict[str, AnyResult]") -> int:
    """Print what the whole chain yielded, and return the exit code."""
    from n6studio.cli.running import print_result, result_data
    from n6studio.engine.project.evaluations import read_results

    results = read_results(stages[EVALUATE.name].outputs["results"])
    data = {
        "project": str(folder),
        "stages": {name: result_data(item) for name, item in stages.items()},
        "results": results,
    }
    return print_result(options, data, texts.chain(folder, stages, results))


def _opened(options: argparse.Namespace) -> Project:
    from n6studio.engine.chain.run import project_folder_for
    from n6studio.engine.project.project import load_project

    target = options.target
    with reading(target):
        require_present(target)
    if target.is_dir():
        return load_project(target)
    if target.name == PROJECT_FILE:
        return load_project(target.parent)
    folder = options.project or inside(Path.cwd(), project_folder_for(target).name, Path.cwd())
    if (folder / PROJECT_FILE).is_file():
        return dataclasses.replace(load_project(folder), model=target.absolute())
    return Project(folder=folder.absolute(), model=target.absolute())


def _apply(project: Project, options: argparse.Namespace) -> Project:
    from n6studio.engine.project.skeletons import read_skeleton

    paths = {
        name: getattr(options, name).absolute()
        for name in ("calibration", "data", "images")
        if getattr(options, name) is not None
    }
    for path in paths.values():
        with reading(path):
            require_present(path)
    typed = {name: chosen_settings(options, name) for name, stage in STAGES.items() if stage.in_project}
    for entry in options.set:
        stage, name, value = parsed_setting(entry)
        typed[stage][name] = value
    settings = dict(project.settings)
    for stage, values in typed.items():
        if values:
            known = STAGES[stage].settings_in(project)
            settings[stage] = from_mapping(STAGES[stage].settings, {**vars(known), **values})
    if options.skeleton is not None:
        project = dataclasses.replace(project, skeleton=read_skeleton(options.skeleton))
    project = dataclasses.replace(project, settings=settings, **paths)
    return _with_own_choices(project, typed[DEPLOY.name])


def _with_own_choices(project: Project, typed: dict[str, Any]) -> Project:
    """Keep tools that were typed as what the project asks for, and the user allows with this."""
    from n6studio.engine.deploy.wishes import allow

    settings, own = without_own(project.settings_of(DEPLOY))
    asked = {name: value for name, value in own.items() if name in typed}
    if not asked:
        return project
    wishes = {**project.wishes, DEPLOY.name: {**project.wishes.get(DEPLOY.name, {}), **asked}}
    project = dataclasses.replace(project, settings={**project.settings, DEPLOY.name: settings}, wishes=wishes)
    allow(project, asked)
    return project


def parsed_setting(entry: str) -> tuple[str, str, Any]:
    """Return (stage, name, value) of STAGE.NAME=VALUE.

    Raises:
        SettingInvalid: there is no such setting.
    """
    key, _, text = entry.partition("=")
    stage, _, name = key.partition(".")
    known = {one.name: one for one in STAGES.values() if one.in_project}
    if "=" not in entry or not name:
        raise SettingInvalid(name="--set", value=entry, allowed="STAGE.NAME=VALUE; n6studio settings lists them")
    if stage not in known:
        raise SettingInvalid(name="--set", value=f"{entry}, where {stage} is no stage", allowed=tuple(known))
    setting = named(known[stage].settings, name)
    if setting is None:
        names = tuple(one.name for one in settings_of(known[stage].settings))
        raise SettingInvalid(name="--set", value=f"{entry}, where {name} is no setting of {stage}", allowed=names)
    return stage, setting.name, setting.parsed(text)


COMMAND = Command("run", "run the whole chain on a project or checkpoint; skips what is up to date", _run, _options)
