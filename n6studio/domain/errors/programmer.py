"""Probe, connection and flash. Codes N6S-F30 to F54.

`switches` and `connector` are a board's own words for what to move and where to plug; `line` is what the tool
printed, `log` the file with all of it.
"""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

_CABLE = "Use a USB-C to USB-C cable that carries data; from a USB-A socket the board may not get enough current."
_REPLUG = "Unplug the board and plug it in again."
_CLOSE_OTHERS = "Close other programs that use the ST-LINK: STM32CubeIDE, STM32CubeProgrammer, a debugger."
_RESUME = "Then deploy again: what is on the board already and is right is not written again."
_LOG = "Everything the tool said is in {log}."
_DRIVER = PerSystem(
    "Look under Universal Serial Bus devices in the Device Manager; without 'ST-Link', install the driver that comes "
    "with STM32CubeProgrammer (folder Drivers).",
    "Look for STLINK in System Information > USB.",
    "Run lsusb: there should be a line with 0483:37... Without permission to use it, copy the rules from Drivers/rules "
    "of STM32CubeProgrammer to /etc/udev/rules.d and plug the board in again. Under WSL, attach it with usbipd.",
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
        "The programmer sees no board. {line}",
        ("Plug the board in: the cable belongs in the {connector}.", _CABLE, _DRIVER, _CLOSE_OTHERS),
    )


class ProbeBusy(ProgrammerError):
    """The ST-LINK is there but does not answer: another program holds it, or it hangs."""

    code = "N6S-F31"
    serial: str
    line: str
    log: Path | str
    remedy = Remedy(
        "The ST-LINK {serial} does not answer",
        "It is connected, but another program holds it or it has hung up: {line}",
        (_CLOSE_OTHERS, _REPLUG, "If it happens again, update the ST-LINK's firmware in STM32CubeProgrammer.", _LOG),
    )


class SeveralProbes(ProgrammerError):
    """More than one board is connected and none was chosen."""

    code = "N6S-F32"
    exit_status = ExitCode.USAGE
    serials: tuple[str, ...]
    remedy = Remedy(
        "More than one board is connected",
        "Which one is meant? Connected are {serials}.",
        (
            "In the window, choose the board; on the command line, give its serial number: --serial NUMBER.",
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
        "Connected are: {found}.",
        ("Connect that board, or choose one of those that are.", _CABLE),
    )


class OtherBoard(ProgrammerError):
    """The connected board is of another kind than the images."""

    code = "N6S-F34"
    board: str
    found: str
    serial: str
    remedy = Remedy(
        "Another board is connected",
        "The images are for {board}, the ST-LINK {serial} sits on {found}. Nothing was written.",
        ("Connect a {board}.", "Or choose the board that is connected and build for it."),
    )


class DebugPortClosed(ProgrammerError):
    """The chip does not let itself be debugged: not in development boot, or running from flash."""

    code = "N6S-F35"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "{board} does not let itself be programmed",
        "Its debug port is closed: it is not in development boot, or it runs an application from flash. "
        "The tool said: {line}",
        ("{switches}.", "Pressing reset is not enough.", _CABLE, _LOG),
    )


class TargetError32(ProgrammerError):
    """'Target unknown error 32': boot switches, power or the ST-LINK's firmware."""

    code = "N6S-F36"
    board: str
    switches: str
    line: str
    log: Path | str
    remedy = Remedy(
        "{board} is not in development boot, or has not enough power",
        "The tool said: {line}",
        ("{switches}.", _CABLE, "If it stays so, update the ST-LINK's firmware in STM32CubeProgrammer.", _LOG),
    )


