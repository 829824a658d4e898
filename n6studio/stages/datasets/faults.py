"""What is wrong with labels, counted by kind: a data set is refused with all of it, not with the first that is met."""

from collections import defaultdict
from pathlib import Path

from n6studio.domain.errors.datasets import LabelValuesFaulty
from n6studio.domain.pose.skeleton_edits import LARGEST_SIGMA
from n6studio.domain.texts import counted, plural

LARGEST_PIXEL = 1e6  # a coordinate or a side; no format here holds an image of a tenth of it

MOST_CLASSES = 10_000  # data sets with names have at most a thousand


class Faults:
    """Collects faults of one kind of thing.

    Args:
        thing: what has them, in the singular: 'annotation', 'line'.
    """

    def __init__(self, thing: str) -> None:
        self._thing = thing
        self._found: dict[str, list[str]] = defaultdict(list)

    def add(self, fault: str, where: str) -> None:
        """Note that the thing at `where` has a fault, which is the end of '3 annotations have ...'."""
        self._found[fault].append(where)

    def refuse(self, path: Path) -> None:
        """Raise LabelsFaulty where anything was noted."""
        if self._found:
            raise LabelValuesFaulty(path=path, reason="; ".join(self._text(*one) for one in self._found.items()))

    def _text(self, fault: str, places: list[str]) -> str:
        has = plural(len(places), "has", "have")
        first = places[0] if len(places) == 1 else f"the first is {places[0]}"
        return f"{counted(len(places), self._thing)} {has} {fault} ({first})"


def within(value: object, most: float, least: float | None = None) -> bool:
    """Return whether a value is a finite number from `least` (by default -`most`) to `most`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (-most if least is None else least) <= value <= most  # type: ignore[operator]


def are_sigmas(values: object, count: int) -> bool:
    """Return whether a value out of a file is K sigmas: numbers above 0, none larger than any keypoint has."""
    return isinstance(values, list) and len(values) == count and all(within(s, LARGEST_SIGMA, 0) and s for s in values)


def shown(value: object) -> str:
    """Return a value out of a file, short enough for a sentence."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value)):
        return f"a {'list' if isinstance(value, list) else 'mapping'}"
    text = "nothing" if value is None else str(value[:20] if isinstance(value, list) else value)
    return text if len(text) <= 60 else f"{text[:60]}..."
