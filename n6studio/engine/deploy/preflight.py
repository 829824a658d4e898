"""What is known before a deployment: tools, application, board, releases that belong together, and what would go where.

Looking starts other programs to ask for their versions, so it takes a second or two; call it off the window's thread.
"""

from pathlib import Path
from typing import cast

from n6studio.board.application.config import Aspect, resize_of
from n6studio.board.images.image import Image, image_from_json, sha256_of
from n6studio.board.registry import Board, Role
from n6studio.board.virtual.board import VirtualBoard
from n6studio.domain.deploy import Check, PlannedWrite, Preflight
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.results import AnyResult
from n6studio.engine.deploy.board import expected_risks
from n6studio.engine.deploy.confirmations import confirmations_file, notice_confirmed
from n6studio.engine.deploy.order import Order, records_for, virtual_folder
from n6studio.engine.deploy.preflight_st import examine_st, shown_path
from n6studio.stages.deploy.stage import DeploySettings


def examine(order: Order | None, settings: DeploySettings, target: Board, last: AnyResult | None) -> Preflight:
    """Return what is known.

    Args:
        order: what would be deployed; None where there is no quantized network yet.
        settings: of the deployment.
        target: the board.
        last: the latest deployment that still answers the order, for its exact sizes; None for none.
    """
    found = _virtual(settings) if target.virtual else examine_st(order, settings, target)
    return Preflight(
        board=target.key,
        checks=(_model_check(order), *found.checks, *_picture_check(order, settings)),
        pairs=found.pairs,
        writes=_writes(order, settings, target, found.probes, last),
        risks=expected_risks(target),
        seen=found.seen,
        probes=found.probes,
        blocked=found.blocked,
        needs_notice=not target.virtual and not notice_confirmed(confirmations_file()),
    )


def _model_check(order: Order | None) -> Check:
    if order is None:
        return Check("model", "Quantized network", "later", what_to_do="It is made first, with the project's settings.")
    size = order.model.stat().st_size / 2**20
    return Check("model", "Quantized network", "ok", f"{order.model.name}, {size:.2f} MiB")


def _picture_check(order: Order | None, settings: DeploySettings) -> tuple[Check, ...]:
    """Warn where the board will bring pictures to size in another way than they were when accuracy was measured."""
    if order is None or order.judged_resize in ("", resize_of(cast(Aspect, settings.aspect))):
        return ()
    words = f"Evaluated with '{order.judged_resize}', and the board will do '{settings.aspect}'"
    advice_words = "Evaluate with stretch for fit and fullscreen, with crop for crop; the board adds no borders."
    return (Check("picture", "Pictures", "warn", words, advice_words),)


def _virtual(settings: DeploySettings) -> Preflight:
    folder = virtual_folder(settings)
    try:
        virtual = VirtualBoard(folder)
        state = virtual.state
    except StudioError as error:
        told = advice(error)
        check = Check("board", "Virtual board", "fail", str(folder), f"{told.why} {told.steps[0]}")
        return Preflight("virtual", (check,), blocked=told.title)
    mode = virtual.board.boot_mode(state.sampled).title
    words = f"{mode}. It lives in {shown_path(folder)}" if state.attached else f"unplugged, in {shown_path(folder)}"
    if state.attached:
        check = Check("board", "Virtual board", "ok", words)
    else:
        check = Check("board", "Virtual board", "warn", words, "You will be asked to plug it in.")
    seen = frozenset({"st-link"}) if state.attached else frozenset()
    return Preflight("virtual", (check,), seen=seen, probes=(state.serial,) if state.attached else ())


def _writes(
    order: Order | None, settings: DeploySettings, target: Board, probes: tuple[str, ...], last: AnyResult | None
) -> tuple[PlannedWrite, ...]:
    """Return the plan of the latest deployment where it still counts, otherwise what can be said before."""
    if last is not None:
        images = [image_from_json(image, Path()) for image in last.figures["images"]]
        return tuple(_exact(image, target, _action(image, settings, target, probes)) for image in images)
    lines = []
    for role in (Role.FSBL, Role.WEIGHTS, Role.APPLICATION):
        slot = target.slot(role)
        size = order.model.stat().st_size if role == Role.WEIGHTS and order is not None else None
        title = role.words[:1].upper() + role.words[1:]
        lines.append(PlannedWrite(role.value, title, slot.address, size, slot.size, "expected"))
    return tuple(lines)


def _exact(image: Image, target: Board, action: str) -> PlannedWrite:
    title = image.role.words[:1].upper() + image.role.words[1:]
    room = target.slot(image.role).end - image.address
    return PlannedWrite(image.role.value, title, image.address, image.size, room, action)


def _action(image: Image, settings: DeploySettings, target: Board, probes: tuple[str, ...]) -> str:
    """Return what will become of an image: a virtual board's flash is read, of real ones it is known what they got."""
    if target.virtual:
        return "same" if probes and _virtual_holds(image, virtual_folder(settings)) else "write"
    meant = [serial for serial in probes if settings.serial.casefold() in ("", serial.casefold())]
    known = len(meant) == 1 and records_for(settings).last(meant[0], image) == image.sha256
    return "known" if known else "write"


def _virtual_holds(image: Image, folder: Path) -> bool:
    try:
        return sha256_of(VirtualBoard(folder).read_flash(image.address, image.size)) == image.sha256
    except StudioError:  # the list of findings says what is wrong with it
        return False
