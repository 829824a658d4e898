"""Carrying out a flash plan: write what differs, verify everything, and always be able to say what is on the board.

Exports: `program_plan`, `compare_plan`, `ProgramReport`, `ImageReport`, `WrittenRecords`.
"""

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.description import hex_address
from n6studio.board.images.flash_plan import FlashPlan
from n6studio.board.images.image import Image
from n6studio.board.programmer import Attendant, Connection, Programmer
from n6studio.domain.deploy import Fuses, ImageState, Role
from n6studio.domain.errors.images import WrongBoard
from n6studio.domain.errors.programmer import ReadBackDiffers, WriteCancelled
from n6studio.domain.errors.stages import Cancelled
from n6studio.gates.json_texts import json_file
from n6studio.system.files import replace_text

_PEEK = 4096  # bytes; enough to see in a moment that something else lies there

OnImage = Callable[[Image, ImageState], None]


@dataclass(frozen=True)
class ImageReport:
    """What has become of one image, in how many seconds."""

    role: Role
    address: str
    size: int
    sha256: str
    action: ImageState
    seconds: float


@dataclass(frozen=True)
class ProgramReport:
    """What was done with a board."""

    board: str
    probe: str
    programmer: str
    version: str
    connection: Connection
    images: tuple[ImageReport, ...]
    seconds: float
    fuses: tuple[Fuses, ...] = ()  # as they were before anything was written


class WrittenRecords:
    """Which contents were last written and verified where, by the probe's serial number.

    Args:
        file: JSON file to keep them in; None to remember only while the program runs.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, dict[str, str]] = {}
        if file is not None and file.is_file():
            try:
                self._known = {str(k): dict(v) for k, v in json_file(file).items()}
            except (OSError, ValueError, TypeError, AttributeError):
                self._known = {}  # only a memory; what is on the board is read back anyway

    def last(self, serial: str, image: Image) -> str:
        """Return the digest that was last written at the image's address, '' when that is not known."""
        return self._known.get(serial, {}).get(hex_address(image.address), "")

    def note(self, serial: str, image: Image) -> None:
        """Remember that the image was written and verified."""
        self._known.setdefault(serial, {})[hex_address(image.address)] = image.sha256
        self._save()

    def forget(self, serial: str, image: Image | None = None) -> None:
        """Forget what lies at the image's address, or everything of this board."""
        if image is None:
            self._known.pop(serial, None)
        else:
            self._known.get(serial, {}).pop(hex_address(image.address), None)
        self._save()

    def _save(self) -> None:
        if self._file is not None:
            replace_text(self._file, json.dumps(self._known, indent=2))


def _quiet(_image: Image, _state: ImageState) -> None:
    pass


def program_plan(
    plan: FlashPlan,
    programmer: Programmer,
    attendant: Attendant,
    *,
    confirmed: Collection[str] = (),
    records: WrittenRecords | None = None,
    on_image: OnImage = _quiet,
    write_all: bool = False,
) -> ProgramReport:
    """Bring the board to what the plan says. Run it again after any failure: what is right is not written again.

    Args:
        plan: the plan; its images are read and checked again first.
        programmer: the way to the board.
        attendant: progress, cancel, power cycle, log.
        confirmed: keys of the plan's risks that a person has confirmed.
        records: what was last written; kept up to date.
        on_image: told what is happening with which image.
        write_all: write also what is on the board already.

    Raises:
        NotConfirmed, WrongBoard, PlanError, ImageError: before anything is written.
        WriteCancelled: stopped; says what lies on the board now.
        ProgrammerError: what went wrong.
    """
    began = time.monotonic()
    records = records or WrittenRecords()
    if plan.board != programmer.board.key:
        raise WrongBoard(built_for=plan.board, board=programmer.board.name)
    plan.require_sound()
    plan.require_confirmed({*confirmed, *(item.key for item in programmer.board.irreversible if item.word is not None)})
    connection = programmer.connect(attendant)
    fuses = programmer.fuses(attendant)
    plan.require_confirmed(confirmed, fuses)
    serial = connection.probe.serial
    if plan.erase_all:
        records.forget(serial)
        _erase(plan, programmer, attendant)
    reports: list[ImageReport] = []
    for image in plan.images:
        started = time.monotonic()
        try:
            action = _bring(image, programmer, attendant, records, serial, on_image, write_all)
        except (WriteCancelled, Cancelled) as error:
            raise _stopped(error, plan, len(reports), image) from error
        on_image(image, action)
        seconds = time.monotonic() - started
        at = hex_address(image.address)
        reports.append(ImageReport(image.role, at, image.size, image.sha256, action, seconds))
    return ProgramReport(
        plan.board,
        serial,
        programmer.name,
        programmer.version,
        connection,
        tuple(reports),
        time.monotonic() - began,
        fuses,
    )


