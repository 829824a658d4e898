"""Failures of deployment: vendor tools, firmware images, flash plans, programmers, boards. Codes N6S-T.. and N6S-F..

Addresses are fields as people write them ('0x70100000'). `switches` and `connector` are a board's own words for what
to move and where to plug; `line` is what the tool printed, `log` the file with all of it.
"""

from n6studio.domain.errors.base import ExitCode, StudioError


class DeployError(StudioError):
    """Something about the way onto the board."""

    exit_code = ExitCode.DEPLOY


# --- firmware images -------------------------------------------------------------------------------------------------


class ImageError(DeployError):
    """Something about a firmware image, found before anything is written."""


class HexDamaged(ImageError):
    """An Intel HEX file that cannot be read."""

    code, fields = "N6S-F01", ("path", "line", "reason")


class ImageUnsigned(ImageError):
    """A file without an STM32 header where the board starts from one."""

    code, fields = "N6S-F02", ("path", "role", "found")


class ImageHeaderVersion(ImageError):
    """An STM32 header of another version than 2.3."""

    code, fields = "N6S-F03", ("path", "version")


class ImageUnaligned(ImageError):
    """A header without padding to 0x400: what the signing tool 2.21 and later makes without -align."""

    code, fields = "N6S-F04", ("path", "entry", "found")


class ImageWrongType(ImageError):
    """A first-stage boot loader in place of an application, or the other way round."""

    code, fields = "N6S-F05", ("path", "wanted", "found")


class ImageDamaged(ImageError):
    """A header that contradicts what follows it: length, checksum, entry point, stack."""

    code, fields = "N6S-F06", ("path", "finding", "wanted", "found")


class ImageLoadAddress(ImageError):
    """A header with a load address, which the boot ROM rejects."""

    code, fields = "N6S-F07", ("path", "address")


class ImageChanged(ImageError):
    """An image that is no longer what the plan was made for."""

    code, fields = "N6S-F08", ("path", "wanted", "found")


class ImageEmpty(ImageError):
    """An image file with nothing in it."""

    code, fields = "N6S-F09", ("path",)


# --- flash plan ------------------------------------------------------------------------------------------------------


class PlanError(DeployError):
    """Images that must not be written like this; found before anything is written."""


class ImagesOverlap(PlanError):
    """Two images that would lie on top of each other."""

    code, fields = "N6S-F10", ("first", "second", "address", "bytes")


class ImageTooLarge(PlanError):
    """An image that ends behind its slot."""

    code, fields = "N6S-F11", ("role", "path", "size", "room", "end")


class BeyondFlash(PlanError):
    """An image that ends behind the flash of this board."""

    code, fields = "N6S-F12", ("path", "end", "flash_end", "board")


class AddressMisaligned(PlanError):
    """An image that does not begin at an erasable sector."""

    code, fields = "N6S-F13", ("path", "address", "sector")


class WeightsElsewhere(PlanError):
    """Weights for another address than the one that is compiled into the application."""

    code, fields = "N6S-F14", ("path", "address", "wanted", "source")


class WeightsForeign(PlanError):
    """Weights of another compiler run than the application's."""

    code, fields = "N6S-F15", ("path", "found", "wanted")


class WrongBoard(PlanError):
    """Images that were built for another board."""

    code, fields = "N6S-F16", ("built_for", "board")


class ApplicationOverLoader(PlanError):
    """An application that the boot loader would copy on top of itself."""

    code, fields = "N6S-F17", ("path", "end", "limit")


class NotConfirmed(PlanError):
    """Something irreversible that nobody has confirmed."""

    code, exit_code, fields = "N6S-F18", ExitCode.USAGE, ("what", "keys")


class PlanUnreadable(PlanError):
    """A flash plan file that cannot be understood."""

    code, fields = "N6S-F19", ("path", "reason")


class WrongAddress(PlanError):
    """An image for an address that is not its role's on this board."""

    code, fields = "N6S-F20", ("role", "path", "address", "wanted")


class PlanIncomplete(PlanError):
    """A plan after which the board would lack an image that it needs."""

    code, fields = "N6S-F21", ("missing", "why")


# --- probe and connection --------------------------------------------------------------------------------------------


class ProgrammerError(DeployError):
    """Something between this computer and the board's flash."""


