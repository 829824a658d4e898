"""How often something is in each part of an image, as a map."""

import math
from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart, Key, Table
from n6studio.domain.colours import ColourName

_KEYS = 5


@dataclass(frozen=True, kw_only=True)
class HeatMap(Chart):
    """Counts by cell, the more the stronger the colour; (0, 0) is the upper left corner.

    Attributes:
        counts: one row of numbers for each row of the map, from the top.
        counted: the noun of what is counted, many of it.
        colour: of the cell with the largest count.
    """

    counts: tuple[tuple[int, ...], ...]
    counted: str
    colour: ColourName = "accent"

    @property
    def largest(self) -> int:
        """The largest count, at least 1."""
        return max([1, *(count for row in self.counts for count in row)])

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the cell at this place: its column and row."""
        if not self.picks or not (0 <= x < 1 and 0 <= y < 1 and self.counts):
            return ""
        return f"{self.picks}:{int(x * len(self.counts[0]))},{int(y * len(self.counts))}"

    def strength(self, count: int) -> float:
        """Return how much of the colour a count gets: its root, so that few can still be told from none."""
        return math.sqrt(count / self.largest)

    def legend(self) -> tuple[Key, ...]:
        """Return a scale of colours with the counts they stand for, none and the largest included."""
        counts = dict.fromkeys(round(self.largest * (step / (_KEYS - 1)) ** 2) for step in range(_KEYS))
        last = max(counts)
        return tuple(
            Key(f"{count} {self.counted}" if count == last else str(count), self.colour, "box", self.strength(count))
            for count in counts
        )

    def table(self) -> Table:
        """Return one row a cell that is not empty, at the cell's middle."""
        rows, columns = len(self.counts), len(self.counts[0]) if self.counts else 0
        found = [
            (round((x + 0.5) / columns, 4), round((y + 0.5) / rows, 4), count)
            for y, row in enumerate(self.counts)
            for x, count in enumerate(row)
            if count
        ]
        return Table((self.x.label, self.y.label, self.counted), tuple(found))

    def read_out(self, x: float, y: float) -> str:
        """Return the count under the pointer."""
        if not (0 <= x < 1 and 0 <= y < 1 and self.counts):
            return ""
        row = self.counts[int(y * len(self.counts))]
        return f"{row[int(x * len(row))]} {self.counted} here"
