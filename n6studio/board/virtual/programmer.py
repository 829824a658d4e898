"""The programmer of the virtual board: no tool, no cable, the same interface and the same failures."""

import contextlib
import functools
from collections.abc import Callable
from typing import TypeVar

from n6studio.board.description import hex_address
from n6studio.board.images.boot import BootResult, boot_from_flash
from n6studio.board.images.image import Image
from n6studio.board.programmer import (
    Attendant,
    Connection,
    ConnectMode,
    PowerCycle,
    Probe,
    Programmer,
    choose_probe,
    written_part,
)
from n6studio.board.progress import Meter
from n6studio.board.virtual.board import Refused, VirtualBoard
from n6studio.domain.deploy import Boot, FlashAction, Role
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.programmer import (
    BoardConnectionLost,
    DebugPortClosed,
    EraseFailed,
    LoaderFailed,
    ProbeMissing,
    Unplugged,
    VerifyMismatch,
    WriteCancelled,
)
from n6studio.domain.errors.stages import Cancelled

Result = TypeVar("Result")
_READ_CHUNK = 1 << 16  # so that cancelling a slow board is noticed soon


class VirtualProgrammer(Programmer):
    """Programs a `VirtualBoard`.

    Args:
        virtual: the board.
        serial: of the probe that is meant, '' for whichever is there.
    """

    name = "Virtual programmer"
    version = "1"
    poll_seconds = 0.2

    def __init__(self, virtual: VirtualBoard, serial: str = "") -> None:
        self.virtual = virtual
        self.board = virtual.board
        self._serial = serial

    def probes(self, attendant: Attendant | None = None) -> tuple[Probe, ...]:
        """Return the board's probe, or none while it is unplugged."""
        state = self.virtual.state
        if not state.attached:
            return ()
        return (Probe(state.serial, self.board.probe_names[0], "V3J16M7", self.board.key),)

    def connect(self, attendant: Attendant) -> Connection:
        """Reach the chip, under reset when it does not answer otherwise."""
        probe = choose_probe(self.probes(), self.board, self._serial)
        mode = ConnectMode.HOT_PLUG
        try:
            self.virtual.connect(under_reset=False)
        except Refused:
            mode = ConnectMode.UNDER_RESET
            self._translated(lambda: self.virtual.connect(under_reset=True), "connecting", attendant)
        _say(attendant, f"connected to {probe.serial}, {mode}")
        return Connection(probe, self.board.chip.device_id, self.board.chip.revisions[0], 3.3, 8000, mode)

    def development_boot(self, attendant: Attendant) -> bool | None:
        """Return whether the board is in development boot, None while it is unplugged."""
        return self.virtual.mode.key == Boot.DEVELOPMENT if self.virtual.state.attached else None

    def watch_power_cycle(self, mode: Boot | None) -> Callable[[], bool]:
        """Return a look that is True once the board was power-cycled since now, and stands in `mode`."""
        before = self.virtual.state.power_cycles

        def look() -> bool:
            state = self.virtual.state
            return state.attached and state.power_cycles > before and mode in (None, state.sampled)

        return look

    def running(self) -> BootResult:
        """Return what runs on the board now and why."""
        sampled = self.virtual.state.sampled
        if sampled != Boot.FLASH:
            reason = "its switches are not set to run from flash, or it was not power-cycled since"
            return BootResult(sampled, False, reason)
        return boot_from_flash(self.board, self.virtual.read_flash)

    def write(self, image: Image, attendant: Attendant) -> None:
        """Erase, write and compare."""
        data = image.read()
        self.connect(attendant)
        self._with_power_cycle(lambda: self.erase(image.address, image.size, attendant), attendant)
        meter = Meter(attendant, FlashAction.WRITE, image.role, image.size)
        try:
            self.virtual.program(image.address, data, meter.at, attendant.cancel.is_set)
        except Refused as refused:
            raise self._write_error(refused, image, attendant) from refused
        _say(attendant, f"wrote {image.size} bytes of {image.role.noun} to {hex_address(image.address)}")
        found = self.read(image.address, image.size, attendant, image.role, FlashAction.VERIFY)
        if found != data:
            place = next(i for i, (a, b) in enumerate(zip(found, data, strict=True)) if a != b)
            line = f"{hex_address(image.address + place)} holds 0x{found[place]:02X} instead of 0x{data[place]:02X}"
            at = hex_address(image.address + place)
            raise VerifyMismatch(role=image.role.noun, address=at, line=line, log=attendant.log_name)

    def read(
        self,
        address: int,
        size: int,
        attendant: Attendant,
        role: Role | None = None,
        action: FlashAction = FlashAction.READ,
    ) -> bytes:
        """Return flash, piece by piece."""
        meter = Meter(attendant, action, role, size)
        parts: list[bytes] = []
        for done in range(0, size, _READ_CHUNK):
            if attendant.cancel.is_set():
                raise Cancelled(stage="reading flash")
            place, length = address + done, min(_READ_CHUNK, size - done)
            piece = functools.partial(self.virtual.read, place, length)
            parts.append(self._translated(piece, "reading", attendant))
            meter.at(done + length)
        return b"".join(parts)

    def erase(self, address: int, size: int, attendant: Attendant) -> None:
        """Erase the sectors of a range."""
        meter = Meter(attendant, FlashAction.ERASE, None, size)
        self._translated(lambda: self.virtual.erase(self.virtual.sectors(address, size)), "erasing", attendant)
        meter.at(size)

    def erase_all(self, attendant: Attendant) -> None:
        """Erase the whole flash."""
        self.connect(attendant)
        flash = self.board.flash
        self._with_power_cycle(lambda: self.erase(flash.address, flash.size, attendant), attendant)

    def reset(self, attendant: Attendant) -> None:
        """Reset the chip."""
        self._translated(self.virtual.reset, "resetting", attendant)

    # --- failures ----------------------------------------------------------------------------------------------------

    def _with_power_cycle(self, operation: Callable[[], None], attendant: Attendant) -> None:
        """Run an operation that may hang; after a power cycle, once more."""
        try:
            operation()
        except LoaderFailed:
            if not attendant.power_cycle(PowerCycle.LOADER_HANGS):
                raise
            self.connect(attendant)
            operation()

    def _translated(self, operation: Callable[[], Result], action: str, attendant: Attendant) -> Result:
        try:
            return operation()
        except Refused as refused:
            error = self._error(refused, action, attendant.log_name)
            _say(attendant, f"{action}: {refused}")
            raise error from refused

    def _error(self, refused: Refused, action: str, log: str) -> StudioError:
        development = self.board.boot_mode(Boot.DEVELOPMENT).message
        connector = self.board.probe_connector.message
        line, why = f"{refused}.", refused.why
        if why == Refused.Why.UNPLUGGED and action == "connecting":
            return ProbeMissing(connector=connector, line="")
        if why == Refused.Why.CLOSED:
            return DebugPortClosed(board=self.board.name, switches=development, line=line, log=log)
        if why == Refused.Why.NOT_ERASED:
            return EraseFailed(board=self.board.name, switches=development, line=line, log=log)
        if why == Refused.Why.LOADER_HANGS:
            return LoaderFailed(loader="The flash loader", line=line, log=log)
        return BoardConnectionLost(action=action, connector=connector, line=line, log=log)

    def _write_error(self, refused: Refused, image: Image, attendant: Attendant) -> StudioError:
        _say(attendant, f"writing: {refused} after {refused.done} bytes")
        role, at = image.role.noun, hex_address(image.address)
        if refused.why == Refused.Why.CANCELLED:
            return WriteCancelled(role=role, address=at, state=written_part(image, refused.done))
        if refused.why == Refused.Why.UNPLUGGED:
            connector = self.board.probe_connector.message
            return Unplugged(
                role=role,
                address=at,
                done=refused.done,
                total=image.size,
                connector=connector,
                log=attendant.log_name,
            )
        return self._error(refused, "writing", attendant.log_name)


def _say(attendant: Attendant, line: str) -> None:
    if attendant.log is not None:
        with contextlib.suppress(OSError), attendant.log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")
