"""The ST-LINK and the chip behind it, before anything is written. Codes N6S-F55 to F58.

Fields as in `programmer.py`.
"""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.programmer import CABLE, LOG, REPLUG, RESUME, UPGRADE, ProgrammerError
from n6studio.domain.errors.remedy import PerSystem, Remedy


class UsbPermissionDenied(ProgrammerError):
    """The ST-LINK is connected, but this user may not open it; on Linux a udev rule is missing."""

    code = "N6S-F55"
    exit_status = ExitCode.ENVIRONMENT
    line: str
    remedy = Remedy(
        "No permission to access the ST-LINK",
        "It is connected, but the system refuses this user access to it: {line}",
        (
            PerSystem(
                "Install the ST-LINK driver: folder Drivers of STM32CubeProgrammer.",
                "Close other programs that use the ST-LINK.",
                "Copy ST's udev rules: sudo cp FOLDER/Drivers/rules/*.rules /etc/udev/rules.d, where FOLDER is that of "
                "STM32CubeProgrammer; then run: sudo udevadm control --reload. For a container, do this on the host.",
            ),
            REPLUG,
        ),
    )


class ProbeFirmwareOld(ProgrammerError):
    """The ST-LINK's firmware is too old for this programmer."""

    code = "N6S-F56"
    exit_status = ExitCode.ENVIRONMENT
    line: str
    remedy = Remedy(
        "The ST-LINK's firmware is too old",
        "STM32CubeProgrammer does not work with it: {line}",
        (UPGRADE, REPLUG, RESUME),
    )


class TargetHeldInReset(ProgrammerError):
    """Something holds the chip's reset line low."""

    code = "N6S-F57"
    board: str
    line: str
    log: Path | str
    remedy = Remedy(
        "{board} is held in reset",
        "The ST-LINK works, but something holds the chip's reset line low: {line}",
        (
            "Release the reset button; remove shields and wires from the pin NRST.",
            CABLE,
            REPLUG,
            LOG,
        ),
    )


class TargetNotFound(ProgrammerError):
    """The ST-LINK answers, but no chip does."""

    code = "N6S-F58"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The ST-LINK finds no chip on {board}",
        "The ST-LINK works, but the chip behind it does not answer: {line}",
        (
            "Check that the board's power LED is lit, and that its jumpers are as delivered.",
            CABLE,
            "{switches}.",
            LOG,
        ),
    )
