"""How far a job is, in words, from a stage's messages. No Qt, no clock of its own."""

from dataclasses import dataclass
from typing import Any

from n6studio.domain.model.memory_map import bytes_text

RATE_SECONDS = 0.5  # before that, a rate says nothing


@dataclass(frozen=True)
class JobProgress:
    """A job's progress; every message yields a new one.

    Attributes:
        step: name of the step.
        index, count: its number, from 1, and how many there are; 0 before the first.
        done, total: within the step; total is 0 where that is not known.
        unit: what is counted.
        step_began: when the step began, seconds on a monotonic clock.
        warnings: sentences so far.
        steps: names of the steps that are over, with their seconds.
    """

    step: str = ""
    index: int = 0
    count: int = 0
    done: int = 0
    total: int = 0
    unit: str = ""
    step_began: float = 0.0
    warnings: tuple[str, ...] = ()
    steps: tuple[tuple[str, float], ...] = ()

    def after(self, message: dict[str, Any], now: float) -> "JobProgress":
        """Return the progress after a message that arrived at `now`."""
        kind = message.get("type")
        values = dict(vars(self))
        if kind == "step":
            over = (*self.steps, (self.step, now - self.step_began)) if self.step else self.steps
            values.update(step=str(message["name"]), index=int(message["index"]), count=int(message["count"]))
            values.update(done=0, total=0, unit="", step_began=now, steps=over)
        elif kind == "progress":
            values.update(done=int(message["done"]), total=int(message["total"]), unit=str(message.get("unit", "")))
        elif kind == "warning":
            values.update(warnings=(*self.warnings, str(message["text"])))
        return JobProgress(**values)

    def step_text(self) -> str:
        """Return "step 2 of 4: ONNX"."""
        return f"step {self.index} of {self.count}: {self.step}" if self.step else "starting"

    def rate_text(self, now: float) -> str:
        """Return "12 of 32 images, 3.1/s, 6 s left", or how long the step has taken where nothing is counted."""
        seconds = now - self.step_began
        if not self.total:
            return duration(seconds) if self.step and seconds >= 1 else ""
        text = _counted(self.done, self.total, self.unit)
        if seconds < RATE_SECONDS or not self.done:
            return text
        rate = self.done / seconds
        left = (self.total - self.done) / rate
        speed = bytes_text(rate) if self.unit == "bytes" else f"{rate:.1f}"
        return f"{text}, {speed}/s" + (f", {duration(left)} left" if self.done < self.total else "")


def _counted(done: int, total: int, unit: str) -> str:
    if unit == "bytes":
        return f"{bytes_text(done)} of {bytes_text(total)}"
    return f"{done} of {total} {unit}".rstrip()


def duration(seconds: float) -> str:
    """Return "8 s", "1 min 20 s" or "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