class NoInternalFlash(ProgrammerError):
    """Something read at 0x08000000, where this chip has nothing."""

    code = "N6S-F37"
    line: str
    log: Path | str
    remedy = Remedy(
        "The programmer read where the STM32N6 has no memory",
        "At 0x08000000 other STM32 have internal flash, the STM32N6 has none. The chip is not locked. "
        "The tool said: {line}",
        (
            "In STM32CubeProgrammer, read 0x70000000 instead, with the board's external loader chosen.",
            "Close STM32CubeProgrammer's window and deploy again.",
            _LOG,
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
        "It broke during: {action}. The tool said: {line}",
        ("Check the cable: it belongs in the {connector}.", _CABLE, _REPLUG, _RESUME, _LOG),
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
        "Erasing works in development boot only. The tool said: {line}",
        (
            "{switches}.",
            _RESUME,
            "If the switches are right: STM32CubeProgrammer 2.20 cannot erase this flash; use 2.19, 2.21 or later.",
            _LOG,
        ),
    )


class LoaderMissing(ProgrammerError):
    """The external loader's file is not where this copy of the programmer keeps them."""

    code = "N6S-F41"
    path: Path | str
    board: str
    remedy = Remedy(
        "The external loader is missing",
        "Programming the flash of {board} needs {path}. STM32CubeProgrammer has it from version 2.18 on.",
        ("Install a newer STM32CubeProgrammer.", "Then choose it in the preferences, or let N6 Studio find it."),
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
        "The tool said: {line}",
        (_REPLUG, "Check that the board is the chosen one, and in development boot.", _RESUME, _LOG),
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
        "At {address} the tool said: {line}",
        (
            _REPLUG,
            _CABLE,
            "Check that the board is in development boot.",
            "Some versions of STM32CubeProgrammer fail here (2.20); use 2.19, 2.21 or later.",
            _RESUME,
            _LOG,
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
        "The {role} in flash is not what was written",
        "The tool compared and found a difference: {line}",
        (_REPLUG, "Deploy again; this part is written anew.", "If it happens again, change the cable.", _LOG),
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
        "The {role} was not written, although the programmer says so",
        "Read back from {address}, {count} of {total} bytes differ. This happens when the external loader was not "
        "really active, or the board was not in development boot.",
        (
            "Check that the board is in development boot, unplug it and plug it in again.",
            "Deploy again; this part is written anew.",
            _LOG,
        ),
    )


class FalseSuccess(ProgrammerError):
    """The programmer ended as if all were well, but its own text says otherwise."""

    code = "N6S-F46"
    action: str
    reason: str
    log: Path | str
    remedy = Remedy(
        "The programmer claims success, but it is not certain",
        "During {action} it ended without an error code, yet: {reason}. What is in flash must not be trusted.",
        (_REPLUG, "Deploy again; this part is written anew.", _LOG),
    )


class Unplugged(ProgrammerError):
    """The board went away in the middle of writing."""

    code = "N6S-F47"
    role: str
    address: str
    done: int
    total: int
    connector: str
    log: Path | str
    remedy = Remedy(
        "The board went away while the {role} was being written",
        "{done} of {total} bytes from {address} had been reported. This part of flash is now neither old nor new; "
        "the other parts are untouched.",
        ("Plug the board in again: the cable belongs in the {connector}.", _CABLE, _RESUME, _LOG),
    )


class WriteCancelled(ProgrammerError):
    """The user stopped in the middle of writing; says what lies on the board now."""

    code = "N6S-F48"
    exit_status = ExitCode.CANCELLED
    role: str
    address: str
    state: str
    remedy = Remedy(
        "Stopped while the {role} was being written",
        "{state}",
        ("Deploy again to finish: parts that are complete are not written again.",),
    )


class ReadFailed(ProgrammerError):
    """Flash could not be read back."""

    code = "N6S-F49"
    address: str
    line: str
    log: Path | str
    remedy = Remedy(
        "Flash cannot be read back",
        "At {address} the tool said: {line}",
        (_REPLUG, "Check that the board is in development boot.", _RESUME, _LOG),
    )


class ProgrammerUsage(ProgrammerError):
    """The programmer does not know one of our switches: a version that we have not met."""

    code = "N6S-F51"
    line: str
    action: str
    log: Path | str
    remedy = Remedy(
        "This version of the programmer wants to be called differently",
        "During {action} it said: {line}",
        ("Use a version of STM32CubeProgrammer that N6 Studio knows; n6studio doctor names them.", _LOG),
    )


class ProgrammerSilent(ProgrammerError):
    """The programmer printed nothing for too long and was ended."""

    code = "N6S-F52"
    action: str
    seconds: float
    log: Path | str
    remedy = Remedy(
        "The programmer has gone silent",
        "During {action} it printed nothing for {seconds} seconds, and was ended.",
        (_REPLUG, _CLOSE_OTHERS, _RESUME, _LOG),
    )


class ProgrammerFailed(ProgrammerError):
    """The programmer failed in a way that we have not met."""

    code = "N6S-F53"
    action: str
    exit_code: int
    line: str
    log: Path | str
    remedy = Remedy(
        "The programmer failed",
        "During {action} it ended with code {exit_code}. It said: {line}",
        (_REPLUG, "Check that the board is in development boot.", _LOG),
    )


class SigningToolFailed(DeployError):
    """STM32_SigningTool_CLI did not make the image."""

    code = "N6S-F54"
    path: Path | str
    exit_code: int
    line: str
    log: Path | str
    remedy = Remedy(
        "The signing tool did not make an image",
        "For {path} it ended with code {exit_code}. It said: {line}",
        ("Let N6 Studio put the header on: switch the signing tool off in the deployment's settings.", _LOG),
    )
