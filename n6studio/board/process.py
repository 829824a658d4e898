"""Somebody else's command line tool as a child process: its output line by line, a log, limits, and a sure end.

Vendors' tools ask questions on a terminal, redraw progress with carriage returns, hang, and leave children behind. Here
they get no input, their output is split at both line ends, they are given up after a time, and with them goes whatever
they started.
"""

import codecs
import contextlib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from n6studio.domain.errors import Cancelled
from n6studio.domain.errors_tools import ToolMissing, ToolSilent, ToolTimeout

LineSink = Callable[[str], None]
SilenceSink = Callable[[float], None]

POLL_SECONDS = 0.1
LAST_LINES = 40
_GRACE_SECONDS = 2.0
# Variables of an outer make that a tool's inner make would obey; OpenMV's build found out the hard way.
_LEAKING = re.compile(r"(MAKE.*|MFLAGS|GNUMAKEFLAGS|CFLAGS|CXXFLAGS|CPPFLAGS|ASFLAGS|LDFLAGS|CC|CXX|AS|LD|AR|RM|OPT)$")


@dataclass(frozen=True)
class ToolRun:
    """How a tool ended.

    Attributes:
        code: exit code; negative for a signal.
        lines: everything it printed, in order, split at line feeds and carriage returns, empty lines left out.
        seconds: how long it ran.
        log: file with all of it; None where none was asked for.
    """

    code: int
    lines: tuple[str, ...]
    seconds: float
    log: Path | None

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(self.lines)

    def tail(self, count: int = LAST_LINES) -> str:
        """The last lines, which say most often what went wrong."""
        return "\n".join(self.lines[-count:])


def clean_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without what an outer make left in it, and with `changes`."""
    kept = {name: value for name, value in os.environ.items() if not _LEAKING.match(name)}
    return {**kept, **(changes or {})}


def run_tool(
    command: Sequence[str | Path],
    *,
    tool: str,
    cwd: Path | None = None,
    log: Path | None = None,
    timeout: float,
    silence: float | None = None,
    environment: Mapping[str, str] | None = None,
    on_line: LineSink | None = None,
    on_silence: SilenceSink | None = None,
    cancel: threading.Event | None = None,
) -> ToolRun:
    """Run a tool to its end and return what it printed. Blocks; call it from any one thread.

    Args:
        command: program and arguments; the program by its path.
        tool: its name, for messages.
        cwd: where it runs.
        log: file that its output is appended to, after the command itself.
        timeout: seconds after which it is given up.
        silence: seconds without a word after which it is given up; None for never. Half way there `on_silence` is told.
        environment: the child's whole environment; None for `clean_environment()`.
        on_line: called in this thread with each line as it comes.
        on_silence: called in this thread with the seconds of silence so far.
        cancel: when set, the tool and what it started are ended.

    Raises:
        ToolMissing: it is not there or cannot be started.
        ToolTimeout, ToolSilent: it was given up.
        Cancelled: the user asked for it.
    """
    words = [str(word) for word in command]
    started = time.monotonic()
    with open_log(log, words) as record:
        process = _started(words, tool, cwd, environment)
        reader = _Reader(process)
        lines: list[str] = []
        last_word, warned = started, False
        try:
            while True:
                piece = reader.next(POLL_SECONDS)
                now = time.monotonic()
                if cancel is not None and cancel.is_set():
                    raise Cancelled(stage=tool)
                if piece is None:
                    break
                if piece:
                    last_word, warned = now, False
                    lines.append(piece)
                    record.write(piece + "\n")
                    if on_line is not None:
                        on_line(piece)
                    continue
                if process.poll() is not None and now - last_word > _GRACE_SECONDS:
                    break  # it is gone, and something that it started keeps its output open
                if now - started > timeout:
                    raise ToolTimeout(tool=tool, seconds=round(timeout), log=log or "")
                if silence is not None and now - last_word > silence:
                    raise ToolSilent(tool=tool, seconds=round(silence), log=log or "")
                if silence is not None and not warned and now - last_word > silence / 2:
                    warned = True
                    if on_silence is not None:
                        on_silence(now - last_word)
            code = _waited_for(process, started, timeout, tool, log, cancel)
        finally:
            end_process_tree(process)
        record.write(f"[{tool} ended with {code} after {time.monotonic() - started:.1f} s]\n")
    return ToolRun(code, tuple(lines), time.monotonic() - started, log)


def ask_tool(command: Sequence[str | Path], tool: str, timeout: float = 20.0) -> str | None:
    """Return what a tool prints when asked something small such as its version; None when it cannot be asked."""
    from n6studio.domain.errors_deploy import DeployError

    try:
        return run_tool(command, tool=tool, timeout=timeout).text
    except DeployError:
        return None


@contextlib.contextmanager
def open_log(log: Path | None, words: Sequence[str]) -> Any:
    """Open a log for appending and write the command into it; without a log, a file that forgets."""
    with open(os.devnull if log is None else log, "a", encoding="utf-8", errors="replace") as record:  # noqa: PTH123
        record.write("$ " + subprocess.list2cmdline(words) + "\n")
        record.flush()
        yield record


def _started(
    words: Sequence[str], tool: str, cwd: Path | None, environment: Mapping[str, str] | None
) -> "subprocess.Popen[bytes]":
    extra: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in a terminal must reach only us
    if os.name == "nt":
        extra = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | 0x08000000}  # no console window
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(clean_environment() if environment is None else environment),
            **extra,
        )
    except OSError as error:
        raise ToolMissing(tool=tool, path=words[0], reason=error.strerror or str(error)) from error


def _waited_for(
    process: "subprocess.Popen[bytes]",
    started: float,
    timeout: float,
    tool: str,
    log: Path | None,
    cancel: threading.Event | None,
) -> int:
    """Wait for a process that has closed its output; some take their time, and some never go."""
    while (code := process.poll()) is None:
        if cancel is not None and cancel.is_set():
            raise Cancelled(stage=tool)
        if time.monotonic() - started > timeout:
            raise ToolTimeout(tool=tool, seconds=round(timeout), log=log or "")
        time.sleep(POLL_SECONDS / 2)
    return code


class _Reader:
    """Reads a process's output in a thread and hands it over in pieces that end at a line feed or carriage return."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        self._pieces: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process.stdout,), name="tool output", daemon=True).start()

    def next(self, seconds: float) -> str | None:
        """Return the next piece, "" when there was none within `seconds`, None at the end."""
        try:
            return self._pieces.get(timeout=seconds)
        except queue.Empty:
            return ""

    def _read(self, stream: IO[bytes]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        with contextlib.suppress(ValueError, OSError):  # closed under us when the tool is ended
            while block := os.read(stream.fileno(), 65536):
                *whole, rest = re.split(r"[\r\n]+", rest + decoder.decode(block))
                for piece in whole:
                    self._hand_over(piece)
        self._hand_over(rest)
        self._pieces.put(None)

    def _hand_over(self, piece: str) -> None:
        if piece.strip():
            self._pieces.put(piece.rstrip())


def end_process_tree(process: "subprocess.Popen[bytes]") -> None:
    """End the process and whatever it started, and wait until they are gone."""
    try:
        head = psutil.Process(process.pid)
        family = [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=_GRACE_SECONDS)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    if os.name == "posix":  # children whose parent went before them
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        with contextlib.suppress(OSError):
            process.stdout.close()
