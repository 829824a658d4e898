"""Probe, connection and flash. Codes N6S-F30 to F54.

`switches` and `connector` are a board's own words for what to move and where to plug; `line` is what the tool
printed, `log` the file with all of it.
"""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

CABLE = "Use a USB-C to USB-C cable that carries data; from a USB-A socket the board may not get enough current."
REPLUG = "Unplug the board and plug it in again."
_CLOSE_OTHERS = "Close other programs that use the ST-LINK: STM32CubeIDE, STM32CubeProgrammer, a debugger."
RESUME = "Then deploy again; parts that are already on the board are not written again."
LOG = "Full output: {log}"
_DRIVER = PerSystem(
    "Look under Universal Serial Bus devices in the Device Manager; if ST-Link is missing, install the driver that "
    "comes with STM32CubeProgrammer (folder Drivers).",
    "Look for STLINK under System Information > USB.",
    "Run lsusb: there should be a line with 0483:37... Under WSL, attach the board with usbipd first.",
)
UPGRADE = (
    "In the STM32CubeProgrammer window, choose ST-LINK and press Firmware upgrade; STM32CubeIDE has the same under "
    "Help > ST-LINK Upgrade. Plug the board directly into this computer for that, not through a virtual machine."
)


class ProgrammerError(DeployError):
    """Something between this computer and the board's flash."""


class ProbeMissing(ProgrammerError):
    """No ST-LINK is found."""

    code = "N6S-F30"
    connector: str
    line: str
    remedy = Remedy(
        "No ST-LINK is connected",
        "STM32CubeProgrammer finds no board. {line}",
        ("Plug the board in; use the {connector}.", CABLE, _DRIVER, _CLOSE_OTHERS),
    )


class ProbeBusy(ProgrammerError):
    """The ST-LINK is there but does not answer: another program holds it, or it hangs."""

    code = "N6S-F31"
    serial: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The ST-LINK {serial} does not answer",
        "It is connected, but another program uses it or it hangs: {line}",
        (_CLOSE_OTHERS, REPLUG, f"If it happens again, update the ST-LINK's firmware. {UPGRADE}", LOG),
    )


class SeveralProbes(ProgrammerError):
    """More than one board is connected and none was chosen."""

    code = "N6S-F32"
    exit_status = ExitCode.USAGE
    serials: tuple[str, ...]
    remedy = Remedy(
        "More than one board is connected",
        "Connected: {serials}.",
        (
            "In the window, select the board; on the command line, give its serial number: --serial NUMBER.",
            "Or unplug the others.",
        ),
    )


class ProbeNotFound(ProgrammerError):
    """The chosen ST-LINK is not connected; others are."""

    code = "N6S-F33"
    serial: str
    found: tuple[str, ...]
    remedy = Remedy(
        "The ST-LINK {serial} is not connected",
        "Connected: {found}.",
        ("Connect that board, or select one that is connected.", CABLE),
    )


class OtherBoard(ProgrammerError):
    """The connected board is of another kind than the images."""

    code = "N6S-F34"
    board: str
    found: str
    serial: str
    remedy = Remedy(
        "A different board is connected",
        "The images are for {board}; the ST-LINK {serial} belongs to a {found}. Nothing was written.",
        ("Connect a {board}.", "Or select the connected board and build for it."),
    )


class DebugPortClosed(ProgrammerError):
    """The chip does not let itself be debugged: not in development boot, or running from flash."""

    code = "N6S-F35"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "{board} refuses the debug connection",
        "Its debug port is closed: it is not in development boot mode, or it runs an application from flash. "
        "Tool output: {line}",
        ("{switches}.", "Pressing reset is not enough.", CABLE, LOG),
    )


class TargetError32(ProgrammerError):
    """'Target unknown error 32': boot switches, power or the ST-LINK's firmware."""

    code = "N6S-F36"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "{board} is not in development boot mode or lacks power",
        "Tool output: {line}",
        ("{switches}.", CABLE, f"If it stays so, update the ST-LINK's firmware. {UPGRADE}", LOG),
    )


class NoInternalFlash(ProgrammerError):
    """Something read at 0x08000000, where this chip has nothing."""

    code = "N6S-F37"
    line: str
    log: Path | str
    remedy = Remedy(
        "STM32CubeProgrammer read where the STM32N6 has no memory",
        "At 0x08000000 other STM32 have internal flash; the STM32N6 has none. The chip is not locked. "
        "Tool output: {line}",
        (
            "In STM32CubeProgrammer, read 0x70000000 instead, with the board's external loader chosen.",
            "Close the STM32CubeProgrammer window and deploy again.",
            LOG,
        ),
    )


class BoardConnectionLost(ProgrammerError):
    """The connection broke while working."""

    code = "N6S-F38"
    action: str
    connector: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The connection to the board was lost",
        "It was lost during: {action}. Tool output: {line}",
        ("Check the cable; use the {connector}.", CABLE, REPLUG, RESUME, LOG),
    )


class EraseFailed(ProgrammerError):
    """The flash could not be erased."""

    code = "N6S-F40"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The flash of {board} cannot be erased",
        "Erasing works in development boot mode only. Tool output: {line}",
        (
            "{switches}.",
            RESUME,
            "If the switches are right, try another release of STM32CubeProgrammer.",
            LOG,
        ),
    )


