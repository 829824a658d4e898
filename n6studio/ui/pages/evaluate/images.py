"""The gallery's captions and sort orders, and the keypoint errors of a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.people import FloatArray
from n6studio.ui.pages.evaluate.data import Image, ShownEvaluation

RIGHT_OKS = 0.5  # from which a person counts as found


@dataclass(frozen=True)
class Order:
    """A way to sort images, worst first; `say` captions one."""

    name: str
    help: str
    worst: Callable[[Image], float]
    say: Callable[[Image], str]


def _lowest(image: Image) -> float:
    oks = image.groups[0].oks if image.groups else ()
    return 1 - min(oks, default=1.0)


def _missed(image: Image) -> int:
    return sum(value < RIGHT_OKS for value in image.groups[0].oks)


def _false(image: Image) -> int:
    group = image.groups[0]
    right = {who for who, oks in zip(group.who, group.oks, strict=True) if who is not None and oks >= RIGHT_OKS}
    return len(group.people) - len(right)


def _lost_text(image: Image) -> str:
    return f"OKS lost {image.lost:.2f}".replace("-", "−")


_LOST = Order("OKS lost to int8", "largest drop in a person's OKS from float to int8",
              lambda image: image.lost, _lost_text)  # fmt: skip
_LABELLED = (
    Order("Lowest OKS", "lowest OKS of a labelled person with int8", _lowest,
          lambda image: f"OKS {1 - _lowest(image):.2f}"),
    Order("False negatives", "labelled people that int8 does not find", lambda one: float(_missed(one)),
          lambda image: f"{_missed(image)} FN"),
    Order("False positives", "people found by int8 that are not labelled", lambda one: float(_false(one)),
          lambda image: f"{_false(image)} FP"),
)  # fmt: skip


def orders(evaluation: ShownEvaluation) -> tuple[Order, ...]:
    """Return the orders that make sense for an evaluation."""
    first = (_LOST,) if evaluation.comparison is not None else ()
    return first + (_LABELLED if evaluation.labelled else ()) or (_LOST,)


def sorted_places(images: Sequence[Image], order: Order) -> list[int]:
    """Return the places of the images that have anything to show, the worst first; of equals, the first first."""
    worst = [order.worst(image) for image in images]
    return sorted((place for place in range(len(images)) if _has_people(images[place])), key=lambda p: -worst[p])


def _has_people(image: Image) -> bool:
    return bool(image.truth is not None and len(image.truth)) or any(len(one.people) for one in image.groups)


@dataclass(frozen=True, eq=False)
class Subject:
    """One person of an image as the detail view treats them.

    Attributes:
        caption: for the choice of the person.
        box: (4,) where they are; pixels of the image.
        basis: (K, 3) the points from which distances are measured: the label's, or the reference's.
        found: for each model measured against the basis (K, 3) its points of this person, or None where it has
            nobody there; without labels only the judged one.
        lost: what they lose.
    """

    caption: str
    box: FloatArray
    basis: FloatArray
    found: tuple[FloatArray | None, ...]
    lost: float


def subjects(image: Image) -> list[Subject]:
    """Return the people of an image, who loses most first."""
    made = _labelled(image) if image.truth is not None else _unlabelled(image)
    return sorted(made, key=lambda subject: -subject.lost)


def _labelled(image: Image) -> list[Subject]:
    truth = image.truth
    if truth is None:
        return []
    made = []
    for place in range(len(truth)):
        oks = [group.oks[place] for group in image.groups]
        found = tuple(
            None if group.who[place] is None else group.people.keypoints[group.who[place] or 0]
            for group in image.groups
        )
        lost = oks[1] - oks[0] if len(oks) > 1 else 1 - oks[0]
        change = f"{oks[1]:.2f} → {oks[0]:.2f}" if len(oks) > 1 else f"{oks[0]:.2f}"
        caption = f"Person {place + 1} of {len(truth)}: OKS {change}"
        made.append(Subject(caption, truth.boxes[place], truth.keypoints[place], found, lost))
    return made


def _unlabelled(image: Image) -> list[Subject]:
    if len(image.groups) < 2:
        return []
    judged, reference = image.groups[0].people, image.groups[1].people
    made = []
    for place in range(len(reference)):
        agreement = image.agreement[place] if place < len(image.agreement) else 0.0
        points = _nearest(reference.keypoints[place], judged.keypoints) if agreement > 0 else None
        found = f"OKS {agreement:.2f} to float" if agreement > 0 else "not found by int8"
        caption = f"Person {place + 1} of {len(reference)}: {found}"
        made.append(Subject(caption, reference.boxes[place], reference.keypoints[place], (points,), 1 - agreement))
    return made


def _nearest(points: FloatArray, others: FloatArray) -> FloatArray | None:
    if not len(others):
        return None
    apart = np.hypot(*np.moveaxis(others[:, :, :2] - points[None, :, :2], -1, 0)).mean(axis=1)
    return np.asarray(others[int(apart.argmin())])


def pixels_off(subject: Subject) -> list[list[float | None]]:
    """Return for each keypoint and model the distance in pixels of the image; None where it is not known."""
    rows: list[list[float | None]] = []
    for index, (x, y, seen) in enumerate(subject.basis):
        row: list[float | None] = []
        for points in subject.found:
            known = points is not None and seen > 0
            row.append(float(np.hypot(points[index, 0] - x, points[index, 1] - y)) if known else None)  # type: ignore[index]
        rows.append(row)
    return rows
