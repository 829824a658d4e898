"""The flash plan: what will be written where, refused as a whole before anything is written if anything is wrong.

Exports: `Build`, `FlashPlan`, `make_plan`, `plan_problems`, `risks_of`, `require_confirmed`, `read_plan`,
`write_plan`, `plan_from_json`, `MASS_ERASE`, `LOADER_OVERWRITE`.

Addresses are derived: of boot loader and application from the board's slots, of the weights from what the compiler and
the memory pool say (`Build.weights_address`), never from a constant typed twice.
"""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from n6studio.board.description import Board, hex_address
from n6studio.board.images import header as image_header
from n6studio.board.images.image import Image
from n6studio.board.registry import board
from n6studio.domain.deploy import Fuses, Risk, Role, with_fuses
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.images import (
    AddressMisaligned,
    BeyondFlash,
    ImagesOverlap,
    ImageTooLarge,
    NotConfirmed,
    PlanIncomplete,
    PlanUnreadable,
    WeightsElsewhere,
    WeightsForeign,
    WrongAddress,
    WrongBoard,
)
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.gates.inside import inside
from n6studio.gates.json_texts import json_file
from n6studio.system.files import replace_text

FORMAT = 1
WRITE_ORDER = (Role.FSBL, Role.WEIGHTS, Role.APPLICATION)  # the application last: half a deployment does not start
MASS_ERASE = "mass-erase"
LOADER_OVERWRITE = "loader-overwrite"


@dataclass(frozen=True)
class Build:
    """What is known of the application's build, to hold the images against; '' or None where it is not known.

    Attributes:
        board: key of the board that it was built for.
        weights_address: where the application looks for the weights, and `weights_source`: the file that says so.
        weights_sha256: digest of the weights that the same compiler run made.
        burns_fuses: whether the application burns the board's one-time fuses, as ST's do.
        model: the compiler's signature of the model.
        model_sha256: digest of the .tflite that was compiled.
        application: name and version of the application.
    """

    board: str
    weights_address: int | None = None
    weights_source: str = ""
    weights_sha256: str = ""
    burns_fuses: bool = True
    network: str = ""
    model_sha256: str = ""
    application: str = ""


@dataclass(frozen=True)
class FlashPlan:
    """Images in the order in which they are written, and what to confirm.

    Attributes:
        board: key of the board.
        images: at most one per role.
        build: what the images were checked against.
        risks: what to confirm, by key.
        erase_all: erase the whole flash first.
    """

    board: str
    images: tuple[Image, ...]
    build: Build
    risks: tuple[Risk, ...]
    erase_all: bool

    @property
    def size(self) -> int:
        """Return the bytes of all images."""
        return sum(image.size for image in self.images)

    def image(self, role: Role) -> Image | None:
        """Return the image of this role, None when the plan has none."""
        return next((image for image in self.images if image.role == role), None)

    def require_confirmed(self, keys: Collection[str], fuses: Sequence[Fuses] = ()) -> None:
        """Raise `NotConfirmed` unless every risk's key is in `keys`, or its fuses are set already."""
        require_confirmed(self.risks, keys, fuses)

    def require_sound(self) -> None:
        """Raise the first of `plan_problems`; a plan that was read from a file may have lost its images since."""
        for problem in plan_problems(board(self.board), self.images, self.build, erase_all=self.erase_all):
            raise problem

    def to_json(self, base: Path | None = None) -> dict[str, Any]:
        """Return a JSON-ready mapping; paths relative to `base` where they lie below it."""
        build = asdict(self.build)
        if self.build.weights_address is not None:
            build["weights_address"] = hex_address(self.build.weights_address)
        return {
            "format": FORMAT,
            "board": self.board,
            "erase_all": self.erase_all,
            "images": [image.to_json(base) for image in self.images],
            "build": build,
            "risks": [_risk_json(risk) for risk in self.risks],
        }


def _risk_json(risk: Risk) -> dict[str, Any]:
    return {"key": risk.key, "title": risk.title, "words": risk.message, "permanent": risk.permanent}


def require_confirmed(risks: Iterable[Risk], keys: Collection[str], fuses: Sequence[Fuses] = ()) -> None:
    """Raise `NotConfirmed` unless every risk's key is in `keys`, or its fuses are set already."""
    missing = [risk for risk in with_fuses(risks, fuses) if risk.key not in keys]
    if missing:
        raise NotConfirmed(
            what=tuple(risk.title for risk in missing),
            keys=tuple(risk.key for risk in missing),
            risks=tuple(f"{risk.title} ({risk.key}): {risk.message}" for risk in missing),
        )


