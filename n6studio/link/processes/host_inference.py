"""This computer in the board's place: a network in a child process, for images that come without results.

Images wait in a mailbox of one: while the network is busy, the newest wins and what it replaces is counted. The same
way a board is checked: for a frame that carries the network's exact input, the same .tflite runs here.
"""

import dataclasses
import functools
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import HostInferenceDied
from n6studio.domain.errors.registry import from_message
from n6studio.domain.live import FrameResults
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.processes.child import Child, Message
from n6studio.link.wire import frame as wire

START_SECONDS = 60.0
ANSWER_SECONDS = 10.0
MOST_CRASHES = 3  # in a row, without an answer in between
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Question:
    """What the network is asked.

    Attributes:
        image: a JPEG, or the bytes of a (height, width, 3) uint8 RGB network input.
        how: resize mode for a JPEG, or the view for a network input; and thresholds, as the process takes them.
        tag: handed back with the answer, for example the frame.
    """

    image: bytes
    how: Message
    tag: Any = None


@dataclass(frozen=True)
class Answer:
    """What became of a question.

    Attributes:
        tag: as given with the question.
        results: marked `by_host`; None where the image was refused or the process died on it.
        reason: why there are none, '' where there are.
        seconds: from handing over the image to the answer.
    """

    tag: Any
    results: FrameResults | None
    reason: str
    seconds: float


@dataclass
class Counts:
    """What happened so far: questions asked, answered, refused, replaced by newer ones, and restarts of the process."""

    asked: int = 0
    answered: int = 0
    refused: int = 0
    replaced: int = 0
    restarts: int = 0


def about_image(
    jpeg: bytes,
    resize: Resize,
    confidence: float = 0.5,
    iou: float = 0.5,
    most: int = 10,
    tag: Any = None,
    view: View | None = None,
    average: bool = False,
) -> Question:
    """Ask who is in a JPEG.

    Args:
        jpeg: the image.
        resize: how it is brought to the model's input.
        confidence: candidates at or below it are dropped, 0..1.
        iou: NMS IoU threshold, 0..1.
        most: people at most.
        tag: comes back with the answer.
        view: how and which part of it a board's model saw; this one sees the same then.
        average: whether keypoints are averaged over all candidates of a person.
    """
    how = {
        "kind": "jpeg",
        "resize": (view.resize if view is not None else resize).value,
        "part": view.part if view is not None else None,
        "confidence": confidence,
        "iou": iou,
        "most": most,
        "average": average,
    }
    return Question(jpeg, how, tag)


def about_exact_input(
    results: FrameResults,
    confidence: float = 0.5,
    iou: float = 0.5,
    most: int = 10,
    tag: Any = None,
    average: bool = False,
) -> Question:
    """Ask who is in the model input that `results` carry; what they say of it themselves does not count.

    Raises:
        ValueError: they carry none, or do not say what it shows.
    """
    if results.exact_input is None or results.view is None:
        raise ValueError("results without the model's exact input and view")
    view = {"resize": results.view.resize.value, "size": results.view.size, "part": results.view.part}
    limits = {"confidence": confidence, "iou": iou, "most": most, "average": average}
    how = {"kind": "exact", "view": view, **limits}
    return Question(results.exact_input.tobytes(), how, tag)


