"""The lines of people.jsonl: who is labelled and who was found, for drawing. docs/results.md explains the names."""

import msgspec

SCHEMA = 1


class PeopleHeading(msgspec.Struct, frozen=True, kw_only=True, rename={"edges": "bones"}):  # its name in files
    """The first line: how to draw.

    Attributes:
        schema: version of this form.
        models: their names, in the order of `ImagePeople.models`.
        keypoints: their names.
        edges: skeleton edges, pairs of places from 0.
        colours: red, green, blue of each keypoint, 0 to 255.
    """

    schema: int
    models: tuple[str, ...]
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    colours: tuple[tuple[int, int, int], ...]


class DrawnPeople(msgspec.Struct, frozen=True, kw_only=True):
    """People of an image; coordinates are pixels of the image after its EXIF orientation was applied.

    Attributes:
        boxes: left, top, right, bottom of each.
        keypoints: of each x, y, visibility, x, y, ... in one row; visibility of a label is 0 (not labelled), 1 (hidden)
            or 2 (visible), of a model's point its probability.
    """

    boxes: tuple[tuple[float, float, float, float], ...]
    keypoints: tuple[tuple[float, ...], ...]


class LabelledPeople(DrawnPeople, frozen=True, kw_only=True, omit_defaults=True):
    """Labelled people. Fields with a default are younger than the schema.

    Attributes:
        areas: of each, square pixels of the image.
        classes: of each, from 0; empty where there is one class only.
    """

    areas: tuple[float, ...] = ()
    classes: tuple[int, ...] = ()


class FoundPeople(DrawnPeople, frozen=True, kw_only=True, omit_defaults=True):
    """People whom a model found at the operating confidence. Fields with a default of () are younger than the schema.

    Attributes:
        scores: confidence of each.
        oks: for each labelled person the best OKS, 0 for those not found; None without labels.
        who: the place of the person who has it, None for nobody.
        errors: how many labelled keypoints of the people found are of each kind of error, in the order of
            `n6studio.domain.metrics.errors.KINDS`.
        taken: with several classes: for each labelled person the class that it was found as, None for not found.
        nobody: with several classes: the classes of people found where nobody is.
    """

    scores: tuple[float, ...]
    oks: tuple[float, ...] | None = None
    who: tuple[int | None, ...] | None = None
    errors: tuple[int, ...] = ()
    taken: tuple[int | None, ...] = ()
    nobody: tuple[int, ...] = ()


class ImagePeople(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each other line: an image that could be read.

    Attributes:
        image, image_id: path and number.
        size: (width, height), pixels.
        truth: the labelled people that count; None where nothing is labelled.
        models: one entry a model.
        agreement: without labels: OKS of the judged model's person for each person of the first reference, 0 for the
            lost; None with labels.
        lost: OKS lost by the worst person.
    """

    image: str
    image_id: int
    size: tuple[int, int]
    truth: LabelledPeople | None
    models: tuple[FoundPeople, ...]
    agreement: tuple[float, ...] | None = None
    lost: float
