"""How two .tflite files differ: operations, numbers, values on images, and the people found with them."""

import msgspec

SCHEMA = 1
DEPARTED_DB = 10.0  # signal-to-noise ratio below which a layer computes something else, as in `layer_errors.HINT_DB`
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")  # operations that have weights
SAME_WEIGHTS_DB = 3.0  # below it, two layers were not trained together


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor in one of the two files.

    Attributes:
        name: as the file has it, shortened to what tells layers apart.
        type: 'int8', 'uint8', 'int16', 'float'...
        scale, zero_point: 0 where it is not quantized.
        low, high: what its integers reach; 0 and 0 where it is not quantized.
    """

    name: str
    type: str
    scale: float = 0.0
    zero_point: int = 0
    low: float = 0.0
    high: float = 0.0


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights of a layer in both files.

    Attributes:
        types: as they are stored.
        scales: how many; 1 is per tensor.
        db: signal-to-noise ratio of the second file's weights against the first's; None where all are zero.
        bias_db: the same of the biases; None where there are none.
    """

    types: tuple[str, str]
    scales: tuple[int, int]
    db: float | None
    bias_db: float | None = None


class LayerPair(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that both files have.

    Attributes:
        place: its number in the first file.
        kind: of the operation.
        shape: of its result in the first file.
        by: how the two were matched: 'weights', 'name' or 'graph'.
        first, second: its result in each file.
        squashed: only a sigmoid reads it, so that large negative values do not matter.
        weights: None for operations without.
        db: signal-to-noise ratio of the second file's values against the first's, over all images; None where they were
            not measured, or are all zero.
        before_db: the lowest ratio of what it reads, beyond what only a sigmoid reads; None for the first layers.
        reads: places of the matched operations whose results it reads.
        equal: whether all values are the same; None where not measured.
        cut: share of the first file's values that lie beyond the second's range.
    """

    place: int
    kind: str
    shape: tuple[int, ...]
    by: str
    first: Side
    second: Side
    squashed: bool = False
    weights: Weights | None = None
    db: float | None = None
    before_db: float | None = None
    reads: tuple[int, ...] = ()
    equal: bool | None = None
    cut: float | None = None


class Unmatched(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that only one file has."""

    place: int
    kind: str
    name: str
    shape: tuple[int, ...]


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Input or output of both files."""

    which: str
    first: Side
    second: Side
    shapes: tuple[tuple[int, ...], tuple[int, ...]]


class GraphDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The two graphs.

    Attributes:
        operations: how many each has.
        matched: how many both have, without conversions between number formats.
        same_order: whether both have the same operations one after the other.
        kinds: operation -> how many each has, where that differs.
        only_first, only_second: what only one has, without conversions between number formats.
        ends: inputs and outputs.
    """

    operations: tuple[int, int]
    matched: int
    same_order: bool
    kinds: dict[str, tuple[int, int]]
    only_first: tuple[Unmatched, ...]
    only_second: tuple[Unmatched, ...]
    ends: tuple[Ends, ...]


class KeypointDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One keypoint of the people whom both files find.

    Attributes:
        name: of the keypoint.
        oks: mean similarity, 0..1.
        pixels: mean distance in the images.
    """

    name: str
    oks: float
    pixels: float


class LostPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom the first file finds and the second does not.

    Attributes:
        image: file name.
        confidence: in the first file.
        second_confidence: of what the second file has there, also below the threshold; None for nothing.
        oks: of that, 0..1.
    """

    image: str
    confidence: float
    second_confidence: float | None
    oks: float = 0.0


class PeopleDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the two files find in the images.

    Attributes:
        images: looked at.
        first, second: people found with each.
        matched: found with both, with an OKS of at least 0.5.
        invented: found with the second only.
        oks_mean: of the matched; None for none.
        keypoints: of the matched.
        lost: found with the first only, the most confident first.
    """

    images: int
    first: int
    second: int
    matched: int
    invented: int
    oks_mean: float | None
    keypoints: tuple[KeypointDifference, ...]
    lost: tuple[LostPerson, ...]


class ModelDifference(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        schema: version of this form.
        names: of the two files.
        same_file: bit for bit the same.
        graph: the graphs.
        layers: matched operations in the order of the first file.
        images: how many were run through both; 0 where their values cannot be compared.
        not_measured: why not, or "".
        people: None where the outputs are not read as people...
        not_judged: ...and why.
        drawn: whether the images were drawn by the program, for want of others.
    """

    schema: int
    names: tuple[str, str]
    same_file: bool
    graph: GraphDifference
    layers: tuple[LayerPair, ...]
    images: int
    not_measured: str = ""
    people: PeopleDifference | None = None
    not_judged: str = ""
    drawn: bool = False

    @property
    def first_different(self) -> LayerPair | None:
        """The first layer with any other value; None where all are equal or none was measured."""
        return next((one for one in self.layers if one.equal is False), None)

    @property
    def departing(self) -> LayerPair | None:
        """The first layer that computes something else: below 10 dB, where that matters to what reads it."""
        rated = (one for one in self.layers if one.db is not None and not one.squashed)
        return next((one for one in rated if one.db is not None and one.db < DEPARTED_DB), None)

    @property
    def dropping(self) -> LayerPair | None:
        """The layer that loses most against what it reads; None where none loses."""
        drops = [
            (one.before_db - one.db, -number, one)
            for number, one in enumerate(self.layers)
            if one.db is not None and one.before_db is not None and not one.squashed and one.before_db > one.db
        ]
        return max(drops, key=lambda drop: drop[:2])[2] if drops else None

    def behind(self, layer: LayerPair) -> tuple[LayerPair, ...]:
        """Return a layer and what it reads through sigmoids: where its values are made."""
        places = {one.place: one for one in self.layers}
        found, waiting = [layer], [*layer.reads]
        while waiting:
            one = places.get(waiting.pop(0))
            if one is not None and one not in found and (one.squashed or one.kind == "LOGISTIC"):
                found.append(one)
                waiting += one.reads
        return tuple(found)

    @property
    def trained_together(self) -> bool | None:
        """Whether the weights are those of one training; None where no weights were matched."""
        known = sorted(one.weights.db for one in self.layers if one.weights is not None and one.weights.db is not None)
        return known[len(known) // 2] >= SAME_WEIGHTS_DB if known else None

    @property
    def unrelated(self) -> bool:
        """Whether there are layers with weights, and not one of a file has a counterpart of its shape in the other."""
        if self.trained_together is not None:
            return False
        alone = (*self.graph.only_first, *self.graph.only_second)
        return any(one.weights is not None for one in self.layers) or any(one.kind in WEIGHTED for one in alone)