class LoaderMissing(ProgrammerError):
    """The external loader's file is not where this copy of the programmer keeps them."""

    code = "N6S-F41"
    path: Path | str
    board: str
    tool: Path | str
    remedy = Remedy(
        "The external loader is missing",
        "Programming the flash of {board} needs {path}, which STM32CubeProgrammer includes from version 2.18. In use "
        "is {tool}.",
        (
            "If that is a script or a copy of the program alone, set the installation's own folder: n6studio tools set "
            "programmer FOLDER (the folder bin that contains ExternalLoader).",
            "If it is an installation, run its installer again with all components, or install 2.18 or later.",
        ),
    )


class LoaderFailed(ProgrammerError):
    """The external loader could not be started on the chip."""

    code = "N6S-F42"
    loader: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The external loader does not start",
        "{loader} could not be started on the chip: it is for another board, or hangs from an earlier attempt. "
        "Tool output: {line}",
        (REPLUG, "Check that the board is the selected one and in development boot mode.", RESUME, LOG),
    )


class DownloadFailed(ProgrammerError):
    """Writing stopped with an error."""

    code = "N6S-F43"
    role: str
    address: str
    line: str
    log: Path | str
    remedy = Remedy(
        "Writing the {role} failed",
        "Tool output at {address}: {line}",
        (
            REPLUG,
            CABLE,
            "Check that the board is in development boot mode.",
            RESUME,
            LOG,
        ),
    )


class VerifyMismatch(ProgrammerError):
    """The programmer's own comparison after writing found another byte."""

    code = "N6S-F44"
    role: str
    address: str
    line: str
    log: Path | str
    remedy = Remedy(
        "Verification failed: {role}",
        "The programmer found a difference between file and flash: {line}",
        (REPLUG, "Deploy again; this part is written again.", "If it happens again, try another cable.", LOG),
    )


class ReadBackDiffers(ProgrammerError):
    """The programmer reported success, but flash does not hold what was written."""

    code = "N6S-F45"
    role: str
    address: str
    count: int
    total: int
    log: Path | str
    remedy = Remedy(
        "The {role} was not written, although success was reported",
        "Read back from {address}, {count} of {total} bytes differ. This happens when the external loader was not "
        "active, or the board was not in development boot mode.",
        (
            "Check that the board is in development boot mode, unplug it and plug it in again.",
            "Deploy again; this part is written again.",
            LOG,
        ),
    )


class FalseSuccess(ProgrammerError):
    """The programmer ended with success, but its output says otherwise."""

    code = "N6S-F46"
    action: str
    reason: str
    log: Path | str
    remedy = Remedy(
        "The programmer reported success, but its output says otherwise",
        "During {action} it ended without an error code, but {reason}. The flash contents cannot be trusted.",
        (REPLUG, "Deploy again; this part is written again.", LOG),
    )


class Unplugged(ProgrammerError):
    """The board was disconnected in the middle of writing."""

    code = "N6S-F47"
    role: str
    address: str
    done: int
    total: int
    connector: str
    log: Path | str
    remedy = Remedy(
        "The board was disconnected while writing the {role}",
        "{done} of {total} bytes from {address} had been written. This part of the flash is incomplete; the other "
        "parts are unchanged.",
        ("Plug the board in again: the cable belongs in the {connector}.", CABLE, RESUME, LOG),
    )


class WriteCancelled(ProgrammerError):
    """The user stopped in the middle of writing; says what lies on the board now."""

    code = "N6S-F48"
    exit_status = ExitCode.CANCELLED
    role: str
    address: str
    state: str
    remedy = Remedy(
        "Cancelled while writing the {role}",
        "{state}",
        ("Deploy again to finish; complete parts are not written again.",),
    )


class ReadFailed(ProgrammerError):
    """Flash could not be read back."""

    code = "N6S-F49"
    address: str
    line: str
    log: Path | str
    remedy = Remedy(
        "Flash cannot be read back",
        "Tool output at {address}: {line}",
        (REPLUG, "Check that the board is in development boot mode.", RESUME, LOG),
    )


class ProgrammerUsage(ProgrammerError):
    """The programmer does not know one of our options: an unknown version."""

    code = "N6S-F51"
    line: str
    action: str
    log: Path | str
    remedy = Remedy(
        "This version of STM32CubeProgrammer rejects a command",
        "During {action} it rejected the command line: {line}",
        ("Use STM32CubeProgrammer 2.18 to 2.23: their command lines are known.", LOG),
    )


class ProgrammerSilent(ProgrammerError):
    """The programmer printed nothing for too long and was terminated."""

    code = "N6S-F52"
    action: str
    seconds: float
    log: Path | str
    remedy = Remedy(
        "The programmer stopped responding",
        "During {action} it printed nothing for {seconds} s and was terminated.",
        (REPLUG, _CLOSE_OTHERS, RESUME, LOG),
    )


class ProgrammerFailed(ProgrammerError):
    """The programmer failed in a way that we do not recognise."""

    code = "N6S-F53"
    action: str
    exit_code: int
    line: str
    log: Path | str
    remedy = Remedy(
        "The programmer failed",
        "During {action} it ended with exit code {exit_code}. Output: {line}",
        (REPLUG, "Check that the board is in development boot mode.", LOG),
    )


class SigningToolFailed(DeployError):
    """STM32_SigningTool_CLI did not make the image."""

    code = "N6S-F54"
    path: Path | str
    exit_code: int
    line: str
    log: Path | str
    remedy = Remedy(
        "The signing tool produced no image",
        "For {path} it ended with exit code {exit_code}. Output: {line}",
        ("Let N6 Studio add the header: turn off the signing tool in the deployment settings.", LOG),
    )
