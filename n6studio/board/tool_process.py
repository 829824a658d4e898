"""Running a vendor's command-line tool: every line as it comes, silence noticed, cancelled with all its children.

Exports: `run_tool`, `ToolRun`, `HowEnded`.

Output is split at line feeds and at carriage returns, since progress bars rewrite their line; what is not yet ended by
either is shown, too, as it grows. Nothing is ever typed into a tool: its standard input is empty.
"""

import contextlib
import enum
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from n6studio.domain.errors_deploy import ProgrammerNotStarted
from n6studio.system.processes import apart, end_process_tree

POLL_SECONDS = 0.1
_CHUNK = 4096
_BREAK = re.compile(r"\r\n|\r|\n")
_MISSING_LIBRARY = re.compile(r"error while loading shared libraries|Library not loaded|cannot open shared object")
_NOT_FOUND = 127


class HowEnded(enum.StrEnum):
    """Why the tool is no longer running."""

    BY_ITSELF = "by itself"
    CANCELLED = "cancelled"
    SILENT = "silent"


@dataclass(frozen=True)
class ToolRun:
    """What a tool said and how it ended: its exit code, its lines (empty ones left out), and why it stopped."""

    exit_code: int
    lines: tuple[str, ...]
    how: HowEnded

    def last(self, pattern: str = r"\S") -> str:
        """Return the last line that matches, '' when none does."""
        return next((line for line in reversed(self.lines) if re.search(pattern, line)), "")


def _ignore(_line: str) -> None:
    pass


def run_tool(
    command: Sequence[str],
    *,
    cancel: threading.Event,
    silence_seconds: float,
    log: Path | None = None,
    on_line: Callable[[str], None] = _ignore,
    folder: Path | None = None,
) -> ToolRun:
    """Run a tool to its end. Blocks; call it from any one thread.

    Args:
        command: program and arguments.
        cancel: when set, the tool and everything it started are ended.
        silence_seconds: it is ended likewise when it prints nothing for so long.
        log: the command and all output are appended to this file.
        on_line: called in this thread with each line, also with one that still grows.
        folder: working directory.

    Raises:
        ProgrammerNotStarted: the operating system does not start it, or a library of its is missing.
    """
    with _opened(log) as log_file:
        _note(log_file, "$ " + " ".join(f'"{word}"' if " " in word else word for word in command))
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(Path(command[0])),
                cwd=folder,
                bufsize=0,
                **apart(),
            )
        except OSError as error:
            raise ProgrammerNotStarted(path=command[0], reason=error.strerror or error) from error
        try:
            how, lines = _listen(process, cancel, silence_seconds, log_file, on_line)
        finally:
            end_process_tree(process)
        _note(log_file, f"[ended {how.value}, exit code {process.returncode}]")
    run = ToolRun(process.returncode, tuple(lines), how)
    missing = run.last(_MISSING_LIBRARY.pattern)
    if missing and run.exit_code == _NOT_FOUND:
        raise ProgrammerNotStarted(path=command[0], reason=missing)
    return run


def _listen(
    process: "subprocess.Popen[bytes]",
    cancel: threading.Event,
    silence_seconds: float,
    log: IO[str] | None,
    on_line: Callable[[str], None],
) -> tuple[HowEnded, list[str]]:
    """Collect lines until the tool closes its output, is cancelled or has been silent for too long."""
    arrived: queue.Queue[bytes | None] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=_read, args=(process.stdout, arrived), name="tool output", daemon=True).start()
    lines: list[str] = []
    rest, heard = "", time.monotonic()
    while True:
        if cancel.is_set():
            return HowEnded.CANCELLED, lines
        try:
            chunk = arrived.get(timeout=POLL_SECONDS)
        except queue.Empty:
            if time.monotonic() - heard > silence_seconds:
                return HowEnded.SILENT, lines
            continue
        heard = time.monotonic()
        if chunk is None:
            process.wait()
            return HowEnded.BY_ITSELF, lines
        *complete, rest = _BREAK.split(rest + chunk.decode("utf-8", "replace"))
        for line in complete:
            if line.strip():
                lines.append(line)
                _note(log, line)
                on_line(line)
        if rest.strip():
            on_line(rest)


def _read(stream: IO[bytes], arrived: "queue.Queue[bytes | None]") -> None:
    """Pass on what arrives; a character or a line end that is cut in two waits for its other half."""
    held = b""
    with contextlib.suppress(ValueError, OSError):  # the stream is closed under us when the tool is ended
        while chunk := stream.read(_CHUNK):
            whole, held = _cut(held + chunk)
            if whole:
                arrived.put(whole)
    arrived.put(held + b"\n")  # ends a last line without a line feed
    arrived.put(None)


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """Return what can be decoded now, and the unfinished end."""
    end = len(data)
    if data.endswith(b"\r"):
        end -= 1
    for back in range(1, min(4, end) + 1):
        byte = data[end - back]
        if byte & 0xC0 != 0x80:  # the first byte of a character
            length = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (data[:end], data[end:]) if length <= back else (data[: end - back], data[end - back :])
    return data[:end], data[end:]


def _environment(program: Path) -> dict[str, str]:
    """Return our environment, with the libraries that lie beside the tool where Linux does not find them by itself."""
    environment = dict(os.environ)
    libraries = program.parent.parent / "lib"
    if sys.platform.startswith("linux") and libraries.is_dir():
        known = environment.get("LD_LIBRARY_PATH")
        environment["LD_LIBRARY_PATH"] = f"{libraries}{os.pathsep}{known}" if known else str(libraries)
    return environment


@contextlib.contextmanager
def _opened(log: Path | None) -> Iterator[IO[str] | None]:
    """Yield the log, or None where it cannot be written: a full disk must not break off a write to flash."""
    file = None
    if log is not None:
        with contextlib.suppress(OSError):
            log.parent.mkdir(parents=True, exist_ok=True)
            file = log.open("a", encoding="utf-8")
    try:
        yield file
    finally:
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def _note(log: IO[str] | None, line: str) -> None:
    if log is not None:
        with contextlib.suppress(OSError):
            log.write(line + "\n")
            log.flush()
