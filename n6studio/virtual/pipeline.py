"""The first half of the virtual board: camera and model, at the camera's pace and with the NPU's time.

What it makes waits in a short queue for the second half, which encodes and sends. When that is not emptied, the oldest
goes, as in the ring of buffers of a real board; the gap in the sequence numbers tells.
"""

import dataclasses
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from n6studio.domain.live import Answer
from n6studio.domain.pose.preprocess import Image, Resize
from n6studio.domain.pose.views import View
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.evaluation import Question
from n6studio.virtual.eye import Eye, Sight, Thresholds
from n6studio.virtual.surroundings import Surroundings

BUFFERS = 8
_GREY = np.full((16, 16, 3), 128, np.uint8)  # the image of frames that show none


@dataclass(frozen=True, eq=False)
class Shot:
    """One image on its way out.

    Attributes:
        sequence: counts what was put into the queue.
        image: (H, W, 3) uint8 RGB.
        exposure: seconds since the start of the board.
        sight: what the model saw in it, None where it did not run.
        to_npu: seconds from exposure to the start of the model.
        npu: seconds that the model took, by the clock of the board that is played.
        due: seconds since the start of the board when the board would be done with it.
        answer: where it answers an input of the host.
    """

    sequence: int
    image: Image
    exposure: float
    sight: Sight | None
    to_npu: float
    npu: float
    due: float
    answer: Answer | None = None


class ShotQueue:
    """The buffers between the two halves."""

    def __init__(self) -> None:
        self._shots: deque[Shot] = deque()
        self._ready = threading.Condition()
        self.dropped = 0

    def put(self, shot: Shot) -> None:
        """Add one; if all buffers are taken, the oldest goes."""
        with self._ready:
            if len(self._shots) >= BUFFERS:
                self._shots.popleft()
                self.dropped += 1
            self._shots.append(shot)
            self._ready.notify()

    def take(self, seconds: float) -> Shot | None:
        """Return the oldest, None if there is none for so long."""
        with self._ready:
            if not self._shots:
                self._ready.wait(seconds)
            return self._shots.popleft() if self._shots else None

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._shots

    def clear(self) -> None:
        """Forget all."""
        with self._ready:
            self._shots.clear()


class Pipeline:
    """Camera and model. `run` belongs to one thread; `queue` is what it fills.

    Args:
        settings: frame rate, aspect, and how often the model runs.
        eye: the model.
        npu_seconds: how long the NPU takes; None for as long as it takes here.
        around: camera, faults and clock.
    """

    def __init__(
        self, settings: VirtualBoardSettings, eye: Eye, npu_seconds: float | None, around: Surroundings
    ) -> None:
        self._eye, self._npu_seconds = eye, npu_seconds
        self._camera, self._faults, self._clock = around.camera, around.faults, around.clock
        self._fps, self._every = settings.fps, settings.inference_every
        self._aspect = settings.aspect
        self.thresholds = Thresholds(settings.confidence, settings.iou, settings.max_detections, settings.average)
        self.queue = ShotQueue()
        self.skipped = 0  # exposures that were not used because network or computer were busy
        self._sequence = 0
        self._npu_free = 0.0
        self._frozen: Sight | None = None

    def run(self, wanted: Callable[[], bool], idle: Callable[[], None], stop: threading.Event) -> None:
        """Take images until `stop`, whenever somebody wants one; call `idle` again and again while nobody does."""
        number = since_model = 0
        while not stop.is_set():
            if not wanted():
                idle()
                number, since_model = self._latest(), 0
                continue
            if stop.wait(max(0.0, number / self._fps - self._clock.now())):
                return
            with_model = self._every == 1 or (since_model % self._every == 0 and self._is_free(number))
            since_model = 1 if with_model else since_model + 1
            self._shoot(number / self._fps, with_model)
            following = number + 1
            number = max(following, self._next_for_model() if self._every == 1 else 0, self._latest())
            self.skipped += number - following

    def answer(self, question: Question, raw: bool) -> None:
        """Run the model on an input of the host."""
        began = self._clock.now()
        view = View(Resize.STRETCH, self._eye.info.size)
        sight = self._eye.look_exactly(question.tensor, view, self.thresholds, self._faults.now.zero_scores)
        npu = sight.model_us / 1e6 if self._npu_seconds is None else self._npu_seconds
        due = began + npu + sight.decode_us / 1e6
        dead = self._faults.now.zero_scores
        outputs = self._eye.stored(question.tensor, dead, sight.output) if raw else ()
        self._put(Shot(0, _GREY, began, sight, 0.0, npu, due, Answer(question.number, question.checksum, outputs)))

    def speak(self) -> None:
        """Make a frame that carries replies only."""
        now = self._clock.now()
        self._put(Shot(0, _GREY, now, None, 0.0, 0.0, now))

    def _put(self, shot: Shot) -> None:
        self.queue.put(dataclasses.replace(shot, sequence=self._sequence))
        self._sequence = (self._sequence + 1) % 2**32

    def _latest(self) -> int:
        return int(self._clock.now() * self._fps)

    def _is_free(self, number: int) -> bool:
        return self._npu_free <= (number + 1) / self._fps

    def _next_for_model(self) -> int:
        """The NPU takes the newest image that is there when it gets free."""
        return int(self._npu_free * self._fps)

    def _shoot(self, exposure: float, with_model: bool) -> None:
        image = self._camera.image(exposure)
        if self._faults.now.black:
            image = np.zeros_like(image)
        if self._aspect == "fit":
            image = squeezed(image, self._eye.info.size)
        ready = self._clock.now()
        sight, start, npu = None, ready, 0.0
        if with_model:
            sight = self._look(image)
            start = max(ready, self._npu_free)
            npu = sight.model_us / 1e6 if self._npu_seconds is None else self._npu_seconds
            self._npu_free = start + npu
        due = self._npu_free + sight.decode_us / 1e6 if sight is not None else ready
        self._put(Shot(0, image, exposure, sight, start - exposure, npu, due))

    def _look(self, image: Image) -> Sight:
        resize = Resize.CROP if self._aspect == "crop" else Resize.STRETCH
        sight = self._eye.look(image, resize, self.thresholds, self._faults.now.zero_scores)
        if not self._faults.now.frozen:
            self._frozen = None
            return sight
        self._frozen = self._frozen or sight
        return dataclasses.replace(sight, people=self._frozen.people, best=self._frozen.best)


def squeezed(image: Image, size: tuple[int, int]) -> Image:
    """Return the image as ST's FIT shows it: as high as before, squeezed into the shape of the model's input."""
    height = image.shape[0]
    width = max(1, round(height * size[0] / size[1]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
