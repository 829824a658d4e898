"""Deployment of a project: its quantized model, made first where it is not fresh."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from n6studio.board.registry import board
from n6studio.domain.deploy import Preflight, PreflightCheck, Step
from n6studio.domain.errors.base import InputError
from n6studio.domain.project import Project
from n6studio.domain.results import AnyResult, StageResult
from n6studio.domain.states import CheckState
from n6studio.engine.chain.states import Caller, StageState
from n6studio.engine.deploy.confirmations import confirmations_file, notice_confirmed
from n6studio.engine.deploy.flow import NAME, run_deploy
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.preflight import examine
from n6studio.engine.deploy.swap import changes
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.wishes import deploy_settings, wishes_of
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs, skeleton_of
from n6studio.engine.project.staleness import ELSEWHERE
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.inspect.stage import model_of
from n6studio.stages.quantize.stage import QUANTIZE


@dataclass(frozen=True)
class Wish:
    """What is asked of a project's deployment besides its settings; see `DeployOrder`."""

    confirmed: frozenset[str] = frozenset()
    until: Step = Step.RUNNING
    force: bool = False
    release: Path | None = None


def run(project: Project, done: Mapping[str, AnyResult], caller: Caller, ask: object, hashes: HashCache) -> AnyResult:
    """Deploy the quantized model; `ask` is a `Wish`, or None for the usual. See `EnginePart`.

    Raises:
        StudioError: what stopped it.
    """
    wish = ask if isinstance(ask, Wish) else Wish()
    order = order_for(project, quantized_model(project, done), wish)
    return run_deploy(order, Talk(caller.on_message, caller.cancel, caller.confirmed), hashes)


def quantized_model(project: Project, done: Mapping[str, AnyResult]) -> Path:
    """Return the model to deploy: what quantization made, or the project's own where that was not needed."""
    made = done.get(QUANTIZE.name)
    return model_of(project, done) if made is None else made.outputs["tflite"]


def order_for(project: Project, model: Path, wish: Wish) -> DeployOrder:
    """Return the order for a project's model."""
    return DeployOrder(
        model,
        project.folder,
        deploy_settings(project),
        wish.confirmed,
        notice_confirmed(confirmations_file()),
        wish.until,
        wish.force,
        wish.release,
        skeleton_of(project),
        project.settings_of(EVALUATE).resize,
    )


def examine_project(project: Project, model: Path | None, last: StageResult[DeployFigures] | None) -> Preflight:
    """Return what is known before the project's deployment, and what the project asks for that only the user can allow.

    Args:
        project: the project.
        model: its quantized model; None where there is none yet.
        last: the latest deployment that still answers it; None for none.
    """
    settings = deploy_settings(project)
    order = order_for(project, model, Wish()) if model is not None else None
    found = examine(order, settings, board(settings.board), last)
    return replace(found, checks=(*_origin_check(model), *found.checks), wishes=wishes_of(project))


def _origin_check(model: Path | None) -> tuple[PreflightCheck, ...]:
    """Warn where the quantized model is one that this user's program did not make."""
    result = load_result(QUANTIZE, model.parent) if model is not None else None
    if result is None or not result.from_elsewhere:
        return ()
    text = "It is made again before it is deployed. To look at it first, run Quantize."
    found = f"{ELSEWHERE[0].upper()}{ELSEWHERE[1:]}."
    return (PreflightCheck("origin", "Quantized model", CheckState.WARN, found, text),)


def state(project: Project, done: Mapping[str, AnyResult], hashes: HashCache) -> StageState:
    """Return how far the deployment to the chosen board is: its latest result, and why that no longer answers."""
    settings = deploy_settings(project)
    results = (load_result(DEPLOY, path) for path in runs(project, NAME))
    last = next(
        (one for one in results if one is not None and one.request.settings.get("board") == settings.board), None
    )
    if last is None:
        return StageState(None)
    if last.from_elsewhere:
        return StageState(last, (ELSEWHERE,))
    if QUANTIZE.name not in done and not QUANTIZE.not_needed(project, done):
        return StageState(last, ("the quantized model changed",))
    try:
        model = input_of(quantized_model(project, done), hashes)
    except InputError:
        return StageState(last, ("the quantized model is missing",))
    reasons = (
        []
        if [one.sha256 for one in last.request.inputs["model"]] == [model.sha256]
        else ["the quantized model changed"]
    )
    for one, before, value in changes(settings, last.request.settings):
        reasons.append(f"{one.noun} changed from {one.shown(before)} to {one.shown(value)}")
    return StageState(last, tuple(reasons))
