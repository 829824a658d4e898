"""Which operation of one file is which of the other: by their weights, by their names, and by what they read."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.stages.diff.wiring import Wiring, stored
from n6studio.stages.layer_errors.run import name_key

ALIKE = 0.9  # cosine of two layers' weights from which they are the same layer, rounded differently


@dataclass(frozen=True)
class Match:
    """A pair of operations, by their places; `by` is 'weights', 'name' or 'graph'."""

    first: int
    second: int
    by: str


def matched(first: Wiring, second: Wiring, same_size: bool) -> tuple[Match, ...]:
    """Return the operations that both files have, in the order of the first.

    Weights say most: they are the same layer's whatever a converter called it and wherever it put it. Names follow,
    and then whoever reads the same from matched operations.

    Args:
        first: one graph.
        second: the other.
        same_size: whether their inputs have one size, so that results of the same layer have one shape.
    """
    found = _Matches(first, second, same_size)
    found.by_weights()
    found.by_name()
    found.by_graph()
    return tuple(sorted(found.pairs.values(), key=lambda pair: pair.first))


class _Matches:
    def __init__(self, first: Wiring, second: Wiring, same_size: bool) -> None:
        self._first, self._second, self._same_size = first, second, same_size
        self.pairs: dict[int, Match] = {}
        self._taken: set[int] = set()

    def _add(self, first: int, second: int, by: str) -> None:
        self.pairs[first] = Match(first, second, by)
        self._taken.add(second)

    def by_weights(self) -> None:
        """Match layers whose weights point in the same direction, the most alike first."""
        ours, theirs = _weight_groups(self._first), _weight_groups(self._second)
        for key in ours.keys() & theirs.keys():
            alike = _directions(ours[key]) @ _directions(theirs[key]).T
            for row, column in zip(*np.unravel_index(np.argsort(-alike, axis=None), alike.shape), strict=True):
                one, other = ours[key][row][0], theirs[key][column][0]
                if not alike[row, column] >= ALIKE:  # NaN among them
                    break
                if one not in self.pairs and other not in self._taken:
                    self._add(one, other, "weights")

    def by_name(self) -> None:
        """Match operations of one kind whose results have one name, where no other of a file has it."""
        ours, theirs = (_by_key(one, self._same_size) for one in (self._first, self._second))
        for key, places in ours.items():
            others = theirs.get(key, [])
            if len(places) == len(others) == 1 and places[0] not in self.pairs and others[0] not in self._taken:
                self._add(places[0], others[0], "name")

    def by_graph(self) -> None:
        """Match operations of one kind that read the same from operations that are matched."""
        known: dict[int, int] = {}
        for one, other in zip(self._first.graph.inputs, self._second.graph.inputs, strict=False):
            known[one] = other
        for place in self._first.places:
            if place not in self.pairs:
                wanted = sorted(known.get(source, -1) for source in self._first.read[place])
                found = next(self._readers_of(wanted, place), None)
                if found is not None:
                    self._add(place, found, "graph")
            if place in self.pairs:
                results = self._first.operator(place).outputs
                known.update(zip(results, self._second.operator(self.pairs[place].second).outputs, strict=False))

    def _readers_of(self, sources: list[int], place: int) -> Iterator[int]:
        """Yield the free operations of the second file that read just that, and are of one kind with `place`."""
        if not sources or -1 in sources:
            return
        kind, shape = self._first.operator(place).name, self._first.result(place).shape
        for other in self._second.readers.get(sources[0], []):
            same = other not in self._taken and self._second.operator(other).name == kind
            fits = not self._same_size or self._second.result(other).shape == shape
            if same and fits and sorted(self._second.read[other]) == sources:
                yield other


_Values = npt.NDArray[np.float32]


def _weight_groups(wiring: Wiring) -> dict[tuple[int, ...], list[tuple[int, _Values]]]:
    """Return shape -> (place, weights) of the layers that have such."""
    groups: dict[tuple[int, ...], list[tuple[int, _Values]]] = {}
    for place in wiring.places:
        tensor = wiring.weights(place)
        values = None if tensor is None else stored(tensor)
        if values is not None:
            groups.setdefault(values.shape, []).append((place, values.reshape(-1)))
    return groups


def _directions(group: list[tuple[int, _Values]]) -> _Values:
    rows = np.stack([values for _, values in group])
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _by_key(wiring: Wiring, same_size: bool) -> dict[tuple[object, ...], list[int]]:
    found: dict[tuple[object, ...], list[int]] = {}
    for place in wiring.places:
        result = wiring.result(place)
        key = wiring.operator(place).name, name_key(result.name), result.shape if same_size else ()
        found.setdefault(key, []).append(place)
    return found
