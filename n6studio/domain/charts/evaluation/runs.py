"""The chart of a project's evaluations, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from n6studio.domain.charts.axis import FRACTION, Axis
from n6studio.domain.charts.lines import Line, Lines


@dataclass(frozen=True)
class RunFigures:
    """AP of one evaluation: its number in the project, of the judged model at both rules, and of the reference."""

    number: int
    ap: float | None
    ap50: float | None
    reference_ap: float | None


def ap_over_runs(runs: Sequence[RunFigures], count: int) -> Lines:
    """Return AP over runs that looked at the same data, of `count` runs in all."""
    x = tuple(float(run.number) for run in runs)
    lines = (
        Line("AP int8", "int8_colour", x, tuple(run.ap for run in runs), dots=True),
        Line("AP float", "float_colour", x, tuple(run.reference_ap for run in runs), dashed=True, dots=True),
        Line("AP50 int8", "good", x, tuple(run.ap50 for run in runs), dots=True),
    )
    known = [value for line in lines for value in line.y if value is not None]
    return Lines(
        title="AP by run, on this data",
        x=Axis("run", "number", 0.5, max(2, count) + 0.5, whole=True),
        y=Axis("AP", FRACTION, 0, min(1.0, max([*known, 0.1]) * 1.15)),
        nothing="" if runs else "No runs on labelled data yet.",
        lines=lines,
    )
