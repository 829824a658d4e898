"""Tables of a report, with their numbers already as texts."""

from dataclasses import dataclass
from typing import Literal

from n6studio.domain.colours import ColourName

Verdict = Literal["", "good", "bad"]


@dataclass(frozen=True)
class Heading:
    """The head of a column; a colour tells which model of the charts it is about."""

    text: str
    colour: ColourName | None = None


@dataclass(frozen=True)
class Cell:
    """A figure; the verdict colours it, and the sign of the figure says the same."""

    text: str
    verdict: Verdict = ""


@dataclass(frozen=True)
class Row:
    """One row; `key` for those that are read first."""

    label: str
    cells: tuple[Cell, ...]
    key: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a column of labels and one for each head."""

    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    first: str = ""  # the head of the labels
    left: bool = False  # whether cells hold words, not numbers to compare


@dataclass(frozen=True)
class Fact:
    """Something to know, in one or more lines; `exact` lines are paths and digests."""

    name: str
    lines: tuple[str, ...]
    exact: tuple[str, ...] = ()


def row(label: str, *texts: str, key: bool = False) -> Row:
    """Return a row of plain cells."""
    return Row(label, tuple(Cell(text) for text in texts), key)
