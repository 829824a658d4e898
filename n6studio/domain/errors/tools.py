"""ST's tools, and releases that do not belong together. Codes N6S-T01 to T07 and T21 to T23."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import PerSystem, Remedy

_LOG = "The whole output is in {log}."


class ToolMissing(DeployError):
    """A tool that the step needs is not installed, or cannot be started."""

    code = "N6S-T01"
    exit_status = ExitCode.ENVIRONMENT
    tool: str
    path: Path | str
    reason: str
    remedy = Remedy(
        "{tool} cannot be started",
        "Looked for at: {path}. What came back: {reason}.",
        (
            "Run: n6studio doctor. It lists where every tool was looked for.",
            PerSystem(
                "Install it, or say where it is: n6studio tools set NAME FOLDER.",
                "Install it, or say where it is: n6studio tools set NAME FOLDER.",
                "Install it, or say where it is: n6studio tools set NAME FOLDER. A file from a zip may lack the right "
                "to run: chmod +x.",
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
        "It is the one at {path}; needed is {wanted}.",
        ("Install {wanted}.", "If a newer one is installed already: n6studio tools set NAME FOLDER."),
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
        "{tool} {found} cannot do this",
        "{reason}",
        ("Install {wanted}.", "Then run n6studio doctor to see that it is the one that is found."),
    )


class ToolTimeout(DeployError):
    """A tool that went on for too long and was ended."""

    code = "N6S-T04"
    tool: str
    seconds: int
    log: Path | str
    remedy = Remedy(
        "{tool} did not finish within {seconds} s and was stopped",
        "It may be waiting for a licence server, a network drive or a program that holds a file. " + _LOG,
        ("Try once more.", "Run the command at the top of the log in a terminal and see what it waits for."),
    )


class ToolSilent(DeployError):
    """A tool that stopped saying anything and was ended; a fresh installation may wait for an answer."""

    code = "N6S-T05"
    tool: str
    seconds: int
    log: Path | str
    remedy = Remedy(
        "{tool} said nothing for {seconds} s and was stopped",
        "A fresh installation can stop to ask whether it may collect statistics, and nobody can answer here. " + _LOG,
        (
            "Start {tool} once in a terminal and answer its question; it remembers the answer.",
            "Then try again.",
        ),
    )


class ToolFailed(DeployError):
    """A tool that ended with a failure that we have no words for."""

    code = "N6S-T06"
    tool: str
    exit_code: int
    last_lines: str
    log: Path | str
    remedy = Remedy(
        "{tool} failed (exit code {exit_code})",
        "Its last words were: {last_lines}",
        (_LOG, "Search it for the first line with 'error': what follows is often only a consequence."),
    )


class ToolPathUnsafe(DeployError):
    """A path that a tool would break on, where no other place was found."""

    code = "N6S-T07"
    tool: str
    path: Path | str
    remedy = Remedy(
        "{tool} cannot work in {path}",
        "It breaks on spaces and on letters outside English, and no other folder could be written.",
        ("Set the variable TMPDIR (TEMP on Windows) to a folder with a plain name, for example C:\\n6 or /tmp.",),
    )


class PairMismatch(DeployError):
    """A compiler release and an application release that do not belong together."""

    code = "N6S-T21"
    exit_status = ExitCode.ENVIRONMENT
    application: str
    compiler: str
    wanted: str
    remedy = Remedy(
        "{application} does not go with ST Edge AI Core {compiler}",
        "Code from one release and a runtime of another may build and then misbehave. It goes with {wanted}.",
        (
            "Install ST Edge AI Core {wanted}; several releases can be installed side by side.",
            "Or choose the release of the application that goes with the one you have.",
        ),
    )


class BoardUnsupported(DeployError):
    """An application release that does not run pose networks on this board."""

    code = "N6S-T22"
    exit_status = ExitCode.INPUT
    application: str
    board: str
    reason: str
    remedy = Remedy(
        "{application} does not run this network on {board}",
        "{reason}",
        ("Choose another board or another release of the application.",),
    )


class RuntimeMismatch(DeployError):
    """Network code and an application whose NPU runtime is of another version."""

    code = "N6S-T23"
    application: str
    found: str
    wanted: str
    runtime: str
    remedy = Remedy(
        "The network and {application} are of different releases",
        "The network code expects version {wanted} of the NPU runtime; the application carries {found}.",
        (
            "Use the release of ST Edge AI Core that goes with the application.",
            "Between patches of one release ({runtime}), let N6 Studio put your ST Edge AI Core's runtime into its "
            "copy of the application: --replace-runtime. Your own copy stays as it is. Between releases that does not "
            "build: the application's sources call what the other runtime lacks.",
        ),
    )
