"""Two graphs as lists of operations: what both have, and what only one has."""

from collections import Counter
from collections.abc import Collection, Sequence

from n6studio.domain.model.difference import Ends, GraphDifference, Unmatched
from n6studio.stages.diff.layers import side
from n6studio.stages.diff.matching import Match
from n6studio.stages.diff.wiring import Wiring
from n6studio.stages.layer_errors.run import short_name


def graph_difference(first: Wiring, second: Wiring, matches: Sequence[Match]) -> GraphDifference:
    """Return how two graphs differ."""
    ours, theirs = ([one.name for one in wiring.graph.operators] for wiring in (first, second))
    counts = Counter(ours), Counter(theirs)
    kinds = {
        kind: (counts[0][kind], counts[1][kind])
        for kind in sorted(set(ours) | set(theirs))
        if counts[0][kind] != counts[1][kind]
    }
    ends = [_ends(which, first, second) for which in ("input", "output")]
    return GraphDifference(
        operations=(len(ours), len(theirs)),
        matched=len(matches),
        same_order=ours == theirs and [one.second for one in matches] == sorted(one.second for one in matches),
        kinds=kinds,
        only_first=_left(first, {one.first for one in matches}),
        only_second=_left(second, {one.second for one in matches}),
        ends=tuple(ends),
    )


def _left(wiring: Wiring, matched: Collection[int]) -> tuple[Unmatched, ...]:
    return tuple(
        Unmatched(
            place=place,
            kind=wiring.operator(place).name,
            name=short_name(wiring.result(place).name),
            shape=wiring.result(place).shape,
        )
        for place in wiring.places
        if place not in matched
    )


def _ends(which: str, first: Wiring, second: Wiring) -> Ends:
    tensors = [
        one.graph.tensors[(one.graph.inputs if which == "input" else one.graph.outputs)[0]] for one in (first, second)
    ]
    return Ends(
        which=which,
        first=side(tensors[0]),
        second=side(tensors[1]),
        shapes=(tensors[0].shape, tensors[1].shape),
    )
