"""A board that exists in a folder: flash in files, boot switches, an ST-LINK, a cable, and troubles on request.

Exports: `VirtualBoard`, `BoardState`, `Trouble`, `Refused`.

Flash behaves like NOR: erased bytes are 0xFF, erasing takes whole sectors, programming can only clear bits. It is kept
one file a sector, an erased sector has none. Every access is locked, so that several processes may use one folder: the
program, and the stand-ins for ST's tools that the tests run. A write that is broken off leaves what had been written.
"""

import enum
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock

from n6studio.board.description import Board, BootMode
from n6studio.board.images.boot import BootResult, boot
from n6studio.board.registry import board, played_boards
from n6studio.domain.deploy import Boot
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.deploy import VirtualBoardDamaged
from n6studio.domain.errors.foreign import writing
from n6studio.gates.json_texts import json_file
from n6studio.gates.stopping import uninterrupted
from n6studio.system.files import make_folder, replace_bytes, replace_text, sync_file, sync_folder

FORMAT = 1
CHUNK = 4096  # bytes written at once; between two, a board may be unplugged and a write cancelled
ERASED = b"\xff"
DEFAULT_SERIAL = "0012003A3137511333333639"


class Refused(Exception):
    """The board does not do it. `why` says which way, `done` how many bytes had been written."""

    class Why(enum.StrEnum):
        """In which way a board refuses."""

        UNPLUGGED = "unplugged"
        CLOSED = "debug port closed"
        NOT_ERASED = "not erased"
        LOADER_HANGS = "loader hangs"
        CANCELLED = "cancelled"

    def __init__(self, why: Why, done: int = 0) -> None:
        super().__init__(why.value)
        self.why = why
        self.done = done


@dataclass(frozen=True)
class Trouble:
    """How the board misbehaves.

    Attributes:
        unplug_at: the cable comes out after this many bytes of the next write; happens once.
        erase_fails: sectors do not erase.
        stuck_at: flash address of a byte that stays 0x00 whatever is written.
        locked: the debug port stays closed.
        loader_hangs: every erase and write hangs until the next power cycle; happens once.
        ignores_writes: erasing and writing succeed, and nothing changes.
        bytes_per_second: writing and reading take time; 0 for none.
    """

    unplug_at: int | None = None
    erase_fails: bool = False
    stuck_at: int | None = None
    locked: bool = False
    loader_hangs: bool = False
    ignores_writes: bool = False
    bytes_per_second: int = 0


@dataclass(frozen=True)
class BoardState:
    """What there is besides flash.

    Attributes:
        board: key of the board that it plays.
        serial: of its ST-LINK.
        switches: positions of the boot switches.
        attached: whether the cable is plugged in.
        sampled: the boot mode as it was at the last power-up or reset.
        running: whether an application runs.
        power_cycles: how often it was powered up.
        trouble: how it misbehaves.
    """

    board: str
    serial: str
    switches: dict[str, str]
    attached: bool = True
    sampled: Boot = Boot.DEVELOPMENT
    running: bool = False
    power_cycles: int = 0
    trouble: Trouble = field(default_factory=Trouble)


