"""Upright columns in a row, one a place: for hundreds of layers or channels, whose names are read out only."""

from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart, Key, Table, Threshold
from n6studio.domain.colours import ColourName


@dataclass(frozen=True, kw_only=True)
class Columns(Chart):
    """Columns from a low to a high value, with points over them and thresholds across. The x axis counts places.

    Attributes:
        ranges: low and high end of each column; they are drawn as far as the y axis goes.
        name, colour: of the columns.
        points: a value each that is drawn as a point over the column; None where there is none. Empty for no points.
        points_name, points_colour: of the points.
        thresholds: values of y that matter.
        notes: what is read out at each place.
        data: the table.
        chosen: the place that stands out; -1 for none.
    """

    ranges: tuple[tuple[float, float], ...]
    name: str
    colour: ColourName
    notes: tuple[str, ...]
    data: Table
    points: tuple[float | None, ...] = ()
    points_name: str = ""
    points_colour: ColourName = "float_colour"
    thresholds: tuple[Threshold, ...] = ()
    chosen: int = -1

    def legend(self) -> tuple[Key, ...]:
        """Return what columns, points and thresholds stand for."""
        points = [Key(self.points_name, self.points_colour, "dot")] if self.points else []
        names = {one.name: Key(one.name, one.colour, "dashes") for one in self.thresholds}
        return (Key(self.name, self.colour, "box"), *points, *names.values())

    def table(self) -> Table:
        """Return the table that was given."""
        return self.data

    def read_out(self, x: float, y: float) -> str:
        """Return the note of the place under the pointer."""
        place = round(x)
        return self.notes[place] if 0 <= place < len(self.notes) else ""
