"""Deploying a model and programming a release, with the person at the terminal or with the virtual board."""

import argparse
import functools
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from n6studio.board.registry import board
from n6studio.cli.command import chosen_settings
from n6studio.cli.progress import Progress
from n6studio.cli.running import cancelling
from n6studio.cli.texts import WARNING
from n6studio.domain.deploy import ImageState, Instruction, Step
from n6studio.domain.errors.deploy import NothingToDeploy
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.file_names import short_stem
from n6studio.domain.messages import ImageHandled, JobMessage, StepFresh
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.results import StageResult
from n6studio.domain.settings import from_mapping
from n6studio.engine.chain.run import run_to
from n6studio.engine.chain.states import Caller
from n6studio.engine.deploy.confirmations import confirm_notice, confirmations_file, notice_confirmed
from n6studio.engine.deploy.flash_release import Flashed, flash_release
from n6studio.engine.deploy.flow import run_deploy
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.project import Wish, order_for, quantized_model
from n6studio.engine.deploy.reach import obey
from n6studio.engine.deploy.st_settings import settings_of, write_config
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.tools import require_chosen
from n6studio.engine.deploy.wishes import deploy_settings, wishes_of
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import holding
from n6studio.engine.project.project import load_project
from n6studio.engine.project.runs import hashes_for, hashes_of, skeleton_of
from n6studio.engine.st_files.deploy_yaml import read_st_deployment
from n6studio.gates.files import require_present
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.system.files import make_folder


def run_deployment(options: argparse.Namespace) -> StageResult[DeployFigures]:
    """Deploy what was typed.

    Raises:
        StudioError: see `run_deploy`.
    """
    if options.accept_licence_notice:
        confirm_notice(confirmations_file())
    progress = DeployProgress(options.quiet)
    with cancelling() as cancel:
        order, hashes = _order(options, progress, cancel)
        if options.write_config is not None:
            write_config(options.write_config, order)
        make_folder(order.folder)
        talk = talking(progress, cancel, order.settings, options.wait)
        try:
            with holding(order.folder):
                return run_deploy(order, talk, hashes)
        finally:
            progress.clear()


def deploy_project(project: Project, options: argparse.Namespace) -> StageResult[DeployFigures]:
    """Deploy a project to the board that it names; what is not fresh is made first.

    Raises:
        StudioError: see `run_deploy`.
    """
    progress = DeployProgress(options.quiet)
    settings = deploy_settings(project)
    _tell_wishes(project, {}, progress)
    with cancelling() as cancel:
        model = _quantized(project, progress, cancel)
        order = order_for(project, model, Wish(frozenset(options.confirm)))
        talk = talking(progress, cancel, settings, options.wait)
        try:
            with holding(order.folder):
                return run_deploy(order, talk, hashes_of(project))
        finally:
            progress.clear()


def _order(options: argparse.Namespace, progress: Progress, cancel: threading.Event) -> tuple[DeployOrder, HashCache]:
    typed, target = chosen_settings(options, "deploy"), options.target
    require_chosen(typed)
    if options.config is not None:
        config = read_st_deployment(options.config)
        for note in config.notes:
            progress.say(f"{WARNING}{note}", always=True)
        typed, target = {**settings_of(config), **typed}, target or Path(config.model)
    if target is None:
        raise SettingInvalid(name="MODEL.tflite", value="empty", allowed="a model, a project, or --config YAML")
    with reading(target):
        require_present(target)
    common: dict[str, Any] = {
        "confirmed": frozenset(options.confirm),
        "notice": notice_confirmed(confirmations_file()),
        "until": Step.PLAN if options.prepare_only else Step.RUNNING,
        "force": options.force,
        "swap": options.swap,
        "release": options.release.absolute() if options.release else None,
    }
    if target.is_dir() or target.name == PROJECT_FILE:
        project = load_project(target if target.is_dir() else target.parent)
        settings = from_mapping(DeploySettings, {**vars(deploy_settings(project)), **typed})
        _tell_wishes(project, typed, progress)
        model = _quantized(project, progress, cancel)
        order = DeployOrder(model, project.folder, settings, skeleton=skeleton_of(project), **common)
        return order, hashes_of(project)
    folder = (options.output or Path("n6studio-out") / f"{short_stem(target)}-deployment").absolute()
    return DeployOrder(target.absolute(), folder, from_mapping(DeploySettings, typed), **common), hashes_for(folder)


def _tell_wishes(project: Project, typed: dict[str, Any], progress: Progress) -> None:
    """Say what the project asks for and does not get: only the user says what runs here."""
    for wish in wishes_of(project):
        if not wish.allowed and wish.setting not in typed:
            asked = f"{WARNING}this project requests {wish.path} as {wish.title}, which is not used."
            how = wish.problem or f"To use it on this computer: n6studio tools allow {project.folder} {wish.setting}"
            progress.say(f"{asked} {how}", always=True)


def _quantized(project: Project, progress: Progress, cancel: threading.Event) -> Path:
    """Bring the chain up to the quantized model, unless it is fresh."""
    caller = Caller(progress, cancel)
    done = run_to(project, INSPECT, caller)
    if not QUANTIZE.not_needed(project, done):
        done = run_to(project, QUANTIZE, caller)
    progress.clear()
    path = quantized_model(project, done)
    if not path.exists():
        raise NothingToDeploy(path=project.folder)
    return path


class DeployProgress(Progress):
    """Progress that also tells what the person at the board must do."""

    def __call__(self, message: JobMessage) -> None:
        """Take one message of a deployment."""
        if isinstance(message, StepFresh):
            self.say(f"{message.step}: up to date, skipped")
        elif isinstance(message, Instruction):
            steps = [f"  {number}. {step}" for number, step in enumerate(message.steps, 1)]
            person = board(message.board).needs_hands
            wait = [f"  {message.detects} Or press Enter when done."] if person else []
            self.say("\n".join([message.title, *steps, *wait]), always=True)
        elif isinstance(message, ImageHandled) and message.state in (ImageState.UNCHANGED, ImageState.WRITTEN):
            self.say(f"{message.role} at {message.address}: {message.state}")
        else:
            super().__call__(message)


def talking(progress: DeployProgress, cancel: threading.Event, settings: DeploySettings, patience: float) -> Talk:
    """Return the conversation: with the person at the terminal, or with a board that needs no hands."""
    if not board(settings.board).needs_hands:
        return Talk(progress, cancel, present=False, hands=functools.partial(obey, settings))
    talk = Talk(progress, cancel, present=sys.stdin.isatty(), patience=patience)
    if talk.present:
        threading.Thread(target=_listen, args=(talk.done,), name="terminal", daemon=True).start()
    return talk


def _listen(done: threading.Event) -> None:
    for _ in sys.stdin:
        done.set()


def run_flash(options: argparse.Namespace) -> Flashed:
    """Program a release.

    Raises:
        StudioError: see `flash_release`.
    """
    settings = chosen_settings(options, "deploy")
    require_chosen(settings)
    progress = DeployProgress(options.quiet)
    with tempfile.TemporaryDirectory(prefix="n6studio-") as scratch, cancelling() as cancel:
        try:
            return flash_release(
                options.release,
                Path(scratch),
                from_mapping(DeploySettings, settings),
                lambda chosen: talking(progress, cancel, chosen, options.wait),
                frozenset(options.confirm),
                options.force,
            )
        finally:
            progress.clear()
