"""Programs a real board with ST's STM32_Programmer_CLI, one process an operation.

Exports: `CubeProgrammer`.

How it connects follows what is known of these boards: first 'hot plug', which disturbs nothing; under reset where the
chip runs from flash and does not answer; at a lower SWD frequency where the probe locks up; and after a power cycle,
for which a person is asked. What worked stays for the next operation.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from n6studio.board.cube import output as cube_output
from n6studio.board.cube.connection import REMEDIALS, WHY_CYCLE, Link, Remedial
from n6studio.board.cube.failures import Situation, failure, probe_failure
from n6studio.board.cube.staging import staging_folder
from n6studio.board.description import Board, hex_address
from n6studio.board.images.image import Image
from n6studio.board.programmer import (
    Attendant,
    Connection,
    ConnectMode,
    PowerCycle,
    Probe,
    Programmer,
    choose_probe,
    require_board,
    written_part,
)
from n6studio.board.progress import Meter
from n6studio.board.vendor.process import ToolRun, run_tool
from n6studio.board.vendor.programs import loaders_of
from n6studio.domain.deploy import Boot, FlashAction, Fuses, Role
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.probes import UsbPermissionDenied
from n6studio.domain.errors.programmer import (
    BoardConnectionLost,
    DebugPortClosed,
    DownloadFailed,
    LoaderMissing,
    OtherBoard,
    ProbeBusy,
    ProbeMissing,
    ProbeNotFound,
    ProgrammerError,
    ProgrammerSilent,
    ReadFailed,
    TargetError32,
    Unplugged,
    WriteCancelled,
)
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import ToolSilent
from n6studio.system.files import replace_bytes

Result = TypeVar("Result")

SILENCE_SECONDS = 60.0
SECTORS_PER_SILENCE = 15  # erasing prints nothing; flash of this kind takes up to 2 s a sector
FUSE_SECONDS = 15.0  # reading an OTP word takes one
MASS_ERASE_SECONDS = 900.0  # erasing the whole flash prints nothing for minutes
RETURN_SECONDS, RETURN_ATTEMPTS = 0.5, 20  # USB takes a few seconds to find a board again


class CubeProgrammer(Programmer):
    """Programs a board through STM32_Programmer_CLI.

    Args:
        tool: the program, or a command (for a script: the interpreter and the script).
        board: the board that is meant.
        serial: of the probe that is meant, '' for the only one.
        loaders: folder of external loaders; None for the one beside the tool.
        silence_seconds: after so long without a word the tool is taken to hang.
    """

    name = "STM32CubeProgrammer"

    def __init__(
        self,
        tool: Path | Sequence[str],
        board: Board,
        serial: str = "",
        loaders: Path | None = None,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._command = [str(tool)] if isinstance(tool, Path) else list(tool)
        self.board = board
        self.version = ""
        self._wanted = self._serial = serial
        self._loaders = loaders or loaders_of(Path(self._command[-1]))
        self._silence = silence_seconds
        self._link = Link()
        self._connection: Connection | None = None

    # --- what can be asked -------------------------------------------------------------------------------------------

    def probes(self, attendant: Attendant | None = None) -> tuple[Probe, ...]:
        """Return the ST-LINKs that are connected."""
        attendant = attendant or Attendant()
        run = self._run(["-l"], attendant, "listing probes")
        found = cube_output.parse_probes(run.lines)
        if found:
            return found
        if error := probe_failure(run):
            raise error
        with suppress(ProbeMissing):
            self._judge(run, Situation(self.board, "listing probes", attendant.log_name))
        return ()

    def connect(self, attendant: Attendant) -> Connection:
        """Choose the probe, reach the chip, and compare the board's name and the chip's id."""
        self._serial = choose_probe(self.probes(attendant), self.board, self._wanted).serial
        self._connection = self._retrying(lambda link: self._connect(link, attendant), attendant)
        return self._connection

    def development_boot(self, attendant: Attendant) -> bool | None:
        """Return whether hot plug reaches the chip: after booting from flash it does not, wherever the switches are."""
        try:
            self._serial = choose_probe(self.probes(attendant), self.board, self._wanted).serial
            self._connect(Link(frequency=self._link.frequency), attendant)
        except (ProbeMissing, ProbeNotFound, OtherBoard):
            return None
        except (DebugPortClosed, TargetError32):
            return False
        return True

    def fuses(self, attendant: Attendant) -> tuple[Fuses, ...]:
        """Read the OTP words with -otp displ, over the connection that works or, before there is one, by hot plug."""
        return tuple(
            self._fuses(item.key, item.word, item.mask, attendant)
            for item in self.board.irreversible
            if item.word is not None
        )

    def _fuses(self, key: str, word: int, mask: int, attendant: Attendant) -> Fuses:
        try:
            serial = self._serial or choose_probe(self.probes(attendant), self.board, self._wanted).serial
            arguments = [*self._link.arguments(serial), "-otp", "displ", f"word={word}"]
            run = self._run(arguments, attendant, "reading fuses", silence=FUSE_SECONDS)
        except Cancelled:
            raise
        except StudioError:
            return Fuses(key, word, mask)
        found = cube_output.parse_fuses(run.lines, word)
        if found is None or run.code or cube_output.first_error(run.lines):
            return Fuses(key, word, mask)
        return Fuses(key, word, mask, *found)

    def write(self, image: Image, attendant: Attendant) -> None:
        """Write an image through the external loader and let the tool verify it."""
        self._ready(attendant)
        data = image.read()
        with staging_folder() as folder:
            file = folder / f"{image.role.value}.bin"  # the tool refuses other suffixes for raw bytes
            replace_bytes(file, data)
            self._retrying(lambda link: self._write(link, image, file, attendant), attendant)

    def read(
        self,
        address: int,
        size: int,
        attendant: Attendant,
        role: Role | None = None,
        action: FlashAction = FlashAction.READ,
    ) -> bytes:
        """Return flash through the external loader."""
        self._ready(attendant)
        with staging_folder() as folder:
            file = folder / "read.bin"
            meter = Meter(attendant, action, role, size)
            arguments = ["-r", hex_address(address), f"0x{size:X}", str(file)]

            def once(link: Link) -> bytes:
                file.unlink(missing_ok=True)
                run = self._run_linked(link, arguments, attendant, "reading flash", meter, silence=self._patience(size))
                self._judge(run, Situation(self.board, "reading flash", attendant.log_name, address=address))
                return self._taken(file, size, address, run, attendant)

            return self._retrying(once, attendant)

    def erase(self, address: int, size: int, attendant: Attendant) -> None:
        """Erase the sectors of a range."""
        flash = self.board.flash
        first, last = ((place - flash.address) // flash.sector for place in (address, address + size - 1))
        self._erase(["-e", f"[{first}", f"{last}]"], attendant, self._patience(size))

    def erase_all(self, attendant: Attendant) -> None:
        """Erase the whole flash; takes minutes."""
        self._erase(["-e", "all"], attendant, MASS_ERASE_SECONDS)

    def reset(self, attendant: Attendant) -> None:
        """Reset the chip."""
        self._ready(attendant)

        def once(link: Link) -> None:
            run = self._run([*link.arguments(self._serial), "-hardRst"], attendant, "resetting")
            self._judge(run, Situation(self.board, "resetting", attendant.log_name))

        self._retrying(once, attendant)

    # --- one operation -----------------------------------------------------------------------------------------------

    def _connect(self, link: Link, attendant: Attendant) -> Connection:
        run = self._run(link.arguments(self._serial), attendant, "connecting")
        self.version = cube_output.parse_version(run.lines) or self.version
        self._judge(run, Situation(self.board, "connecting", attendant.log_name, serial=self._serial))
        connection = cube_output.parse_connection(run.lines, link.mode)
        if connection is None:
            raise self._closed(run, attendant)
        require_board(connection.probe, self.board)
        if connection.device_id not in (None, self.board.chip.device_id):
            found = f"a chip with id 0x{connection.device_id:X}"
            raise OtherBoard(board=self.board.name, found=found, serial=self._serial)
        return connection

    def _closed(self, run: ToolRun, attendant: Attendant) -> StudioError:
        switches = self.board.boot_mode(Boot.DEVELOPMENT).message
        line = cube_output.last_words(run.lines)
        return DebugPortClosed(board=self.board.name, switches=switches, line=line, log=attendant.log_name)

    def _write(self, link: Link, image: Image, file: Path, attendant: Attendant) -> None:
        phase = FlashAction.WRITE
        meters = {phase: Meter(attendant, phase, image.role, image.size)}

        def on_line(line: str) -> None:
            nonlocal phase
            if "Verifying" in line and phase == FlashAction.WRITE:
                phase = FlashAction.VERIFY
                meters[phase] = Meter(attendant, phase, image.role, image.size)
            fraction = cube_output.percent(line)
            if fraction is not None:
                meters[phase].at_fraction(fraction)

        arguments = ["-hardRst", "-w", str(file), hex_address(image.address), "-v"]
        situation = Situation(
            self.board, "writing", attendant.log_name, self._serial, image.address, image.role, self._loader().name
        )
        try:
            run = self._run_linked(link, arguments, attendant, "writing", None, on_line, self._patience(image.size))
        except Cancelled as cancelled:
            done = meters[FlashAction.WRITE].done
            at, state = hex_address(image.address), written_part(image, done)
            raise WriteCancelled(role=image.role.noun, address=at, state=state) from cancelled
        try:
            self._judge(run, situation, needed=cube_output.DOWNLOAD_COMPLETE)
        except (ProbeMissing, ProbeBusy, BoardConnectionLost, DownloadFailed) as error:
            self._raise_if_unplugged(error, image, meters[FlashAction.WRITE].done, attendant)
            raise

    def _raise_if_unplugged(self, error: StudioError, image: Image, done: int, attendant: Attendant) -> None:
        """Raise `Unplugged` when the probe that failed in the middle of writing is no longer there."""
        if isinstance(error, ProbeMissing) and not done:
            return  # it was gone before anything was written
        try:
            there = any(probe.serial == self._serial for probe in self.probes(attendant))
        except ProgrammerError:
            there = True
        if not there:
            raise Unplugged(
                role=image.role.noun,
                address=hex_address(image.address),
                done=done,
                total=image.size,
                connector=self.board.probe_connector.message,
                log=attendant.log_name,
            ) from error

    def _taken(self, file: Path, size: int, address: int, run: ToolRun, attendant: Attendant) -> bytes:
        try:
            data = file.read_bytes()
        except OSError:
            data = b""
        if len(data) < size:
            line = f"it left {len(data)} of {size} bytes; {cube_output.last_words(run.lines)}"
            raise ReadFailed(address=hex_address(address), line=line, log=attendant.log_name)
        return data[:size]

    def _erase(self, arguments: list[str], attendant: Attendant, silence: float) -> None:
        self._ready(attendant)

        def once(link: Link) -> None:
            meter = Meter(attendant, FlashAction.ERASE, None, self.board.flash.size)
            run = self._run_linked(link, arguments, attendant, "erasing", meter, silence=silence)
            self._judge(run, Situation(self.board, "erasing", attendant.log_name))

        self._retrying(once, attendant)

    # --- the tool ----------------------------------------------------------------------------------------------------

    def _ready(self, attendant: Attendant) -> None:
        if self._connection is None:
            self.connect(attendant)

    def _patience(self, size: int) -> float:
        """Return how long the tool may be silent while it works on so many bytes, in seconds."""
        return self._silence * (1 + size / self.board.flash.sector / SECTORS_PER_SILENCE)

    def _loader(self) -> Path:
        """Return the external loader; the tool itself may ignore a wrong name without a word."""
        path = self._loaders / self.board.flash.loader
        if not path.is_file():
            raise LoaderMissing(path=path, board=self.board.name, tool=self._command[-1])
        return path

    def _run_linked(
        self,
        link: Link,
        arguments: list[str],
        attendant: Attendant,
        action: str,
        meter: Meter | None = None,
        on_line: Callable[[str], None] | None = None,
        silence: float | None = None,
    ) -> ToolRun:
        def follow(line: str) -> None:
            fraction = cube_output.percent(line)
            if meter is not None and fraction is not None:
                meter.at_fraction(fraction)

        head = [*link.arguments(self._serial), "-el", str(self._loader())]
        return self._run([*head, *arguments], attendant, action, on_line or follow, silence)

    def _run(
        self,
        arguments: list[str],
        attendant: Attendant,
        action: str,
        on_line: Callable[[str], None] = lambda _line: None,
        silence: float | None = None,
    ) -> ToolRun:
        seconds = silence or self._silence
        try:
            return run_tool(
                [*self._command, *arguments],
                tool=self.name,
                timeout=math.inf,
                silence=seconds,
                log=attendant.log,
                on_line=on_line,
                on_growing=on_line,
                cancel=attendant.cancel,
            )
        except ToolSilent as error:  # what helps against it is another thing than for other tools
            raise ProgrammerSilent(action=action, seconds=seconds, log=attendant.log_name) from error

    def _judge(self, run: ToolRun, situation: Situation, needed: str = "") -> None:
        """Raise what went wrong, unless the exit code, the text and the missing of any error all say success."""
        error = failure(run, situation, needed)
        if error is not None:
            raise error

    def _retrying(self, operation: Callable[[Link], Result], attendant: Attendant) -> Result:
        """Run an operation, trying what `REMEDIALS` has for its failure."""
        left = {kind: list(steps) for kind, steps in REMEDIALS.items()}
        first = self._link
        while True:
            try:
                return operation(self._link)
            except tuple(REMEDIALS) as error:
                steps = left[type(error)]
                while steps:
                    if self._remedied(steps.pop(0), type(error), attendant):
                        break
                else:
                    self._link = first
                    raise

    def _back(self, attendant: Attendant) -> bool:
        """Wait until the probe has come back after a power cycle; return False when it does not."""
        for _ in range(RETURN_ATTEMPTS):
            with suppress(UsbPermissionDenied):  # the rules take effect a moment after the device has come
                if any(probe.serial == self._serial for probe in self.probes(attendant)):
                    return True
            if attendant.cancel.wait(RETURN_SECONDS):
                break
        return False

    def _remedied(self, step: Remedial, kind: type[StudioError], attendant: Attendant) -> bool:
        """Do what a step says; return whether it was possible."""
        if step == Remedial.AGAIN:
            return True
        if step == Remedial.POWER_CYCLE:
            done = attendant.power_cycle(WHY_CYCLE.get(kind, PowerCycle.LOADER_HANGS))
            return done and self._back(attendant)
        changed = self._link.slower() if step == Remedial.SLOWER else replace(self._link, mode=ConnectMode.UNDER_RESET)
        if changed is None or changed == self._link:
            return False
        self._link = changed
        return True
