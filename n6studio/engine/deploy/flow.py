"""A deployment from a quantized model to a board that runs it: one short function a step, exactly one end.

Everything that takes long happens in others' programs or in the programmer, is told through `Talk`, and stops when its
`cancel` is set. Steps that make images are skipped where their results are fresh; the board gets only what differs. So
after a failure, an unplugged cable or a stop, the same order goes on where it ended.
"""

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from n6studio import __version__
from n6studio.board.description import Board
from n6studio.board.images.flash_plan import FlashPlan, risks_of, write_plan
from n6studio.board.program import ProgramReport
from n6studio.domain.deploy import IMAGE_STEPS, STEPS, PlannedWrite, Running, Step
from n6studio.domain.errors.deploy import LicenceNotConfirmed
from n6studio.domain.errors.images import NotConfirmed
from n6studio.domain.model.memory_map import region_figures
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import AnyResult, StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.engine.deploy.board import BoardWork, see_running
from n6studio.engine.deploy.making import Made, Making
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.reach import programmer_for, records_for
from n6studio.engine.deploy.release import write_release
from n6studio.engine.deploy.report import write_report
from n6studio.engine.deploy.st import StMaking
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.virtual import VirtualMaking, tuned_values
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import run_step
from n6studio.stages.deploy.stage import DEPLOY

NAME = "deploy"


@dataclass
class _Course:
    """What a deployment has come to so far; its steps hand it on."""

    order: DeployOrder
    talk: Talk
    hashes: HashCache
    log: Path
    making: Making
    plan: FlashPlan | None = None
    programmed: ProgramReport | None = None
    running: Running | None = None
    made: list[Made] = field(default_factory=list)


def run_deploy(order: DeployOrder, talk: Talk, hashes: HashCache | None = None) -> AnyResult:
    """Deploy, and return the result with its report. The caller holds `order.folder`.

    Raises:
        StudioError: what stopped it; what was finished is kept and not done again.
    """
    cache = hashes or HashCache()
    talk.steps = STEPS[: STEPS.index(order.until) + 1]
    _require_confirmed(order)
    request = deploy_request(order, cache)
    folder = order.run_folder(NAME, request.fingerprint())

    def work(partial: Path, log: Path) -> StageOutcome[Any]:
        making = (StMaking if order.board.needs_vendor_tools else VirtualMaking)(order, talk, cache)
        course = _Course(order, talk, cache, log, making)
        for step in talk.steps:
            talk.begin(step)
            _STEPS[step](course)
        return _published(course, partial)

    try:
        return run_step(DEPLOY, request, folder, work, cache, force=True)
    finally:
        cache.save()


def deploy_request(order: DeployOrder, hashes: HashCache) -> StageRequest:
    """Return what identifies a deployment: its model and settings.

    Raises:
        FileMissing, FileUnreadable.
    """
    settings = {**recorded_values(order.settings), "until": order.until.value}
    return StageRequest(NAME, settings, {"model": (input_of(order.model, hashes),)}, {"n6studio": __version__})


def _require_confirmed(order: DeployOrder) -> None:
    """Ask for everything that must be confirmed before anything takes long; the plan insists on its risks once more."""
    if order.board.needs_vendor_tools and not order.notice:
        raise LicenceNotConfirmed(board=order.board.name)
    missing = [risk for risk in risks_of(order.board) if risk.key not in order.confirmed]
    if missing and _writes(order):
        titles = tuple(risk.title for risk in missing)
        raise NotConfirmed(what=titles, keys=tuple(risk.key for risk in missing))


def _writes(order: DeployOrder) -> bool:
    return order.until not in IMAGE_STEPS and not order.settings.verify_only


# --- the steps -------------------------------------------------------------------------------------------------------


def _check(course: _Course) -> None:
    course.making.check()


def _compile(course: _Course) -> None:
    course.making.compile()
    course.talk.figure("compile", course.making.figures["compile"])


def _build(course: _Course) -> None:
    course.making.build()
    course.talk.figure("memory", region_figures(course.making.regions))


def _header(course: _Course) -> None:
    course.making.header()


def _plan(course: _Course) -> None:
    course.plan = course.making.plan()
    course.talk.figure("writes", msgspec.to_builtins(planned(course.plan, course.order.board)))
    course.talk.figure("memory", region_figures(course.making.regions))
    if course.order.release is not None:
        write_release(course.plan, course.order.release, release_facts(course.order, course.making))
    if _writes(course.order):
        course.plan.require_confirmed(course.order.confirmed)


