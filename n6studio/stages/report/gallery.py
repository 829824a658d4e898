"""The report's images: where the judged model fails most, beside the labels and its rival."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.texts import counted
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.report.images import crop_of, drawn

KINDS = {"missed": "missed people", "false": "false people", "several": "several people"}  # keys as in style.css


@dataclass(frozen=True, eq=False)
class WorstImage:
    """An image in which the judged model fails.

    Attributes:
        path: the file.
        size: width and height, pixels.
        caption: how much it fails, in words.
        marked: the person to point at; None for nobody.
        views: who to draw, with what each view is called.
        kinds: which of `KINDS` it is.
    """

    path: Path
    size: tuple[int, int]
    caption: str
    marked: People[ImagePixels] | None
    views: tuple[tuple[str, People[ImagePixels]], ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnView:
    """One view of an image as a data URI."""

    name: str
    people: str
    source: str


@dataclass(frozen=True)
class DrawnImage:
    """An image of the gallery."""

    name: str
    caption: str
    views: tuple[DrawnView, ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownKind:
    """A kind of images that can be shown alone: its key in the style sheet, its name, how many there are."""

    key: str
    name: str
    images: int


@dataclass(frozen=True)
class Gallery:
    """The worst images; `order` is what they are sorted by, `confidence` from which people are shown."""

    order: str
    confidence: str
    images: tuple[DrawnImage, ...]

    @property
    def kinds(self) -> tuple[ShownKind, ...]:
        """The kinds of which there are some, but not all images."""
        counts = {key: sum(key in image.kinds for image in self.images) for key in KINDS}
        return tuple(ShownKind(key, KINDS[key], many) for key, many in counts.items() if 0 < many < len(self.images))


def draw_gallery(worst: Sequence[WorstImage], order: str, confidence: float, skeleton: Skeleton) -> Gallery:
    """Return the images with everybody drawn on them, the worst first."""
    images = [made for one in worst if (made := _drawn(one, skeleton)) is not None]
    return Gallery(order, f"{confidence:g}", tuple(images))


def _drawn(one: WorstImage, skeleton: Skeleton) -> DrawnImage | None:
    try:
        image = read_image(one.path)
    except ImageUnreadable:  # it was readable a moment ago, and its figures count; only its image is lost
        return None
    crop = crop_of(one.size, [people for _, people in one.views])
    views = tuple(
        DrawnView(name, counted(len(people), "person", "people"), drawn(image, crop, people, skeleton, one.marked))
        for name, people in one.views
    )
    return DrawnImage(one.path.name, one.caption, views, one.kinds)
