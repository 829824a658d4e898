"""Boards that are emulated here, and boards that are asked for an evaluation. Codes N6S-L."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.link import LinkError
from n6studio.domain.errors.remedy import PerSystem, Remedy


class EmulatorMissing(LinkError):
    """The firmware is to run here, and what builds or emulates it is not there."""

    code = "N6S-L55"
    exit_status = ExitCode.ENVIRONMENT
    missing: tuple[str, ...]
    remedy = Remedy(
        "The firmware cannot be emulated without {missing}",
        "N6 Studio builds its firmware with arm-none-eabi-gcc and runs it on a Cortex-M55 that QEMU emulates.",
        (
            PerSystem(
                "Use WSL or Linux: QEMU on Windows cannot share its memory with the virtual camera and NPU.",
                "brew install qemu && brew install --cask gcc-arm-embedded",
                "sudo apt install qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi",
            ),
            "Without them, the virtual board runs without --firmware.",
        ),
    )


class FirmwareNotBuilt(LinkError):
    """The cross compiler refused the firmware's sources."""

    code = "N6S-L56"
    exit_status = ExitCode.ENVIRONMENT
    compiler: Path | str
    reason: str
    remedy = Remedy(
        "The firmware for the emulated board could not be built",
        "{compiler} reports: {reason}.",
        (
            PerSystem(
                "Use WSL or Linux.",
                "Reinstall the compiler with its C library: brew reinstall --cask gcc-arm-embedded",
                "Install the compiler's C library: sudo apt install libnewlib-arm-none-eabi",
            ),
            "It needs GCC 12 or later, which knows the Cortex-M55: arm-none-eabi-gcc --version",
        ),
    )


class EmulatorDied(LinkError):
    """QEMU could not be started, or ended."""

    code = "N6S-L57"
    emulator: Path | str
    reason: str
    remedy = Remedy(
        "The emulated board stopped",
        "{emulator} ended: {reason}.",
        (
            "Start it again. It needs QEMU 7.2 or later, and 2 GiB of address space.",
            "If it happens again, see the virtual board's log.",
        ),
    )


class BoardCannotEvaluate(LinkError):
    """The board answers that it takes no inputs from this computer, or not such ones."""

    code = "N6S-L58"
    source: str
    reason: str
    remedy = Remedy(
        "{source} cannot evaluate images from this computer",
        "It answers: {reason}.",
        (
            "Deploy the application again with the live stream of this version; earlier firmware takes no images.",
            "If the deployment's report says that the RAM has no room for a copy of the model's input, export at a "
            "smaller input size.",
            "Evaluate the model that the board runs; the input size must be the same.",
            "The virtual board can evaluate: --on-board virtual:",
        ),
    )


class BoardRunsOther(LinkError):
    """The board runs another model than the one to be evaluated."""

    code = "N6S-L59"
    source: str
    runs: str
    wanted: str
    remedy = Remedy(
        "{source} runs a different model",
        "Its model's SHA-256 begins with {runs}, that of the model to evaluate with {wanted}.",
        ("Deploy this model, or evaluate the file that was deployed.",),
    )


class BoardDoesNotAverage(LinkError):
    """Keypoints shall be averaged on the board, and its firmware does not know how."""

    code = "N6S-L63"
    source: str
    remedy = Remedy(
        "{source} does not average keypoints",
        "Its firmware does not know the command: it was built by an earlier version of N6 Studio.",
        (
            "Deploy the application again with the live stream of this version.",
            "Or evaluate without averaged keypoints: --no-average, or the setting Average keypoints off.",
        ),
    )


class NoAnswerFromBoard(LinkError):
    """A board that evaluates does not answer any more."""

    code = "N6S-L60"
    source: str
    seconds: float
    remedy = Remedy(
        "{source} does not answer",
        "There was no answer for {seconds} s. The answers so far are kept.",
        (
            "Check cable and power, and reset the board.",
            "Run the same command again: it goes on with the image where it stopped.",
        ),
    )


class AnswersUnreadable(LinkError):
    """A file that should hold a board's answers and does not."""

    code = "N6S-L61"
    exit_status = ExitCode.INPUT
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} does not contain the answers of a board",
        "What is wrong with it: {reason}.",
        ("Delete it, and evaluate on the board again.",),
    )


class AnswersMissing(LinkError):
    """An image of the evaluation was never sent to the board."""

    code = "N6S-L62"
    exit_status = ExitCode.INPUT
    path: Path | str
    remedy = Remedy(
        "The board has not answered for every image",
        "{path} lacks the answer for at least one image; the images or the resize mode have changed since.",
        ("Evaluate on the board again: only what is missing is sent.",),
    )
