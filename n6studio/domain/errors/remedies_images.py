"""What to do about firmware images and flash plans that must not be written; a part of `remedies_deploy.py`."""

from n6studio.domain.errors.remedy import Remedy

_NOTHING_WRITTEN = "Nothing was written: what is on the board stays as it was."
_DEPLOY_AGAIN = "Deploy again: network, application and weights are then made together."

IMAGE_REMEDIES: dict[str, Remedy] = {
    "N6S-F01": Remedy(
        "{path} is damaged",
        "It cannot be read as Intel HEX: line {line}: {reason}.",
        ("Copy or download the file again and compare its size with the original.", "Or build it again."),
    ),
    "N6S-F02": Remedy(
        "{path} has no STM32 header",
        "The {role} must begin with STM2 and a header of version 2.3, this file begins with {found}. The board's boot "
        f"loader reads the program's size from there; without it the board stays dark. {_NOTHING_WRITTEN}",
        (
            "Let N6 Studio put the header on: choose the plain .bin as the application's program.",
            "Or sign it: STM32_SigningTool_CLI -bin FILE -nk -t ssbl -hv 2.3 -align -o FILE_sign.bin "
            "(without -align for versions before 2.21).",
        ),
    ),
    "N6S-F03": Remedy(
        "{path} has an STM32 header of version {version}",
        f"The STM32N6 starts from header version 2.3. {_NOTHING_WRITTEN}",
        ("Sign the program again with -hv 2.3, or let N6 Studio put the header on.",),
    ),
    "N6S-F04": Remedy(
        "{path} was signed without alignment",
        "The program must begin at 0x400 behind the start of the file, here there is {found}. The header's entry point "
        "{entry} then is not where the boot loader jumps, and the board stays dark without a word. The signing tool "
        "does this from version 2.21 on, unless it is told to align.",
        (
            "Sign again with -align, or let N6 Studio put the header on: it always aligns.",
            "In a Makefile of ST's, add -align to the line that calls STM32_SigningTool_CLI.",
        ),
    ),
    "N6S-F05": Remedy(
        "{path} is {found}",
        f"In this place the board needs {{wanted}}. {_NOTHING_WRITTEN}",
        (
            "Check that boot loader and application have not been mixed up.",
            "If it is the right program, sign it again with the right type: -t fsbl or -t ssbl.",
        ),
    ),
    "N6S-F06": Remedy(
        "{path} contradicts its own header",
        f"Its {{finding}} should be {{wanted}}, but is {{found}}. The file was cut off, changed, or padded after "
        f"signing. {_NOTHING_WRITTEN}",
        ("Build and sign the image again.", "If it was copied, compare its size with the original."),
    ),
    "N6S-F07": Remedy(
        "{path} was signed with a load address",
        f"It says {{address}}; the boot ROM of the STM32N6 rejects images that have one. {_NOTHING_WRITTEN}",
        ("Sign again without -la and -ep, or let N6 Studio put the header on.",),
    ),
    "N6S-F08": Remedy(
        "{path} has changed since the plan was made",
        f"The plan is for contents {{wanted}}..., the file has {{found}}... {_NOTHING_WRITTEN}",
        (_DEPLOY_AGAIN, "Or put the file back that belongs to the plan."),
    ),
    "N6S-F09": Remedy(
        "{path} is empty",
        "There is nothing in it to write.",
        ("Build it again, and look at the first message of the build: it may have failed there.",),
    ),
    "N6S-F10": Remedy(
        "Two images lie on top of each other",
        f"{{first}} and {{second}} share {{bytes}} bytes from {{address}}. {_NOTHING_WRITTEN}",
        (
            "Make the application smaller: a smaller input size, fewer boxes kept.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    ),
    "N6S-F11": Remedy(
        "The {role} is too large for its place",
        f"{{path}} has {{size}} bytes; there is room for {{room}}, up to {{end}}. What lies behind would be "
        f"overwritten, and nobody would notice at first. {_NOTHING_WRITTEN}",
        (
            "Make it smaller: a smaller input size, or an application without debug code.",
            "Or move the weights: a higher octoFlash address in the memory pool file, then compile again.",
        ),
    ),
    "N6S-F12": Remedy(
        "{path} reaches beyond the flash of {board}",
        f"It goes to {{end}}, the flash ends at {{flash_end}}. {_NOTHING_WRITTEN}",
        ("Check that the images are for this board.", "Use a smaller network, or a board with more flash."),
    ),
    "N6S-F13": Remedy(
        "{path} does not begin at a sector",
        "Its address {address} is no multiple of {sector} bytes, so erasing would also take what lies in front of it.",
        ("Move the octoFlash address in the memory pool file to such a multiple, and compile again.",),
    ),
    "N6S-F14": Remedy(
        "The weights would lie where the application does not look",
        "{path} goes to {address}, but the application was compiled for {wanted} ({source}). No tool reports this; "
        "the board would run and find nobody.",
        (
            _DEPLOY_AGAIN,
            "If you changed the memory pool file, compile the network again so that the application knows.",
        ),
    ),
    "N6S-F15": Remedy(
        "These weights do not belong to this application",
        "{path} has contents {found}..., the application was compiled together with {wanted}... The board would run "
        "and see nonsense.",
        (_DEPLOY_AGAIN,),
    ),
    "N6S-F16": Remedy(
        "These images are for another board",
        f"They were built for {{built_for}}, and {{board}} was chosen. {_NOTHING_WRITTEN}",
        ("Choose {built_for} as the board, or build for {board}.",),
    ),
    "N6S-F17": Remedy(
        "The application is too large to start",
        "The boot loader copies {path} into RAM up to {end}, and would overwrite itself from {limit} on.",
        (
            "Make the application smaller: a smaller input size, or the network's control program in flash instead of "
            "in the application.",
        ),
    ),
    "N6S-F18": Remedy(
        "This has to be confirmed first: {what}",
        f"It cannot simply be undone, so it does not happen by itself. {_NOTHING_WRITTEN}",
        (
            "Read what the plan says about it.",
            "In the window, tick it; on the command line, write --confirm KEY for each of: {keys}.",
        ),
    ),
    "N6S-F19": Remedy(
        "{path} is not a flash plan that this program can read",
        "{reason}.",
        ("Use the plan as N6 Studio wrote it; a newer plan needs a newer N6 Studio.", _DEPLOY_AGAIN),
    ),
    "N6S-F20": Remedy(
        "{path} is for the wrong address",
        f"It goes to {{address}}; the board looks for the {{role}} at {{wanted}}. {_NOTHING_WRITTEN}",
        (
            "Check for a typing error; 0x07000000 for 0x70000000 is a common one.",
            "Leave the address out: N6 Studio takes it from the board's description.",
        ),
    ),
    "N6S-F21": Remedy(
        "The plan lacks: {missing}",
        f"With this plan, {{why}}. {_NOTHING_WRITTEN}",
        (
            "Add what is missing.",
            "The boot loader is ai_fsbl.hex in the folder Binary of ST's application trees.",
        ),
    ),
    "N6S-F60": Remedy(
        "{board} does not start",
        "{reason}. The board itself says nothing: it stays dark.",
        (
            "If the reason names an image: deploy again, with everything written anew.",
            "If it names the switches, or the images are right: {switches}. Pressing reset is not enough.",
            "Use a USB-C to USB-C cable; from a USB-A socket the board may not get enough current.",
        ),
    ),
    "N6S-F61": Remedy(
        "The virtual board in {path} is damaged",
        "{reason}.",
        ("Delete this folder: an empty virtual board is made in its place.",),
    ),
}
