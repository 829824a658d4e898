"""Charts of a deployment: what fills the board's memories, and where the model is computed."""

from collections.abc import Sequence
from dataclasses import replace

from n6studio.domain.charts.axis import COUNT, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.memory_map import MemoryMap
from n6studio.domain.colours import ColourName
from n6studio.domain.model.compiled import Epochs
from n6studio.domain.model.memory_map import KINDS, MemoryRegion
from n6studio.domain.texts import bytes_text

_KIND_COLOURS: tuple[ColourName, ...] = ("muted", "accent", "int8_colour", "good", "warn")  # of `KINDS`


def memory_map(regions: Sequence[MemoryRegion]) -> MemoryMap:
    """Return what fills these regions, on an axis that ends where the fullest of them does: most are nearly empty."""
    present = [kind for kind in KINDS if any(one.share(kind) for one in regions)]
    made = MemoryMap(
        title="Memory map",
        x=Axis("used", "% of region", 0, 100, digits=1),
        y=Axis("region"),
        nothing="" if regions else "Available once the model is compiled and the application built.",
        labels=tuple(f"{one.name}  {bytes_text(one.size)}" for one in regions),
        series=tuple(
            Series(kind, _KIND_COLOURS[KINDS.index(kind)], tuple(one.share(kind) for one in regions))
            for kind in present
        ),
        stacked=True,
        totals=True,
        regions=tuple(regions),
    ).fitted()
    return replace(made, x=replace(made.x, high=min(100.0, made.x.high)))


def epochs(found: Epochs) -> Bars:
    """Return how many of the model's epochs are computed where."""
    counts: tuple[tuple[str, ColourName, int], ...] = (
        ("NPU", "good", found.hardware),
        ("NPU and processor", "warn", found.hybrid),
        ("processor", "bad", found.software),
    )
    return Bars(
        title="Epochs by execution unit",
        x=Axis("epochs", COUNT, whole=True, digits=0),
        y=Axis("model"),
        labels=("all",),
        series=tuple(Series(name, colour, (float(count),)) for name, colour, count in counts),
        stacked=True,
        totals=True,
    ).fitted()
