"""Who is who from frame to frame: people that overlap with where somebody was keep that one's number.

Boxes are matched greedily, the best overlap first, as in Bochinski, Eiselein, Sikora, "High-Speed tracking-by-detection
without using image information" (AVSS 2017), with a memory for those that are not found for a moment.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import FloatArray, ImageFractions, People

LEAST_OVERLAP = 0.3  # IoU
MEMORY = 1.0  # seconds for which somebody who is not found keeps the number


@dataclass
class _Track:
    number: int
    box: FloatArray
    seen: float


class Tracker:
    """Gives people numbers. For one thread; frames come in the order of their times."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1

    def update(self, people: People[ImageFractions], time: float) -> tuple[int, ...]:
        """Return the number of each person in a frame, from 1.

        Args:
            people: who is in it.
            time: seconds.
        """
        self._tracks = [track for track in self._tracks if 0 <= time - track.seen <= MEMORY]
        numbers = [0] * len(people)
        if self._tracks and len(people):
            overlaps = _overlaps(people.boxes, np.stack([track.box for track in self._tracks]))
            for flat in np.argsort(-overlaps, axis=None, kind="stable"):
                person, place = divmod(int(flat), len(self._tracks))
                track = self._tracks[place]
                if overlaps[person, place] < LEAST_OVERLAP:
                    break
                if numbers[person] == 0 and track.number not in numbers:
                    numbers[person] = track.number
                    track.box, track.seen = people.boxes[person], time
        for person, number in enumerate(numbers):
            if number == 0:
                numbers[person] = self._next
                self._tracks.append(_Track(self._next, people.boxes[person], time))
                self._next += 1
        return tuple(numbers)


def _overlaps(first: FloatArray, second: FloatArray) -> npt.NDArray[np.float64]:
    """Return the IoU of every box of (N, 4) with every one of (M, 4), (N, M)."""
    one, other = first[:, None].astype(np.float64), second[None].astype(np.float64)
    inner = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared = np.prod(np.maximum(0.0, inner), axis=-1)
    areas = [np.prod(np.maximum(0.0, box[..., 2:] - box[..., :2]), axis=-1) for box in (one, other)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-12), np.float64)
