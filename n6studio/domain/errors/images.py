"""Firmware images and flash plans, judged before anything is written. Codes N6S-F01 to F21.

Addresses are fields as people write them ('0x70100000').
"""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy

_NOTHING_WRITTEN = "Nothing was written: what is on the board stays as it was."
_DEPLOY_AGAIN = "Deploy again: network, application and weights are then made together."


class ImageError(DeployError):
    """Something about a firmware image, found before anything is written."""


class HexDamaged(ImageError):
    """An Intel HEX file that cannot be read."""

    code = "N6S-F01"
    path: Path | str
    line: int
    reason: str
    remedy = Remedy(
        "{path} is damaged",
        "It cannot be read as Intel HEX: line {line}: {reason}.",
        ("Copy or download the file again and compare its size with the original.", "Or build it again."),
    )


class ImageUnsigned(ImageError):
    """A file without an STM32 header where the board starts from one."""

    code = "N6S-F02"
    path: Path | str
    role: str
    found: str
    remedy = Remedy(
        "{path} has no STM32 header",
        "The {role} must begin with STM2 and a header of version 2.3, this file begins with {found}. The board's boot "
        f"loader reads the program's size from there; without it the board stays dark. {_NOTHING_WRITTEN}",
        (
            "Let N6 Studio put the header on: choose the plain .bin as the application's program.",
            "Or sign it: STM32_SigningTool_CLI -bin FILE -nk -t ssbl -hv 2.3 -align -o FILE_sign.bin "
            "(without -align for versions before 2.21).",
        ),
    )


class ImageHeaderVersion(ImageError):
    """An STM32 header of another version than 2.3."""

    code = "N6S-F03"
    path: Path | str
    version: str
    remedy = Remedy(
        "{path} has an STM32 header of version {version}",
        f"The STM32N6 starts from header version 2.3. {_NOTHING_WRITTEN}",
        ("Sign the program again with -hv 2.3, or let N6 Studio put the header on.",),
    )


class ImageUnaligned(ImageError):
    """A header without padding to 0x400: what the signing tool 2.21 and later makes without -align."""

    code = "N6S-F04"
    path: Path | str
    entry: str
    found: str
    remedy = Remedy(
        "{path} was signed without alignment",
        "The program must begin at 0x400 behind the start of the file, here there is {found}. The header's entry point "
        "{entry} then is not where the boot loader jumps, and the board stays dark without a word. The signing tool "
        "does this from version 2.21 on, unless it is told to align.",
        (
            "Sign again with -align, or let N6 Studio put the header on: it always aligns.",
            "In a Makefile of ST's, add -align to the line that calls STM32_SigningTool_CLI.",
        ),
    )


class ImageWrongType(ImageError):
    """A first-stage boot loader in place of an application, or the other way round."""

    code = "N6S-F05"
    path: Path | str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} is {found}",
        f"In this place the board needs {{wanted}}. {_NOTHING_WRITTEN}",
        (
            "Check that boot loader and application have not been mixed up.",
            "If it is the right program, sign it again with the right type: -t fsbl or -t ssbl.",
        ),
    )


class ImageDamaged(ImageError):
    """A header that contradicts what follows it: length, checksum, entry point, stack."""

    code = "N6S-F06"
    path: Path | str
    finding: str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} contradicts its own header",
        f"Its {{finding}} should be {{wanted}}, but is {{found}}. The file was cut off, changed, or padded after "
        f"signing. {_NOTHING_WRITTEN}",
        ("Build and sign the image again.", "If it was copied, compare its size with the original."),
    )


class ImageLoadAddress(ImageError):
    """A header with a load address, which the boot ROM rejects."""

    code = "N6S-F07"
    path: Path | str
    address: str
    remedy = Remedy(
        "{path} was signed with a load address",
        f"It says {{address}}; the boot ROM of the STM32N6 rejects images that have one. {_NOTHING_WRITTEN}",
        ("Sign again without -la and -ep, or let N6 Studio put the header on.",),
    )


class ImageChanged(ImageError):
    """An image that is no longer what the plan was made for."""

    code = "N6S-F08"
    path: Path | str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} has changed since the plan was made",
        f"The plan is for contents {{wanted}}..., the file has {{found}}... {_NOTHING_WRITTEN}",
        (_DEPLOY_AGAIN, "Or put the file back that belongs to the plan."),
    )


class ImageEmpty(ImageError):
    """An image file with nothing in it."""

    code = "N6S-F09"
    path: Path | str
    remedy = Remedy(
        "{path} is empty",
        "There is nothing in it to write.",
        ("Build it again, and look at the first message of the build: it may have failed there.",),
    )


class PlanError(DeployError):
    """Images that must not be written like this; found before anything is written."""