def make_plan(target: Board, images: Sequence[Image], build: Build, *, erase_all: bool = False) -> FlashPlan:
    """Return the plan that writes `images` to a board.

    Args:
        target: the board.
        images: at most one per role; the files are read and checked.
        build: what is known of where they come from.
        erase_all: erase the whole flash first; then all three roles must be there.

    Raises:
        StudioError: the first of `plan_problems`.
    """
    for problem in plan_problems(target, images, build, erase_all=erase_all):
        raise problem
    ordered = tuple(sorted(images, key=lambda image: WRITE_ORDER.index(image.role)))
    return FlashPlan(target.key, ordered, build, _risks(target, ordered, build, erase_all), erase_all)


def plan_problems(
    target: Board, images: Sequence[Image], build: Build, *, erase_all: bool = False
) -> Iterator[StudioError]:
    """Yield everything that forbids to write `images`. Reads the files; raises nothing of its own."""
    if build.board and build.board != target.key:
        yield WrongBoard(built_for=_board_name(build.board), board=target.name)
    for image in images:
        yield from _place_problems(target, image, build)
        yield from _content_problems(target, image, build)
    yield from _overlaps(images)
    yield from _disguised(target, images)
    yield from _missing(images, build, erase_all)


def _place_problems(target: Board, image: Image, build: Build) -> Iterator[StudioError]:
    slot, flash = target.slot(image.role), target.flash
    at = hex_address(image.address)
    if image.role != Role.WEIGHTS and image.address != slot.address:
        wanted = hex_address(slot.address)
        yield WrongAddress(role=image.role.noun, path=image.path, address=at, wanted=wanted)
    elif not flash.address <= image.address < flash.end:
        yield BeyondFlash(path=image.path, end=at, flash_end=hex_address(flash.end), board=target.name)
    elif image.address % flash.sector:
        yield AddressMisaligned(path=image.path, address=at, sector=flash.sector)
    if image.role == Role.WEIGHTS:
        if build.weights_address is not None and image.address != build.weights_address:
            wanted, source = hex_address(build.weights_address), build.weights_source
            yield WeightsElsewhere(path=image.path, address=at, wanted=wanted, source=source)
        if image.end > flash.end:
            flash_end = hex_address(flash.end)
            yield BeyondFlash(path=image.path, end=hex_address(image.end), flash_end=flash_end, board=target.name)
    elif image.size > slot.size:
        end = hex_address(slot.end)
        yield ImageTooLarge(role=image.role.noun, path=image.path, size=image.size, room=slot.size, end=end)


def _content_problems(target: Board, image: Image, build: Build) -> Iterator[StudioError]:
    try:
        data = image.read()
        if image.role != Role.WEIGHTS:
            image_header.require(data, image.role, image.path, target)
    except ImageTooLarge:
        pass  # said already, of the place
    except StudioError as error:
        yield error
    if image.role == Role.WEIGHTS and build.weights_sha256 not in ("", image.sha256):
        yield WeightsForeign(path=image.path, found=image.sha256[:12], wanted=build.weights_sha256[:12])


def _overlaps(images: Sequence[Image]) -> Iterator[StudioError]:
    for first, second in itertools.pairwise(sorted(images, key=lambda image: image.address)):
        if second.address < first.end:
            shared = min(first.end, second.end) - second.address
            yield ImagesOverlap(first=first.path, second=second.path, address=hex_address(second.address), bytes=shared)


def _disguised(target: Board, images: Sequence[Image]) -> Iterator[StudioError]:
    """Refuse weights where a program belongs, unless that program is in the plan and so asked for by its risks."""
    have = {image.role for image in images}
    for image in images:
        for role in (Role.FSBL, Role.APPLICATION):
            slot = target.slot(role)
            inside = image.address < slot.end and image.end > slot.address
            if image.role == Role.WEIGHTS and inside and (role == Role.FSBL or role not in have):
                wanted = hex_address(target.slot(Role.WEIGHTS).address)
                at = hex_address(image.address)
                yield WrongAddress(role=image.role.noun, path=image.path, address=at, wanted=wanted)


def _missing(images: Sequence[Image], build: Build, erase_all: bool) -> Iterator[StudioError]:
    have = {image.role for image in images}
    if not images:
        yield PlanIncomplete(missing=tuple(role.noun for role in WRITE_ORDER), why="there is nothing to write")
    elif erase_all and len(have) < len(WRITE_ORDER):
        missing = tuple(role.noun for role in WRITE_ORDER if role not in have)
        yield PlanIncomplete(missing=missing, why="the whole flash is erased first, so nothing would boot")
    elif Role.APPLICATION in have and Role.WEIGHTS not in have and build.weights_address is not None:
        why = "the application would run with the weights already in flash"
        yield PlanIncomplete(missing=(Role.WEIGHTS.noun,), why=why)


