"""A network of this computer for pictures without results, and for comparing with a board. No Qt; from any thread."""

import dataclasses
import itertools
import threading
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors import StudioError
from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.preprocess import Image, Resize
from n6studio.link.host_inference import Answer, HostInference, Question, about_exact_input, about_picture

PATIENCE = 5.0  # seconds; the first answer waits for the process to start, and pictures meanwhile come without results


class HostNetwork:
    """Runs one network in a process of its own and waits for its answers.

    Args:
        model: a .tflite.
        resize: how pictures are brought to its input.
        log: file for what the process says.
        failed: called from another thread, once, when it cannot be run.
    """

    def __init__(self, model: Path, resize: Resize, log: Path, failed: Callable[[StudioError], None]) -> None:
        self.model, self.resize = model, resize
        self.confidence, self.iou = 0.5, 0.5
        self._news = threading.Condition()
        self._answers: dict[int, Answer] = {}
        self._numbers = itertools.count()
        self._closed = False
        self._inference = HostInference(model, self._answered, log, self._given_up)
        self._failed = failed

    def annotate(self, frame: Frame, image: Image) -> FrameResults | None:
        """Return who is in a frame, with its number and time in place of a board's; None where that is not known."""
        question = about_picture(frame.jpeg, self.resize, self.confidence, self.iou)
        answer = self._ask(question, PATIENCE if self._inference.model else 0.05)
        results = answer.results if answer is not None else None
        if results is None:
            return None
        return dataclasses.replace(results, sequence=frame.number, device_time=round(frame.received * 1e6))

    def on_exact_input(self, results: FrameResults, confidence: float, iou: float) -> FrameResults | None:
        """Return what this network says about the exact input that a board's results carry; None where it says nothing.

        Raises:
            ValueError: they carry none.
        """
        answer = self._ask(about_exact_input(results, confidence, iou), 30.0)
        return answer.results if answer is not None else None

    def close(self) -> None:
        """End the process; who waits for an answer gets none."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._inference.close()

    def _ask(self, question: Question, seconds: float) -> Answer | None:
        number = next(self._numbers)
        self._inference.ask(dataclasses.replace(question, tag=number))
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._closed, seconds)
            answer = self._answers.get(number)
            self._answers = {known: kept for known, kept in self._answers.items() if known > number}
        return answer

    def _answered(self, answer: Answer) -> None:
        with self._news:
            self._answers[answer.tag] = answer
            self._news.notify_all()

    def _given_up(self, error: StudioError) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._failed(error)
