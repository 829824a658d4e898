"""A deployment from a quantized model to a board that runs it: one short function a step, exactly one end.

Everything that takes long happens in others' programs or in the programmer, is told through `Talk`, and stops when its
`cancel` is set. Steps that make images are skipped where their results are fresh; the board gets only what differs. So
after a failure, an unplugged cable or a stop, the same order goes on where it ended.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from n6studio import __version__
from n6studio.board.description import hex_address
from n6studio.board.images.flash_plan import FlashPlan, write_plan
from n6studio.board.images.image import Image
from n6studio.board.program import ProgramReport
from n6studio.board.running.watch import Watch
from n6studio.domain.deploy import IMAGE_STEPS, STEPS, Fuses, Running, Step
from n6studio.domain.errors.deploy import ModelSwapRefused
from n6studio.domain.messages import MemoryFilled, ModelCompiled
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageOutcome, StageResult
from n6studio.domain.settings import recorded_values
from n6studio.engine.deploy.board import BoardWork
from n6studio.engine.deploy.consent import tell_risks
from n6studio.engine.deploy.making import Making
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.proof import see_running
from n6studio.engine.deploy.reach import programmer_for, records_for, watch_for
from n6studio.engine.deploy.ready import require_ready, writes
from n6studio.engine.deploy.release import write_release
from n6studio.engine.deploy.report import write_report
from n6studio.engine.deploy.st import StMaking
from n6studio.engine.deploy.swap import SwapMaking
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.virtual import VirtualMaking, tuned_values
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import run_step, stopping
from n6studio.stages.deploy.figures import (
    DeployedBoard,
    DeployedModel,
    DeployFigures,
    FlashImage,
    FuseReading,
    Programmed,
    ProgrammedImage,
    RiskShown,
)
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
    watch: Watch | None = None
    running: Running | None = None
    fuses: tuple[Fuses, ...] = ()


def run_deploy(order: DeployOrder, talk: Talk, hashes: HashCache | None = None) -> StageResult[DeployFigures]:
    """Deploy, and return the result with its report. The caller holds `order.folder`.

    Raises:
        StudioError: what stopped it; what was finished is kept and not done again.
    """
    cache = hashes or HashCache()
    wanted = STEPS[: STEPS.index(order.until) + 1]
    talk.steps = tuple(step for step in wanted if step != Step.LIVE or order.adds_stream)
    with stopping(talk.cancel, talk.current.value):
        return _deploy(order, talk, cache)


def _deploy(order: DeployOrder, talk: Talk, cache: HashCache) -> StageResult[DeployFigures]:
    fuses = require_ready(order, talk)
    request = deploy_request(order, cache)
    folder = order.run_folder(NAME, request.fingerprint())

    def work(partial: Path, log: Path) -> StageOutcome[DeployFigures]:
        making = _making(order, talk, cache)
        course = _Course(order, talk, cache, log, making, fuses=fuses)
        try:
            for step in talk.steps:
                talk.begin(step)
                _STEPS[step](course)
        finally:
            if course.watch is not None:
                course.watch.close()
        return _published(course, partial)

    try:
        return run_step(DEPLOY, request, folder, work, cache, force=True)
    finally:
        cache.save()


def _making(order: DeployOrder, talk: Talk, cache: HashCache) -> Making:
    if not order.board.needs_vendor_tools:
        if order.swap:
            reason = "the virtual board's application is made around its model, in no time"
            raise ModelSwapRefused(model=order.model.name, board=order.board.name, reason=reason)
        return VirtualMaking(order, talk, cache)
    return SwapMaking(order, talk, cache) if order.swap else StMaking(order, talk, cache)


def deploy_request(order: DeployOrder, hashes: HashCache) -> StageRequest:
    """Return what identifies a deployment: its model and settings.

    Raises:
        FileMissing, FileUnreadable.
    """
    settings = {**recorded_values(order.settings), "until": order.until.value}
    return StageRequest(NAME, settings, {"model": (input_of(order.model, hashes),)}, {"n6studio": __version__})


# --- the steps -------------------------------------------------------------------------------------------------------


def _check(course: _Course) -> None:
    course.making.check()


def _compile(course: _Course) -> None:
    course.making.compile()
    course.talk.on_message(ModelCompiled(course.making.compiled))


def _live(course: _Course) -> None:
    course.making.add_stream()


def _build(course: _Course) -> None:
    course.making.build()
    course.talk.on_message(MemoryFilled(tuple(course.making.regions)))


def _header(course: _Course) -> None:
    course.making.header()


def _plan(course: _Course) -> None:
    course.plan = course.making.plan()
    course.talk.on_message(MemoryFilled(tuple(course.making.regions)))
    if course.order.release is not None:
        write_release(course.plan, course.order.release, release_facts(course.order, course.making))
    if writes(course.order):
        course.plan.require_confirmed(course.order.confirmed, course.fuses)
    else:
        tell_risks(course.plan.risks, course.talk)


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
        probe = course.programmed.probe if course.programmed is not None else ""
        course.watch = watch_for(course.order.board, probe, course.order.settings)
        _board_work(course).start(_second_cable(course.order))


def _running(course: _Course) -> None:
    if not course.order.settings.verify_only:
        programmer = programmer_for(course.order.settings, course.order.board)
        course.running = see_running(programmer, course.watch, course.making.expected(), course.talk)


_STEPS = {
    Step.CHECK: _check,
    Step.COMPILE: _compile,
    Step.LIVE: _live,
    Step.BUILD: _build,
    Step.HEADER: _header,
    Step.PLAN: _plan,
    Step.PROGRAM: _program,
    Step.VERIFY: _verify,
    Step.START: _start,
    Step.RUNNING: _running,
}


def _second_cable(order: DeployOrder) -> tuple[str, ...]:
    """Return where the live stream's own cable goes, as a sentence; () where it needs none."""
    socket = order.board.video_connector
    if not order.adds_stream or order.settings.live_link != "usb" or socket is None:
        return ()
    return (f"For the live stream, connect a second {socket.cable} to the {socket.socket}.",)


