"""What fills the board's memories: one bar a region, each as long as the region, and what lies in it."""

from collections.abc import Sequence

from n6studio.domain.model.memory_map import KINDS, MemoryRegion
from n6studio.domain.texts import bytes_text
from n6studio.ui.charts.bars import BarChart, BarSeries
from n6studio.ui.charts.chart import Cell, Table

_COLOURS = ("muted", "accent", "int8_colour", "good", "warn")  # of `KINDS`, fields of `theme.Colours`


class MemoryMap(BarChart):
    """Bars in percent of each region; sizes are read out and stand in the table."""

    def __init__(self) -> None:
        super().__init__("Memory map", "percent of the region used", stacked=True, digits=1)
        self._regions: tuple[MemoryRegion, ...] = ()

    def show_regions(self, regions: Sequence[MemoryRegion]) -> None:
        """Show these regions, or say that nothing is known yet."""
        self._regions = tuple(regions)
        labels = [f"{one.name}  {bytes_text(one.size)}" for one in regions]
        present = [kind for kind in KINDS if any(one.share(kind) for one in regions)]
        series = [
            BarSeries(kind, _COLOURS[KINDS.index(kind)], tuple(one.share(kind) for one in regions)) for kind in present
        ]
        self.set_bars(labels, series)
        if not regions:
            self.show_nothing("Known once the network has been compiled and the application built.")

    def _most(self) -> float:
        return 100.0

    def table(self) -> Table:
        """Return bytes: one row a region."""
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (one.name, f"0x{one.address:08X}", one.size, *(dict(one.parts).get(kind, 0) for kind in KINDS), one.free)
            for one in self._regions
        )
        return Table(("region", "address", "bytes", *KINDS, "free"), rows)

    def read_out(self, x: float, y: float) -> str:
        """Return what lies in the region under the pointer."""
        row = round(y)
        if not 0 <= row < len(self._regions):
            return ""
        one = self._regions[row]
        parts = [f"{kind} {bytes_text(size)}" for kind, size in one.parts]
        return f"{one.name} at 0x{one.address:08X}: {', '.join([*parts, f'{bytes_text(one.free)} free'])}"