class HostInference:
    """A model that runs here. Give it images with `ask`; answers come in a thread of its own.

    Args:
        model: .tflite or another file that evaluation can run.
        on_answer: called for every question that was not replaced, in the order of asking.
        log: file that the process's standard error is added to.
        on_failure: called once, when it gives up.
        threads: threads for one inference.
        answer_seconds: after which a silent process is ended and started again.
    """

    def __init__(
        self,
        model: Path,
        on_answer: Callable[[Answer], None],
        log: Path,
        on_failure: Callable[[StudioError], None] | None = None,
        threads: int = 1,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._path = model
        self._argv = ["infer", "--model", str(model), "--threads", str(threads)]
        self._on_answer, self._on_failure, self._log = on_answer, on_failure, log
        self._answer_seconds = answer_seconds
        self._news = threading.Condition()
        self._waiting: Question | None = None
        self._closed = False
        self._child: Child | None = None
        self._deadline: float | None = None
        self.counts = Counts()
        self.model = ""  # id of the network, once the process runs
        self._threads = [
            threading.Thread(target=self._work, name="host inference", daemon=True),
            threading.Thread(target=self._watch, name="host inference watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, question: Question) -> None:
        """Put a question into the mailbox; one that still lies there is replaced. Never waits."""
        with self._news:
            self.counts.asked += 1
            if self._waiting is not None:
                self.counts.replaced += 1
            self._waiting = question
            self._news.notify_all()

    def close(self) -> None:
        """End the process; no answer comes after this."""
        with self._news:
            self._closed = True
            child = self._child
            self._news.notify_all()
        if child is not None:
            child.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():  # an answer may be the reason to close
                thread.join()

    def _work(self) -> None:
        crashes = 0
        while not self._closed and crashes < MOST_CRASHES:
            answered = self.counts.answered + self.counts.refused
            failure = self._life()
            if self._closed:
                return
            if not isinstance(failure, HostInferenceDied):
                crashes = MOST_CRASHES  # it said what is wrong; trying again changes nothing
            else:
                crashes = 1 if self.counts.answered + self.counts.refused > answered else crashes + 1
            if crashes < MOST_CRASHES:
                self.counts.restarts += 1
                with self._news:
                    self._news.wait_for(lambda: self._closed, _PAUSE_SECONDS)
            elif self._on_failure is not None:
                self._on_failure(failure)

    def _life(self) -> StudioError:
        """Run one process until it dies; return why it did."""
        try:
            child = Child(self._argv, self._log)
        except OSError as error:
            return HostInferenceDied(path=self._path, how=reason_of(error), log=self._log)
        try:
            with self._news:
                self._child = child
            if self._closed:
                child.kill()
            return self._converse(child)
        finally:
            with self._news:
                self._child, self._deadline = None, None
            child.kill()
            child.end()

    def _converse(self, child: Child) -> StudioError:
        first = self._within(START_SECONDS, child.receive)
        if first is None or first[0].get("type") != "hello":
            return self._failure(child, first[0] if first else None)
        self.model = str(first[0].get("model", ""))
        for number in itertools.count():
            question = self._next()
            if question is None:
                break
            begin = time.monotonic()
            received = self._within(self._answer_seconds, functools.partial(_exchange, child, question, number))
            seconds = time.monotonic() - begin
            if received is None or received[0].get("type") == "error":
                if not self._closed:
                    self._on_answer(Answer(question.tag, None, "the process ended", seconds))
                return self._failure(child, received[0] if received else None)
            self._deliver(question, *received, seconds)
        return self._failure(child, None)

    def _deliver(self, question: Question, message: Message, data: bytes, seconds: float) -> None:
        results = wire.read_results(data) if message.get("type") == "results" else None
        if results is None:
            self.counts.refused += 1
            reason = str(message.get("reason", "an unreadable answer"))
        else:
            self.counts.answered += 1
            results, reason = dataclasses.replace(results, by_host=True), ""
        if not self._closed:
            self._on_answer(Answer(question.tag, results, reason, seconds))

    def _next(self) -> Question | None:
        with self._news:
            while self._waiting is None and not self._closed:
                self._news.wait()
            question, self._waiting = self._waiting, None
            return None if self._closed else question

    def _within(
        self, seconds: float, talk: Callable[[], "tuple[Message, bytes] | None"]
    ) -> "tuple[Message, bytes] | None":
        """Talk with the process, which is ended if that takes longer."""
        with self._news:
            self._deadline = time.monotonic() + seconds
            self._news.notify_all()
        try:
            return talk()
        except OSError:
            return None
        finally:
            with self._news:
                self._deadline = None

    def _watch(self) -> None:
        with self._news:
            while not self._closed:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    self._deadline = None
                    if self._child is not None:
                        self._child.kill()
                self._news.wait(left)

    def _failure(self, child: Child, message: Message | None) -> StudioError:
        if message is not None and message.get("type") == "error":
            return from_message(message)
        return HostInferenceDied(path=self._path, how=child.how_it_ended(), log=child.log)


def _exchange(child: Child, question: Question, number: int) -> "tuple[Message, bytes] | None":
    child.send({**question.how, "id": number, "length": len(question.image)}, question.image)
    return child.receive()
