"""Places that are as wide as a home: they are never opened as a whole because something names them."""

import os
from pathlib import Path


def is_wide(folder: Path) -> bool:
    """Return whether a folder is a home or holds homes."""
    place = folder.resolve()
    return any(place == home or place in home.parents for home in _homes())


def _homes() -> list[Path]:
    """Return the user's home as the system knows it: HOME is elsewhere in a stage's process."""
    try:
        import pwd

        return [Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()]
    except (ImportError, KeyError):
        return []
