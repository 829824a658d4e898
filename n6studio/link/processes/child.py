"""Processes of the room `virtual`, which nobody imports: started, talked to, and never left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from n6studio.link.processes.pump import widen
from n6studio.system.processes import apart

Message = dict[str, Any]

_END_SECONDS = 3.0
_LONGEST_LINE = 1 << 20  # characters of a message
_MOST_DATA = 256 << 20  # bytes behind one: the largest image, or the times of millions of frames


def virtual_command() -> list[str]:
    """Return the command that starts a process of the room: this Python, or the frozen program's switch."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--n6-virtual"]
    # -P: nothing is imported from the folder where the program was started, and reading there is not left open for it.
    return [sys.executable, "-P", "-m", "n6studio.virtual"]


class Child:
    """One process. Its standard input and output are pipes, its standard error goes to the log.

    It has a folder of its own for temporary files, the only one where it may write.

    Args:
        argv: what it is started with.
        log: file that its standard error is added to, if it can be written.
        shared: descriptors that it gets, under the same numbers; none on Windows.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, argv: list[str], log: Path, shared: tuple[int, ...] = ()) -> None:
        self.log = log
        with contextlib.ExitStack() as stack:
            log_file: IO[bytes] | int = subprocess.DEVNULL
            with contextlib.suppress(OSError):  # a read-only home must not stop the work
                log.parent.mkdir(parents=True, exist_ok=True)
                log_file = stack.enter_context(log.open("ab"))
            self._scratch = tempfile.TemporaryDirectory(prefix="n6studio-virtual-", ignore_cleanup_errors=True)
            places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "XDG_CACHE_HOME"), self._scratch.name)
            self.process = subprocess.Popen(
                [*virtual_command(), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                env={**os.environ, **places, "PYTHONUTF8": "1", "TF_CPP_MIN_LOG_LEVEL": "2"},
                pass_fds=shared,
                **apart(),
            )
        for pipe in self._pipes:
            widen(pipe)

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        return self.process.stdin, self.process.stdout

    def send(self, message: Message, data: bytes = b"") -> None:
        """Send one message, with data behind it where it names a "length".

        Raises:
            OSError: the process is gone.
        """
        target = self._pipes[0]
        try:
            target.write(json.dumps(message).encode() + b"\n" + data)
            target.flush()
        except ValueError as error:  # closed
            raise BrokenPipeError(str(error)) from error

    def receive(self) -> tuple[Message, bytes] | None:
        """Return the next message and the data behind it; None when there will be none any more. Blocks.

        A foreign file may have taken the process over, so what is too long or no message counts as its end.
        """
        source = self._pipes[1]
        try:
            message = json.loads(source.readline(_LONGEST_LINE) or "null")
            length = int(message.get("length", 0)) if message else 0
            data = source.read(length) if 0 <= length <= _MOST_DATA else b""
        except (ValueError, OSError, AttributeError, TypeError, OverflowError, RecursionError):
            return None  # cut off by its end, or closed under us
        if len(data) != length:
            return None
        return (message, data) if message else None

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self.process.kill()
        self._end_rest()

    def end(self) -> None:
        """Let it end itself by closing its standard input, and see that it does."""
        for stream in self._pipes[:1]:
            with contextlib.suppress(OSError):
                stream.close()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        self._end_rest()
        self._scratch.cleanup()

    def _end_rest(self) -> None:
        """End what it has started; see `apart`."""
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def how_it_ended(self) -> str:
        """Return the exit code or signal in words; waits for the end, which must be near."""
        try:
            code = self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self.process.wait()
        if code < 0:
            known = {item.value: item.name for item in signal.Signals}
            return f"signal {-code} ({known.get(-code, 'unknown')})"
        return f"exit code {code}"
