"""How far a job is, how fast it goes and how long it still takes; in numbers and in words. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from n6studio.domain.texts import bytes_text, duration

if TYPE_CHECKING:
    from n6studio.domain.messages import JobMessage

SETTLED_SECONDS = 0.5  # before that, a rate is mostly noise


@dataclass(frozen=True)
class Pace:
    """How far something is.

    Attributes:
        done, total: what was counted, and how much there is; a total of 0 is not known.
        seconds: since it began.
        unit: what is counted; 'bytes' are shown in KiB and MiB.
    """

    done: int
    total: int
    seconds: float
    unit: str = ""

    @property
    def fraction(self) -> float | None:
        """The part that is done, 0..1; None where the total is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def rate(self) -> float | None:
        """What is done a second; None while it is too early to tell."""
        return self.done / self.seconds if self.done and self.seconds >= SETTLED_SECONDS else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is done; None while there is no rate or no total."""
        rate = self.rate
        return max(0.0, (self.total - self.done) / rate) if rate and self.total else None

    def text(self) -> str:
        """Return "12 of 32 images, 3.1 images/s, 6 s left"; less of it while less is known."""
        in_bytes = self.unit == "bytes"
        say = bytes_text if in_bytes else str
        done = f"{say(self.done)} of {say(self.total)}" if self.total else say(self.done)
        parts = [done if in_bytes else f"{done} {self.unit}".rstrip()]
        rate, left = self.rate, self.seconds_left
        if rate is not None:
            parts.append(f"{bytes_text(rate) if in_bytes else f'{rate:.1f} {self.unit}'.rstrip()}/s")
        if left is not None and self.done < self.total:
            parts.append(f"{duration(left)} left")
        return ", ".join(parts)


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

    def after(self, message: JobMessage, now: float) -> JobProgress:
        """Return the progress after a message that arrived at `now`."""
        from n6studio.domain.messages import Progressed, StepBegan, Warned  # a start of the window does without

        if isinstance(message, StepBegan):
            over = (*self.steps, (self.step, now - self.step_began)) if self.step else self.steps
            return JobProgress(
                message.name, message.index, message.count, step_began=now, warnings=self.warnings, steps=over
            )
        if isinstance(message, Progressed):
            return replace(self, done=message.done, total=message.total, unit=message.unit)
        if isinstance(message, Warned):
            return replace(self, warnings=(*self.warnings, message.text))
        return self

    def step_text(self) -> str:
        """Return "step 2 of 4: ONNX"."""
        return f"step {self.index} of {self.count}: {self.step}" if self.step else "starting"

    def pace(self, now: float) -> Pace:
        """Return how far and how fast the step is."""
        return Pace(self.done, self.total, now - self.step_began, self.unit)

    def rate_text(self, now: float) -> str:
        """Return "12 of 32 images, 3.1 images/s, 6 s left", or how long the step has taken where nothing is counted."""
        pace = self.pace(now)
        if self.total:
            return pace.text()
        return duration(pace.seconds) if self.step and pace.seconds >= 1 else ""