def compare_plan(
    plan: FlashPlan, programmer: Programmer, attendant: Attendant, on_image: OnImage = _quiet
) -> dict[Role, int]:
    """Return for each image how many bytes of flash are not its; writes nothing, tells `ImageState.COMPARE`.

    Raises:
        StudioError: an image that has changed, or what keeps flash from being read.
    """
    programmer.connect(attendant)
    differing = {}
    for image in plan.images:
        on_image(image, ImageState.COMPARE)
        differing[image.role] = programmer.differing(image, attendant)
    return differing


def _erase(plan: FlashPlan, programmer: Programmer, attendant: Attendant) -> None:
    try:
        programmer.erase_all(attendant)
    except Cancelled as error:
        state = "Flash may be partly erased: the board does not boot until all images are written again."
        at = hex_address(programmer.board.flash.address)
        raise WriteCancelled(role=plan.images[0].role.noun, address=at, state=state) from error


def _bring(
    image: Image,
    programmer: Programmer,
    attendant: Attendant,
    records: WrittenRecords,
    serial: str,
    on_image: OnImage,
    write_all: bool,
) -> ImageState:
    """Make flash hold the image, and return whether it was written."""
    if attendant.cancel.is_set():
        raise Cancelled(stage="programming")
    if not write_all and _is_there(image, programmer, attendant, records.last(serial, image), on_image):
        records.note(serial, image)
        return ImageState.UNCHANGED
    records.forget(serial, image)  # from the first erased sector on, nothing is certain
    on_image(image, ImageState.WRITE)
    programmer.write(image, attendant)
    if programmer.can_read_back:
        on_image(image, ImageState.VERIFY)
        try:
            differing = programmer.differing(image, attendant)
        except Cancelled as error:
            state = f"Written but not verified: {image.role.noun}."
            raise WriteCancelled(role=image.role.noun, address=hex_address(image.address), state=state) from error
        if differing:
            raise ReadBackDiffers(
                role=image.role.noun,
                address=hex_address(image.address),
                count=differing,
                total=image.size,
                log=attendant.log_name,
            )
    records.note(serial, image)
    return ImageState.WRITTEN


def _is_there(image: Image, programmer: Programmer, attendant: Attendant, last: str, on_image: OnImage) -> bool:
    """Return whether flash holds the image: by reading it back where possible, else by what was last written."""
    if not programmer.can_read_back:
        return last == image.sha256
    if last and last != image.sha256:
        return False
    on_image(image, ImageState.COMPARE)
    wanted = image.read()
    start = min(_PEEK, image.size)
    if programmer.read(image.address, start, attendant, image.role) != wanted[:start]:
        return False
    return programmer.differing(image, attendant) == 0


def _stopped(error: WriteCancelled | Cancelled, plan: FlashPlan, complete: int, image: Image) -> WriteCancelled:
    """Return the error that says of every image what became of it."""
    done = [item.role.noun for item in plan.images[:complete]]
    left = [item.role.noun for item in plan.images[complete:]]
    if isinstance(error, WriteCancelled):
        sentences = [error.state]
        left = left[1:]
    else:
        sentences = ["No image is partially written."]
    if done:
        sentences.append(f"Complete: {', '.join(done)}.")
    if left:
        sentences.append(f"Not written: {', '.join(left)}.")
    return WriteCancelled(role=image.role.noun, address=hex_address(image.address), state=" ".join(sentences))