def _risks(target: Board, images: Sequence[Image], build: Build, erase_all: bool) -> tuple[Risk, ...]:
    return tuple(risks_of(target, [image.role for image in images], build.burns_fuses, erase_all))


def risks_of(
    target: Board, roles: Collection[Role] = tuple(Role), burns_fuses: bool = True, erase_all: bool = False
) -> Iterator[Risk]:
    """Yield what is to be confirmed before images of `roles` are written to a board.

    Args:
        target: the board.
        roles: of the images.
        burns_fuses: whether the application burns the board's one-time fuses, as ST's do.
        erase_all: whether the whole flash is erased first.
    """
    if burns_fuses and {Role.APPLICATION, Role.FSBL} & set(roles):  # either is a program and may burn them
        for item in target.irreversible:
            yield Risk(item.key, item.title, f"{item.message} This happens at the {item.when}.", permanent=True)
    if erase_all:
        text = (
            "All of the external flash is erased, including what this plan does not write: "
            "the factory demo and its boot loader."
        )
        yield Risk(MASS_ERASE, "Erasing the whole flash", text, permanent=False)
    elif Role.FSBL in roles and target.factory_firmware:
        text = (
            "A different first-stage boot loader on the board is replaced. "
            "Other firmware may need its own boot loader again."
        )
        yield Risk(LOADER_OVERWRITE, "Replacing the boot loader", text, permanent=False)


def _board_name(key: str) -> str:
    try:
        return board(key).name
    except StudioError:
        return key


class _StoredImage(msgspec.Struct):
    role: Role
    path: str
    address: str
    size: int
    sha256: str


class _StoredBuild(msgspec.Struct, forbid_unknown_fields=True):
    """`Build` as files have it."""

    board: str
    weights_address: str | None = None
    weights_source: str = ""
    weights_sha256: str = ""
    burns_fuses: bool = True
    network: str = ""
    model_sha256: str = ""
    application: str = ""


class _StoredPlan(msgspec.Struct):
    format: int
    board: str
    erase_all: bool
    images: tuple[_StoredImage, ...]
    build: _StoredBuild


def _address(text: str) -> int:
    """Return an address from its hexadecimal digits.

    Raises:
        ValueError: it is none, or none that a chip of 32 bits has.
    """
    try:
        address = int(text, 16)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no address") from None
    if not 0 <= address < 1 << 32:
        raise ValueError(f"{text[:40]!r} is no address of 32 bits")
    return address


def plan_from_json(data: Any, base: Path, path: Path) -> FlashPlan:
    """Rebuild a plan; paths count from `base` and stay inside it, `path` is for error messages.

    Raises:
        PlanUnreadable, PathRefused.
    """
    try:
        if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
            raise PlanUnreadable(path=path, reason=f"it has format {data['format']!r:.40}, this release reads {FORMAT}")
        stored = msgspec.convert(data, _StoredPlan)
        images = tuple(
            Image(one.role, inside(base, one.path, path), _address(one.address), one.size, one.sha256)
            for one in stored.images
        )
        noted = stored.build
        at = None if noted.weights_address is None else _address(noted.weights_address)
        build = Build(**{**msgspec.structs.asdict(noted), "weights_address": at})
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise PlanUnreadable(path=path, reason=str(error)) from error
    try:
        target = board(stored.board)
    except SettingInvalid as error:
        reason = f"it is for a board that this version does not know, {stored.board[:40]!r}"
        raise PlanUnreadable(path=path, reason=reason) from error
    # The file's own list is for people to read, and nothing that it says of the fuses spares anybody the question.
    risks = _risks(target, images, replace(build, burns_fuses=True), stored.erase_all)
    plan = FlashPlan(target.key, images, build, risks, stored.erase_all)
    roles = [image.role for image in images]
    if len(set(roles)) != len(roles):
        raise PlanUnreadable(path=path, reason="it has two images of the same kind")
    return plan


def read_plan(path: Path) -> FlashPlan:
    """Read a plan file; the images' relative paths count from its folder.

    Raises:
        FileMissing, FileUnreadable, PlanUnreadable, PathRefused.
    """
    try:
        with reading(path):
            data = json_file(path)
    except ValueError as error:
        raise PlanUnreadable(path=path, reason=str(error)) from error
    return plan_from_json(data, path.absolute().parent, path)


def write_plan(plan: FlashPlan, path: Path) -> None:
    """Write a plan file.

    Raises:
        DiskFull, NotWritable.
    """
    replace_text(path, json.dumps(plan.to_json(path.absolute().parent), indent=2) + "\n")
