"""What can be said of calibration images in a filter."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.calibration.facts import BLURRED, BRIGHT, DARK, HEAT, CalibrationFacts, ImageFacts
from n6studio.ui.widgets.image_filter import NoFilter, Number, Vocabulary, one_of

VIEWS = (
    ("All images", ""),
    ("Used", "-is:excluded"),
    ("Excluded", "is:excluded"),
    ("Nobody found", "people=0"),
    ("Dark", "is:dark"),
    ("Blurred", "is:blurred"),
    ("Duplicates", "is:duplicate"),
    ("Also in the evaluation data", "in:evaluation"),
)


@dataclass(frozen=True)
class Known:
    """An image of the grid.

    Attributes:
        path: of the file.
        name: below the folder.
        excluded: whether it is left out.
        facts: what the latest check found; None before one.
    """

    path: Path
    name: str
    excluded: bool
    facts: ImageFacts | None


_STATES: dict[str, Callable[[ImageFacts], bool]] = {
    "dark": lambda facts: facts.brightness < DARK,
    "bright": lambda facts: facts.brightness > BRIGHT,
    "blurred": lambda facts: facts.sharpness < BLURRED,
    "duplicate": lambda facts: facts.alike >= 0,
}


def vocabulary(found: CalibrationFacts | None) -> Vocabulary[Known]:
    """Return the words for calibration images; `found` is the latest check."""
    keypoints = found.keypoints if found is not None else ()
    return Vocabulary(
        path=lambda image: image.path,
        name=lambda image: image.name,
        numbers={
            "people": Number("people that the float model finds", lambda one: _of(one, lambda f: f.people)),
            "brightness": Number("mean brightness, of 255", lambda one: _of(one, lambda f: f.brightness)),
            "sharpness": Number("variance of the Laplacian", lambda one: _of(one, lambda f: f.sharpness)),
            "tall": Number(
                "height of the tallest person, fraction of the input's height",
                lambda one: _of(one, lambda f: max(f.heights, default=0.0)),
                lambda one: one.facts.heights if one.facts is not None else (),
            ),
            "width": Number("width of the image, pixels", lambda one: _of(one, lambda f: f.width)),
            "height": Number("height of the image, pixels", lambda one: _of(one, lambda f: f.height)),
        },
        kinds={
            "is": one_of(("excluded", "unreadable", *_STATES), "state of an image", _is),
            "in": one_of(
                ("evaluation",), "set of images", lambda one, _: one.facts is not None and one.facts.evaluated
            ),
            "seen": one_of(keypoints, "keypoint of this model", lambda one, name: _sees(one, keypoints.index(name))),
            "at": _at,
        },
    )


def _of(image: Known, figure: Callable[[ImageFacts], float | None]) -> float | None:
    return figure(image.facts) if image.facts is not None and not image.facts.problem else None


def _is(image: Known, state: str) -> bool:
    if state == "excluded":
        return image.excluded
    facts = image.facts
    if facts is None or state == "unreadable":
        return facts is not None and bool(facts.problem)
    return not facts.problem and _STATES[state](facts)


def _sees(image: Known, place: int) -> bool:
    return image.facts is not None and place < len(image.facts.seen) and image.facts.seen[place] > 0


def _at(value: str) -> Callable[[Known], bool]:
    """Return whether a keypoint is in a cell of the map, given as column and row."""
    column, _, row = value.partition(",")
    if not (column.isdecimal() and row.isdecimal()):
        raise NoFilter(f"'{value}' is no cell: at:COLUMN,ROW")
    cell = int(row) * HEAT + int(column)
    return lambda image: image.facts is not None and any(cell in cells for cells in image.facts.cells)
