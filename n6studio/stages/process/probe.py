"""Which walls stand on this machine, found out by running into them: ``python -m n6studio.stages --walls``.

Prints one JSON object: {"walls": {NAME: {"stands": true | false | null, "why": TEXT}}}; null where it is not known.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from n6studio.stages.process import sandbox
from n6studio.stages.process.sandbox import Walls, close_reading, put_up_walls

_MEMORY = 2**30  # bytes
_SECONDS = 60  # of processor time

Findings = dict[str, dict[str, bool | str | None]]


def main() -> int:
    """Put up the walls, try to get past each, and print what came of it; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="n6studio-walls-") as folder:
        own, other = Path(folder) / "own", Path(folder) / "other"
        own.mkdir()
        other.mkdir()
        (other / "secret").write_text("secret", encoding="utf-8")
        if not hasattr(os, "fork"):  # Windows closes no files, so this process can clean up
            _tell(own, other)
            return 0
        child = os.fork()
        if not child:
            code = 1
            with contextlib.suppress(BaseException):
                _tell(own, other)
                code = 0
            os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tell(own: Path, other: Path) -> None:
    sys.stdout.write(json.dumps({"walls": tried(own, other)}) + "\n")
    sys.stdout.flush()


def tried(own: Path, other: Path) -> Findings:
    """Put walls around this process and try to get past them.

    Args:
        own: folder that it may change.
        other: folder with a file `secret`, which it may neither change nor read.
    """
    walls = close_reading(put_up_walls([own], _MEMORY, _SECONDS), [own])
    tries: dict[str, tuple[bool, Callable[[], object]]] = {
        sandbox.WRITING: (walls.writing, lambda: (other / "new").write_text("new", encoding="utf-8")),
        sandbox.READING: (walls.reading, lambda: (other / "secret").read_bytes()),
        sandbox.NETWORK: (walls.connections, lambda: socket.socket().close()),
        sandbox.PROGRAMS: (walls.programs, _start_program),
        sandbox.MEMORY: (walls.memory is not None, lambda: bytearray(2 * _MEMORY)),
    }
    found = {name: _judged(walls, name, stands, _refused(action)) for name, (stands, action) in tries.items()}
    found[sandbox.TIME] = _judged(walls, sandbox.TIME, walls.seconds is not None, None)
    return found


def _judged(walls: Walls, name: str, stands: bool, refused: bool | None) -> dict[str, bool | str | None]:
    """Return what is known of one wall: whether the process says that it stands, and whether it held."""
    if not stands:
        return {"stands": False, "why": walls.why.get(name, "")}
    if refused is False:
        return {"stands": False, "why": "it was put up and does not hold"}
    return {"stands": True, "why": ""}


def _refused(action: Callable[[], object]) -> bool:
    try:
        action()
    except (OSError, MemoryError, subprocess.SubprocessError):  # the last where Windows ends it at once
        return True
    return False


def _start_program() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True, capture_output=True)
