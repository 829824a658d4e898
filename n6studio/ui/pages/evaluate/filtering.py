"""What can be said of an evaluation's images in a filter."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from n6studio.domain.charts.evaluation.classes import ANOTHER, NOBODY
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.metrics.groups import HIDDEN, SIZES, hidden_share
from n6studio.ui.pages.evaluate.data import Group, Image
from n6studio.ui.pages.evaluate.images import RIGHT_OKS
from n6studio.ui.widgets.image_filter import Kind, NoFilter, Number, Vocabulary, one_of

FAR = 0.1  # of the root of a person's box: from there on a keypoint counts as off
CALIBRATION = "calibration"  # behind ``in:``
VIEWS = (
    ("All images", ""),
    ("Missed people", "fn>0"),
    ("False people", "fp>0"),
    ("Large losses", "lost>0.1"),
    ("Crowded", "people>4"),
    ("Nobody labelled", "people=0"),
    ("Also calibrated on", f"in:{CALIBRATION}"),
)


def vocabulary(
    keypoints: Sequence[str], calibrated: Collection[Path], classes: Sequence[str] = ()
) -> Vocabulary[Image]:
    """Return the words for an evaluation's images.

    Args:
        keypoints: names of the model's keypoints, for ``off:``.
        calibrated: the images that quantization is calibrated on, for ``in:calibration``.
        classes: names of the classes, for ``class:`` and ``as:``; empty where there is one only.
    """
    of_classes: dict[str, Kind[Image]] = {
        "class": one_of(classes, "class", lambda image, name: classes.index(name) in _classes(image)),
        "as": lambda text: _taken(text, classes),
    }
    return Vocabulary(
        path=lambda image: image.path,
        name=lambda image: image.path.name,
        numbers={
            "people": Number("labelled people, or people found where nothing is labelled", _people),
            "oks": Number("lowest OKS of a labelled person", lambda one: min(_oks(one), default=1.0), _oks),
            "lost": Number("largest OKS lost to int8", lambda one: one.lost, _losses),
            "agree": Number("lowest OKS to float", lambda one: min(one.agreement, default=1.0), lambda o: o.agreement),
            "conf": Number("highest confidence", lambda one: max(_scores(one), default=0.0), _scores),
            "fn": Number("labelled people that int8 does not find", _missed),
            "fp": Number("people found by int8 that are not labelled", _false),
            "width": Number("width of the image, pixels", lambda one: float(one.size[0])),
            "height": Number("height of the image, pixels", lambda one: float(one.size[1])),
        },
        kinds={
            "off": one_of(
                keypoints, "keypoint of this model", lambda image, name: _is_off(image, keypoints.index(name))
            ),
            "hidden": one_of([name for name, _, _ in HIDDEN], "share of hidden keypoints", _is_hidden),
            "size": one_of([name for name, _, _ in SIZES], "size of a person", _is_of_size),
            "error": one_of(KINDS[1:], "kind of error", _has_error),
            **(of_classes if classes else {}),
            "in": one_of((CALIBRATION,), "set of images", lambda image, _: image.path in calibrated),
        },
    )


def _is_of_size(image: Image, name: str) -> bool:
    low, high = next((low, high) for one, low, high in SIZES if one == name)
    return bool(((image.areas >= low) & (image.areas <= high)).any())


def _has_error(image: Image, kind: str) -> bool:
    judged = _judged(image)
    return judged is not None and bool(judged.errors) and judged.errors[KINDS.index(kind)] > 0


def _classes(image: Image) -> set[int]:
    return set(image.truth.class_numbers.tolist()) if image.truth is not None else set()


def _taken(text: str, classes: Sequence[str]) -> Callable[[Image], bool]:
    """Return the condition of ``as:"labelled > found"``, each a class or nobody; found may be another class."""
    labelled, sign, found = (part.strip().lower() for part in text.partition(">"))
    numbers = {name.lower(): number for number, name in enumerate(classes)}
    for name, others in ((labelled, (NOBODY,)), (found, (NOBODY, ANOTHER))):
        if not sign or (name not in numbers and name not in others):
            raise NoFilter(f"'{text}' is not two of the classes, as in \"{classes[0]} > {NOBODY}\"")
    row, column = numbers.get(labelled), numbers.get(found)

    def fits(one: int | None) -> bool:
        if column is None and found == ANOTHER:
            return one is not None and one != row
        return one == column

    def holds(image: Image) -> bool:
        judged = _judged(image)
        if judged is None or image.truth is None:
            return False
        if row is None:
            return any(fits(one) for one in judged.nobody)
        of_class = zip(image.truth.class_numbers.tolist(), judged.taken, strict=False)
        return any(fits(one) for number, one in of_class if number == row)

    return holds


def _judged(image: Image) -> Group | None:
    return image.groups[0] if image.groups else None


def _oks(image: Image) -> tuple[float, ...]:
    judged = _judged(image)
    return judged.oks if judged is not None else ()


def _scores(image: Image) -> tuple[float, ...]:
    judged = _judged(image)
    return tuple(map(float, judged.people.confidences)) if judged is not None else ()


def _losses(image: Image) -> tuple[float, ...]:
    if image.truth is None or len(image.groups) < 2:
        return (image.lost,)
    judged, reference = image.groups[:2]
    return tuple(before - after for before, after in zip(reference.oks, judged.oks, strict=True))


def _people(image: Image) -> float:
    judged = _judged(image)
    return float(len(image.truth) if image.truth is not None else len(judged.people) if judged is not None else 0)


def _missed(image: Image) -> float:
    return float(sum(value < RIGHT_OKS for value in _oks(image)))


def _false(image: Image) -> float:
    judged = _judged(image)
    if judged is None:
        return 0.0
    right = {who for who, one in zip(judged.who, judged.oks, strict=True) if who is not None and one >= RIGHT_OKS}
    return float(len(judged.people) - len(right))


def _is_hidden(image: Image, name: str) -> bool:
    if image.truth is None or not len(image.truth):
        return False
    above, most = next((above, most) for one, above, most in HIDDEN if one == name)
    shares = hidden_share(image.truth.keypoints)
    return bool(((shares > above) & (shares <= most)).any())


def _is_off(image: Image, place: int) -> bool:
    """Return whether int8 puts a keypoint of a person that it finds further than `FAR` from where it is labelled."""
    if image.truth is None or not image.groups:
        return False
    judged = image.groups[0]
    for person, who in enumerate(judged.who):
        x, y, seen = image.truth.keypoints[person, place]
        if who is None or seen <= 0:
            continue
        left, top, right, bottom = image.truth.boxes[person]
        size = max(1.0, float(np.sqrt(max(0.0, (right - left) * (bottom - top)))))
        found = judged.people.keypoints[who, place]
        if float(np.hypot(found[0] - x, found[1] - y)) > FAR * size:
            return True
    return False
