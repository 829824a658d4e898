"""What came of the mutants of a file, kept between runs."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutation.mutants import Mutant
from mutation.workers import ROOT

SURVIVED = "survived"


@dataclass(frozen=True)
class Target:
    """A file, and the tests that have to notice mistakes in it."""

    path: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What is known of a file's mutants; `timed_out` and `broke` are among the killed, equivalents do not count."""

    name: str
    killed: int
    survived: int
    timed_out: int
    broke: int
    equivalent: int
    unmeasured: int

    @property
    def total(self) -> int:
        """How many were judged."""
        return self.killed + self.survived

    @classmethod
    def whole(cls, rows: "Sequence[Row]") -> "Row":
        """Return the sum of rows."""
        names = ("killed", "survived", "timed_out", "broke", "equivalent", "unmeasured")
        return cls("all", *(sum(getattr(row, name) for row in rows) for name in names))

    def __str__(self) -> str:
        share = f"{self.killed / self.total:8.1%}" if self.total else "       -"
        return (
            f"{share} {self.killed:8} {self.total:3} {self.timed_out:10} {self.broke:6} {self.equivalent:11} "
            f"{self.unmeasured:11}  {self.name}"
        )


@dataclass
class Outcome:
    """What came of each mutant of a file.

    Attributes:
        path: the file.
        place: where it is kept.
        source: digest of the file.
        tests: digest of its tests.
        how: mutant -> 'failed', 'timed out', 'broke' or 'survived'.
    """

    path: str
    place: Path
    source: str
    tests: str
    how: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, store: Path, target: Target, source: str, keep_killed: bool) -> "Outcome":
        """Return what is known of a file as it stands, with its tests as they stand.

        Args:
            store: folder.
            target: the file.
            source: its contents.
            keep_killed: whether mutants that earlier tests have killed count as killed, and others as not judged.
        """
        tests = "".join((ROOT / name).read_text(encoding="utf-8") for name in target.tests)
        place = store / f"{target.path.replace('/', '.')}.json"
        found = cls(target.path, place, _digest(source), _digest(tests))
        try:
            kept = json.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return found
        if kept["source"] == found.source:
            if keep_killed:
                found.how = {name: how for name, how in kept["how"].items() if how != SURVIVED}
            elif kept["tests"] == found.tests:
                found.how = kept["how"]
        return found

    def save(self) -> None:
        """Keep it."""
        self.place.parent.mkdir(exist_ok=True)
        data = {"source": self.source, "tests": self.tests, "how": self.how}
        self.place.write_text(json.dumps(data, indent=0), encoding="utf-8")

    def knows(self, mutant: Mutant) -> bool:
        """Return whether a mutant was judged."""
        return _name(mutant) in self.how

    def note(self, mutant: Mutant, how: str) -> None:
        """Keep what came of a mutant."""
        self.how[_name(mutant)] = how

    def row(self, mutants: Sequence[Mutant], equivalent: int) -> Row:
        """Return what is known of these mutants."""
        known = [self.how[_name(one)] for one in mutants if self.knows(one)]
        survived = known.count(SURVIVED)
        return Row(
            self.path, len(known) - survived, survived, known.count("timed out"), known.count("broke"), equivalent,
            len(mutants) - len(known),
        )  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _name(mutant: Mutant) -> str:
    return f"{mutant.start}-{mutant.end} {mutant.becomes}"