class ProbeMissing(ProgrammerError):
    """No ST-LINK is found."""

    code, fields = "N6S-F30", ("connector", "line")


class ProbeBusy(ProgrammerError):
    """The ST-LINK is there but does not answer: another program holds it, or it hangs."""

    code, fields = "N6S-F31", ("serial", "line", "log")


class SeveralProbes(ProgrammerError):
    """More than one board is connected and none was chosen."""

    code, exit_code, fields = "N6S-F32", ExitCode.USAGE, ("serials",)


class ProbeNotFound(ProgrammerError):
    """The chosen ST-LINK is not connected; others are."""

    code, fields = "N6S-F33", ("serial", "found")


class OtherBoard(ProgrammerError):
    """The connected board is of another kind than the images."""

    code, fields = "N6S-F34", ("board", "found", "serial")


class DebugPortClosed(ProgrammerError):
    """The chip does not let itself be debugged: not in development boot, or running from flash."""

    code, fields = "N6S-F35", ("board", "switches", "line", "log")


class TargetError32(ProgrammerError):
    """'Target unknown error 32': boot switches, power or the ST-LINK's firmware."""

    code, fields = "N6S-F36", ("board", "switches", "line", "log")


class NoInternalFlash(ProgrammerError):
    """Something read at 0x08000000, where this chip has nothing."""

    code, fields = "N6S-F37", ("line", "log")


class ConnectionLost(ProgrammerError):
    """The connection broke while working."""

    code, fields = "N6S-F38", ("action", "connector", "line", "log")


# --- erase, write, verify --------------------------------------------------------------------------------------------


class EraseFailed(ProgrammerError):
    """The flash could not be erased."""

    code, fields = "N6S-F40", ("board", "switches", "line", "log")


class LoaderMissing(ProgrammerError):
    """The external loader's file is not where this copy of the programmer keeps them."""

    code, fields = "N6S-F41", ("path", "board")


class LoaderFailed(ProgrammerError):
    """The external loader could not be started on the chip."""

    code, fields = "N6S-F42", ("loader", "line", "log")


class DownloadFailed(ProgrammerError):
    """Writing stopped with an error."""

    code, fields = "N6S-F43", ("role", "address", "line", "log")


class VerifyMismatch(ProgrammerError):
    """The programmer's own comparison after writing found another byte."""

    code, fields = "N6S-F44", ("role", "address", "line", "log")


class ReadBackDiffers(ProgrammerError):
    """The programmer reported success, but flash does not hold what was written."""

    code, fields = "N6S-F45", ("role", "address", "count", "total", "log")


class FalseSuccess(ProgrammerError):
    """The programmer ended as if all were well, but its own text says otherwise."""

    code, fields = "N6S-F46", ("action", "reason", "log")


class Unplugged(ProgrammerError):
    """The board went away in the middle of writing."""

    code, fields = "N6S-F47", ("role", "address", "done", "total", "connector", "log")


class WriteCancelled(ProgrammerError):
    """The user stopped in the middle of writing; says what lies on the board now."""

    code, exit_code, fields = "N6S-F48", ExitCode.CANCELLED, ("role", "address", "state")


class ReadFailed(ProgrammerError):
    """Flash could not be read back."""

    code, fields = "N6S-F49", ("address", "line", "log")


# --- the programmer itself -------------------------------------------------------------------------------------------


class ProgrammerUsage(ProgrammerError):
    """The programmer does not know one of our switches: a version that we have not met."""

    code, fields = "N6S-F51", ("line", "action", "log")


class ProgrammerSilent(ProgrammerError):
    """The programmer printed nothing for too long and was ended."""

    code, fields = "N6S-F52", ("action", "seconds", "log")


class ProgrammerFailed(ProgrammerError):
    """The programmer failed in a way that we have not met."""

    code, fields = "N6S-F53", ("action", "exit_code", "line", "log")


class SigningToolFailed(DeployError):
    """STM32_SigningTool_CLI did not make the image."""

    code, fields = "N6S-F54", ("path", "exit_code", "line", "log")


# --- the board itself ------------------------------------------------------------------------------------------------


class BoardSilent(DeployError):
    """After the power cycle nothing runs."""

    code, fields = "N6S-F60", ("board", "reason", "switches")


class VirtualBoardDamaged(DeployError):
    """The folder of a virtual board cannot be understood."""

    code, fields = "N6S-F61", ("path", "reason")