def _planned(course: _Course) -> FlashPlan:
    assert course.plan is not None
    return course.plan


def _board_work(course: _Course) -> BoardWork:
    programmer = programmer_for(course.order.settings, course.order.board)
    return BoardWork(programmer, course.talk, records_for(course.order.settings), course.log)


# --- what comes of it ------------------------------------------------------------------------------------------------


def release_facts(order: DeployOrder, making: Making) -> dict[str, Any]:
    """Return what a release says of how it was made."""
    return {
        "model": {"name": order.model.name, "sha256": making.hashed(order.model)[0].sha256},
        "settings": tuned_values(order.settings),  # no paths: a release leaves this computer
        "versions": making.versions,
        "compile": msgspec.to_builtins(making.compiled),
        "application": msgspec.to_builtins(making.application),
    }


def _published(course: _Course, partial: Path) -> StageOutcome[DeployFigures]:
    """Write plan and report; return the result."""
    order, making, plan = course.order, course.making, _planned(course)
    model = making.hashed(order.model)[0]
    figures = DeployFigures(
        board=DeployedBoard(order.board.key, order.board.name),
        model=DeployedModel(order.model.name, model.sha256, making.facts.input_size),
        compile=making.compiled,
        application=making.application,
        memory=tuple(making.regions),
        images=tuple(_flash_image(image) for image in plan.images),
        steps=tuple(making.made),
        programmed=None if course.programmed is None else programmed(course.programmed),
        verified_only=order.settings.verify_only and course.order.until not in IMAGE_STEPS,
        running=course.running,
        release=str(order.release) if order.release else None,
        versions=making.versions,
        finished=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        risks=tuple(RiskShown(risk.title, risk.message, risk.permanent) for risk in plan.risks),
    )
    write_plan(plan, partial / "plan.json")
    write_report(partial, figures, recorded_values(order.settings), making.warnings)
    outputs = {"plan": "plan.json", "report": "report.html", "data": "report.json"}
    return StageOutcome(outputs, figures, tuple(making.warnings), making.versions)


def _flash_image(image: Image) -> FlashImage:
    address = hex_address(image.address)
    return FlashImage(image.role, str(image.path), address, image.size, image.sha256, image.role.noun)


def programmed(report: ProgramReport) -> Programmed:
    """Return what was done with a board."""
    return Programmed(
        programmer=f"{report.programmer} {report.version}".strip(),
        probe=report.probe,
        mode=report.connection.mode,
        seconds=round(report.seconds, 2),
        images=tuple(
            ProgrammedImage(one.role, one.address, one.size, one.action, round(one.seconds, 2)) for one in report.images
        ),
        fuses=tuple(_fuse_reading(one) for one in report.fuses),
    )


def _fuse_reading(fuses: Fuses) -> FuseReading:
    value = None if fuses.value is None else f"0x{fuses.value:08X}"
    return FuseReading(fuses.word, f"0x{fuses.mask:08X}", value, fuses.state, fuses.message)


def addresses_in_words(figures: DeployFigures) -> list[str]:
    """Return one line an image: where it went and what became of it."""
    done = figures.programmed.by_role if figures.programmed is not None else {}
    lines = []
    for image in figures.images:
        state = done.get(image.role)
        action = f"{state.action} in {state.seconds:.1f} s" if state else "not written"
        lines.append(f"{image.address}  {image.noun}, {image.size} bytes: {action}")
    return lines
