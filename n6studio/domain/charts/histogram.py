"""How often values occur: bars over ranges of values, of one group or of several."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.domain.charts.chart import Cell, Chart, Key, Table, Threshold
from n6studio.domain.colours import ColourName
from n6studio.domain.texts import plural


@dataclass(frozen=True)
class Group:
    """One number for each range between two edges."""

    name: str
    colour: ColourName
    counts: tuple[float, ...]


def counted(values: Sequence[float], edges: Sequence[float]) -> tuple[float, ...]:
    """Return how many of the values lie in each range; those outside go into the outermost."""
    clipped = np.clip(np.asarray(values, np.float64), edges[0], edges[-1])
    return tuple(float(count) for count in np.histogram(clipped, np.asarray(edges))[0])


def even_edges(low: float, high: float, ranges: int) -> tuple[float, ...]:
    """Return the edges of as many ranges of the same width."""
    return tuple(float(edge) for edge in np.linspace(low, high, ranges + 1))


@dataclass(frozen=True, kw_only=True)
class Histogram(Chart):
    """Counts over ranges of x.

    Attributes:
        edges: one more than there are ranges.
        groups: what was counted.
        one, many: the noun of what is counted, as in "1 person", "2 people"; "" where shares are shown, not counts.
        overlaid: whether groups lie on each other, the first filled and the others as outlines; else side by side.
        thresholds: values of x that matter.
    """

    edges: tuple[float, ...]
    groups: tuple[Group, ...]
    one: str = ""
    many: str = ""
    overlaid: bool = False
    thresholds: tuple[Threshold, ...] = ()

    def picked(self, x: float, y: float) -> str:
        """Return the filter of the range at this place; the outermost ranges hold what lies outside, too."""
        place = bisect_right(self.edges, x) - 1
        if not self.picks or not 0 <= place < len(self.edges) - 1:
            return ""
        low = f"{self.edges[place]:g}" if place else ""
        high = f"{self.edges[place + 1]:g}" if place < len(self.edges) - 2 else ""
        return f"{self.picks}={low}..{high}"

    @property
    def highest(self) -> float:
        """The largest count."""
        return max((count for group in self.groups for count in group.counts), default=0.0)

    def sides(self, low: float, high: float, place: int) -> tuple[float, float]:
        """Return from where to where the bar of a group goes, of the range between two edges."""
        wide = 0.9 * (high - low) / max(1, len(self.groups))
        left = low + 0.05 * (high - low) + place * wide
        return left, left + wide

    def legend(self) -> tuple[Key, ...]:
        """Return one entry a group and a threshold."""
        groups = [
            Key(group.name, group.colour, "line" if self.overlaid and place else "box")
            for place, group in enumerate(self.groups)
        ]
        names = {one.name: Key(one.name, one.colour, "dashes") for one in self.thresholds}
        return (*groups, *names.values())

    def table(self) -> Table:
        """Return one row a range."""
        edges = [round(edge, 6) for edge in self.edges]
        columns = [[self._cell(count) for count in group.counts] for group in self.groups]
        rows: list[tuple[Cell, ...]] = list(zip(edges[:-1], edges[1:], *columns, strict=True)) if columns else []
        names = (self.y.label,) if len(self.groups) == 1 else tuple(group.name for group in self.groups)
        return Table((f"{self.x.label}, from", "to", *names), tuple(rows))

    def _cell(self, count: float) -> Cell:
        return int(count) if self.many else count

    def read_out(self, x: float, y: float) -> str:
        """Return the counts of the range under the pointer."""
        place = bisect_right(self.edges, x) - 1
        if not 0 <= place < len(self.edges) - 1:
            return ""
        parts = [self._read_count(group, group.counts[place]) for group in self.groups]
        low, high = self.x.read(self.edges[place]), self.x.read(self.edges[place + 1])
        return f"{', '.join(parts)} between {low} and {high}"

    def _read_count(self, group: Group, count: float) -> str:
        if not self.many:
            return f"{group.name} {count:.2%}"
        if len(self.groups) > 1:
            return f"{group.name} {count:.0f}"
        return f"{count:.0f} {plural(count, self.one, self.many)}"
