"""ST's application and its build. Codes N6S-T40 to T57."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

_LOG = "The whole output is in {log}."


class ApplicationUnknown(DeployError):
    """A folder that is none of the applications that we know."""

    code = "N6S-T40"
    exit_status = ExitCode.INPUT
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is no application that N6 Studio knows",
        "It looks like {found}. Known are STM32N6-GettingStarted-PoseEstimation (v1.0.0 to v2.3) and "
        "x-cube-n6-ai-multi-pose-estimation (v1, v2).",
        (
            "Download one of them from ST's pages on GitHub, as a release zip or a clone with all its submodules.",
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
        "It is {found}.",
        ("Take STM32N6-GettingStarted-PoseEstimation or x-cube-n6-ai-multi-pose-estimation instead.",),
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
        "In {path} are missing: {missing}.",
        (
            "A clone without its submodules lacks them: git submodule update --init --recursive.",
            "A zip unpacked to a long path may lack some, too: unpack it to a short one, such as C:\\st.",
        ),
    )


class ApplicationConfigInvalid(DeployError):
    """An app_config.h without the places where the network is described."""

    code = "N6S-T43"
    exit_status = ExitCode.INPUT
    path: Path | str
    missing: str
    remedy = Remedy(
        "{path} cannot be adapted to the network",
        "It lacks {missing}, which every release has; it may have been edited by hand.",
        ("Use a fresh copy of the application.",),
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
            "Otherwise use the compiler from ST's STM32CubeIDE, which ST builds its applications with.",
        ),
    )


class RegionOverflow(DeployError):
    """An application too large for its memory region, as the linker found."""

    code = "N6S-T51"
    region: str
    overflow: int
    size: int | None
    log: Path | str
    remedy = Remedy(
        "The application does not fit into {region}",
        "The linker says that {overflow} bytes of {size} bytes are too many. " + _LOG,
        (
            "Export at a smaller input size: the arrays of the post-processing grow with it.",
            "Or give the application more memory where the network leaves it some: --enlarge-region.",
        ),
    )


class LinkFailed(DeployError):
    """The linker failed for another reason than size."""

    code = "N6S-T52"
    message: str
    log: Path | str
    remedy = Remedy(
        "The application cannot be linked",
        "The linker says: {message}. " + _LOG,
        ("Check that the network was compiled for this release of the application.", "Use a fresh copy of it."),
    )


class BuildFailed(DeployError):
    """make failed for a reason that we have no words for."""

    code = "N6S-T53"
    exit_code: int
    first_error: str
    log: Path | str
    remedy = Remedy(
        "make failed (exit code {exit_code})",
        "The first line that tells of an error: {first_error}. " + _LOG,
        ("Read the log from that line on.", "Use a fresh copy of the application."),
    )


class BuildOutputMissing(DeployError):
    """make said that it succeeded and made no image."""

    code = "N6S-T54"
    missing: str
    log: Path | str
    remedy = Remedy(
        "make made no image",
        "It ended without an error, and {missing} is not there. " + _LOG,
        ("Use a fresh copy of the application.", "Check that the disk is not full."),
    )


class ShellMissing(DeployError):
    """make without the POSIX commands that ST's Makefile calls."""

    code = "N6S-T55"
    exit_status = ExitCode.ENVIRONMENT
    command: str
    log: Path | str
    remedy = Remedy(
        "make does not find {command}",
        "ST's Makefile calls commands of a POSIX shell. " + _LOG,
        (
            PerSystem(
                "Install Git for Windows or MSYS2 and put its usr\\bin folder into PATH.",
                "Install Apple's command line tools: xcode-select --install.",
                "Install coreutils and make: sudo apt-get install coreutils make.",
            ),
        ),
    )


class PostProcessingUnsupported(DeployError):
    """An application release that refuses the chosen post-processing."""

    code = "N6S-T56"
    application: str
    post_processing: str
    log: Path | str
    remedy = Remedy(
        "{application} does not know the post-processing {post_processing}",
        "Every release takes one form of output: floats until v2.0, int8 from v2.1 on. " + _LOG,
        ("Let N6 Studio choose it: it follows from the application's release.",),
    )


class ApplicationReachesFsbl(DeployError):
    """An application that would overwrite the boot loader while that copies it."""

    code = "N6S-T57"
    end: str
    limit: str
    log: Path | str
    remedy = Remedy(
        "The application would overwrite the boot loader",
        "It reaches to {end}, and from {limit} on lies the boot loader while it copies the application. " + _LOG,
        ("Export at a smaller input size.", "Leave the memory region as the application has it."),
    )
