"""What is shown of an error, and a report on it to paste into a message: what happened, where, the end of the log."""

import logging
import platform
from pathlib import Path

import n6studio
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import StageBug
from n6studio.domain.privacy import without_identity
from n6studio.system.logs import log_file

LOG_LINES = 200


def expected(error: Exception, stage: str) -> StudioError:
    """Return what a card can show; what nobody expected goes to the log, too."""
    if isinstance(error, StudioError):
        return error
    logging.getLogger("n6studio").error("unexpected in the engine", exc_info=error)
    return StageBug(stage=stage, summary=f"{type(error).__name__}: {error}", log="")


def log_of(error: StudioError) -> Path:
    """Return the log that says most about an error: the stage's where it names one, else the program's."""
    return Path(error.log_path) if error.log_path else log_file()


def error_report(error: StudioError, log: Path | None = None, whole: bool = False) -> str:
    """Return a report on an expected error, `whole` with full paths. Reads a file: call it off the GUI thread."""
    text = _report(f"{advice(error).as_text()}\nFields: {error.values}", log or log_of(error))
    return text if whole else without_identity(text)


def crash_report(traceback: str) -> str:
    """Return a report on an exception that nobody expected. Reads a file: call it off the GUI thread."""
    return without_identity(_report(traceback, log_file()))


def _report(what: str, log: Path) -> str:
    from n6studio.engine.project.opening import tail

    system = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    return (
        f"N6 Studio {n6studio.__version__}\n{system}\n\n{what}\n\nEnd of {log}:\n{tail(log, LOG_LINES) or '(empty)'}\n"
    )
