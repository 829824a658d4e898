"""Charts of a deployment: what fills the board's memories, and where the model is computed."""

from collections.abc import Mapping, Sequence

from n6studio.domain.charts.axis import COUNT, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.memory_map import MemoryMap
from n6studio.domain.colours import ColourName
from n6studio.domain.model.memory_map import KINDS, MemoryRegion
from n6studio.domain.texts import bytes_text

_KIND_COLOURS: tuple[ColourName, ...] = ("muted", "accent", "int8_colour", "good", "warn")  # of `KINDS`
_UNITS: tuple[tuple[str, str, ColourName], ...] = (
    ("hardware", "NPU", "good"),
    ("hybrid", "NPU and processor", "warn"),
    ("software", "processor", "bad"),
)


def memory_map(regions: Sequence[MemoryRegion]) -> MemoryMap:
    """Return what fills these regions."""
    present = [kind for kind in KINDS if any(one.share(kind) for one in regions)]
    return MemoryMap(
        title="Memory map",
        x=Axis("used", "% of the region", 0, 100, digits=1),
        y=Axis("region"),
        nothing="" if regions else "Known once the model has been compiled and the application built.",
        labels=tuple(f"{one.name}  {bytes_text(one.size)}" for one in regions),
        series=tuple(
            Series(kind, _KIND_COLOURS[KINDS.index(kind)], tuple(one.share(kind) for one in regions))
            for kind in present
        ),
        stacked=True,
        regions=tuple(regions),
    )


def epochs(counts: Mapping[str, int]) -> Bars:
    """Return how many of the model's epochs are computed where; 'hardware', 'hybrid' and 'software' -> epochs."""
    return Bars(
        title="Epochs by where they are computed",
        x=Axis("epochs", COUNT, whole=True, digits=0),
        y=Axis("model"),
        labels=("all",),
        series=tuple(Series(name, colour, (float(counts.get(unit, 0)),)) for unit, name, colour in _UNITS),
        stacked=True,
        totals=True,
    ).fitted()
