"""What fills the board's memories: one bar a region, each as long as the region, and what lies in it."""

from dataclasses import dataclass

from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.chart import Cell, Table, shown
from n6studio.domain.model.memory_map import KINDS, MemoryRegion
from n6studio.domain.texts import bytes_text


@dataclass(frozen=True, kw_only=True)
class MemoryMap(Bars):
    """Bars in percent of each region; sizes are read out and stand in the table."""

    regions: tuple[MemoryRegion, ...]

    def total_text(self, total: float) -> str:
        """Return the share of the region that is filled."""
        return f"{shown(total, self.x.digits)} %"

    def table(self) -> Table:
        """Return bytes: one row a region."""
        rows: list[tuple[Cell, ...]] = [
            (one.name, f"0x{one.address:08X}", one.size, *(one.parts.get(kind, 0) for kind in KINDS), one.free)
            for one in self.regions
        ]
        return Table(("region", "address", "bytes", *KINDS, "free"), tuple(rows))

    def read_out(self, x: float, y: float) -> str:
        """Return what lies in the region under the pointer."""
        row = round(y)
        if not 0 <= row < len(self.regions):
            return ""
        one = self.regions[row]
        parts = [f"{kind} {bytes_text(size)}" for kind, size in one.parts.items()]
        return f"{one.name} at 0x{one.address:08X}: {', '.join([*parts, f'{bytes_text(one.free)} free'])}"
