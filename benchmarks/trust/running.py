"""One command in a process of its own: how it ended and what it took."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

STUDIO = [sys.executable, "-m", "n6studio.cli"]
MARK = "N6_TRUST_FIGURES"  # a variable by which the processes of one command are known


@dataclass(frozen=True)
class Ran:
    """One command.

    Attributes:
        code: exit code, None where it was given up.
        text: what it printed.
        seconds: from start to end.
        processor_seconds: of it and all that it started; other work on the machine does not count.
        memory: bytes, of its largest process.
        left: whether a process of it was still there after its end.
    """

    code: int | None
    text: str
    seconds: float
    processor_seconds: float
    memory: int
    left: bool = False


def run(command: list[str], folder: Path, limit: float) -> Ran:
    """Run a command to its end, and its whole family's."""
    mark = secrets.token_hex(8)
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=os.environ | {MARK: mark},
        )  # fmt: skip
        status, used = None, None
        while status is None:
            pid, found, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                status = os.waitstatus_to_exitcode(found)
            elif time.monotonic() - began > limit:
                os.killpg(process.pid, signal.SIGKILL)
                _, _, used = os.wait4(process.pid, 0)
                break
            else:
                time.sleep(0.005)
        process.returncode = status if status is not None else -9
        seconds = time.monotonic() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    assert used is not None
    return Ran(status, text, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, end_family(mark))


def end_family(mark: str) -> bool:
    """End what is left of the processes that were started with a mark; return whether there was any after 2 s."""
    for waiting in (True, False):
        left = family(mark)
        if not left:
            return False
        if waiting:
            time.sleep(2)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return True


def family(mark: str) -> list[int]:
    """Return the processes that were started with a mark, by their variable of this name."""
    sought = f"{MARK}={mark}".encode()
    return [int(place.name) for place in Path("/proc").glob("[0-9]*") if sought in _environment(place)]


def _environment(place: Path) -> bytes:
    try:
        return (place / "environ").read_bytes()
    except OSError:
        return b""
