"""Skeletons: what the keypoints are called, how they hang together, and how precisely they are labelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Skeleton:
    """The keypoints of one kind of body.

    Attributes:
        names: K names in the model's order.
        edges: pairs of indices that are joined by a line when drawn.
        mirror: K indices; mirror[i] is the point that i becomes in a mirrored image (itself if on the axis).
        sigmas: K per-keypoint standard deviations relative to the square root of the object area, as OKS uses them.
        colours: K (red, green, blue) values of 0..255.
        sigmas_known: False where the sigmas are only the stand-in 1/K, so that OKS is not comparable with others'.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    mirror: tuple[int, ...]
    sigmas: tuple[float, ...]
    colours: tuple[Colour, ...]
    sigmas_known: bool = True

    def __len__(self) -> int:
        return len(self.names)


LEFT: Colour = (255, 128, 0)
RIGHT: Colour = (51, 153, 255)
MIDDLE: Colour = (0, 220, 90)

_COCO_NAMES = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow",
    "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle",
    "right ankle",
)  # fmt: skip
_COCO_EDGES = (
    (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8), (7, 9), (8, 10),
    (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6),
)  # fmt: skip
# Sigmas of the COCO keypoint task (pycocotools, Params.setKpParams), there given times ten.
_COCO_SIGMAS = (
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
    0.089,
)  # fmt: skip


def side_colour(name: str) -> Colour:
    """Return the colour of a keypoint by the side its name tells: left, right or neither."""
    parts = name.lower().replace("_", " ").split()
    return LEFT if parts[:1] == ["left"] else RIGHT if parts[:1] == ["right"] else MIDDLE


COCO = Skeleton(
    names=_COCO_NAMES,
    edges=_COCO_EDGES,
    mirror=(0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15),
    sigmas=_COCO_SIGMAS,
    colours=tuple(side_colour(name) for name in _COCO_NAMES),
)


def stand_in_sigmas(count: int) -> tuple[float, ...]:
    """Return what stands in for `count` unknown sigmas: 1/K each, as Ultralytics does."""
    return (1.0 / count,) * count


def mirror_by_name(names: tuple[str, ...]) -> tuple[int, ...]:
    """Return `Skeleton.mirror` as the names tell it: 'left x' and 'right x' (or 'l x' and 'r x') are a pair."""
    lower = [name.lower() for name in names]
    swap = {"left": "right", "right": "left", "l": "r", "r": "l"}
    other = [" ".join(swap.get(word, word) for word in name.split()) for name in lower]
    return tuple(lower.index(name) if name in lower else index for index, name in enumerate(other))


def generic(
    count: int,
    names: tuple[str, ...] | None = None,
    mirror: tuple[int, ...] | None = None,
    sigmas: tuple[float, ...] | None = None,
) -> Skeleton:
    """Return a skeleton for any `count` of keypoints; unknown sigmas become 1/K, as Ultralytics does.

    Args:
        count: K, at least 1.
        names: K names, or None for "point 0"...
        mirror: K indices, or None for "no pairs".
        sigmas: K values above 0, or None.
    """
    labels = names or tuple(f"point {index}" for index in range(count))
    return Skeleton(
        names=labels,
        edges=(),
        mirror=mirror or tuple(range(count)),
        sigmas=sigmas or stand_in_sigmas(count),
        colours=tuple(side_colour(name) for name in labels),
        sigmas_known=sigmas is not None,
    )


def for_keypoints(count: int) -> Skeleton:
    """Return COCO's skeleton for 17 keypoints and a generic one for any other count."""
    return COCO if count == len(COCO) else generic(count)


def chosen(skeleton: Skeleton, columns: Sequence[int]) -> Skeleton:
    """Return the skeleton of these keypoints only, in this order; skeleton edges and pairs to others go."""
    place = {column: index for index, column in enumerate(columns)}
    pairs = [place.get(skeleton.mirror[column], index) for index, column in enumerate(columns)]
    return Skeleton(
        names=tuple(skeleton.names[column] for column in columns),
        edges=tuple((place[a], place[b]) for a, b in skeleton.edges if a in place and b in place),
        mirror=tuple(pairs),
        sigmas=tuple(skeleton.sigmas[column] for column in columns),
        colours=tuple(skeleton.colours[column] for column in columns),
        sigmas_known=skeleton.sigmas_known,
    )


def described(
    count: int, names: list[str] | None, mirror: list[int] | None, sigmas: list[float] | None, edges: Any = ()
) -> Skeleton:
    """Return the skeleton that labels describe. COCO's 17 points are recognised, whatever is left unsaid."""
    given = tuple(str(name).replace("_", " ") for name in names) if names and len(names) == count else None
    if count == len(COCO) and sigmas is None and (given is None or given == COCO.names):
        return COCO
    by_name = mirror_by_name(given) if given is not None else None
    pairs = tuple(mirror) if mirror and sorted(mirror) == list(range(count)) else by_name
    spreads = tuple(float(one) for one in sigmas) if sigmas and len(sigmas) == count and min(sigmas) > 0 else None
    plain = generic(count, given, pairs, spreads)
    joined = tuple((int(a), int(b)) for a, b in edges if 0 <= int(a) < count and 0 <= int(b) < count)
    return Skeleton(plain.names, joined, plain.mirror, plain.sigmas, plain.colours, plain.sigmas_known)
