"""The program's log file: every traceback lands here, none on the screen."""

import contextlib
import logging
import logging.handlers
from pathlib import Path

from n6studio.domain.printable import printable
from n6studio.system.files import keep_private
from n6studio.system.logs import log_file


class _Printable(logging.Formatter):
    """Lines that may be shown in a terminal, whatever files they quote."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def start_log() -> Path:
    """Begin logging to the user's log folder and return the file's path; without one, log nothing.

    From here on, what this process writes is readable by the user alone.
    """
    keep_private()
    logger = logging.getLogger("n6studio")
    logger.propagate = False
    path = log_file()
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        with contextlib.suppress(OSError):  # a read-only home must not stop the work
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in (path.parent, *path.parent.glob(f"{path.name}*")):  # earlier releases let everybody read them
                old.chmod(0o700 if old.is_dir() else 0o600)
            handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
            handler.setFormatter(_Printable("%(asctime)s %(levelname)s %(message)s"))
            logger.addHandler(handler)
    return path
