"""Progress on standard error: the step, how far, how fast, how long still."""

import sys
import time
from typing import IO

from n6studio.domain.model.memory_map import bytes_text
from n6studio.engine.jobs.child import Message

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
        self._step = ""
        self._began = self._last_line = time.monotonic()
        self._drawn = 0

    def __call__(self, message: Message) -> None:
        """Take one message of a stage."""
        kind = message.get("type")
        if kind == "warning":
            self.say(f"Note: {message['text']}", always=True)
        elif kind == "step":
            self._step = f"[{message['index']}/{message['count']}] {message['name']}"
            self._began = self._last_line = time.monotonic()
            self._show(self._step, line=not self._terminal)
        elif kind == "progress":
            self._show(self._rate(message), line=False)

    def _rate(self, message: Message) -> str:
        done, total = int(message["done"]), int(message["total"])
        seconds = max(time.monotonic() - self._began, 1e-6)
        rate = done / seconds
        left = (total - done) / rate if rate > 0 else 0.0
        if message["unit"] == "bytes":
            counted, speed = f"{bytes_text(done)} of {bytes_text(total)}", bytes_text(rate)
        else:
            counted, speed = f"{done}/{total} {message['unit']}", f"{rate:.1f}"
        return f"{self._step}  {counted}  {speed}/s  {_duration(left)} left"

    def _show(self, text: str, line: bool) -> None:
        if self._quiet:
            return
        now = time.monotonic()
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
        self._out.write(text + "\n")
        self._out.flush()

    def clear(self) -> None:
        """Remove what is drawn in place."""
        if self._drawn:
            self._out.write("\r" + " " * self._drawn + "\r")
            self._out.flush()
            self._drawn = 0


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
