"""Axes: what is measured, in which unit, from where to where, and which values are written beside it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from n6studio.domain.texts import minus

FRACTION = "fraction"  # of one; the unit of precision, recall, AP and OKS
COUNT = "count"

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS, _WHOLE_TICKS = 5, 10  # about so many; whole numbers are short
_NEAR = 0.6  # of a step; a tick nearer than this to an end would be written over the end's


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        name: what is measured.
        unit: in which unit; "" only where names stand along the axis instead of numbers.
        low, high: the part that is shown.
        whole: whether it counts something, so that no half is written beside it.
        digits: decimals with which values are read out.
        root: whether it is a root scale, which shows shares of a hundredth beside shares of one; `low` is 0 then.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    digits: int = 2
    root: bool = False

    @property
    def label(self) -> str:
        """Name and unit, as they stand beside the axis."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def read(self, value: float) -> str:
        """Return a value of the axis as it is read out, without its unit."""
        return minus(f"{value:.{0 if self.whole else self.digits}f}")

    def read_named(self, value: float) -> str:
        """Return name, value and unit, as in "recall 0.50" or "time −12 s"."""
        unit = "" if self.unit in (FRACTION, COUNT) else f" {self.unit}"
        return f"{self.name} {self.read(value)}{unit}"

    def place(self, value: float) -> float:
        """Return where on the axis a value lies, in units that are equally far apart everywhere."""
        return math.sqrt(max(0.0, value)) if self.root else value

    def ticks(self) -> tuple[float, ...]:
        """Return round values along the axis; start and end are always among them."""
        span = self.high - self.low
        if not math.isfinite(span) or span <= 0:
            return (self.low,)
        if self.root:
            inner = [float(f"{self.high * (tick / _TICKS) ** 2:.2g}") for tick in range(_TICKS)]
            return (*inner, self.high)
        step = _nice(span / (_WHOLE_TICKS if self.whole else _TICKS))
        if self.whole:
            step = max(1.0, round(step))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        between = [round(place * step, 10) for place in range(first, last + 1)]
        low, high = self.low, self.high
        if self.whole:
            low, high = math.ceil(low - 1e-9), math.floor(high + 1e-9)
        inner = [tick for tick in between if tick - low > _NEAR * step and high - tick > _NEAR * step]
        return (float(low), *inner, float(high))


def tick_text(value: float) -> str:
    """Return what is written beside a tick."""
    return minus(f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}")


def _nice(least: float) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in _STEPS if power * factor >= least * 0.999)


def round_above(values: Iterable[float], least: float = 0.0) -> float:
    """Return a round end for an axis on which all of `values`, which are not negative, have room; 1 where all are 0."""
    highest = max([*values, least], default=least)
    if highest <= 0:
        return 1.0
    step = _nice(highest / _TICKS)
    return round(math.ceil(highest / step - 1e-9) * step, 10)