class VirtualBoard:
    """A virtual board in `folder`. Made there when the folder is empty or missing; any thread or process may use it.

    Args:
        folder: where it lives.
        key: board that it plays when it is made; '' for the first one that this computer plays.
        serial: of its ST-LINK when it is made.
    """

    def __init__(self, folder: Path, key: str = "", serial: str = DEFAULT_SERIAL) -> None:
        self.folder = folder
        self._state_file = folder / "board.json"
        self._flash_folder = folder / "flash"
        make_folder(self._flash_folder)
        self._lock = FileLock(str(folder / ".lock"))
        with self._lock:
            if not self._state_file.exists():
                made = board(key) if key else played_boards()[0]
                self._save(BoardState(made.key, serial, dict(made.boot_mode(Boot.DEVELOPMENT).switches)))
        self.board: Board = board(self.state.board)

    # --- state -------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> BoardState:
        """Return the state as it is now.

        Raises:
            VirtualBoardDamaged.
        """
        try:
            with self._lock, uninterrupted():
                data = json_file(self._state_file)
            if data.pop("format") != FORMAT:
                raise ValueError("it is of another version")
            state = msgspec.convert(data, BoardState)
            board(state.board).mode_of(state.switches)
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            msgspec.ValidationError,
            StudioError,
        ) as error:
            raise VirtualBoardDamaged(path=self.folder, reason=f"board.json: {error}") from error
        return state

    def _save(self, state: BoardState) -> None:
        replace_text(self._state_file, json.dumps({"format": FORMAT, **asdict(state)}, indent=2))

    def _change(self, **changes: Any) -> BoardState:
        with self._lock:
            state = replace(self.state, **changes)
            self._save(state)
        return state

    @property
    def mode(self) -> BootMode:
        """Return the boot mode as it was sampled last; moving switches changes it only with the next power-up."""
        return self.board.boot_mode(self.state.sampled)

    def set_switches(self, mode: Boot) -> None:
        """Move the boot switches. Takes effect with the next power-up."""
        self._change(switches=dict(self.board.boot_mode(mode).switches))

    def make_trouble(self, trouble: Trouble) -> None:
        """Let the board misbehave from now on; `Trouble()` ends it."""
        self._change(trouble=trouble)

    def unplug(self) -> None:
        """Pull the cable."""
        self._change(attached=False, running=False)

    def power_cycle(self) -> BootResult:
        """Unplug the board and plug it in again; return what it does then."""
        with self._lock:
            state = self.state
            mode = self.board.mode_of(state.switches)
            result = boot(self.board, mode, self.read_flash)
            self._change(
                attached=True,
                sampled=mode.key,
                running=result.runs,
                power_cycles=state.power_cycles + 1,
                trouble=replace(state.trouble, loader_hangs=False),
            )
        return result

    # --- what a debug probe does -------------------------------------------------------------------------------------

    def connect(self, under_reset: bool) -> None:
        """Reach the chip. Under reset, the boot switches are sampled anew.

        Raises:
            Refused: UNPLUGGED; CLOSED: locked, or running from flash and not under reset.
        """
        with self._lock:
            state = self.state
            if not state.attached:
                raise Refused(Refused.Why.UNPLUGGED)
            if state.trouble.locked or (state.sampled != Boot.DEVELOPMENT and not under_reset):
                raise Refused(Refused.Why.CLOSED)
            if under_reset:
                self.reset()

    def reset(self) -> None:
        """Reset the chip: the switches are sampled, but it starts from flash only with a power cycle."""
        with self._lock:
            state = self.state
            if not state.attached:
                raise Refused(Refused.Why.UNPLUGGED)
            self._change(sampled=self.board.mode_of(state.switches).key, running=False)

    def sectors(self, address: int, size: int) -> range:
        """Return the indices of the sectors that a range touches, counted from the start of flash."""
        flash = self.board.flash
        first = (address - flash.address) // flash.sector
        return range(first, (address + size - 1 - flash.address) // flash.sector + 1)

    def erase(self, sectors: range) -> None:
        """Erase sectors.

        Raises:
            Refused: NOT_ERASED: not in development boot, or on request.
        """
        with self._lock:
            state = self._ready()
            if state.sampled != Boot.DEVELOPMENT or state.trouble.erase_fails:
                raise Refused(Refused.Why.NOT_ERASED)
            if not state.trouble.ignores_writes:
                for index in sectors:
                    self._sector_file(index).unlink(missing_ok=True)

    def erase_all(self) -> None:
        """Erase the whole flash; raises as `erase` does."""
        self.erase(range(self.board.flash.size // self.board.flash.sector))

    def program(
        self, address: int, data: bytes, on_bytes: Callable[[int], None], cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        """Write `data`, clearing bits only.

        Args:
            address: where; anywhere in flash.
            data: what.
            on_bytes: called with the number of bytes written so far.
            cancelled: asked before each chunk.

        Raises:
            Refused: UNPLUGGED, LOADER_HANGS, CANCELLED, with the bytes that were written.
        """
        for done in range(0, len(data), CHUNK):
            with self._lock:
                state = self._ready(done)
                if cancelled():
                    raise Refused(Refused.Why.CANCELLED, done)
                chunk = data[done : done + CHUNK]
                left = None if state.trouble.unplug_at is None else state.trouble.unplug_at - done
                if left is not None and left < len(chunk):
                    self._store(address + done, chunk[:left], state.trouble)
                    self._change(attached=False, running=False, trouble=replace(state.trouble, unplug_at=None))
                    raise Refused(Refused.Why.UNPLUGGED, done + left)
                self._store(address + done, chunk, state.trouble)
            if state.trouble.bytes_per_second:
                time.sleep(len(chunk) / state.trouble.bytes_per_second)
            on_bytes(done + len(chunk))
        with self._lock:
            self._settle(address, len(data))

    def read(self, address: int, size: int) -> bytes:
        """Return flash as the probe sees it.

        Raises:
            Refused: UNPLUGGED.
        """
        state = self._ready()
        if state.trouble.bytes_per_second:
            time.sleep(size / state.trouble.bytes_per_second)
        return self.read_flash(address, size)

    def _ready(self, done: int = 0) -> BoardState:
        state = self.state
        if not state.attached:
            raise Refused(Refused.Why.UNPLUGGED, done)
        if state.trouble.loader_hangs:
            raise Refused(Refused.Why.LOADER_HANGS, done)
        return state

    # --- flash -------------------------------------------------------------------------------------------------------

    def read_flash(self, address: int, size: int) -> bytes:
        """Return the contents of flash, whatever state the board is in."""
        return b"".join(
            self._sector(index)[start : start + length] for index, start, length in self._pieces(address, size)
        )

    def _store(self, address: int, data: bytes, trouble: Trouble) -> None:
        if trouble.ignores_writes:
            return
        done = 0
        for index, start, length in self._pieces(address, len(data)):
            sector = bytearray(self._sector(index))
            new = int.from_bytes(sector[start : start + length]) & int.from_bytes(data[done : done + length])
            sector[start : start + length] = new.to_bytes(length)
            if trouble.stuck_at is not None and address + done <= trouble.stuck_at < address + done + length:
                sector[start + trouble.stuck_at - address - done] = 0
            replace_bytes(self._sector_file(index), bytes(sector), durable=False)  # as slow as flash is, but no slower
            done += length

    def _settle(self, address: int, size: int) -> None:
        """Wait until a range of flash is on the disk: what was programmed survives a power cut of this computer."""
        with writing(self._flash_folder):
            for index, _, _ in self._pieces(address, size):
                if (file := self._sector_file(index)).exists():
                    sync_file(file)
            sync_folder(self._flash_folder)

    def _pieces(self, address: int, size: int) -> Iterator[tuple[int, int, int]]:
        """Yield (sector, first byte in it, bytes) of a range."""
        flash = self.board.flash
        if not flash.address <= address <= address + size <= flash.end:
            raise ValueError(f"{address:#x} and {size} bytes are not all in flash")
        offset, end = address - flash.address, address - flash.address + size
        while offset < end:
            index, start = divmod(offset, flash.sector)
            length = min(flash.sector - start, end - offset)
            yield index, start, length
            offset += length

    def _sector(self, index: int) -> bytes:
        try:
            data = self._sector_file(index).read_bytes()
        except FileNotFoundError:
            return ERASED * self.board.flash.sector
        if len(data) != self.board.flash.sector:
            raise VirtualBoardDamaged(path=self.folder, reason=f"sector {index} has {len(data)} bytes")
        return data

    def _sector_file(self, index: int) -> Path:
        flash = self.board.flash
        return self._flash_folder / f"{flash.address + index * flash.sector:08X}.bin"
