"""ST's tools, and releases that do not belong together. Codes N6S-T01 to T09 and T21 to T24."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

_LOG = "Full output: {log}"


class ToolMissing(DeployError):
    """A tool that the step needs is not installed, or cannot be started."""

    code = "N6S-T01"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    path: Path | str
    reason: str
    remedy = Remedy(
        "{tool} cannot be started",
        "Searched: {path}. Result: {reason}.",
        (
            "If it is not installed, install it. n6studio doctor --board KEY names the release and where ST offers it.",
            PerSystem(
                "If it is installed, set its location: n6studio tools set NAME FOLDER.",
                "If it is installed, set its location: n6studio tools set NAME FOLDER.",
                "If it is installed, set its location: n6studio tools set NAME FOLDER. A file unpacked from a zip may "
                "lack execute permission: chmod +x.",
            ),
        ),
    )


class ToolTooOld(DeployError):
    """A tool older than what the board needs."""

    code = "N6S-T02"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    found: str
    wanted: str
    path: Path | str
    remedy = Remedy(
        "{tool} {found} is too old",
        "Found at {path}; required is {wanted}.",
        ("Install {wanted}.", "If a newer one is already installed: n6studio tools set NAME FOLDER."),
    )


class ToolKnownBad(DeployError):
    """A version of a tool that is known not to do the job, without a way around it."""

    code = "N6S-T03"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    found: str
    reason: str
    wanted: str
    remedy = Remedy(
        "{tool} {found} cannot be used",
        "{reason}",
        ("Install {wanted}.", "Then run n6studio doctor to check that this version is found."),
    )


class ToolTimeout(DeployError):
    """A tool that ran for too long and was terminated."""

    code = "N6S-T04"
    tool: str
    seconds: int
    log: Path | str
    remedy = Remedy(
        "{tool} did not finish within {seconds} s and was terminated",
        "It may be waiting for a licence server, a network drive or a file that is locked by another program. " + _LOG,
        ("Try again.", "Run the command at the top of the log in a terminal to see what it is waiting for."),
    )


class ToolSilent(DeployError):
    """A tool that stopped printing and was terminated; a fresh installation may wait for an answer."""

    code = "N6S-T05"
    tool: str
    seconds: int
    log: Path | str
    remedy = Remedy(
        "{tool} printed nothing for {seconds} s and was terminated",
        "A fresh installation may ask whether it may collect statistics, which cannot be answered here. " + _LOG,
        (
            "Start {tool} once in a terminal and answer the question; the answer is stored.",
            "Then try again.",
        ),
    )


class ToolFailed(DeployError):
    """A tool that failed in a way that we do not recognise."""

    code = "N6S-T06"
    tool: str
    exit_code: int
    last_lines: str
    log: Path | str
    remedy = Remedy(
        "{tool} failed (exit code {exit_code})",
        "Last output: {last_lines}",
        (_LOG, "Look for the first line with 'error'; later ones are often consequences."),
    )


class ToolPathUnsafe(DeployError):
    """A path that a tool would break on, where no other place was found."""

    code = "N6S-T07"
    tool: str
    path: Path | str
    remedy = Remedy(
        "{tool} cannot work in {path}",
        "It fails on paths with spaces or non-ASCII characters, and no other folder is writable.",
        (
            PerSystem(
                "Make a folder with a plain path, such as C:\\n6, and set the variables TMP and TEMP to it.",
                "Set the variable TMPDIR to a folder with a plain path, such as /tmp.",
                "Set the variable TMPDIR to a folder with a plain path, such as /tmp.",
            ),
        ),
    )


class ToolLibraryMissing(DeployError):
    """A tool that is there and cannot start, because a library that it needs is not."""

    code = "N6S-T08"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    path: Path | str
    reason: str
    remedy = Remedy(
        "{tool} cannot start: a library is missing",
        "{path}: {reason}.",
        (
            "Use the program inside its installation: copied out of it, it does not find its libraries.",
            PerSystem(
                "Install the Microsoft Visual C++ Redistributable (x64) from Microsoft, then run the tool's installer "
                "again.",
                "Run the tool's installer again.",
                "List what is missing: ldd {path} | grep 'not found'. Install the packages that contain it, or run the "
                "tool's installer again.",
            ),
        ),
    )


class ToolNeedsDisplay(DeployError):
    """A tool built with Qt that finds no display, or another program's Qt."""

    code = "N6S-T09"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    line: str
    remedy = Remedy(
        "{tool} finds no display",
        "Its Qt library cannot start: {line}",
        (
            "Unset QT_QPA_PLATFORM, QT_PLUGIN_PATH and QT_QPA_PLATFORM_PLUGIN_PATH, where another program set them.",
            PerSystem(
                "Run the tool's installer again.",
                "Run the tool's installer again.",
                "Install Qt's libraries (Debian: sudo apt-get install libxcb-cursor0 libxcb-icccm4 libxcb-xinerama0). "
                "Over SSH without a display, start N6 Studio with: xvfb-run -a n6studio ...",
            ),
        ),
    )


class PairMismatch(DeployError):
    """A compiler release and an application release that do not belong together."""

    code = "N6S-T21"
    exit_status = ExitCode.ENVIRONMENT
    application: str
    compiler: str
    wanted: str
    remedy = Remedy(
        "{application} is not compatible with ST Edge AI Core {compiler}",
        "Code of one release with the runtime of another may build and then misbehave. Compatible: {wanted}.",
        (
            "Install ST Edge AI Core {wanted}; several releases can be installed side by side.",
            "Or choose the application release that matches the one you have.",
        ),
    )


class BoardUnsupported(DeployError):
    """An application release that does not run pose models on this board."""

    code = "N6S-T22"
    exit_status = ExitCode.INPUT
    application: str
    board: str
    reason: str
    remedy = Remedy(
        "{application} does not support this model on {board}",
        "{reason}",
        ("Choose another board or another application release.",),
    )


class RuntimeMismatch(DeployError):
    """Generated code and an application whose NPU runtime has another version."""

    code = "N6S-T23"
    application: str
    found: str
    wanted: str
    runtime: str
    remedy = Remedy(
        "The model and {application} use different NPU runtimes",
        "The generated code expects NPU runtime {wanted}; the application contains {found}.",
        (
            "Use the ST Edge AI Core release that matches the application.",
            "Within one release ({runtime}), let N6 Studio put the runtime of your ST Edge AI Core into its copy of "
            "the application: --replace-runtime. Your own copy is not changed. Across releases the build fails: the "
            "application's sources call functions that the other runtime lacks.",
        ),
    )


class ToolNotAllowed(DeployError):
    """A tool that a project asks for and that cannot be allowed on this computer."""

    code = "N6S-T24"
    exit_status = ExitCode.ENVIRONMENT
    setting: str
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be allowed for {setting}",
        "{reason}",
        (
            "Set the tool that you have: n6studio tools set NAME FOLDER.",
            "Or remove the entry from the project's file; N6 Studio then uses what it finds.",
        ),
    )
