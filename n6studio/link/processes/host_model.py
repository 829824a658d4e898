"""A model of this computer that is asked and waited for: about images without results, or to check a board."""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.preprocess import Image, Resize
from n6studio.link.processes.host_inference import (
    ANSWER_SECONDS,
    START_SECONDS,
    Answer,
    HostInference,
    Question,
    about_exact_input,
    about_image,
)

HOST_LOG = "host-inference.log"  # beside the program's own log


class HostModel:
    """Runs one model in a process of its own and waits for its answers. Any thread may ask; one is served at a time.

    Give `annotate` to a `LiveSession`, and close this before the session.

    Args:
        model: .tflite or another file that evaluation can run.
        resize: how images are brought to its input where they do not say how a board's model saw them.
        log: file that its process's standard error is added to.
        failed: called once, from another thread, when the model cannot be run.
        average: asked from any thread, for each image: whether keypoints are averaged over all candidates of a person.
    """

    def __init__(
        self,
        model: Path,
        resize: Resize,
        log: Path,
        failed: Callable[[StudioError], None],
        average: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model, self.resize, self._failed, self._average = model, resize, failed, average
        self._asking = threading.Lock()  # a second question would take the place of the first
        self._news = threading.Condition()
        self._answer: Answer | None = None
        self._closed = False
        self._inference = HostInference(model, self._answered, log, self._given_up)

    def annotate(self, frame: Frame, image: Image) -> FrameResults | None:
        """Return who is in a frame, with its number and time in place of a board's.

        None until the model's process has started, and where it cannot say.
        """
        if not self._inference.model:
            return None
        view = frame.results.view if frame.results is not None else None
        results = self._ask(about_image(frame.jpeg, self.resize, view=view, average=self._average()), ANSWER_SECONDS)
        if results is None:
            return None
        return dataclasses.replace(results, sequence=frame.number, device_time=round(frame.received * 1e6))

    def look(self, frame: Frame, confidence: float, iou: float, most: int) -> FrameResults | None:
        """Return who is in a frame by these thresholds; None where this model cannot say.

        Waits for the model's process to start. What a board's model saw of the frame, this one sees.
        """
        view = frame.results.view if frame.results is not None else None
        question = about_image(frame.jpeg, self.resize, confidence, iou, most, view=view, average=self._average())
        return self._ask(question, START_SECONDS)

    def on_exact_input(
        self, results: FrameResults, confidence: float, iou: float, average: bool
    ) -> FrameResults | None:
        """Return what this model says about the exact input that a board's results carry; None where it says nothing.

        Waits for the model's process to start. `average` is what the board does.

        Raises:
            ValueError: they carry none.
        """
        return self._ask(about_exact_input(results, confidence, iou, average=average), START_SECONDS)

    def close(self) -> None:
        """End the process; who waits for an answer gets none."""
        self._wake()
        self._inference.close()

    def _ask(self, question: Question, seconds: float) -> FrameResults | None:
        mark = object()

        def answered() -> bool:
            return self._answer is not None and self._answer.tag is mark

        with self._asking, self._news:
            if not self._closed:
                self._inference.ask(dataclasses.replace(question, tag=mark))
            self._news.wait_for(lambda: self._closed or answered(), seconds)
            return self._answer.results if self._answer is not None and answered() else None

    def _answered(self, answer: Answer) -> None:
        with self._news:
            self._answer = answer
            self._news.notify_all()

    def _given_up(self, error: StudioError) -> None:
        self._wake()
        self._failed(error)

    def _wake(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
