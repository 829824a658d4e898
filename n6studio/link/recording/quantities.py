"""Any value of a stream over time: people, times, every keypoint's place and confidence, angles between edges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import ImageFractions, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.pose.tracks import Tracker
from n6studio.link.recording.recording import Recording
from n6studio.link.recording.values import Corner, angle, corners_of

Array = npt.NDArray[np.float64]
MOST_PEOPLE = 20  # of a frame that are kept
MOST_SAMPLES = 20_000  # of a recording; of a longer one every second frame is kept, or every third...
_MOST_CONFIDENT = 0
_TIMES = (
    ("Exposure to NPU", "exposure_to_npu"), ("NPU", "npu"), ("Post-processing", "post_processing"),
    ("JPEG encoding", "encode"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sample:
    """What is known of one frame.

    Attributes:
        time: seconds.
        size: (width, height) of the frame in pixels.
        people: the first `MOST_PEOPLE` of it.
        numbers: the number of each, which stays the same from frame to frame.
        found: how many people were found.
        timings: as the sender told.
        top: highest confidence of any candidate, None where not told.
    """

    time: float
    size: tuple[int, int]
    people: People[ImageFractions]
    numbers: tuple[int, ...]
    found: int
    timings: Timings
    top: float | None


@dataclass(frozen=True)
class Quantity:
    """Something that has a value in each frame.

    Attributes:
        group: where it stands in a list: 'Frame', 'Person', a keypoint's name, or 'Angles'.
        name: what it is.
        unit: of its values.
        measure: (sample, which person of it) -> value; NaN where there is none. Of a whole frame the person does not
            matter.
        of_person: whether there is one for each person.
    """

    group: str
    name: str
    unit: str
    measure: Callable[[Sample, int], float]
    of_person: bool = True

    @property
    def title(self) -> str:
        """What it is, with its group where that says more."""
        return self.name if self.group in ("Frame", "Person", "Angles") else f"{self.group} {self.name}"


def sample(results: FrameResults, time: float, size: tuple[int, int], tracker: Tracker) -> Sample:
    """Return what is kept of a frame's results; frames come in the order of their times."""
    people = results.people
    numbers = tracker.update(people, time)
    kept = people if len(people) <= MOST_PEOPLE else people[:MOST_PEOPLE]
    return Sample(time, size, kept, numbers[:MOST_PEOPLE], len(people), results.timings, results.top_score)


def samples_of(recording: Recording, progress: Callable[[int, int], None]) -> tuple[Sample, ...]:
    """Return what is known of a recording's frames with results, at most `MOST_SAMPLES`.

    Args:
        recording: the frames.
        progress: called with (done, total) frames; it may raise to stop.

    Raises:
        FileUnreadable, RecordingUnreadable.
    """
    total, tracker, found = len(recording.entries), Tracker(), []
    step = -(-total // MOST_SAMPLES)
    for number in range(0, total, step):
        frame = recording.frame(number)
        if frame.results is not None:
            found.append(sample(frame.results, frame.received, frame.size, tracker))
        progress(min(total, number + step), total)
    return tuple(found)


def quantities(skeleton: Skeleton) -> tuple[Quantity, ...]:
    """Return everything that has a value for people with this skeleton."""
    made = [
        Quantity("Frame", "People", "count", lambda one, _: float(one.found), of_person=False),
        Quantity("Frame", "Top confidence", "fraction", lambda one, _: _or_nan(one.top), of_person=False),
    ]
    for name, key in _TIMES:
        made.append(Quantity("Frame", f"{name} time", "ms", partial(_time, key), of_person=False))
    made.append(Quantity("Person", "Confidence", "fraction", lambda one, who: float(one.people.confidences[who])))
    made += [Quantity("Person", name, "px", partial(_extent, axis)) for axis, name in enumerate(("Width", "Height"))]
    for point, keypoint in enumerate(skeleton.names):
        made += [Quantity(keypoint, name, "px", partial(_place, point, axis)) for axis, name in enumerate("xy")]
        made.append(Quantity(keypoint, "confidence", "fraction", partial(_value, point, 2)))
    for corner in corners_of(skeleton):
        name = "–".join(skeleton.names[point] for point in corner)
        made.append(Quantity("Angles", name, "degrees", partial(_angle, corner)))
    return tuple(made)


def series(samples: Sequence[Sample], quantity: Quantity, person: int = _MOST_CONFIDENT) -> tuple[Array, Array]:
    """Return (N,) times and (N,) values, NaN where there is none.

    Args:
        samples: in the order of their times.
        quantity: what of them.
        person: the number of somebody, 0 for the most confident of each frame.
    """
    values = np.full(len(samples), np.nan)
    for number, one in enumerate(samples):
        if not quantity.of_person:
            values[number] = quantity.measure(one, 0)
        elif person == _MOST_CONFIDENT:
            values[number] = quantity.measure(one, 0) if len(one.people) else np.nan
        elif person in one.numbers:
            values[number] = quantity.measure(one, one.numbers.index(person))
    return np.array([one.time for one in samples], np.float64), values


def thinned(times: Array, values: Array, most: int) -> tuple[Array, Array]:
    """Return at most so many values of which none is missed that stands out: least and greatest of each stretch."""
    if len(times) <= most:
        return times, values
    edges = np.linspace(0, len(times), most // 2 + 1).astype(int)
    kept: list[int] = []
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        known = np.flatnonzero(np.isfinite(values[first:last])) + first
        ends = {first} if not len(known) else {int(known[values[known].argmin()]), int(known[values[known].argmax()])}
        kept += sorted(ends)
    return times[kept], values[kept]


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _time(key: str, one: Sample, _: int) -> float:
    return _or_nan(getattr(one.timings, key)) / 1e3


def _extent(axis: int, one: Sample, who: int) -> float:
    box = one.people.boxes[who]
    return float(box[2 + axis] - box[axis]) * one.size[axis]


def _value(point: int, which: int, one: Sample, who: int) -> float:
    points = one.people.keypoints[who]
    return float(points[point, which]) if point < len(points) else np.nan


def _place(point: int, axis: int, one: Sample, who: int) -> float:
    return _value(point, axis, one, who) * one.size[axis]


def _angle(corner: Corner, one: Sample, who: int) -> float:
    points = one.people.keypoints[who, :, :2].astype(np.float64) * one.size
    return angle(points, corner) if max(corner) < len(points) else np.nan
