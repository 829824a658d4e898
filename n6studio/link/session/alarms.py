"""What is wrong with a stream although frames arrive: judged image by image, told while it lasts."""

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.live import FrameResults, all_zero
from n6studio.domain.pose.preprocess import Image

PATIENCE = 2.0  # seconds that a condition must last; a single odd frame is none
_BLACK = 6.0  # mean grey value of 0..255 below which nothing can be seen in an image
_SAMPLES = 32  # pixels across and down at which an image is looked at
_CHANGE = 1.0  # mean difference in grey values above which pixels changed; the noise of a still scene is below it


class Alarm(enum.StrEnum):
    """A condition that has lasted for `PATIENCE`."""

    FROZEN_RESULTS = "The results stay identical while the image changes"
    ALL_ZERO = "All confidences of the model are zero"
    BLACK_IMAGE = "The image is black"
    OTHER_MODEL = "The board runs a different model than the evaluated one"


@dataclass
class _Memory:
    key: bytes = b""
    pixels: npt.NDArray[np.float32] | None = None


class AlarmWatch:
    """Looks at every shown image and keeps which conditions last. For one thread.

    Args:
        expected_model: first 16 hex digits of the SHA-256 of the evaluated .tflite; '' where any will do.
    """

    def __init__(self, expected_model: str = "") -> None:
        self.expected_model = expected_model
        self._since: dict[Alarm, float] = {}
        self._frozen_from = _Memory()
        self._now = 0.0

    def look(self, image: Image, results: FrameResults | None, now: float) -> None:
        """Judge one image.

        Args:
            image: (H, W, 3) uint8.
            results: what is known about it; results of this computer count like a board's.
            now: `time.monotonic()` when it came.
        """
        self._now = now
        pixels = _sampled(image)
        self._note(Alarm.BLACK_IMAGE, float(pixels.mean()) < _BLACK)
        self._note(Alarm.ALL_ZERO, results is not None and all_zero(results))
        self._note(Alarm.OTHER_MODEL, results is not None and _differs(results.model, self.expected_model))
        self._note(Alarm.FROZEN_RESULTS, results is not None and self._frozen(results, pixels))

    def active(self) -> tuple[Alarm, ...]:
        """Return what has lasted for `PATIENCE`, in the order of `Alarm`."""
        return tuple(alarm for alarm in Alarm if self._now - self._since.get(alarm, self._now) >= PATIENCE)

    def forget(self) -> None:
        """Start anew, as after a reconnect."""
        self._since.clear()
        self._frozen_from = _Memory()

    def _note(self, alarm: Alarm, holds: bool) -> None:
        if holds:
            self._since.setdefault(alarm, self._now)
        else:
            self._since.pop(alarm, None)

    def _frozen(self, results: FrameResults, pixels: npt.NDArray[np.float32]) -> bool:
        key = _key(results)
        memory = self._frozen_from
        if not key or key != memory.key or memory.pixels is None or memory.pixels.shape != pixels.shape:
            self._frozen_from = _Memory(key, pixels)
            return False
        changed = float(np.abs(pixels - memory.pixels).mean()) > _CHANGE
        return changed or Alarm.FROZEN_RESULTS in self._since


def _sampled(image: Image) -> npt.NDArray[np.float32]:
    height, width = image.shape[:2]
    rows = np.linspace(0, height - 1, min(_SAMPLES, height)).astype(int)
    columns = np.linspace(0, width - 1, min(_SAMPLES, width)).astype(int)
    return np.asarray(image[np.ix_(rows, columns)].mean(axis=2), np.float32)


def _key(results: FrameResults) -> bytes:
    """Return what must differ between two images; b'' where sameness would prove nothing, as with nobody there."""
    people = results.people
    if len(people) == 0 and not results.top_score:
        return b""
    return b"".join([people.boxes.tobytes(), people.keypoints.tobytes(), str(results.top_score).encode()])


def _differs(model: str, expected: str) -> bool:
    return bool(model and expected) and model != expected
