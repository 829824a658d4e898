"""Which of a user's environments starts: the installer's own, or one that an update made, or the one before it.

An environment carries one build of the program and belongs to it: both move together. The file ``current`` beside them
is one line, ``INSTALLED ENVIRONMENT``: the build that the installer laid down, and the environment to start in its
place. The launchers read it; one that is about another installed build counts for nothing, so that an installer that
is run later has the last word.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.layers.get import READY_MARK
from n6studio.system.files import replace_bytes

CURRENT, UNFINISHED = "current", "n6studio-unfinished"
INSTALLED = "N6STUDIO_INSTALLED"  # variable in which launchers say which build the installer laid down


@dataclass(frozen=True)
class Environment:
    """A whole environment with a build of the program.

    Attributes:
        folder: it.
        build: of the program.
        version: of the program, '' where an older first start did not write it down.
        finished: when it was made, in seconds since 1970.
    """

    folder: Path
    build: str
    version: str
    finished: float


def environment_in(folder: Path) -> Environment | None:
    """Return the environment in a folder, None where there is none or it is not whole."""
    mark = read_mark(folder)
    if not mark.get("build") or (folder / UNFINISHED).exists():
        return None
    finished = (folder / READY_MARK).stat().st_mtime
    return Environment(folder, str(mark["build"]), str(mark.get("version", "")), finished)


def environments(home: Path) -> tuple[Environment, ...]:
    """Return a user's whole environments, the one that was made last first."""
    place = home / "environments"
    found = [one for folder in (place.iterdir() if place.is_dir() else ()) if (one := environment_in(folder))]
    return tuple(sorted(found, key=lambda one: one.finished, reverse=True))


def read_mark(folder: Path) -> Mapping[str, Any]:
    """Return what stands in the mark of an environment, nothing where there is none."""
    try:
        found = json.loads((folder / READY_MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_current(home: Path) -> tuple[str, str]:
    """Return (installed build, name of the environment) of the pointer; two '' where there is none."""
    try:
        words = (home / CURRENT).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return "", ""
    return (words[0], words[1]) if len(words) == 2 else ("", "")


def choose(home: Path, installed: str, folder: Path) -> None:
    """Let an environment start from now on; a reader sees the choice before or this one, whole.

    Args:
        home: the user's folder for environments.
        installed: the build that the installer laid down.
        folder: the environment.

    Raises:
        DiskFull, NotWritable.
    """
    replace_bytes(home / CURRENT, f"{installed} {folder.name}\n".encode())


def running() -> Environment | None:
    """Return the environment of this Python, None for a checkout or another environment."""
    folder = Path(sys.prefix)
    return environment_in(folder) if folder.parent.name == "environments" else None


def installed_build(here: Environment) -> str:
    """Return which build the installer laid down, as the launcher said, else that of the running program."""
    return os.environ.get(INSTALLED) or here.build
