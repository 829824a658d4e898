"""What is known before a deployment: tools, application, board, releases that belong together, and what would go where.

Looking starts other programs to ask for their versions, so it takes a second or two; call it off the window's thread.
"""

from pathlib import Path
from typing import cast

from n6studio.board.application.config import Aspect, resize_of
from n6studio.board.description import Board
from n6studio.board.images.flash_plan import risks_of
from n6studio.board.images.image import Image, sha256_of
from n6studio.board.virtual.board import VirtualBoard
from n6studio.domain.deploy import PlannedWrite, Preflight, PreflightCheck, Role, WriteAction, with_fuses
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.results import StageResult
from n6studio.domain.states import CheckState
from n6studio.domain.texts import bytes_text
from n6studio.engine.deploy.confirmations import confirmations_file, notice_confirmed
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.preflight_st import examine_st, shown_path
from n6studio.engine.deploy.reach import records_for, virtual_board, virtual_folder
from n6studio.stages.deploy.figures import DeployFigures, FlashImage
from n6studio.stages.deploy.stage import DeploySettings

Deployed = StageResult[DeployFigures]


def examine(order: DeployOrder | None, settings: DeploySettings, target: Board, last: Deployed | None) -> Preflight:
    """Return what is known.

    Args:
        order: what would be deployed; None where there is no quantized model yet.
        settings: of the deployment.
        target: the board.
        last: the latest deployment that still answers the order, for its exact sizes; None for none.
    """
    found = examine_st(order, settings, target) if target.needs_vendor_tools else _played(settings, target)
    return Preflight(
        board=target.key,
        checks=(_model_check(order), *found.checks, *_image_check(order, settings)),
        pairs=found.pairs,
        writes=_writes(order, settings, target, found.probes, last),
        risks=with_fuses(risks_of(target, burns_fuses=target.needs_vendor_tools), found.fuses),
        fuses=found.fuses,
        getting=found.getting,
        seen=found.seen,
        probes=found.probes,
        blocked=found.blocked,
        needs_notice=target.needs_vendor_tools and not notice_confirmed(confirmations_file()),
    )


def _model_check(order: DeployOrder | None) -> PreflightCheck:
    if order is None:
        return PreflightCheck(
            "model",
            "Quantized model",
            CheckState.LATER,
            what_to_do="Quantization runs first, with the project's settings.",
        )
    size = _size(order.model)
    if size is None:
        return PreflightCheck(
            "model", "Quantized model", CheckState.FAIL, f"{order.model.name} cannot be read", "Quantize again."
        )
    return PreflightCheck("model", "Quantized model", CheckState.OK, f"{order.model.name}, {bytes_text(size)}")


def _size(model: Path) -> int | None:
    """Return the size of a file in bytes, None where it is gone."""
    try:
        return model.stat().st_size
    except OSError:
        return None


def _image_check(order: DeployOrder | None, settings: DeploySettings) -> tuple[PreflightCheck, ...]:
    """Warn where the board will bring images to size in another way than they were when accuracy was measured."""
    if order is None or order.judged_resize in ("", resize_of(cast(Aspect, settings.aspect))):
        return ()
    text = f"Evaluated with resize mode {order.judged_resize}, but the board uses {settings.aspect}"
    advice_words = "Evaluate with stretch for fit and fullscreen, or with crop for crop; the board has no letterbox."
    return (PreflightCheck("picture", "Resize mode", CheckState.WARN, text, advice_words),)


def _played(settings: DeploySettings, target: Board) -> Preflight:
    """Return what is known of a board that this computer emulates."""
    folder = virtual_folder(settings)
    try:
        virtual = virtual_board(settings)
        state = virtual.state
    except StudioError as error:
        shown = advice(error)
        check = PreflightCheck("board", target.name, CheckState.FAIL, str(folder), f"{shown.why} {shown.steps[0]}")
        return Preflight(target.key, (check,), blocked=shown.title)
    mode = virtual.board.boot_mode(state.sampled).title
    text = f"{mode}. Folder: {shown_path(folder)}" if state.attached else f"disconnected. Folder: {shown_path(folder)}"
    if state.attached:
        check = PreflightCheck("board", target.name, CheckState.OK, text)
    else:
        check = PreflightCheck(
            "board", target.name, CheckState.WARN, text, "The boot coach will ask you to connect it."
        )
    seen = frozenset({target.probe_connector.key}) if state.attached else frozenset()
    return Preflight(target.key, (check,), seen=seen, probes=(state.serial,) if state.attached else ())


def _writes(
    order: DeployOrder | None, settings: DeploySettings, target: Board, probes: tuple[str, ...], last: Deployed | None
) -> tuple[PlannedWrite, ...]:
    """Return the plan of the latest deployment where it still counts, otherwise what can be said before."""
    if last is not None:
        images = [_image_of(image) for image in last.figures.images]
        return tuple(_exact(image, target, _action(image, settings, target, probes)) for image in images)
    lines = []
    for role in (Role.FSBL, Role.WEIGHTS, Role.APPLICATION):
        slot = target.slot(role)
        size = _size(order.model) if role == Role.WEIGHTS and order is not None else None
        lines.append(PlannedWrite(role, role.heading, slot.address, size, slot.size, WriteAction.EXPECTED))
    return tuple(lines)


def _image_of(image: FlashImage) -> Image:
    return Image(image.role, Path(image.path), int(image.address, 16), image.size, image.sha256)


def _exact(image: Image, target: Board, action: WriteAction) -> PlannedWrite:
    room = target.slot(image.role).end - image.address
    return PlannedWrite(image.role, image.role.heading, image.address, image.size, room, action)


def _action(image: Image, settings: DeploySettings, target: Board, probes: tuple[str, ...]) -> WriteAction:
    """Return what will become of an image: where flash is in sight it is read, else it is known what it got."""
    if target.flash_in_sight:
        return WriteAction.SAME if probes and _holds(image, virtual_board(settings)) else WriteAction.WRITE
    meant = [serial for serial in probes if settings.serial.casefold() in ("", serial.casefold())]
    known = len(meant) == 1 and records_for(settings).last(meant[0], image) == image.sha256
    return WriteAction.KNOWN if known else WriteAction.WRITE


def _holds(image: Image, virtual: VirtualBoard) -> bool:
    try:
        return sha256_of(virtual.read_flash(image.address, image.size)) == image.sha256
    except StudioError:  # the list of findings says what is wrong with it
        return False
