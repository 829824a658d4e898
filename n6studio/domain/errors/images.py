"""Firmware images and flash plans, judged before anything is written. Codes N6S-F01 to F21.

Addresses are fields as people write them ('0x70100000').
"""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy

_NOTHING_WRITTEN = "Nothing was written; the board is unchanged."
_DEPLOY_AGAIN = "Deploy again: model, application and weights are then built together."


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
        "It is not valid Intel HEX: line {line}: {reason}.",
        ("Copy or download it again and compare its size with the original.", "Or build it again."),
    )


class ImageUnsigned(ImageError):
    """A file without an STM32 header where the board starts from one."""

    code = "N6S-F02"
    path: Path | str
    role: str
    found: str
    remedy = Remedy(
        "{path} has no STM32 header",
        "The {role} must start with STM2 and a version 2.3 header; this file starts with {found}. The boot loader "
        f"reads the program's size from it; without it the board does not boot. {_NOTHING_WRITTEN}",
        (
            "Let N6 Studio add the header: choose the unsigned .bin as the application.",
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
        f"The STM32N6 boots from header version 2.3. {_NOTHING_WRITTEN}",
        ("Sign the program again with -hv 2.3, or let N6 Studio add the header.",),
    )


class ImageUnaligned(ImageError):
    """A header without padding to 0x400: what the signing tool 2.21 and later makes without -align."""

    code = "N6S-F04"
    path: Path | str
    entry: str
    found: str
    remedy = Remedy(
        "{path} was signed without alignment",
        "The program must start at offset 0x400; this file has {found}. The boot loader then does not jump to the "
        "header's entry point {entry}, and the board does not boot. The signing tool pads only with -align from "
        "version 2.21 on.",
        (
            "Sign again with -align, or let N6 Studio add the header: it always aligns.",
            "In ST's Makefile, add -align to the call of STM32_SigningTool_CLI.",
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
        f"The board needs {{wanted}} here. {_NOTHING_WRITTEN}",
        (
            "Check that boot loader and application are not swapped.",
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
        "{path} does not match its header",
        f"Its {{finding}} should be {{wanted}}, but is {{found}}. The file was truncated, modified or padded after "
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
        f"Load address: {{address}}. The STM32N6 boot ROM rejects images that have one. {_NOTHING_WRITTEN}",
        ("Sign again without -la and -ep, or let N6 Studio add the header.",),
    )


class ImageChanged(ImageError):
    """An image that is no longer what the plan was made for."""

    code = "N6S-F08"
    path: Path | str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} has changed since the plan was made",
        f"The plan is for {{wanted}}, the file has {{found}}. {_NOTHING_WRITTEN}",
        (_DEPLOY_AGAIN, "Or restore the file that the plan was made for."),
    )


class ImageEmpty(ImageError):
    """An image file with nothing in it."""

    code = "N6S-F09"
    path: Path | str
    remedy = Remedy(
        "{path} is empty",
        "It contains nothing to write.",
        ("Build it again, and check the first message of the build for an error.",),
    )


class PlanError(DeployError):
    """Images that must not be written like this; found before anything is written."""


class ImagesOverlap(PlanError):
    """Two images that overlap."""

    code = "N6S-F10"
    first: Path | str
    second: Path | str
    address: str
    bytes: int
    remedy = Remedy(
        "Two images overlap",
        f"{{first}} and {{second}} overlap by {{bytes}} bytes from {{address}}. {_NOTHING_WRITTEN}",
        (
            "Make the application smaller: a smaller input size or fewer detections per image.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    )


class ImageTooLarge(PlanError):
    """An image that ends beyond its slot."""

    code = "N6S-F11"
    role: str
    path: Path | str
    size: int
    room: int
    end: str
    remedy = Remedy(
        "The {role} is too large for its slot",
        f"{{path}} has {{size}} bytes; the slot has {{room}} bytes, up to {{end}}. What follows would be overwritten "
        f"without any error. {_NOTHING_WRITTEN}",
        (
            "Make it smaller: a smaller input size, or an application without debug code.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    )


class BeyondFlash(PlanError):
    """An image that ends beyond the flash of this board."""

    code = "N6S-F12"
    path: Path | str
    end: str
    flash_end: str
    board: str
    remedy = Remedy(
        "{path} extends beyond the flash of {board}",
        f"It ends at {{end}}, the flash ends at {{flash_end}}. {_NOTHING_WRITTEN}",
        ("Check that the images are for this board.", "Use a smaller model, or a board with more flash."),
    )


class AddressMisaligned(PlanError):
    """An image that does not start at an erasable sector."""

    code = "N6S-F13"
    path: Path | str
    address: str
    sector: int
    remedy = Remedy(
        "{path} is not aligned to a flash sector",
        "Its address {address} is not a multiple of {sector} bytes, so erasing would also erase what precedes it.",
        ("Set the octoFlash address in the memory pool file to such a multiple, and compile again.",),
    )


class WeightsElsewhere(PlanError):
    """Weights for another address than the one that is compiled into the application."""

    code = "N6S-F14"
    path: Path | str
    address: str
    wanted: str
    source: str
    remedy = Remedy(
        "The weights are not where the application expects them",
        "{path} goes to {address}, but the application was compiled for {wanted} ({source}). No tool reports this; "
        "the board would run and detect nobody.",
        (
            _DEPLOY_AGAIN,
            "If you changed the memory pool file, compile the model again; the application then uses the new address.",
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
        "{path} has SHA-256 {found}..., the application was built with {wanted}... The board would run with wrong "
        "weights.",
        (_DEPLOY_AGAIN,),
    )


class WrongBoard(PlanError):
    """Images that were built for another board."""

    code = "N6S-F16"
    built_for: str
    board: str
    remedy = Remedy(
        "These images are for another board",
        f"They were built for {{built_for}}, but {{board}} is selected. {_NOTHING_WRITTEN}",
        ("Select {built_for} as the board, or build for {board}.",),
    )


class ApplicationOverLoader(PlanError):
    """An application that the boot loader would copy on top of itself."""

    code = "N6S-F17"
    path: Path | str
    end: str
    limit: str
    remedy = Remedy(
        "The application is too large to boot",
        "The boot loader copies {path} to RAM up to {end}, and would overwrite itself from {limit} on.",
        (
            "Make the application smaller: a smaller input size, or the NPU's command blobs in flash instead of in the "
            "application.",
        ),
    )


class NotConfirmed(PlanError):
    """Something irreversible that nobody has confirmed."""

    code = "N6S-F18"
    exit_status = ExitCode.USAGE
    what: tuple[str, ...]
    keys: tuple[str, ...]
    risks: tuple[str, ...] = ()
    remedy = Remedy(
        "Confirmation required: {what}",
        f"It cannot simply be undone, so it needs your confirmation. {_NOTHING_WRITTEN}",
        (
            "{risks}",
            "In the window, tick it; on the command line, add --confirm KEY for each of: {keys}.",
        ),
    )


class PlanUnreadable(PlanError):
    """A flash plan file that cannot be understood."""

    code = "N6S-F19"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a flash plan that this version can read",
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
        f"Its address is {{address}}; the board expects the {{role}} at {{wanted}}. {_NOTHING_WRITTEN}",
        (
            "Check for a typo; 0x07000000 for 0x70000000 is a common one.",
            "Leave the address out: N6 Studio takes it from the board's description.",
        ),
    )


class PlanIncomplete(PlanError):
    """A plan after which the board would lack an image that it needs."""

    code = "N6S-F21"
    missing: tuple[str, ...]
    why: str
    remedy = Remedy(
        "The flash plan lacks: {missing}",
        f"With this plan, {{why}}. {_NOTHING_WRITTEN}",
        (
            "Add the missing images.",
            "The boot loader is ai_fsbl.hex in the folder Binary of ST's applications.",
        ),
    )
