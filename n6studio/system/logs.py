"""Where this program's logs lie."""

from pathlib import Path

import platformdirs

PROGRAM = "n6studio.log"


def log_file(name: str = PROGRAM) -> Path:
    """Return where a log of this user lies; neither it nor its folder need be there.

    Args:
        name: of the file; the program's own log where none is given.
    """
    return Path(platformdirs.user_log_dir("n6studio", appauthor=False)) / name
