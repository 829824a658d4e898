"""What the program computes with arrays, once more in plain Python numbers: the oracle of tests about coordinates.

Nothing here may import the code that it judges. Slow, and meant to be checked by reading.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlainPerson:
    """Somebody found: box as left, top, right, bottom; keypoints as (x, y, visibility)."""

    box: tuple[float, float, float, float]
    score: float
    keypoints: tuple[tuple[float, float, float], ...]
    of_class: int = 0


def plain_iou(first, second):
    """Return intersection over union of two boxes (left, top, right, bottom)."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (first, second)]
    return shared / (areas[0] + areas[1] - shared)


def plain_decode(candidates, classes, keypoints, dims, unit, confidence, iou, most, average=False):
    """Return the people in a model's output, best first, in pixels of its input.

    Args:
        candidates: one list of numbers each: centre x, centre y, width, height, class scores, keypoints.
        classes, keypoints, dims: how many of each there are.
        unit: (x, y) pixels that one unit of the output stands for: the input's size, or 1, 1.
        confidence: scores must be above this.
        iou: of two boxes of one class that overlap more, the less certain one goes.
        most: at most so many people.
        average: whether keypoints are those of all candidates of a person.
    """
    found = []
    for row in candidates:
        score = max(row[4 : 4 + classes])
        if not score > confidence:
            continue
        x, y, width, height = row[0] * unit[0], row[1] * unit[1], row[2] * unit[0], row[3] * unit[1]
        points = []
        for index in range(keypoints):
            start = 4 + classes + index * dims
            seen = row[start + 2] if dims == 3 else 1.0
            points.append((row[start] * unit[0], row[start + 1] * unit[1], seen))
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        found.append(PlainPerson(box, score, tuple(points), row[4 : 4 + classes].index(score)))
    found.sort(key=lambda one: -one.score)  # stable: of equals the first comes first
    kept = []
    for one in found:
        rivals = [other for other in kept if other.of_class == one.of_class]
        if len(kept) < most and all(plain_iou(other.box, one.box) <= iou for other in rivals):
            kept.append(one)
    return [plain_average(one, found, iou) for one in kept] if average else kept


def plain_average(person, found, iou):
    """Return a person with mean keypoints: of all candidates that overlap by more than 0.75 and are half as certain."""
    worse = [one for one in found[found.index(person) + 1 :] if one.of_class == person.of_class]
    near = [one for one in worse if plain_iou(person.box, one.box) > max(iou, 0.75)]
    alike = [person, *(one for one in near if one.score >= person.score / 2)]
    total = sum(one.score for one in alike)
    points = tuple(
        tuple(sum(one.score * one.keypoints[k][axis] for one in alike) / total for axis in range(3))
        for k in range(len(person.keypoints))
    )
    return PlainPerson(person.box, person.score, points, person.of_class)


def plain_overlapping(limit, candidates, size=(1, 1)):
    """Return whether two of the candidates' boxes overlap by `limit` so nearly that rounding decides."""
    boxes = [
        ((x - w / 2) * size[0], (y - h / 2) * size[1], (x + w / 2) * size[0], (y + h / 2) * size[1])
        for x, y, w, h, *_ in candidates
    ]
    return any(abs(plain_iou(a, b) - limit) < 1e-4 for place, a in enumerate(boxes) for b in boxes[place + 1 :])
