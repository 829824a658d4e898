"""What every programmer can be asked for, whether it is ST's tool with a real board or the virtual board.

Exports: `Programmer`, `Probe`, `ConnectMode`, `Connection`, `Progress`, `Attendant`, `PowerCycle`,
`choose_probe`, `require_board`, `written_part`.

All methods block; call them from any one thread, never from the window's. Each either does what it says or raises a
`StudioError`. Cancelling is setting `Attendant.cancel`: the running operation ends its process tree and raises.
"""

import enum
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from n6studio.board.description import Board, hex_address
from n6studio.board.images.boot import BootResult
from n6studio.board.images.image import Image
from n6studio.board.registry import board_of_probe
from n6studio.domain.deploy import Boot, FlashAction, Fuses, Role
from n6studio.domain.errors.probes import UsbPermissionDenied
from n6studio.domain.errors.programmer import OtherBoard, ProbeMissing, ProbeNotFound, SeveralProbes


class ConnectMode(enum.StrEnum):
    """How the chip was reached, as ST's tool calls it: without disturbing it, or under reset."""

    HOT_PLUG = "HOTPLUG"
    UNDER_RESET = "UR"


@dataclass(frozen=True)
class Probe:
    """A debug probe that is connected: serial number, the board it sits on as it reports it, and its firmware.

    `board` is the key of the board in our registry, '' for one that we do not know (`board_name` may be '' when the
    tool does not say).
    """

    serial: str
    board_name: str
    firmware: str
    board: str = ""


@dataclass(frozen=True)
class Connection:
    """What the tool said when it connected; '' or None where it did not say.

    Attributes:
        probe: the probe.
        device_id: of the chip, 0x486 for the STM32N6.
        revision: of the chip, for example 'Z'.
        voltage: in volts.
        frequency: of SWD in kHz.
        mode: how it was reached.
    """

    probe: Probe
    device_id: int | None = None
    revision: str = ""
    voltage: float | None = None
    frequency: int | None = None
    mode: ConnectMode = ConnectMode.HOT_PLUG


@dataclass(frozen=True)
class Progress:
    """How far an operation is.

    Attributes:
        action: what is being done.
        role: what the bytes are, None where it does not matter.
        fraction: 0..1 of this action, None while it is not known.
        done, total: bytes.
    """

    action: FlashAction
    role: Role | None
    fraction: float | None
    done: int
    total: int


class PowerCycle(enum.StrEnum):
    """Why a person is asked to unplug the board and plug it in again."""

    AFTER_SWITCH = "switches moved"
    PROBE_HANGS = "the probe hangs"
    LOADER_HANGS = "the external loader hangs"
    NOT_REACHED = "the chip is not reached"


def _ignore(_: Progress) -> None:
    pass


def _cannot(_: PowerCycle) -> bool:
    return False


@dataclass(frozen=True)
class Attendant:
    """Who looks after an operation: sees progress, may cancel, and can be asked to power-cycle the board.

    Attributes:
        on_progress: called in the operation's thread, at most some ten times a second.
        cancel: set from any thread to stop.
        power_cycle: called in the operation's thread; blocks until the person has done it and returns True, or returns
            False when they will not (or nobody is there).
        log: file that everything printed is appended to; None for none.
    """

    on_progress: Callable[[Progress], None] = _ignore
    cancel: threading.Event = field(default_factory=threading.Event)
    power_cycle: Callable[[PowerCycle], bool] = _cannot
    log: Path | None = None

    @property
    def log_name(self) -> str:
        """Return the log's path for an error's field, '' without one."""
        return str(self.log or "")


