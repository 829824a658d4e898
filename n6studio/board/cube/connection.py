"""How STM32_Programmer_CLI is connected to a board, and what is tried before a failure is reported.

Exports: `Link`, `Remedial`, `REMEDIALS`, `WHY_CYCLE`.
"""

import enum
from dataclasses import dataclass, replace

from n6studio.board.programmer import ConnectMode, PowerCycle
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.probes import TargetHeldInReset, TargetNotFound
from n6studio.domain.errors.programmer import (
    BoardConnectionLost,
    DebugPortClosed,
    DownloadFailed,
    EraseFailed,
    LoaderFailed,
    ProbeBusy,
    ProgrammerSilent,
    TargetError32,
)

FREQUENCIES = (4000, 1000)  # kHz, tried in turn when the probe locks up at the tool's own choice


class Remedial(enum.Enum):
    """What is tried before a failure is reported."""

    AGAIN = "once more"
    UNDER_RESET = "connect under reset"
    SLOWER = "lower SWD frequency"
    POWER_CYCLE = "power cycle"


# In order, each at most once an operation.
REMEDIALS: dict[type[StudioError], tuple[Remedial, ...]] = {
    DebugPortClosed: (Remedial.UNDER_RESET, Remedial.POWER_CYCLE),
    TargetError32: (Remedial.UNDER_RESET, Remedial.POWER_CYCLE),
    ProbeBusy: (Remedial.SLOWER, Remedial.SLOWER, Remedial.POWER_CYCLE),
    BoardConnectionLost: (Remedial.SLOWER, Remedial.POWER_CYCLE),
    LoaderFailed: (Remedial.POWER_CYCLE,),
    EraseFailed: (Remedial.AGAIN,),  # 2.22 fails once after a boot loader has set up the flash
    TargetHeldInReset: (Remedial.POWER_CYCLE,),
    TargetNotFound: (Remedial.UNDER_RESET, Remedial.POWER_CYCLE),
    DownloadFailed: (Remedial.AGAIN, Remedial.POWER_CYCLE, Remedial.SLOWER),
    ProgrammerSilent: (Remedial.POWER_CYCLE,),
}
WHY_CYCLE: dict[type[StudioError], PowerCycle] = {
    DebugPortClosed: PowerCycle.NOT_REACHED,
    TargetError32: PowerCycle.NOT_REACHED,
    ProbeBusy: PowerCycle.PROBE_HANGS,
    BoardConnectionLost: PowerCycle.PROBE_HANGS,
    TargetHeldInReset: PowerCycle.NOT_REACHED,
    TargetNotFound: PowerCycle.NOT_REACHED,
}


@dataclass(frozen=True)
class Link:
    """How to connect: its mode, and the SWD frequency in kHz, None for the tool's own choice."""

    mode: ConnectMode = ConnectMode.HOT_PLUG
    frequency: int | None = None

    def arguments(self, serial: str) -> list[str]:
        """Return the -c switch with its values."""
        arguments = ["-c", "port=SWD", f"mode={self.mode}"]
        if self.mode == ConnectMode.UNDER_RESET:
            arguments.append("reset=HWrst")
        if serial:
            arguments.append(f"sn={serial}")
        if self.frequency is not None:
            arguments.append(f"freq={self.frequency}")
        return arguments

    def slower(self) -> "Link | None":
        """Return the next lower frequency, None when there is none."""
        lower = [value for value in FREQUENCIES if self.frequency is None or value < self.frequency]
        return replace(self, frequency=lower[0]) if lower else None
