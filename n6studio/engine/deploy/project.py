"""Deployment of a project: its quantized network, made first where it is not fresh."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.deploy import Step
from n6studio.domain.errors.base import InputError
from n6studio.domain.settings import DeploySettings, plain_values
from n6studio.engine.chain import Announce, Finished, StageState, run_chain, skeleton_of
from n6studio.engine.deploy.confirmations import confirmations_file, notice_confirmed
from n6studio.engine.deploy.flow import NAME, run_deploy
from n6studio.engine.deploy.order import Order
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import StageResult, holding, load_result
from n6studio.engine.project.project import Project

# Settings that say how to reach a board and its tools: another value does not make what was deployed another thing.
_ON_THE_WAY = ("compiler", "programmer", "signing_tool", "gcc", "make", "serial", "verify_only", "virtual_folder")


@dataclass(frozen=True)
class Wish:
    """What is asked of a project's deployment besides its settings; see `Order`."""

    confirmed: frozenset[str] = frozenset()
    until: Step = Step.RUNNING
    force: bool = False
    release: Path | None = None


def deploy_project(
    project: Project,
    wish: Wish,
    on_message: MessageSink,
    cancel: threading.Event,
    done: threading.Event,
    announce: Announce = lambda stage, fresh, why: None,
    finished: Finished = lambda stage, result: None,
) -> StageResult:
    """Bring the chain up to the quantized network, then deploy it.

    Args:
        project: the project.
        wish: what is asked for.
        on_message: gets the stages' and the deployment's messages.
        cancel: stops when set.
        done: set when the user says that they have done what they were told at the board.
        announce: as for `run_chain`; the deployment's name is 'deploy'.
        finished: likewise.

    Raises:
        StudioError: what stopped it.
    """
    stages = run_chain(project, on_message, cancel, announce, until="quantize", finished=finished).stages
    announce(NAME, False, ())
    order = order_for(project, stages["quantize"].outputs["tflite"], wish)
    talk = Talk(on_message, cancel, done)
    with holding(project.folder):
        result = run_deploy(order, talk, project.hashes())
    finished(NAME, result)
    return result


def order_for(project: Project, model: Path, wish: Wish) -> Order:
    """Return the order for a project's network."""
    return Order(
        model,
        project.folder,
        project.stage_settings(NAME),
        wish.confirmed,
        notice_confirmed(confirmations_file()),
        wish.until,
        wish.force,
        wish.release,
        skeleton_of(project),
        project.stage_settings("evaluate").resize,
    )


def deploy_state(project: Project, states: Mapping[str, StageState], hashes: HashCache) -> StageState:
    """Return how far the deployment to the chosen board is: its latest result, and why that no longer answers."""
    settings: DeploySettings = project.stage_settings(NAME)
    results = (load_result(NAME, path) for path in project.runs(NAME))
    last = next(
        (one for one in results if one is not None and one.request.settings.get("board") == settings.board), None
    )
    quantized = states["quantize"]
    if last is None:
        return StageState(None)
    if quantized.stale or quantized.result is None:
        return StageState(last, ("the quantized network changed",))
    try:
        model = input_of(quantized.result.outputs["tflite"], hashes)
    except InputError:
        return StageState(last, ("the quantized network is missing",))
    reasons = (
        []
        if [one.sha256 for one in last.request.inputs["model"]] == [model.sha256]
        else ["the quantized network changed"]
    )
    for name, value in plain_values(settings).items():
        before = last.request.settings.get(name)
        if name not in _ON_THE_WAY and before != value:
            reasons.append(f"{name.replace('_', ' ')} changed from {before} to {value}")
    return StageState(last, tuple(reasons))
