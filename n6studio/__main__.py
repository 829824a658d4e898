"""The program ``n6studio``: the window, or a command.

Without words, or with a checkpoint or project to open, the window starts; anything else is a command. Where there is no
screen, everything is a command.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def wants_window(argv: Sequence[str], system: str, variables: Mapping[str, str]) -> bool:
    """Return whether what was typed asks for the window.

    Args:
        argv: behind the program's name.
        system: `sys.platform`.
        variables: the environment.
    """
    screen = system in ("win32", "darwin", "cygwin") or any(
        variables.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )
    if not argv or argv[0] in ("--n6-stage", "--n6-virtual"):
        return screen and not argv
    path = Path(argv[0])
    named = path.suffix in (".pt", ".n6") or len(path.parts) > 1  # not to be mistaken for a command
    return screen and len(argv) == 1 and named and _is_there(path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # whoever opens it is told what is in the way


def main() -> int:
    """Start the window or run a command; return the exit code."""
    argv = sys.argv[1:]
    if wants_window(argv, sys.platform, os.environ):
        from n6studio.app import main as show

        return show(argv)
    from n6studio.cli import main as run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
