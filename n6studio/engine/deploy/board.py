"""The board's half of a deployment: reach it, write what differs, see that it would start, and see it running."""

from pathlib import Path
from typing import Any

from n6studio.board.images.boot import BootResult, boot_from_flash
from n6studio.board.images.flash_plan import LOADER_OVERWRITE, FlashPlan
from n6studio.board.images.image import Image
from n6studio.board.program import ProgramReport, WrittenRecords, compare_plan, program_plan
from n6studio.board.programmer import Capability, PowerCycle, Programmer
from n6studio.board.registry import Board, Role, hex_address
from n6studio.board.virtual.board import VirtualBoard
from n6studio.board.virtual.programmer import VirtualProgrammer
from n6studio.domain.deploy import Instruction, Risk
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.deploy import NobodyThere, NotWhatIsOnBoard
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
_MENDED_BY_POWER = (LoaderFailed, DownloadFailed)
_MENDED_BY_PLUGGING = (ProbeMissing, Unplugged, BoardConnectionLost)
_MENDABLE = (*_MENDED_BY_SWITCHES, *_MENDED_BY_POWER, *_MENDED_BY_PLUGGING)
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
            f"{counts[image.role]} of {image.size} bytes of the {image.role.words}"
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
        if Capability.READ_BACK not in self.programmer.capabilities:
            return None

        def read(address: int, size: int) -> bytes:
            return self.programmer.read(address, size, self.attendant, None, "verify")

        result = boot_from_flash(self.board, read)
        result.require_running(self.board)
        return result

    def start(self) -> None:
        """Have the switches moved and the board power-cycled.

        Raises:
            NobodyThere, Cancelled.
        """
        mode = self.board.boot_mode("flash")
        self._require(
            Instruction(
                "switch",
                self.board.key,
                "flash",
                "Set the board to run, and power-cycle it",
                tuple(_sentences(mode.words)),
                self._watching("the ST-LINK to go and come back"),
                False,
            ),
            self._cycled("flash"),
        )

    def mend(self, error: StudioError) -> bool:
        """Ask for what may mend an error; return whether it was done.

        Raises:
            NobodyThere: nobody is there to do it.
            Cancelled.
        """
        if isinstance(error, _MENDED_BY_PLUGGING):
            connector = self.board.connector("st-link")
            steps = (f"Plug a USB-C to USB-C cable into the {connector.words.split(':')[0]}.",)
            watching = self._watching("the ST-LINK")
            told = Instruction("plug", self.board.key, "", "Plug the board in", steps, watching, False)
            self._require(told, self._present, error)
            return True
        if isinstance(error, _MENDED_BY_POWER):
            return self.power_cycle(PowerCycle.LOADER_HANGS)
        mode = self.board.boot_mode("development")
        watching = self._watching("the ST-LINK to go and come back")
        title = "Set the board to be written, and power-cycle it"
        told = Instruction(
            "switch", self.board.key, "development", title, tuple(_sentences(mode.words)), watching, False
        )
        self._require(told, self._cycled("development"), error)
        return True

    def power_cycle(self, reason: PowerCycle) -> bool:
        """Ask for a power cycle; return whether it was done. For `Attendant.power_cycle`."""
        words = {
            PowerCycle.AFTER_SWITCH: "The switches count from the next power-up on.",
            PowerCycle.PROBE_HANGS: "The ST-LINK does not answer any more; that brings it back.",
            PowerCycle.LOADER_HANGS: "The flash loader hangs; only a power cycle brings it back.",
            PowerCycle.NOT_REACHED: "The chip does not answer; a power cycle often helps.",
        }
        steps = ("Unplug the board and plug it in again.", words[reason])
        watching = self._watching("the ST-LINK to go and come back")
        told = Instruction("power-cycle", self.board.key, "", "Power-cycle the board", steps, watching, False)
        return self.talk.wait_for(told, self._cycled(""))

    # --- looking

    def _require(self, instruction: Instruction, detect: Detect, cause: StudioError | None = None) -> None:
        if not self.talk.wait_for(instruction, detect):
            raise NobodyThere(title=instruction.title, steps=" ".join(instruction.steps)) from cause

    def _watching(self, what: str) -> str:
        return f"Waiting for {what}."

    def _present(self) -> bool:
        return bool(self.programmer.probes())

    def _cycled(self, mode: str) -> Detect:
        """Return a look that is True once the board was power-cycled (and stands in `mode`, where that is seen)."""
        if isinstance(self.programmer, VirtualProgrammer):
            return _virtual_cycled(self.programmer.virtual, mode)
        gone = False

        def look() -> bool:
            nonlocal gone
            present = self._present()
            gone = gone or not present
            return gone and present

        return look

    def _tell_image(self, image: Image, state: str) -> None:
        self.talk.on_message(ImageHandled(image.role.value, hex_address(image.address), state))


def _virtual_cycled(virtual: VirtualBoard, mode: str) -> Detect:
    before = virtual.state.power_cycles

    def look() -> bool:
        state = virtual.state
        return state.attached and state.power_cycles > before and mode in ("", state.sampled)

    return look


def virtual_hands(virtual: VirtualBoard, mode: str) -> None:
    """Do on a virtual board what a person does on a real one: move the switches, unplug it, plug it in again."""
    if mode:
        virtual.set_switches(mode)
    virtual.unplug()
    virtual.power_cycle()


def _sentences(words: str) -> list[str]:
    """Split a board's words for a boot mode at ', then' and ';', so that each step stands for itself."""
    parts = [part for whole in words.split("; ") for part in whole.split(", then ")]
    return [part[:1].upper() + part[1:].rstrip(".") + "." for part in parts]


def see_running(board: Board, virtual: VirtualBoard | None) -> dict[str, Any]:
    """Return what can be said about the application running: `runs` (None where it cannot be seen) and `words`.

    Raises:
        BoardSilent: it does not run.
    """
    if virtual is not None:
        result = boot_from_flash(board, virtual.read_flash)
        if virtual.state.sampled != "flash":
            reason = "its switches are not set to run from flash, or it was not power-cycled since"
            result = BootResult(virtual.state.sampled, False, reason)
        result.require_running(board)
        return {"runs": True, "words": result.reason, "remarks": list(result.remarks)}
    words = f"What was written starts on this board. That it does cannot be seen from here; look at {board.video}."
    return {"runs": None, "words": words, "remarks": []}


def expected_risks(target: Board) -> tuple[Risk, ...]:
    """Return what writing an application of ST's and its boot loader entails; the plan itself insists on these keys."""
    if target.virtual:
        return ()
    permanent = [Risk(one.key, one.title, f"{one.words} When: {one.when}.", True) for one in target.irreversible]
    words = (
        f"What lies at {hex_address(target.slot(Role.FSBL).address)} is replaced where it differs. Other firmware that "
        "came with its own boot loader may need that again."
    )
    return (*permanent, Risk(LOADER_OVERWRITE, "Replacing the boot loader", words, False))
