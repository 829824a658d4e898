"""Charts of a compiled model's speed: predicted time by unit and by epoch, and memory over the epochs' life."""

from collections.abc import Sequence

from n6studio.domain.charts.axis import Axis, round_above
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.colours import ColourName
from n6studio.domain.model.operators import Unit
from n6studio.domain.model.speed import Epoch, PoolLife, time_by_unit, time_of

SLOWEST = 10  # epochs that are named
_UNIT_COLOURS: dict[Unit, ColourName] = {Unit.NPU: "good", Unit.BOTH: "warn", Unit.CPU: "bad"}
_POOL_COLOURS: tuple[ColourName, ...] = (
    "part_1", "part_2", "part_6", "part_4", "part_7", "part_8", "part_5", "part_3",
)  # fmt: skip
_UNKNOWN = "The compiler's files do not say how long any part takes."


def time_by_part(epochs: Sequence[Epoch]) -> Bars:
    """Return the predicted time of all epochs together, and of the slowest ones, by where they are computed."""
    timed = [(epoch, spent.likely) for epoch in epochs if (spent := time_of(epoch)) is not None]
    slowest = sorted(timed, key=lambda pair: -pair[1])[:SLOWEST]
    whole = {unit: spent.likely for unit, spent in time_by_unit(epochs).items()}
    labels = ("all epochs", *(epoch_text(epoch) for epoch, _ in slowest)) if timed else ()
    series = tuple(
        Series(unit.value, colour, (whole.get(unit, 0.0), *(ms if one.unit == unit else 0.0 for one, ms in slowest)))
        for unit, colour in _UNIT_COLOURS.items()
    )
    return Bars(
        title="Predicted time",
        x=Axis("time", "ms", digits=2),
        y=Axis("epoch"),
        nothing="" if timed else _UNKNOWN,
        labels=labels,
        series=series if timed else (),
        stacked=True,
        totals=True,
    ).fitted()


def epoch_text(epoch: Epoch) -> str:
    """Return an epoch's number and what it computes, in a few words."""
    return f"{epoch.number} {', '.join(epoch.operations[:2])}".rstrip()


def memory_life(pools: Sequence[PoolLife]) -> Lines:
    """Return how full each memory is at each epoch."""
    last = max((len(pool.used) for pool in pools), default=1) - 1
    return Lines(
        title="Memory over the epochs",
        x=Axis("epoch", "number", 0, max(1, last), whole=True),
        y=Axis("activations", "KiB", 0, round_above(pool.peak / 1024 for pool in pools), digits=1),
        nothing="" if pools else "The compiler's files do not say which buffers live when.",
        lines=tuple(
            Line(
                pool.name,
                _POOL_COLOURS[place % len(_POOL_COLOURS)],
                tuple(map(float, range(len(pool.used)))),
                tuple(used / 1024 for used in pool.used),
            )
            for place, pool in enumerate(pools)
        ),
    )