class ImagesOverlap(PlanError):
    """Two images that would lie on top of each other."""

    code = "N6S-F10"
    first: Path | str
    second: Path | str
    address: str
    bytes: int
    remedy = Remedy(
        "Two images lie on top of each other",
        f"{{first}} and {{second}} share {{bytes}} bytes from {{address}}. {_NOTHING_WRITTEN}",
        (
            "Make the application smaller: a smaller input size, fewer boxes kept.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    )


class ImageTooLarge(PlanError):
    """An image that ends behind its slot."""

    code = "N6S-F11"
    role: str
    path: Path | str
    size: int
    room: int
    end: str
    remedy = Remedy(
        "The {role} is too large for its place",
        f"{{path}} has {{size}} bytes; there is room for {{room}}, up to {{end}}. What lies behind would be "
        f"overwritten, and nobody would notice at first. {_NOTHING_WRITTEN}",
        (
            "Make it smaller: a smaller input size, or an application without debug code.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    )


class BeyondFlash(PlanError):
    """An image that ends behind the flash of this board."""

    code = "N6S-F12"
    path: Path | str
    end: str
    flash_end: str
    board: str
    remedy = Remedy(
        "{path} reaches beyond the flash of {board}",
        f"It goes to {{end}}, the flash ends at {{flash_end}}. {_NOTHING_WRITTEN}",
        ("Check that the images are for this board.", "Use a smaller network, or a board with more flash."),
    )


class AddressMisaligned(PlanError):
    """An image that does not begin at an erasable sector."""

    code = "N6S-F13"
    path: Path | str
    address: str
    sector: int
    remedy = Remedy(
        "{path} does not begin at a sector",
        "Its address {address} is no multiple of {sector} bytes, so erasing would also take what lies in front of it.",
        ("Move the octoFlash address in the memory pool file to such a multiple, and compile again.",),
    )


class WeightsElsewhere(PlanError):
    """Weights for another address than the one that is compiled into the application."""

    code = "N6S-F14"
    path: Path | str
    address: str
    wanted: str
    source: str
    remedy = Remedy(
        "The weights would lie where the application does not look",
        "{path} goes to {address}, but the application was compiled for {wanted} ({source}). No tool reports this; "
        "the board would run and find nobody.",
        (
            _DEPLOY_AGAIN,
            "If you changed the memory pool file, compile the network again so that the application knows.",
        ),
    )


class WeightsForeign(PlanError):
    """Weights of another compiler run than the application's."""

    code = "N6S-F15"
    path: Path | str
    found: str
    wanted: str
    remedy = Remedy(
        "These weights do not belong to this application",
        "{path} has contents {found}..., the application was compiled together with {wanted}... The board would run "
        "and see nonsense.",
        (_DEPLOY_AGAIN,),
    )


class WrongBoard(PlanError):
    """Images that were built for another board."""

    code = "N6S-F16"
    built_for: str
    board: str
    remedy = Remedy(
        "These images are for another board",
        f"They were built for {{built_for}}, and {{board}} was chosen. {_NOTHING_WRITTEN}",
        ("Choose {built_for} as the board, or build for {board}.",),
    )


class ApplicationOverLoader(PlanError):
    """An application that the boot loader would copy on top of itself."""

    code = "N6S-F17"
    path: Path | str
    end: str
    limit: str
    remedy = Remedy(
        "The application is too large to start",
        "The boot loader copies {path} into RAM up to {end}, and would overwrite itself from {limit} on.",
        (
            "Make the application smaller: a smaller input size, or the network's control program in flash instead of "
            "in the application.",
        ),
    )


class NotConfirmed(PlanError):
    """Something irreversible that nobody has confirmed."""

    code = "N6S-F18"
    exit_status = ExitCode.USAGE
    what: tuple[str, ...]
    keys: tuple[str, ...]
    remedy = Remedy(
        "This has to be confirmed first: {what}",
        f"It cannot simply be undone, so it does not happen by itself. {_NOTHING_WRITTEN}",
        (
            "Read what the plan says about it.",
            "In the window, tick it; on the command line, write --confirm KEY for each of: {keys}.",
        ),
    )


class PlanUnreadable(PlanError):
    """A flash plan file that cannot be understood."""

    code = "N6S-F19"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a flash plan that this program can read",
        "{reason}.",
        ("Use the plan as N6 Studio wrote it; a newer plan needs a newer N6 Studio.", _DEPLOY_AGAIN),
    )


class WrongAddress(PlanError):
    """An image for an address that is not its role's on this board."""

    code = "N6S-F20"
    role: str
    path: Path | str
    address: str
    wanted: str
    remedy = Remedy(
        "{path} is for the wrong address",
        f"It goes to {{address}}; the board looks for the {{role}} at {{wanted}}. {_NOTHING_WRITTEN}",
        (
            "Check for a typing error; 0x07000000 for 0x70000000 is a common one.",
            "Leave the address out: N6 Studio takes it from the board's description.",
        ),
    )


class PlanIncomplete(PlanError):
    """A plan after which the board would lack an image that it needs."""

    code = "N6S-F21"
    missing: tuple[str, ...]
    why: str
    remedy = Remedy(
        "The plan lacks: {missing}",
        f"With this plan, {{why}}. {_NOTHING_WRITTEN}",
        (
            "Add what is missing.",
            "The boot loader is ai_fsbl.hex in the folder Binary of ST's application trees.",
        ),
    )
