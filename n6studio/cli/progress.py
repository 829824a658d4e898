"""Progress on standard error: the step, its progress, its rate and the time left."""

import sys
import time
from typing import IO

from n6studio.cli.texts import WARNING
from n6studio.domain.messages import JobMessage, Progressed, StepBegan, Warned
from n6studio.domain.printable import printable
from n6studio.domain.progress import JobProgress

LINE_SECONDS = 10.0  # between lines where there is no terminal to redraw


class Progress:
    """Shows a stage's messages to a person.

    Args:
        quiet: show warnings only.
        out: where to; a terminal is redrawn in place, anything else gets a line now and then.
    """

    def __init__(self, quiet: bool = False, out: IO[str] | None = None) -> None:
        self._out = out or sys.stderr
        self._quiet = quiet
        self._terminal = self._out.isatty()
        self._progress = JobProgress(step_began=time.monotonic())
        self._last_line = self._progress.step_began
        self._drawn = 0

    @property
    def redraws(self) -> bool:
        """Whether what is shown takes the place of what was shown before."""
        return self._terminal

    def __call__(self, message: JobMessage) -> None:
        """Take one message of a job."""
        now = time.monotonic()
        self._progress = progress = self._progress.after(message, now)
        step = f"[{progress.index}/{progress.count}] {progress.step}" if progress.step else ""
        if isinstance(message, Warned):
            self.say(f"{WARNING}{message.text}", always=True)
        elif isinstance(message, StepBegan):
            self._last_line = now
            self._show(step, line=not self._terminal)
        elif isinstance(message, Progressed):
            self._show(f"{step}  {progress.pace(now).text()}", line=False)

    def _show(self, text: str, line: bool) -> None:
        if self._quiet:
            return
        now, text = time.monotonic(), printable(text)
        if self._terminal:
            self._out.write("\r" + text.ljust(self._drawn))
            self._out.flush()
            self._drawn = len(text)
        elif line or now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            self._out.write(text + "\n")
            self._out.flush()

    def say(self, text: str, always: bool = False) -> None:
        """Print a line of its own."""
        if self._quiet and not always:
            return
        self.clear()
        self._out.write(printable(text) + "\n")
        self._out.flush()

    def clear(self) -> None:
        """Remove what is drawn in place."""
        if self._drawn:
            self._out.write("\r" + " " * self._drawn + "\r")
            self._out.flush()
            self._drawn = 0
