"""The stage's side of the conversation with the engine: messages out, cancel in."""

import os
import threading
import time
from pathlib import Path
from typing import IO, Any

import msgspec

from n6studio.domain.encoding import encoded
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import (
    PROTOCOL_VERSION,
    Failed,
    Finished,
    Hello,
    Progressed,
    StageMessage,
    StepBegan,
    Warned,
)
from n6studio.domain.results import StageOutcome

PROGRESS_SECONDS = 0.1  # the window redraws no more often


class Reporter:
    """Tells the engine how a stage fares. Safe to call from any thread of the stage.

    Args:
        stage: the stage's name.
        out: text stream for the messages, one JSON object a line.
        step_count: how many steps the stage will announce.
    """

    def __init__(self, stage: str, out: IO[str], step_count: int = 1) -> None:
        self.stage = stage
        self.step_count = step_count
        self.step_seconds: dict[str, float] = {}
        self._out = out
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._step_index = 0
        self._step_name = ""
        self._step_began = time.monotonic()
        self._last_progress = 0.0
        self.warnings: list[str] = []

    def _send(self, message: StageMessage) -> None:
        line = encoded(message).decode()
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def hello(self) -> None:
        """Say that the process is up."""
        self._send(Hello(PROTOCOL_VERSION, self.stage, os.getpid()))

    def step(self, name: str) -> None:
        """Begin the next step; stops here when the user has cancelled."""
        self.check_cancelled()
        self._end_step()
        self._step_index, self._step_name, self._step_began = self._step_index + 1, name, time.monotonic()
        self._send(StepBegan(name, self._step_index, max(self.step_count, self._step_index)))

    def _end_step(self) -> None:
        if self._step_name:
            self.step_seconds[self._step_name] = round(time.monotonic() - self._step_began, 3)

    def progress(self, done: int, total: int, unit: str = "images") -> None:
        """Report `done` of `total` within the step; stops here when the user has cancelled."""
        self.check_cancelled()
        now = time.monotonic()
        if done < total and now - self._last_progress < PROGRESS_SECONDS:
            return
        self._last_progress = now
        self._send(Progressed(done, total, unit))

    def warn(self, text: str) -> None:
        """Report something that the user should know and that does not stop the stage."""
        self.warnings.append(text)
        self._send(Warned(text))

    def result(self, outcome: StageOutcome[Any]) -> None:
        """Report success; the last message. Figures that have `step_seconds` are told how long each step took."""
        self._end_step()
        found = outcome.figures
        if isinstance(found, msgspec.Struct):
            if any(field.name == "step_seconds" for field in msgspec.structs.fields(found)):
                found = msgspec.structs.replace(found, step_seconds=self.step_seconds)
        else:
            found = {**found, "step_seconds": self.step_seconds}
        self._send(
            Finished(
                outputs=outcome.outputs,
                figures=msgspec.Raw(encoded(found)),
                warnings=(*self.warnings, *outcome.warnings),
                versions=outcome.versions,
                watched=outcome.watched,
            )
        )

    def error(self, error: StudioError) -> None:
        """Report failure; the last message."""
        self._send(Failed(**error.to_message()))

    def cancel(self) -> None:
        """Ask the stage to stop at its next report."""
        self._cancelled.set()

    def check_cancelled(self) -> None:
        """Stop here when the user has cancelled.

        Raises:
            Cancelled: when so.
        """
        if self._cancelled.is_set():
            raise Cancelled(stage=self.stage)


def listen_for_cancel(reporter: Reporter, commands: IO[str]) -> None:
    """Watch the engine's side in a thread: the line "cancel" asks to stop; an end of file means the engine is gone."""

    def watch() -> None:
        for line in commands:
            if line.strip() == "cancel":
                reporter.cancel()
        os._exit(1)  # nobody is left to work for

    threading.Thread(target=watch, name="cancel", daemon=True).start()


def relative_outputs(folder: Path, files: dict[str, Path]) -> dict[str, str]:
    """Return role -> path relative to the stage's folder, with forward slashes."""
    return {role: path.relative_to(folder).as_posix() for role, path in files.items()}
