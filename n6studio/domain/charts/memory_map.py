"""What fills the board's memories: one bar a region, each as long as the region, and what lies in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from n6studio.domain.charts.axis import Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Cell, Table
from n6studio.domain.colours import ColourName
from n6studio.domain.model.memory_map import KINDS, MemoryRegion
from n6studio.domain.texts import bytes_text

_COLOURS: tuple[ColourName, ...] = ("muted", "accent", "int8_colour", "good", "warn")  # of `KINDS`


@dataclass(frozen=True, kw_only=True)
class MemoryMap(Bars):
    """Bars in percent of each region; sizes are read out and stand in the table."""

    regions: tuple[MemoryRegion, ...]

    def table(self) -> Table:
        """Return bytes: one row a region."""
        rows: list[tuple[Cell, ...]] = [
            (one.name, f"0x{one.address:08X}", one.size, *(dict(one.parts).get(kind, 0) for kind in KINDS), one.free)
            for one in self.regions
        ]
        return Table(("region", "address", "bytes", *KINDS, "free"), tuple(rows))

    def read_out(self, x: float, y: float) -> str:
        """Return what lies in the region under the pointer."""
        row = round(y)
        if not 0 <= row < len(self.regions):
            return ""
        one = self.regions[row]
        parts = [f"{kind} {bytes_text(size)}" for kind, size in one.parts]
        return f"{one.name} at 0x{one.address:08X}: {', '.join([*parts, f'{bytes_text(one.free)} free'])}"


def memory_map(regions: Sequence[MemoryRegion]) -> MemoryMap:
    """Return the chart of these regions."""
    present = [kind for kind in KINDS if any(one.share(kind) for one in regions)]
    return MemoryMap(
        title="Memory map",
        x=Axis("used", "% of the region", 0, 100, digits=1),
        y=Axis("region"),
        nothing="" if regions else "Known once the model has been compiled and the application built.",
        labels=tuple(f"{one.name}  {bytes_text(one.size)}" for one in regions),
        series=tuple(
            Series(kind, _COLOURS[KINDS.index(kind)], tuple(one.share(kind) for one in regions)) for kind in present
        ),
        stacked=True,
        regions=tuple(regions),
    )
