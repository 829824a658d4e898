"""A network of this computer as something that a live session can ask picture by picture."""

import threading
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors import StudioError
from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.preprocess import Image, Resize
from n6studio.link.host_inference import ANSWER_SECONDS, Answer, HostInference, about_picture


class HostAnnotator:
    """Asks a network and waits for its answer; give it to `LiveSession` as `annotate`, and close it before the session.

    Args:
        model: .tflite or another file that evaluation can run.
        resize: how pictures are brought to its input.
        log: file that its process's standard error is added to.
        confidence: score that a person needs, 0..1.
        iou: overlap above which the weaker of two boxes goes, 0..1.
        on_failure: called once, from another thread, when the network cannot be run.
    """

    def __init__(
        self,
        model: Path,
        resize: Resize,
        log: Path,
        confidence: float = 0.5,
        iou: float = 0.5,
        on_failure: Callable[[StudioError], None] | None = None,
    ) -> None:
        self.resize, self.confidence, self.iou = resize, confidence, iou
        self._answered = threading.Event()
        self._answer: Answer | None = None
        self._closed = False
        self._network = HostInference(model, self._take, log, on_failure)

    def __call__(self, frame: Frame, image: Image) -> FrameResults | None:
        """Return who the network sees; None until its process has started, and where it cannot say."""
        if self._closed or not self._network.model:
            return None
        self._answered.clear()
        self._network.ask(about_picture(frame.jpeg, self.resize, self.confidence, self.iou, tag=frame))
        self._answered.wait(ANSWER_SECONDS)
        answer = self._answer
        return answer.results if answer is not None and answer.tag is frame else None

    def close(self) -> None:
        """End the process; whoever waits for an answer goes on without."""
        self._closed = True
        self._answered.set()
        self._network.close()

    def _take(self, answer: Answer) -> None:
        self._answer = answer
        self._answered.set()
