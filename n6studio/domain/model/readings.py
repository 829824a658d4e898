"""What the values of a candidate may mean: every reading that fits a number of channels, and what singles one out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from n6studio.domain.texts import counted

BOX_VALUES = 4
MOST_CLASSES = 1000  # of a detector; ImageNet has as many
MOST_POSE_CLASSES = 100
MOST_KEYPOINTS = 200
# Strides of the detection levels that YOLO's YAML files build, the usual ones first: P3 to P5, with P6, with P2, tiny.
STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32), (8, 16), (8,), (16,), (32,))


class Channel(StrEnum):
    """What the graph says of one channel of the output."""

    PLACE = "place"
    """A grid or another computed value was added, or it is a mean over a distribution: a coordinate."""
    SCORE = "score"
    """The result of a sigmoid as it is: a confidence."""
    TURNED = "turned"
    """The result of a sigmoid, shifted or scaled by constants: an angle."""
    PLAIN = "plain"
    """A convolution's result as it is: a coefficient, or a confidence before its sigmoid."""
    UNKNOWN = "unknown"
    """Nothing that the graph tells."""


@dataclass(frozen=True, order=True)
class Reading:
    """One way to read a candidate's values: 4 of its box, then one for each class, then those of the keypoints.

    Attributes:
        classes: how many confidences.
        keypoints: K; 0 for a detector.
        values: for each keypoint, 3 with visibility or 2; 0 for a detector.
    """

    classes: int
    keypoints: int = 0
    values: int = 0

    @property
    def channels(self) -> int:
        """Values per candidate."""
        return BOX_VALUES + self.classes + self.keypoints * self.values

    @property
    def text(self) -> str:
        """The same in words."""
        classes = counted(self.classes, "class", "classes")
        if not self.keypoints:
            return f"a detector with {classes}"
        return f"{classes}, {counted(self.keypoints, 'keypoint')} x {self.values}"

    @property
    def code(self) -> str:
        """As it is typed: CLASSESxKEYPOINTSxVALUES."""
        return f"{self.classes}x{self.keypoints}x{self.values}"


def read_code(text: str) -> Reading:
    """Return the reading that somebody typed.

    Raises:
        ValueError: it is none.
    """
    parts = text.strip().lower().split("x")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        raise ValueError(f"{text!r} is not CLASSESxKEYPOINTSxVALUES")
    classes, keypoints, values = map(int, parts)
    if not (1 <= classes <= MOST_CLASSES and 1 <= keypoints <= MOST_KEYPOINTS and values in (2, 3)):
        raise ValueError(f"{text!r} is not CLASSESxKEYPOINTSxVALUES with 2 or 3 values")
    return Reading(classes, keypoints, values)


def possible_readings(channels: int) -> tuple[Reading, ...]:
    """Return every reading that yields `channels` values a candidate: pose models with few classes first."""
    rest = channels - BOX_VALUES
    poses = [
        Reading(rest - keypoints * values, keypoints, values)
        for values in (3, 2)
        for keypoints in range(1, MOST_KEYPOINTS + 1)
        if 1 <= rest - keypoints * values <= MOST_POSE_CLASSES
    ]
    poses.sort(key=lambda one: (one.classes, -one.values))
    detector = [Reading(rest)] if 1 <= rest <= MOST_CLASSES else []
    return (*poses, *detector)


def readings_of(channels: tuple[Channel, ...]) -> tuple[Reading, ...]:
    """Return the readings that what the graph says of each channel leaves open, the likeliest first."""
    if channels[:1] != (Channel.PLACE,):  # boxes that are made in another way than YOLO's: so may be the rest
        channels = tuple(Channel.UNKNOWN if channel is Channel.PLAIN else channel for channel in channels)
    fitting = [one for one in possible_readings(len(channels)) if _fits(one, channels)]
    if all(channel is Channel.SCORE for channel in channels[BOX_VALUES:]):
        fitting.sort(key=lambda one: one.keypoints > 0)  # all alike from the fifth on, as a detector's are
    return tuple(fitting)


def confidences(reading: Reading) -> list[int]:
    """Return the channels that hold values in 0..1: the classes', and the keypoints' visibilities."""
    end = BOX_VALUES + reading.classes
    visible = range(end + 2, reading.channels, 3) if reading.values == 3 else ()
    return [*range(BOX_VALUES, end), *visible]


def _fits(reading: Reading, channels: tuple[Channel, ...]) -> bool:
    end = BOX_VALUES + reading.classes
    if not all(channel in (Channel.SCORE, Channel.UNKNOWN) for channel in channels[BOX_VALUES:end]):
        return False
    # Coordinates that are sigmoids as they are exist in networks for one person, where boxes are sigmoids, too.
    placed = channels[0] is Channel.PLACE
    for number, channel in enumerate(channels[end:]):
        if reading.values == 3 and number % 3 == 2:
            if channel not in (Channel.SCORE, Channel.UNKNOWN):
                return False
        elif channel in (Channel.TURNED, Channel.PLAIN) or (placed and channel is Channel.SCORE):
            return False
    return True


def other_task(channels: tuple[Channel, ...]) -> str | None:
    """Return 'detect', 'segment' or 'obb' where the graph proves that the output is such a model's; None else."""
    if len(channels) <= BOX_VALUES or any(channel is not Channel.PLACE for channel in channels[:BOX_VALUES]):
        return None
    rest = channels[BOX_VALUES:]
    scores = next((number for number, channel in enumerate(rest) if channel is not Channel.SCORE), len(rest))
    beyond = rest[scores:]
    if not scores:
        return None
    if not beyond:
        return "detect"
    if all(channel is Channel.PLAIN for channel in beyond) and len(beyond) >= 8:
        return "segment"
    return "obb" if beyond == (Channel.TURNED,) else None


def strides_of(count: int, size: tuple[int, int]) -> tuple[int, ...] | None:
    """Return the strides of the levels that yield `count` candidates for an input of `size`; None where none do.

    Args:
        count: N.
        size: (width, height) in pixels.
    """
    for strides in STRIDES:
        if count == candidates_at(size, strides):
            return strides
    return None


def candidates_at(size: tuple[int, int], strides: Iterable[int]) -> int:
    """Return how many candidates levels of these strides have for an input of `size`, (width, height)."""
    return sum((size[0] // stride) * (size[1] // stride) for stride in strides)


def stated_reading(metadata: Mapping[str, Any], channels: int, fixed: int) -> Reading | None:
    """Return the reading that a model's metadata state in whole; None where they do not, or contradict the output.

    Args:
        metadata: as Ultralytics writes it: names, kpt_shape.
        channels: values per candidate.
        fixed: those that are neither confidences nor keypoints: 4, or 6 in an end-to-end model.
    """
    match metadata.get("kpt_shape"):
        case [int(keypoints), int(values)] | (int(keypoints), int(values)) if keypoints > 0 and values in (2, 3):
            classes = channels - fixed - keypoints * values
        case _:
            return None
    if fixed == BOX_VALUES and classes < 1:
        return None
    names = metadata.get("names")
    if fixed == BOX_VALUES and isinstance(names, dict | list) and names and len(names) != classes:
        return None
    return Reading(max(classes, 1), keypoints, values)
