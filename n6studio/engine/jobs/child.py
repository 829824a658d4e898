"""A stage's child process: start it, read its messages, cancel it, and never leave one behind.

What it sends that is no message is its fault, not the window's: it is logged, counted, and told as a warning.
"""

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.foreign import is_full
from n6studio.domain.errors.registry import from_message
from n6studio.domain.errors.stages import Cancelled, NotEnoughMemory, StageDied
from n6studio.domain.messages import Failed, Finished, JobMessage, StageMessage
from n6studio.system.processes import apart, end_process_tree

MessageSink = Callable[[JobMessage], None]

CANCEL_GRACE_SECONDS = 3.0
POLL_SECONDS = 0.1
MOST_LOGGED = 20  # lines that are no messages
OOM_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def worker_command() -> list[str]:
    """Return the command that starts the stages' entry: this Python, or the frozen program's worker switch."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--n6-stage"]
    return [sys.executable, "-m", "n6studio.stages"]


def stage_environment(scratch: Path) -> dict[str, str]:
    """Return the child's environment: offline, installing nothing, and writing only below `scratch`."""
    environment = dict(os.environ)
    environment.update(
        YOLO_AUTOINSTALL="False",
        YOLO_OFFLINE="true",
        YOLO_CONFIG_DIR=str(scratch),
        YOLO_VERBOSE="false",
        MPLCONFIGDIR=str(scratch),
        MPLBACKEND="Agg",
        HOME=str(scratch),  # what libraries keep there is not theirs to read, and would decide about results
        XDG_CACHE_HOME=str(scratch),
        TORCH_HOME=str(scratch),
        TMPDIR=str(scratch),
        TEMP=str(scratch),
        TMP=str(scratch),
        TF_CPP_MIN_LOG_LEVEL="2",
        TF_ENABLE_ONEDNN_OPTS="0",  # figures must not depend on which CPU features oneDNN finds
        PYTHONUTF8="1",
        PYTHONUNBUFFERED="1",
    )
    # opencv-python points Qt at its own plugins when imported in the parent; no stage wants that.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        environment.pop(name, None)
    return environment


def run_stage_process(
    stage: str,
    request_file: Path,
    folder: Path,
    scratch: Path,
    log: Path,
    on_message: MessageSink,
    cancel: threading.Event,
) -> Finished:
    """Run one stage to its end and return its last message. Blocks; call it from any one thread.

    Args:
        stage: name for error messages.
        request_file: JSON of a `StageRequest`.
        folder: where the stage writes its outputs.
        scratch: folder for temporary files and the caches of libraries.
        log: everything the process prints goes here, whole.
        on_message: called in this thread with every message but the last.
        cancel: when set, the stage is asked to stop, and after a grace period its process tree is ended.

    Raises:
        StudioError: what the stage reported, `Cancelled`, or `StageDied` when it ended without a word.
    """
    killed_before = _oom_kills()
    unread = _Unread(stage)
    with log.open("ab") as log_file:
        process = subprocess.Popen(
            [*worker_command(), str(request_file), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env=stage_environment(scratch),
            cwd=scratch,
            encoding="utf-8",
            errors="replace",
            **apart(),  # Ctrl-C in a terminal must reach only us
        )
    try:
        last = _converse(process, on_message, cancel, unread)
    finally:
        end_process_tree(process)
    if isinstance(last, Finished):
        return msgspec.structs.replace(last, warnings=(*last.warnings, *unread.warnings()))
    if isinstance(last, Failed):
        raise _with_log(last, log)
    if cancel.is_set():
        raise Cancelled(stage=stage)
    if _ended_for_memory(process.returncode, log, _oom_kills() > killed_before):
        raise NotEnoughMemory(stage=stage, log=log)
    if is_full(folder):  # a library that maps files into memory dies of SIGBUS
        raise DiskFull(path=folder)
    raise StageDied(stage=stage, how="; ".join([_how_it_ended(process.returncode), *unread.warnings()]), log=log)


class _Unread:
    """Counts the lines of a stage's process that are no messages."""

    def __init__(self, stage: str) -> None:
        self._stage, self._count = stage, 0

    def add(self, line: str, reason: Exception) -> None:
        self._count += 1
        if self._count <= MOST_LOGGED:
            logging.getLogger("n6studio").warning("%s sent what is no message: %s: %.200r", self._stage, reason, line)

    def warnings(self) -> tuple[str, ...]:
        """Return what the user is told, as no or one sentence."""
        lines = "1 line" if self._count == 1 else f"{self._count} lines"
        return (f"its process sent {lines} that N6 Studio cannot read",) if self._count else ()


def _converse(
    process: "subprocess.Popen[str]", on_message: MessageSink, cancel: threading.Event, unread: _Unread
) -> Finished | Failed | None:
    """Pass messages on until the process ends or was cancelled; return the last word, None if there was none."""
    assert process.stdout is not None
    assert process.stdin is not None
    arrived: queue.Queue[StageMessage | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, arrived, unread), name="stage messages", daemon=True).start()
    deadline: float | None = None
    while True:
        if cancel.is_set() and deadline is None:
            deadline = time.monotonic() + CANCEL_GRACE_SECONDS
            with contextlib.suppress(OSError):
                process.stdin.write("cancel\n")
                process.stdin.flush()
        if deadline is not None and time.monotonic() > deadline:
            return None
        try:
            message = arrived.get(timeout=POLL_SECONDS)
        except queue.Empty:
            continue
        if message is None:
            _wait_for(process, cancel)
            return None
        if isinstance(message, Finished | Failed):
            return message
        on_message(message)


def _wait_for(process: "subprocess.Popen[str]", cancel: threading.Event) -> None:
    """Wait until the process, which has closed its side, is gone or the user has had enough."""
    while process.poll() is None and not cancel.wait(POLL_SECONDS):
        pass


def _read(stream: IO[str], arrived: "queue.Queue[StageMessage | None]", unread: _Unread) -> None:
    with contextlib.suppress(ValueError, OSError):  # the stream is closed under us when the stage is cancelled
        for line in stream:
            try:
                arrived.put(decoded(line, StageMessage))
            except msgspec.MsgspecError as error:  # also a line cut off by the process's end
                unread.add(line, error)
    arrived.put(None)


def _with_log(message: Failed, log: Path) -> Exception:
    error = from_message({"code": message.code, "fields": message.fields})
    if "log" in error.values and not error.values["log"]:
        return error.with_log(str(log))
    return error


def _how_it_ended(code: int) -> str:
    if code < 0:
        known = {item.value: item.name for item in signal.Signals}
        return f"signal {-code} ({known.get(-code, 'unknown')})"
    return f"exit code {code}"


def _oom_kills() -> int:
    """Return how many processes Linux has ended for lack of memory, on this machine and in our group; 0 elsewhere."""
    count = 0
    for counter in OOM_COUNTERS:
        with contextlib.suppress(OSError, ValueError):
            count += sum(int(words[9:]) for words in counter.read_text().splitlines() if words[:9] == "oom_kill ")
    return count


def _ended_for_memory(code: int, log: Path, kernel_ended_one: bool) -> bool:
    """Whether it ran out of memory: SIGKILL while the kernel counted a victim, or a failed allocation in the log."""
    if code == -9 and kernel_ended_one:
        return True
    try:
        tail = log.read_bytes()[-20_000:]
    except OSError:
        return False
    return code != 0 and any(sign in tail for sign in (b"std::bad_alloc", b"MemoryError", b"OOM when allocating"))
