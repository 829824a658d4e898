"""A command of this program in a process of its own, for what a window does as the command line does it."""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.foreign import reading, reason_of
from n6studio.domain.errors.registry import from_message
from n6studio.domain.errors.stages import Cancelled, StageDied
from n6studio.domain.printable import printable
from n6studio.gates.files import require_folder
from n6studio.system.logs import log_file
from n6studio.system.processes import apart, end_process_tree

GRACE_SECONDS = 10.0  # that a command has to end by itself once it was asked to
_POLL_SECONDS = 0.2
_LAST_LINES = 20


def program() -> list[str]:
    """Return what starts this program with words behind it."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-P", "-m", "n6studio"]


class _Failure(msgspec.Struct):
    code: str = ""
    fields: dict[str, object] = {}


class _Answer(msgspec.Struct):
    """What every command prints with --json, as far as it is used here."""

    ok: bool = False
    outputs: dict[str, str] = {}
    error: _Failure | None = None


def run_command(
    words: Sequence[str], folder: Path, on_line: Callable[[str], object], cancel: threading.Event
) -> dict[str, Path]:
    """Run ``n6studio WORDS --json`` to its end and return its outputs by role. Blocks; call it from any one thread.

    Args:
        words: the command and its options.
        folder: in which it runs.
        on_line: called with every line of progress, in a thread of its own.
        cancel: when set, the command is asked to stop, and after a grace period its process tree is ended.

    Raises:
        FileMissing, NotAFolder: there is no such folder.
        StageDied: it cannot be started, or ended without a word.
        StudioError: what the command says, or `Cancelled`.
    """
    with reading(folder):
        require_folder(folder)
    try:
        process = subprocess.Popen(
            [*program(), *words, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            encoding="utf-8",
            errors="replace",
            **apart(),
        )
    except OSError as error:
        raise _died(words, reason_of(error)) from error
    told: deque[str] = deque(maxlen=_LAST_LINES)
    printed: list[str] = []
    readers = (
        threading.Thread(target=_follow, args=(process.stderr, told, on_line), name="command's progress"),
        threading.Thread(target=lambda: printed.append(process.stdout.read() if process.stdout else "")),
    )
    for reader in readers:
        reader.start()
    try:
        _wait(process, cancel)
    finally:
        end_process_tree(process)
        for reader in readers:
            reader.join()
        if process.stderr is not None:
            process.stderr.close()
    if cancel.is_set():
        raise Cancelled(stage=words[0])
    try:
        answer = decoded("".join(printed).encode(), _Answer)
    except msgspec.MsgspecError:
        answer = None
    if answer is None:
        raise _died(words, told[-1] if told else f"exit code {process.returncode}")
    if not answer.ok:
        failure = answer.error or _Failure()
        raise from_message({"code": failure.code, "fields": failure.fields})
    return {role: Path(path) for role, path in answer.outputs.items()}


def _died(words: Sequence[str], how: str) -> StageDied:
    return StageDied(stage=words[0].capitalize(), how=how, log=log_file())  # where every command logs


def _wait(process: "subprocess.Popen[str]", cancel: threading.Event) -> None:
    while process.poll() is None and not cancel.wait(_POLL_SECONDS):
        pass
    if process.poll() is None and os.name == "posix":  # elsewhere it could tidy up nothing, and its children stayed
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return  # the caller ends the tree


def _follow(stream: Any, told: deque[str], on_line: Callable[[str], object]) -> None:
    for line in stream:
        text = printable(line.strip())
        if text:
            told.append(text)
            on_line(text)
