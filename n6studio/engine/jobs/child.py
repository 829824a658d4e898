"""A stage's child process: start it, read its messages, cancel it, and never leave one behind.

What it sends that is no message is its fault, not the window's: it is logged, counted, and told as a warning.
"""

import contextlib
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.registry import from_message
from n6studio.domain.errors.stages import Cancelled, NotEnoughMemory
from n6studio.domain.messages import Failed, Finished, JobMessage, StageMessage
from n6studio.domain.texts import counted
from n6studio.engine.jobs.ends import End, Job, error_of, oom_kills, out_of_memory
from n6studio.system.processes import apart, end_process_tree

MessageSink = Callable[[JobMessage], None]

CANCEL_GRACE_SECONDS = 3.0
POLL_SECONDS = 0.1
MOST_LOGGED = 20  # lines that are no messages


def worker_command() -> list[str]:
    """Return the command that starts the stages' entry: this Python, or the frozen program's worker switch."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--n6-stage"]
    # -P: nothing is imported from the folder where the program was started, and reading there is not left open for it.
    return [sys.executable, "-P", "-m", "n6studio.stages"]


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
        # Or importing TensorFlow imports Keras 3 and matplotlib, which looks at every font: a third of its seconds.
        TF_USE_LEGACY_KERAS="1",
        TF_ENABLE_ONEDNN_OPTS="0",  # figures must not depend on which CPU features oneDNN finds
        PYTHONUTF8="1",
        PYTHONUNBUFFERED="1",
    )
    # opencv-python points Qt at its own plugins when imported in the parent; no stage wants that.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        environment.pop(name, None)
    return environment


def run_stage_process(
    job: Job,
    request_file: Path,
    scratch: Path,
    on_message: MessageSink,
    cancel: threading.Event,
) -> Finished:
    """Run one stage to its end and return its last message. Blocks; call it from any one thread.

    Args:
        job: whose process it is; it writes its outputs into the folder, and all that it prints goes into the log.
        request_file: JSON of a `StageRequest`.
        scratch: folder for temporary files and the caches of libraries.
        on_message: called in this thread with every message but the last.
        cancel: when set, the stage is asked to stop, and after a grace period its process tree is ended.

    Raises:
        StudioError: what the stage reported, `Cancelled`, or what `error_of` says when it ended without a word.
    """
    killed_before = oom_kills()
    unread, end = _Unread(job.stage), End()
    with job.log.open("ab") as log_file:
        process = subprocess.Popen(
            [*worker_command(), str(request_file), str(job.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env=stage_environment(scratch),
            cwd=scratch,
            encoding="utf-8",
            errors="replace",
            **apart(),  # Ctrl-C in a terminal must reach only us
        )
    talk = _Talk(process, on_message, cancel, unread, end, job.limits.seconds if job.limits else None)
    try:
        last = talk.to_the_end()
    finally:
        end_process_tree(process)
    if isinstance(last, Finished):
        return msgspec.structs.replace(last, warnings=(*last.warnings, *unread.warnings()))
    if isinstance(last, Failed):
        raise _with_log(last, job)
    if cancel.is_set():
        raise Cancelled(stage=job.stage)
    end.code, end.notes, end.memory_short = process.returncode, unread.warnings(), oom_kills() > killed_before
    raise error_of(job, end)


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
        lines = counted(self._count, "line")
        return (f"its process sent {lines} that N6 Studio cannot read",) if self._count else ()


class _Talk:
    """Passes messages on until the process ends, was cancelled, or has used up its time.

    Args:
        process: just started.
        on_message: called with every message but the last.
        cancel: asks it to stop.
        unread: counts what is no message.
        end: told whether it began, and whether it ran out of time.
        seconds: that it may take; None for no limit.
    """

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        on_message: MessageSink,
        cancel: threading.Event,
        unread: _Unread,
        end: End,
        seconds: float | None,
    ) -> None:
        self._process, self._on_message, self._cancel, self._end = process, on_message, cancel, end
        self._arrived: queue.Queue[StageMessage | None] = queue.Queue()
        self._latest = None if seconds is None else time.monotonic() + seconds
        assert process.stdout is not None
        threading.Thread(
            target=_read, args=(process.stdout, self._arrived, unread), name="stage messages", daemon=True
        ).start()

    def to_the_end(self) -> Finished | Failed | None:
        """Return the last word, None if there was none."""
        deadline: float | None = None
        while True:
            if self._cancel.is_set() and deadline is None:
                deadline = time.monotonic() + CANCEL_GRACE_SECONDS
                self._ask_to_stop()
            if (deadline is not None and time.monotonic() > deadline) or self._too_late():
                return None
            try:
                message = self._arrived.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if message is None:
                self._wait()
                return None
            if isinstance(message, Finished | Failed):
                return message
            self._end.began = True
            self._on_message(message)

    def _ask_to_stop(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write("cancel\n")
            self._process.stdin.flush()

    def _too_late(self) -> bool:
        if self._latest is not None and time.monotonic() > self._latest:
            self._end.timed_out = True
        return self._end.timed_out

    def _wait(self) -> None:
        """Wait until the process, which has closed its side, is gone or the user has had enough."""
        while self._process.poll() is None and not self._too_late() and not self._cancel.wait(POLL_SECONDS):
            pass


def _read(stream: IO[str], arrived: "queue.Queue[StageMessage | None]", unread: _Unread) -> None:
    with contextlib.suppress(ValueError, OSError):  # the stream is closed under us when the stage is cancelled
        for line in stream:
            try:
                arrived.put(decoded(line, StageMessage))
            except msgspec.MsgspecError as error:  # also a line cut off by the process's end
                unread.add(line, error)
    arrived.put(None)


def _with_log(message: Failed, job: Job) -> Exception:
    error = from_message({"code": message.code, "fields": message.fields})
    if isinstance(error, NotEnoughMemory):
        return out_of_memory(job)
    if "log" in error.values and not error.values["log"]:
        return error.with_log(str(job.log))
    return error
