"""What is odd about labels in pixels, and yet possible: figures are computed with it, and somebody should know."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from n6studio.domain.texts import counted, plural
from n6studio.stages.datasets.model import Item, Truth

_FRACTIONS = 1.0  # what no keypoint exceeds where a converter wrote fractions of the image
_FEW = 0.02  # share of keypoints beyond the edge that hand-made labels have
_LEAST = 0.01  # share of the box that somebody takes; COCO's people take about half
_ROUNDED = 1.01  # an area is that of a shape inside the box, but for rounding
_PERSON = ("person", "people")


def oddities(items: Sequence[Item], has_areas: bool) -> Iterator[str]:
    """Yield a sentence for each thing that is odd.

    Args:
        items: with labels in pixels.
        has_areas: whether the labels state areas, which may then contradict the boxes.
    """
    labelled = [(item, item.truth) for item in items if isinstance(item.truth, Truth) and len(item.truth.people)]
    yield from _places(labelled)
    if has_areas:
        yield from _areas([truth for _, truth in labelled])
    yield from _sizes([truth for _, truth in labelled])
    repeated = sum(_repeated(truth) for _, truth in labelled)
    if repeated:
        yield (
            f"{counted(repeated, 'label')} {plural(repeated, 'repeats', 'repeat')} another one of the same image: each "
            "counts as a person, who can be found only once."
        )
    times = Counter(item.path for item in items)
    often = [path for path, count in times.items() if count > 1]
    if often:
        these = counted(len(often), "image")
        yield f"{these} {plural(len(often), 'is', 'are')} listed more than once; the first is {often[0].name}."


def _places(labelled: Sequence[tuple[Item, Truth]]) -> Iterator[str]:
    """Yield what is odd about where keypoints lie."""
    total = outside = judged = 0
    largest = 0.0
    for item, truth in labelled:
        points = truth.people.keypoints
        seen = points[points[..., 2] > 0][:, :2]
        total += len(seen)
        largest = max(largest, float(np.abs(seen).max(initial=0.0)))
        if item.size is not None:
            judged += len(seen)
            outside += int(((seen < 0) | (seen > item.size)).any(axis=1).sum())
    if total and 0 < largest <= _FRACTIONS:
        yield (
            f"All {counted(total, 'labelled keypoint')} lie between 0 and 1: fractions of the image, where labels of "
            "this kind have pixels?"
        )
    elif judged and outside > _FEW * judged:
        yield (
            f"{outside} of {counted(judged, 'labelled keypoint')} lie outside their image, by the width and height "
            "that the labels state: are they of images of another size?"
        )


def _areas(truths: Sequence[Truth]) -> Iterator[str]:
    """Yield that areas contradict the boxes."""
    wrong = total = 0
    for truth in truths:
        boxes = truth.people.boxes.astype(np.float64)
        room = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        single = ~truth.crowd & (room > 0)
        total += int(single.sum())
        wrong += int(((truth.areas < _LEAST * room) | (truth.areas > _ROUNDED * room))[single].sum())
    if wrong > _FEW * total:
        yield (
            f"The area of {wrong} of {counted(total, *_PERSON)} is larger than the box, or less than a hundredth of "
            "it: OKS is computed with it, and becomes too mild or too strict."
        )


def _sizes(truths: Sequence[Truth]) -> Iterator[str]:
    """Yield that boxes of people are lines or points."""
    counts = [truth.counts() for truth in truths]
    flat = sum(
        int(((truth.people.boxes[:, 2:] <= truth.people.boxes[:, :2]).any(axis=1) & counted_ones).sum())
        for truth, counted_ones in zip(truths, counts, strict=True)
    )
    if flat:
        total = sum(int(one.sum()) for one in counts)
        yield f"{flat} of {counted(total, *_PERSON)} {plural(flat, 'has', 'have')} a box without width or height."


def _repeated(truth: Truth) -> int:
    """Return how many labels of an image are the same as one before."""
    count = len(truth.people)
    if count < 2:
        return 0
    parts = [truth.people.boxes, truth.people.keypoints.reshape(count, -1), truth.people.class_numbers[:, None]]
    rows = np.concatenate(parts, axis=1)[~truth.crowd]
    return len(rows) - len(np.unique(rows, axis=0))
