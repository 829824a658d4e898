"""Programming a release: its images onto a board of its kind, where nothing but a programmer is installed."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board.registry import board
from n6studio.domain.deploy import Running, Step
from n6studio.engine.deploy.board import BoardWork
from n6studio.engine.deploy.consent import require_consent
from n6studio.engine.deploy.flow import programmed
from n6studio.engine.deploy.proof import Expected, see_running
from n6studio.engine.deploy.reach import programmer_for, records_for, watch_for
from n6studio.engine.deploy.release import open_release
from n6studio.engine.deploy.talk import Talk
from n6studio.stages.deploy.figures import Programmed
from n6studio.stages.deploy.stage import DeploySettings


@dataclass(frozen=True)
class Flashed:
    """What was done with a release.

    Attributes:
        board: key of the board.
        release: what the release says of itself.
        programmed: what was written; None where it was only compared.
        running: what can be said about the application running; None likewise.
    """

    board: str
    release: dict[str, Any]
    programmed: Programmed | None
    running: Running | None


STEPS = (Step.PLAN, Step.PROGRAM, Step.VERIFY, Step.START, Step.RUNNING)


def flash_release(
    path: Path,
    scratch: Path,
    settings: DeploySettings,
    talking: Callable[[DeploySettings], Talk],
    confirmed: frozenset[str],
    force: bool = False,
) -> Flashed:
    """Program a release and return what was done.

    Args:
        path: the release zip.
        scratch: empty folder to unpack it into.
        settings: of the programmer; the board is the release's.
        talking: makes the conversation for the settings with the release's board.
        confirmed: keys of the risks that were confirmed.
        force: write also what is on the board already.

    Raises:
        StudioError: what stopped it.
    """
    release = open_release(path, scratch)
    settings = dataclasses.replace(settings, board=release.plan.board)
    target, talk = board(settings.board), talking(settings)
    talk.steps = STEPS
    talk.begin(Step.PLAN)
    release.plan.require_sound()
    log = scratch / "programmer.log"
    if not settings.verify_only:
        require_consent(release.plan.risks, confirmed, settings, target, talk, log)
    programmer = programmer_for(settings, target)
    work = BoardWork(programmer, talk, records_for(settings), log)
    talk.begin(Step.PROGRAM)
    if settings.verify_only:
        work.compare(release.plan)
        return Flashed(target.key, release.manifest, None, None)
    report = work.program(release.plan, confirmed, force)
    talk.begin(Step.VERIFY)
    work.would_start()
    talk.begin(Step.START)
    watch = watch_for(target, report.probe, settings)
    try:
        work.start()
        talk.begin(Step.RUNNING)
        seen = see_running(programmer, watch, Expected(), talk)
    finally:
        if watch is not None:
            watch.close()
    return Flashed(target.key, release.manifest, programmed(report), seen)
