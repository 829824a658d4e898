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
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from n6studio.board.vendor.programs import real_program
from n6studio.domain.errors.base import DeployError
from n6studio.domain.errors.foreign import reason_of, writing_error
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import ToolLibraryMissing, ToolMissing, ToolNeedsDisplay, ToolSilent, ToolTimeout
from n6studio.system.processes import apart, end_process_tree

LineSink = Callable[[str], None]
SilenceSink = Callable[[float], None]

POLL_SECONDS = 0.1
LAST_LINES = 40
_GRACE_SECONDS = 2.0
LONGEST_LINE = 16_384  # characters; what is longer is handed on in parts
_LONGEST_BAR = 500  # characters of an unfinished line that are shown
_WORRYING_SECONDS = 30.0  # of silence
_LIBRARY_PATH = "LD_LIBRARY_PATH"
_LACKS_LIBRARY = re.compile(r"error while loading shared libraries|Library not loaded")
_NOT_STARTED = 127  # of the dynamic loader
# Exit codes of Windows for a program that could not be loaded, as a signed number.
_WINDOWS_LOADER = {
    -1073741515: "a DLL was not found (0xC0000135)",
    -1073741511: "a DLL lacks a function (0xC0000139)",
    -1073741701: "a DLL is damaged or of another architecture (0xC000007B)",
}
_NO_DISPLAY = re.compile(
    r"Qt platform plugin|qt\.qpa\.(?:plugin|xcb|screen)|could not connect to display|no Qt platform", re.IGNORECASE
)
# Variables of an outer make that a tool's inner make would obey; OpenMV's build found out the hard way.
# Our own Qt's plugins are none for a tool that brings another Qt.
_LEAKING = re.compile(
    r"(MAKE.*|MFLAGS|GNUMAKEFLAGS|CFLAGS|CXXFLAGS|CPPFLAGS|ASFLAGS|LDFLAGS|CC|CXX|AS|LD|AR|RM|OPT"
    r"|QT_PLUGIN_PATH|QT_QPA_PLATFORM_PLUGIN_PATH|QT_QPA_FONTDIR)$"
)


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


def _default_environment(program: Path) -> dict[str, str]:
    """Return our clean environment; on Linux with the libraries that STM32CubeProgrammer has beside its programs."""
    libraries = real_program(program).parent.parent / "lib"
    if not (sys.platform.startswith("linux") and program.name.startswith("STM32_") and libraries.is_dir()):
        return clean_environment()
    known = os.environ.get(_LIBRARY_PATH)
    return clean_environment({_LIBRARY_PATH: f"{libraries}{os.pathsep}{known}" if known else str(libraries)})


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
    on_growing: LineSink | None = None,
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
        silence: seconds without a word after which it is given up; None for never. Half way there, after 30 s at most,
            `on_silence` is told.
        environment: the child's whole environment; None for ours without what an outer make left in it.
        on_line: called in this thread with each line as it comes.
        on_growing: called in this thread with what there is of a line, as a bar of progress grows.
        on_silence: called in this thread with the seconds of silence so far.
        cancel: when set, the tool and what it started are ended.

    Raises:
        ToolMissing: it is not there, or cannot be started.
        ToolLibraryMissing, ToolNeedsDisplay: it ended before it began.
        ToolTimeout, ToolSilent: it was given up.
        Cancelled: the user asked for it.
    """
    argv = [str(word) for word in command]
    watch = _Watch(tool, log, timeout, silence, on_silence, cancel)
    try:
        with _open_log(log, argv) as record:
            process = _started(argv, tool, cwd, environment)
            try:
                lines = _listen(process, watch, record, on_line, on_growing)
                code = _waited_for(process, watch)
            finally:
                end_process_tree(process)
            record.write(f"[{tool} ended with {code} after {watch.passed():.1f} s]\n")
    except OSError as error:  # of the log: what the tool does wrong are errors of ours already
        raise writing_error(log or Path(argv[0]), error) from error
    _require_started(tool, argv[0], code, lines)
    return ToolRun(code, tuple(lines), watch.passed(), log)


def _require_started(tool: str, path: str, code: int, lines: Sequence[str]) -> None:
    """Raise why a tool ended before it did anything: a library that is not there, or a display."""
    signed = code - (1 << 32) if code >= 1 << 31 else code
    lacking = next((line for line in lines if _LACKS_LIBRARY.search(line)), "")
    if signed in _WINDOWS_LOADER:
        raise ToolLibraryMissing(tool=tool, path=path, reason=_WINDOWS_LOADER[signed])
    if lacking and (code == _NOT_STARTED or code < 0):
        raise ToolLibraryMissing(tool=tool, path=path, reason=lacking)
    display = next((line for line in lines if _NO_DISPLAY.search(line)), "")
    if code and display:
        raise ToolNeedsDisplay(tool=tool, line=display)


class _Watch:
    """Says when a tool is to be given up; looked at between its words."""

    def __init__(
        self,
        tool: str,
        log: Path | None,
        timeout: float,
        silence: float | None,
        on_silence: SilenceSink | None,
        cancel: threading.Event | None,
    ) -> None:
        self._tool, self._log, self._timeout, self._silence = tool, log, timeout, silence
        self._on_silence, self._cancel = on_silence, cancel
        self._began = self._heard = time.monotonic()
        self._ended: float | None = None
        self._warned = False

    def passed(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began

    def silent_for(self) -> float:
        """Return the seconds since the last word."""
        return time.monotonic() - self._heard

    def heard(self) -> None:
        """Note that the tool said something."""
        self._heard, self._warned = time.monotonic(), False

    def silent_since_its_end(self) -> float:
        """Return the seconds without a word since the tool was first seen to have ended; this call sees it.

        Its silence before does not count: after a long one, the last words are often still to be read at the end.
        """
        if self._ended is None:
            self._ended = time.monotonic()
        return time.monotonic() - max(self._ended, self._heard)

    def look(self) -> None:
        """Raise Cancelled, ToolTimeout or ToolSilent when it is time, and tell of silence half way there."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled(stage=self._tool)
        if self.passed() > self._timeout:
            raise ToolTimeout(tool=self._tool, seconds=round(self._timeout), log=self._log or "")
        if self._silence is None:
            return
        if self.silent_for() > self._silence:
            raise ToolSilent(tool=self._tool, seconds=round(self._silence), log=self._log or "")
        if not self._warned and self.silent_for() > min(self._silence / 2, _WORRYING_SECONDS):
            self._warned = True
            if self._on_silence is not None:
                self._on_silence(self.silent_for())