class Programmer(ABC):
    """A way to the flash of one board.

    Attributes:
        board: the board that it programs.
        name: of the programmer, for people; `version` of its tool, '' while not known.
        can_read_back: whether what it has written can be read.
        poll_seconds: between two looks for the board; asking for it costs that much.
    """

    board: Board
    name: str
    version: str
    can_read_back: bool = True
    poll_seconds: float = 1.0

    @abstractmethod
    def probes(self, attendant: Attendant | None = None) -> tuple[Probe, ...]:
        """Return the probes that are connected; none is an empty tuple, not an error.

        Args:
            attendant: for cancelling and the log; progress there is none.

        Raises:
            ToolMissing, ProgrammerSilent, ProgrammerFailed.
            UsbPermissionDenied, ProbeFirmwareOld: there is one that cannot be used.
        """

    def seen(self) -> bool:
        """Return whether a board is connected; not while the system does not let it be opened yet.

        Raises:
            ToolMissing, ProgrammerSilent, ProgrammerFailed.
        """
        try:
            return bool(self.probes())
        except UsbPermissionDenied:  # rules take effect a moment after the device has come
            return False

    @abstractmethod
    def connect(self, attendant: Attendant) -> Connection:
        """Choose the probe, reach the chip, and make sure that it is the right board. Writes nothing.

        Raises:
            ProbeMissing, SeveralProbes, ProbeNotFound, OtherBoard, ProbeBusy, DebugPortClosed, ProgrammerError.
        """

    @abstractmethod
    def development_boot(self, attendant: Attendant) -> bool | None:
        """Return whether the board lets itself be programmed without a reset, as after power-up in development boot.

        For waiting until switches have been moved and the board was plugged in again. None while no such board is
        connected.

        Raises:
            SeveralProbes, ProbeBusy, ProgrammerError, Cancelled.
        """

    def watch_power_cycle(self, mode: Boot | None) -> Callable[[], bool]:
        """Return a look that is True once the board was power-cycled since now.

        Args:
            mode: the boot mode that it must stand in then, where that can be seen; None for any.
        """
        gone = False

        def look() -> bool:
            nonlocal gone
            present = self.seen()
            gone = gone or not present
            return gone and present

        return look

    def fuses(self, attendant: Attendant) -> tuple[Fuses, ...]:
        """Return what the one-time fuses of the board's description are; reads only, and never fails.

        Raises:
            Cancelled.
        """
        return ()

    def running(self) -> BootResult | None:
        """Return what runs on the board now and why, None where that cannot be seen from here."""
        return None

    @abstractmethod
    def write(self, image: Image, attendant: Attendant) -> None:
        """Erase the sectors under an image, write it and let the tool compare it.

        Raises:
            StudioError: nothing is claimed about what is in flash then, except by `WriteCancelled` and `Unplugged`.
        """

    @abstractmethod
    def read(
        self,
        address: int,
        size: int,
        attendant: Attendant,
        role: Role | None = None,
        action: FlashAction = FlashAction.READ,
    ) -> bytes:
        """Return `size` bytes of flash from `address`; `role` and `action` are for progress only.

        Raises:
            ReadFailed, ProgrammerError, Cancelled.
        """

    @abstractmethod
    def erase(self, address: int, size: int, attendant: Attendant) -> None:
        """Erase every sector that the range touches.

        Raises:
            EraseFailed, ProgrammerError, Cancelled.
        """

    @abstractmethod
    def erase_all(self, attendant: Attendant) -> None:
        """Erase the whole flash.

        Raises:
            EraseFailed, ProgrammerError, Cancelled.
        """

    @abstractmethod
    def reset(self, attendant: Attendant) -> None:
        """Reset the chip. It starts from flash only after a power cycle.

        Raises:
            ProgrammerError.
        """

    def differing(self, image: Image, attendant: Attendant) -> int:
        """Return how many bytes of flash are not those of the image.

        Raises:
            ReadFailed, ProgrammerError, Cancelled, ImageChanged.
        """
        wanted = image.read()
        found = self.read(image.address, image.size, attendant, image.role, FlashAction.VERIFY)
        if found == wanted:
            return 0
        return sum(a != b for a, b in zip(found, wanted, strict=True))


def choose_probe(probes: Sequence[Probe], board: Board, serial: str) -> Probe:
    """Return the one probe to use.

    Args:
        probes: what is connected.
        board: what is to be programmed.
        serial: the probe that the user chose, '' when they did not.

    Raises:
        ProbeMissing, ProbeNotFound: none, or not the chosen one.
        SeveralProbes: more than one could be meant.
        OtherBoard: the probe sits on a board of another kind.
    """
    if not probes:
        raise ProbeMissing(connector=board.probe_connector.message, line="")
    named = [probe for probe in probes if serial and probe.serial.casefold() == serial.casefold()]
    if serial and not named:
        raise ProbeNotFound(serial=serial, found=tuple(_described(probe) for probe in probes))
    fitting = named or [probe for probe in probes if probe.board == board.key or not probe.board_name]
    if not fitting:
        raise OtherBoard(board=board.name, found=probes[0].board_name, serial=probes[0].serial)
    if len(fitting) > 1:
        raise SeveralProbes(serials=tuple(_described(probe) for probe in fitting))
    require_board(fitting[0], board)
    return fitting[0]


def require_board(probe: Probe, board: Board) -> None:
    """Raise `OtherBoard` when the probe says that it sits on a board of another kind."""
    known = board_of_probe(probe.board_name)
    if probe.board_name and (known is None or known.key != board.key):
        raise OtherBoard(board=board.name, found=probe.board_name, serial=probe.serial)


def written_part(image: Image, done: int | None) -> str:
    """Return in a sentence what lies on the board after writing an image was broken off.

    Args:
        image: the image.
        done: bytes that had been written, None when that is not known.
    """
    count = "An unknown part" if done is None else f"{done} of {image.size} bytes"
    return (
        f"{count} of the {image.role.noun} written from {hex_address(image.address)}. This part of flash is now "
        "inconsistent, and the board does not work until it is written again."
    )


def _described(probe: Probe) -> str:
    return f"{probe.serial} ({probe.board_name})" if probe.board_name else probe.serial
