"""The board's half of a deployment: connect, write what differs, check that it boots, and have it started."""

from pathlib import Path

from n6studio.board.description import Board, hex_address
from n6studio.board.images.boot import BootResult, boot_from_flash
from n6studio.board.images.flash_plan import FlashPlan
from n6studio.board.images.image import Image
from n6studio.board.program import ProgramReport, WrittenRecords, compare_plan, program_plan
from n6studio.board.programmer import PowerCycle, Programmer
from n6studio.domain.deploy import Ask, Boot, FlashAction, ImageState, Instruction
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.deploy import NobodyThere, NotWhatIsOnBoard
from n6studio.domain.errors.probes import TargetHeldInReset, TargetNotFound
from n6studio.domain.errors.programmer import (
    BoardConnectionLost,
    DebugPortClosed,
    DownloadFailed,
    EraseFailed,
    LoaderFailed,
    ProbeMissing,
    TargetError32,
    Unplugged,
)
from n6studio.domain.messages import ImageHandled
from n6studio.engine.deploy.talk import Detect, Talk

# Failures that moving the switches and a power cycle mend more often than not; facts on each are in their remedies.
_MENDED_BY_SWITCHES = (EraseFailed, DebugPortClosed, TargetError32)
_MENDED_BY_POWER = (LoaderFailed, DownloadFailed, TargetHeldInReset, TargetNotFound)
_MENDED_BY_PLUGGING = (ProbeMissing, Unplugged, BoardConnectionLost)
_MENDABLE = (*_MENDED_BY_SWITCHES, *_MENDED_BY_POWER, *_MENDED_BY_PLUGGING)
_WATCHING = "Waiting for the ST-LINK to disconnect and reconnect."
ATTEMPTS = 3  # of writing a plan, with something mended between them


class BoardWork:
    """Works on one board by its programmer, in one conversation.

    Args:
        programmer: the way to the board.
        talk: the conversation.
        records: what was last written to this user's boards.
        log: where everything that programmers print goes.
    """

    def __init__(self, programmer: Programmer, talk: Talk, records: WrittenRecords, log: Path) -> None:
        self.programmer, self.talk, self.records = programmer, talk, records
        self.board: Board = programmer.board
        self.attendant = talk.attendant(self.power_cycle, log)
        talk.poll_seconds = programmer.poll_seconds

    # --- steps

    def program(self, plan: FlashPlan, confirmed: frozenset[str], write_all: bool) -> ProgramReport:
        """Write what differs. What a person at the board can mend is asked of them, and then it goes on.

        Raises:
            StudioError: what cannot be mended, or was not.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return program_plan(
                    plan,
                    self.programmer,
                    self.attendant,
                    confirmed=confirmed,
                    records=self.records,
                    on_image=self._tell_image,
                    write_all=write_all,
                )
            except _MENDABLE as error:
                if attempt == ATTEMPTS or not self.mend(error):
                    raise
        raise AssertionError("unreachable")

    def compare(self, plan: FlashPlan) -> None:
        """Compare the board with a plan; write nothing.

        Raises:
            NotWhatIsOnBoard: something differs.
            StudioError: it cannot be read.
        """
        counts = compare_plan(plan, self.programmer, self.attendant, self._tell_image)
        differing = [
            f"{counts[image.role]} of {image.size} bytes of the {image.role.noun}"
            for image in plan.images
            if counts[image.role]
        ]
        if differing:
            raise NotWhatIsOnBoard(board=self.board.name, differing="; ".join(differing))

    def would_start(self) -> BootResult | None:
        """Work out from what lies in flash whether the board will start; None where flash cannot be read.

        Raises:
            BoardSilent: it will not.
        """
        if not self.programmer.can_read_back:
            return None

        def read(address: int, size: int) -> bytes:
            return self.programmer.read(address, size, self.attendant, None, FlashAction.VERIFY)

        result = boot_from_flash(self.board, read)
        result.require_running(self.board)
        return result

    def start(self, also: tuple[str, ...] = ()) -> None:
        """Have the switches moved and the board power-cycled.

        Args:
            also: further steps for the person, sentences.

        Raises:
            NobodyThere, Cancelled.
        """
        title, sentences = "Set the board to run and power-cycle it", self.board.boot_mode(Boot.FLASH).sentences
        instruction = self._instruction(Ask.SWITCH, Boot.FLASH, title, (*also, *sentences), _WATCHING)
        self._require(instruction, self.programmer.watch_power_cycle(Boot.FLASH))

    def mend(self, error: StudioError) -> bool:
        """Ask for what may mend an error; return whether it was done.

        Raises:
            NobodyThere: nobody is there to do it.
            Cancelled.
        """
        if isinstance(error, _MENDED_BY_PLUGGING):
            connector = self.board.probe_connector
            steps = (f"Connect a {connector.cable} to the {connector.socket}.",)
            instruction = self._instruction(Ask.PLUG, None, "Connect the board", steps, "Waiting for the ST-LINK.")
            self._require(instruction, self._present, error)
            return True
        if isinstance(error, _MENDED_BY_POWER):
            flash = isinstance(error, LoaderFailed | DownloadFailed)
            return self.power_cycle(PowerCycle.LOADER_HANGS if flash else PowerCycle.NOT_REACHED)
        instruction = self._switching(Boot.DEVELOPMENT, "Set the board to program and power-cycle it")
        self._require(instruction, self.programmer.watch_power_cycle(Boot.DEVELOPMENT), error)
        return True

    def power_cycle(self, reason: PowerCycle) -> bool:
        """Ask for a power cycle; return whether it was done. For `Attendant.power_cycle`."""
        titles = {
            PowerCycle.AFTER_SWITCH: "The switches take effect at power-up only.",
            PowerCycle.PROBE_HANGS: "The ST-LINK no longer responds; a power cycle restores it.",
            PowerCycle.LOADER_HANGS: "The flash loader hangs; only a power cycle restores it.",
            PowerCycle.NOT_REACHED: "The chip does not respond; a power cycle often helps.",
        }
        steps = ("Unplug the board and plug it in again.", titles[reason])
        instruction = self._instruction(Ask.POWER_CYCLE, None, "Power-cycle the board", steps, _WATCHING)
        return self.talk.wait_for(instruction, self.programmer.watch_power_cycle(None))

    # --- looking

    def _switching(self, mode: Boot, title: str) -> Instruction:
        return self._instruction(Ask.SWITCH, mode, title, self.board.boot_mode(mode).sentences, _WATCHING)

    def _instruction(
        self, kind: Ask, position: Boot | None, title: str, steps: tuple[str, ...], detects: str
    ) -> Instruction:
        return Instruction(kind, self.board.key, position, title, steps, detects)

    def _require(self, instruction: Instruction, detect: Detect, cause: StudioError | None = None) -> None:
        if not self.talk.wait_for(instruction, detect):
            raise NobodyThere(title=instruction.title, steps=" ".join(instruction.steps)) from cause

    def _present(self) -> bool:
        return self.programmer.seen()

    def _tell_image(self, image: Image, state: ImageState) -> None:
        self.talk.on_message(ImageHandled(image.role, hex_address(image.address), state))
