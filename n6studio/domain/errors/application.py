"""ST's application and its build. Codes N6S-T40 to T59."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

_LOG = "Full output: {log}"


class ApplicationUnknown(DeployError):
    """A folder that is none of the supported applications."""

    code = "N6S-T40"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a supported application",
        "Found: {found}. Supported are STM32N6-GettingStarted-PoseEstimation (v1.0.0 to v2.3) and "
        "x-cube-n6-ai-multi-pose-estimation (v1, v2).",
        (
            "Download one of them from ST's GitHub page, as a release zip or a clone with all submodules.",
            "Choose the folder that contains README.md and LICENSE.md.",
        ),
    )


class ApplicationWrong(DeployError):
    """ST's application for another task than pose."""

    code = "N6S-T41"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a pose application",
        "Found: {found}.",
        ("Use STM32N6-GettingStarted-PoseEstimation or x-cube-n6-ai-multi-pose-estimation instead.",),
    )


class ApplicationIncomplete(DeployError):
    """A copy of the application that lacks files."""

    code = "N6S-T42"
    exit_status = ExitCode.INPUT
    path: Path | str
    application: str
    missing: str
    remedy = Remedy(
        "The copy of {application} is incomplete",
        "Missing in {path}: {missing}.",
        (
            "If it is a clone, fetch its submodules, and what Git LFS holds: git submodule update --init --recursive; "
            "git lfs pull.",
            "If it is a zip, unpack it to a short path such as C:\\st: long paths can lose files.",
        ),
    )


class ApplicationConfigInvalid(DeployError):
    """An app_config.h without the lines that describe the model."""

    code = "N6S-T43"
    exit_status = ExitCode.INPUT
    path: Path | str
    missing: str
    remedy = Remedy(
        "{path} cannot be adapted to the model",
        "It lacks {missing}, which every release has. It may have been edited by hand.",
        ("Use a fresh copy of the application.",),
    )


class LiveStreamUnsupported(DeployError):
    """An application that cannot carry the live stream, as its tree says."""

    code = "N6S-T44"
    application: str
    board: str
    missing: str
    remedy = Remedy(
        "{application} cannot carry the live stream on the {board}",
        "Missing: {missing}.",
        (
            "Deploy the application without the live stream: --no-live-stream.",
            "Or use a fresh copy of one that is supported.",
        ),
    )


class LiveStreamNotLinked(DeployError):
    """A build without parts of the live stream."""

    code = "N6S-T45"
    application: str
    missing: str
    log: Path | str
    remedy = Remedy(
        "The live stream is not in the build of {application}",
        "The application never calls: {missing}. " + _LOG,
        (
            "Deploy the application without the live stream: --no-live-stream.",
            "Or use a fresh copy of the application.",
        ),
    )


class BuildStopped(DeployError):
    """A source file that the compiler refused."""

    code = "N6S-T50"
    file: str
    line: int
    message: str
    log: Path | str
    remedy = Remedy(
        "{file} does not compile",
        "Line {line}: {message}. " + _LOG,
        (
            "If you changed the application, undo the change and try again.",
            "Otherwise use the compiler of STM32CubeIDE, which ST uses for its applications.",
        ),
    )


class RegionOverflow(DeployError):
    """An application too large for its memory region, as the linker found.

    `smaller` says whether a smaller input would help, as a sentence.
    """

    code = "N6S-T51"
    region: str
    overflow: int
    size: int | None
    smaller: str
    log: Path | str
    remedy = Remedy(
        "The application does not fit in {region}",
        "The region of {size} bytes overflows by {overflow} bytes. " + _LOG,
        (
            "{smaller}",
            "Or give the application a larger memory region, if the model leaves room: --enlarge-region.",
        ),
    )


