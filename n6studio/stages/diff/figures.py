"""What a comparison of two files finds in short; every layer is in a `ModelDifference` in a file."""

import msgspec

from n6studio.domain.model.difference import GraphDifference, LayerPair, PeopleDifference


class DiffFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a comparison of two files.

    Attributes:
        verdict: sentences, the answer first.
        images: how many were run through both.
        graph: how the graphs differ.
        layers: how many operations both have.
        first_different, departing, dropping: see `ModelDifference`.
        people: whom both find; None where their outputs are not read as people.
        step_seconds: step -> seconds that it took.
    """

    verdict: tuple[str, ...]
    images: int
    graph: GraphDifference
    layers: int
    first_different: LayerPair | None = None
    departing: LayerPair | None = None
    dropping: LayerPair | None = None
    people: PeopleDifference | None = None
    step_seconds: dict[str, float] = {}