def _program(course: _Course) -> None:
    work, plan = _board_work(course), _planned(course)
    if course.order.settings.verify_only:
        work.compare(plan)
        return
    course.programmed = work.program(plan, course.order.confirmed, course.order.force)


def _verify(course: _Course) -> None:
    _board_work(course).would_start()


def _start(course: _Course) -> None:
    if not course.order.settings.verify_only:
        _board_work(course).start()


def _running(course: _Course) -> None:
    if not course.order.settings.verify_only:
        course.running = see_running(programmer_for(course.order.settings, course.order.board))


_STEPS = {
    Step.CHECK: _check,
    Step.COMPILE: _compile,
    Step.BUILD: _build,
    Step.HEADER: _header,
    Step.PLAN: _plan,
    Step.PROGRAM: _program,
    Step.VERIFY: _verify,
    Step.START: _start,
    Step.RUNNING: _running,
}


def _planned(course: _Course) -> FlashPlan:
    assert course.plan is not None
    return course.plan


def _board_work(course: _Course) -> BoardWork:
    programmer = programmer_for(course.order.settings, course.order.board)
    return BoardWork(programmer, course.talk, records_for(course.order.settings), course.log)


# --- what comes of it ------------------------------------------------------------------------------------------------


def planned(plan: FlashPlan, board: Board) -> list[PlannedWrite]:
    """Return a plan as lines to show."""
    lines = []
    for image in plan.images:
        room = board.slot(image.role).end - image.address
        lines.append(PlannedWrite(image.role, image.role.heading, image.address, image.size, room))
    return lines


def release_facts(order: DeployOrder, making: Making) -> dict[str, Any]:
    """Return what a release says of how it was made."""
    return {
        "model": {"name": order.model.name, "sha256": making.hashed(order.model)[0].sha256},
        "settings": tuned_values(order.settings),  # no paths: a release leaves this computer
        "versions": making.versions,
        **making.figures,
    }


def _published(course: _Course, partial: Path) -> StageOutcome[Any]:
    """Write plan and report; return the result."""
    order, making, plan = course.order, course.making, _planned(course)
    model = making.hashed(order.model)[0]
    figures: dict[str, Any] = {
        "board": {"key": order.board.key, "name": order.board.name},
        "model": {"name": order.model.name, "sha256": model.sha256, "input_size": making.facts.input_size},
        **making.figures,
        "memory": region_figures(making.regions),
        "images": [{**image.to_json(), "path": str(image.path), "words": image.role.words} for image in plan.images],
        "steps": [vars(one) for one in making.made],
        "programmed": program_figures(course.programmed),
        "verified_only": order.settings.verify_only and course.order.until not in IMAGE_STEPS,
        "running": msgspec.to_builtins(course.running),
        "release": str(order.release) if order.release else None,
        "versions": making.versions,
        "finished": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    write_plan(plan, partial / "plan.json")
    write_report(partial, figures, recorded_values(order.settings), making.warnings)
    outputs = {"plan": "plan.json", "report": "report.html", "data": "report.json"}
    return StageOutcome(outputs, figures, tuple(making.warnings), making.versions)


def program_figures(report: ProgramReport | None) -> dict[str, Any] | None:
    """Return what was done with a board as plain values; None for nothing."""
    if report is None:
        return None
    return {
        "programmer": f"{report.programmer} {report.version}".strip(),
        "probe": report.probe,
        "mode": report.connection.mode,
        "seconds": round(report.seconds, 2),
        "images": [
            {"role": one.role, "address": one.address, "size": one.size, "action": one.action,
             "seconds": round(one.seconds, 2)}
            for one in report.images
        ],
    }  # fmt: skip


def addresses_in_words(figures: dict[str, Any]) -> list[str]:
    """Return one line an image: where it went and what became of it."""
    done = {one["role"]: one for one in (figures.get("programmed") or {}).get("images", [])}
    lines = []
    for image in figures["images"]:
        state = done.get(image["role"])
        action = f"{state['action']} in {state['seconds']:.1f} s" if state else "not written"
        lines.append(f"{image['address']}  {image['words']}, {image['size']} bytes: {action}")
    return lines