def _listen(
    process: "subprocess.Popen[bytes]",
    watch: _Watch,
    record: IO[str],
    on_line: LineSink | None,
    on_growing: LineSink | None,
) -> list[str]:
    """Collect lines until the tool closes its output, or is gone while something that it started keeps it open."""
    reader, lines = _Reader(process), list[str]()
    while (piece := reader.next(POLL_SECONDS)) is not None:
        watch.look()
        if piece.text:
            watch.heard()
            sink = on_line if piece.whole else on_growing
            if piece.whole:
                lines.append(piece.text)
                with contextlib.suppress(OSError):  # a full disk must not break off what the tool is in the middle of
                    record.write(piece.text + "\n")
                    record.flush()
            if sink is not None:
                sink(piece.text)
        elif process.poll() is not None and watch.silent_since_its_end() > _GRACE_SECONDS:
            break
    return lines


def _waited_for(process: "subprocess.Popen[bytes]", watch: _Watch) -> int:
    """Wait for a process that has closed its output; some take their time, and some never go."""
    while (code := process.poll()) is None:
        watch.look()
        time.sleep(POLL_SECONDS / 2)
    return code


def ask_tool(command: Sequence[str | Path], tool: str, timeout: float = 20.0) -> str | None:
    """Return what a tool prints when asked something small such as its version; None when it cannot be asked."""
    try:
        return run_tool(command, tool=tool, timeout=timeout).text
    except DeployError:
        return None


@contextlib.contextmanager
def _open_log(log: Path | None, argv: Sequence[str]) -> Iterator[IO[str]]:
    """Open a log for appending and write the command into it; without a log, a file that forgets."""
    path = Path(os.devnull) if log is None else log
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="replace") as record:
        record.write("$ " + subprocess.list2cmdline(argv) + "\n")
        record.flush()
        yield record


def _started(
    argv: Sequence[str], tool: str, cwd: Path | None, environment: Mapping[str, str] | None
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(_default_environment(Path(argv[0])) if environment is None else environment),
            **apart(),
        )
    except OSError as error:
        raise ToolMissing(tool=tool, path=argv[0], reason=reason_of(error)) from error


@dataclass(frozen=True)
class _Piece:
    """A line, or what there is of one."""

    text: str
    whole: bool


_NOTHING = _Piece("", False)


class _Reader:
    """Reads a process's output in a thread and hands it over in pieces that end at a line feed or carriage return."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        self._pieces: queue.Queue[_Piece | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process.stdout,), name="tool output", daemon=True).start()

    def next(self, seconds: float) -> _Piece | None:
        """Return the next piece, an empty one when there was none within `seconds`, None at the end."""
        try:
            return self._pieces.get(timeout=seconds)
        except queue.Empty:
            return _NOTHING

    def _read(self, stream: IO[bytes]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        with contextlib.suppress(ValueError, OSError):  # closed under us when the tool is ended
            while block := os.read(stream.fileno(), 65536):
                *whole, rest = re.split(r"[\r\n]+", rest + decoder.decode(block))
                for text in whole:
                    for first in range(0, len(text), LONGEST_LINE):
                        self._hand_over(text[first : first + LONGEST_LINE], True)
                while len(rest) > LONGEST_LINE:
                    self._hand_over(rest[:LONGEST_LINE], True)
                    rest = rest[LONGEST_LINE:]
                self._hand_over(rest[-_LONGEST_BAR:], False)
        self._hand_over(rest, True)
        self._pieces.put(None)

    def _hand_over(self, text: str, whole: bool) -> None:
        if text.strip():
            self._pieces.put(_Piece(text.rstrip(), whole))
