"""A process that does nothing but take bytes from a port, so that nothing waits there while this one is busy.

A serial port hands out 4 KB at a time, and a thread of Python gets the interpreter back only when the window's thread
lets it go. What the port holds back is what a board cannot send: of 60 frames/s of 72 KB through a pseudo-terminal, on
a machine with twelve times the work it can do, a thread took 11, this takes 20.
"""

import contextlib
import errno
import os
import select
import subprocess
import sys
from typing import IO

from n6studio.system.processes import apart

_CHUNK = 1 << 18  # bytes
_PIPE_BYTES = 1 << 20  # a quarter of a second of a fast stream; the most that Linux gives to everybody
_CODE = """
import errno, os, select, sys
port = int(sys.argv[1])
try:
    while True:
        ready = select.select([port, 0], [], [])[0]
        if 0 in ready:
            os._exit(0)
        data = os.read(port, 65536)
        if not data:
            os._exit(errno.EIO)
        while data:
            data = data[os.write(1, data):]
except OSError as error:
    os._exit(error.errno or errno.EIO)
"""


def can_pump() -> bool:
    """Return whether a process can be given a port here: not on Windows, and not as one file without Python."""
    return os.name == "posix" and not getattr(sys, "frozen", False)


class Pump:
    """Takes bytes from a port that this process has opened. For one thread.

    Args:
        port: its descriptor.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-I", "-S", "-c", _CODE, str(port)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(port,), **apart()
        )
        widen(self._out)

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def read(self, seconds: float) -> bytes:
        """Return what has come, b"" if nothing did within so many seconds.

        Raises:
            OSError: the port is gone.
        """
        if not select.select([self._out], [], [], seconds)[0]:
            return b""
        data = os.read(self._out.fileno(), _CHUNK)
        if not data:
            code = self._process.wait()
            number = code if code > 0 else errno.EIO
            raise OSError(number, os.strerror(number))
        return data

    def close(self) -> None:
        """End it, so that the port is this process's alone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold an image in one go, where the system lets us: each time it is full costs a turn of both ends."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
