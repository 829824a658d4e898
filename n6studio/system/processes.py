"""Child processes: started out of reach of the terminal's Ctrl-C, and ended with everything that they started."""

import contextlib
import os
import signal
import subprocess
from typing import Any

import psutil

NO_CONSOLE_WINDOW = 0x08000000  # CREATE_NO_WINDOW of the Windows API


def apart() -> dict[str, Any]:
    """Return the arguments of `subprocess.Popen` that keep Ctrl-C and console windows away from a child process."""
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | NO_CONSOLE_WINDOW}
    return {"start_new_session": True}


def end_process_tree(process: "subprocess.Popen[Any]") -> None:
    """End the process and whatever it started, and wait until they are gone."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    _, alive = psutil.wait_procs(family, timeout=0.5 if process.poll() is None else 0)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(alive, timeout=2)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    if os.name == "posix":  # what it started and left behind when it went; see `apart`
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