class LinkFailed(DeployError):
    """The linker failed for another reason than size."""

    code = "N6S-T52"
    message: str
    log: Path | str
    remedy = Remedy(
        "The application cannot be linked",
        "Linker error: {message}. " + _LOG,
        ("Check that the model was compiled for this application release.", "Use a fresh copy of the application."),
    )


class BuildFailed(DeployError):
    """make failed for a reason that we do not recognise."""

    code = "N6S-T53"
    exit_code: int
    first_error: str
    log: Path | str
    remedy = Remedy(
        "make failed (exit code {exit_code})",
        "First error: {first_error}. " + _LOG,
        ("Read the log from that line on.", "Use a fresh copy of the application."),
    )


class BuildOutputMissing(DeployError):
    """make reported success and produced no image."""

    code = "N6S-T54"
    missing: str
    log: Path | str
    remedy = Remedy(
        "make produced no image",
        "It ended without an error, but {missing} does not exist. " + _LOG,
        ("Use a fresh copy of the application.", "Check that the disk is not full."),
    )


class ShellMissing(DeployError):
    """make without the POSIX commands that ST's Makefile calls."""

    code = "N6S-T55"
    exit_status = ExitCode.ENVIRONMENT
    command: str
    log: Path | str
    remedy = Remedy(
        "make: {command} not found",
        "ST's Makefile calls POSIX shell commands. " + _LOG,
        (
            PerSystem(
                "Install Git for Windows or MSYS2 and put its usr\\bin folder first in PATH: there is mkdir as the "
                "Makefile calls it.",
                "Install Apple's command line tools: xcode-select --install.",
                "Install coreutils and make: sudo apt-get install coreutils make.",
            ),
        ),
    )


class NewlibMissing(DeployError):
    """GNU Arm GCC without its C library, as Debian installs it."""

    code = "N6S-T58"
    exit_status = ExitCode.ENVIRONMENT
    missing: str
    log: Path | str
    remedy = Remedy(
        "GNU Arm GCC has no C library",
        "{missing} belongs to newlib, which some systems install on its own. " + _LOG,
        (
            PerSystem(
                "Use the compiler of STM32CubeIDE or STM32CubeCLT: it comes with newlib.",
                "Use the compiler of STM32CubeIDE or STM32CubeCLT: Homebrew's arm-none-eabi-gcc has no newlib.",
                "Debian and Ubuntu: sudo apt-get install libnewlib-arm-none-eabi. Fedora: sudo dnf install "
                "arm-none-eabi-newlib. Or use the compiler of STM32CubeIDE or STM32CubeCLT.",
            ),
        ),
    )


class PathTooLong(DeployError):
    """A path that Windows' programs cannot open: longer than 260 characters."""

    code = "N6S-T59"
    exit_status = ExitCode.ENVIRONMENT
    line: str
    log: Path | str
    remedy = Remedy(
        "A path is too long",
        "Windows programs end at 260 characters: {line}. " + _LOG,
        (
            "Move the project to a short folder, such as C:\\n6, or make one and set the variables TMP and TEMP to it.",
            "Unpack ST's application to a short folder, too, such as C:\\st.",
        ),
    )


class PostProcessingUnsupported(DeployError):
    """An application release that refuses the chosen post-processing."""

    code = "N6S-T56"
    application: str
    post_processing: str
    log: Path | str
    remedy = Remedy(
        "{application} does not support {post_processing} post-processing",
        "Each release takes one output format: float up to v2.0, int8 from v2.1. " + _LOG,
        ("Leave the choice to N6 Studio: it follows from the application release.",),
    )


class ApplicationReachesFsbl(DeployError):
    """An application that would overwrite the boot loader while that copies it."""

    code = "N6S-T57"
    end: str
    limit: str
    log: Path | str
    remedy = Remedy(
        "The application would overwrite the boot loader",
        "It extends to {end}. While the boot loader copies the application, it occupies RAM from {limit}. " + _LOG,
        ("Export at a smaller input size.", "Leave the application's memory region unchanged."),
    )
