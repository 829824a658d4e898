"""A board's answers as a model that is judged beside the others, and where board and computer part.

A board makes three things one after the other: it receives an input, runs the model, and finds people. Each is compared
with what this computer makes of the same; the first that differs says where to look.
"""

import dataclasses
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.boards import AnswersMissing, AnswersUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.evaluation.answers import AnswersHead, BoardAnswer, read_answers, read_head
from n6studio.domain.evaluation.board import GOAL_IMAGES, INPUT_256, BoardFacts, LinkFigures, Rung, seconds_for
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.people import FloatArray, rows_of
from n6studio.domain.pose.preprocess import Image, Resize
from n6studio.domain.pose.split_decode import whole_output
from n6studio.domain.pose.split_head import SplitHead
from n6studio.domain.pose.views import View
from n6studio.gates.files import opened, read_bytes
from n6studio.stages.model.runner import Model, ModelInfo

FORMAT = "board"
RUNGS = ("input", "output", "people")
_MOST_DETECTIONS = 1000
_CELLS_256 = 32 * 32 + 16 * 16 + 8 * 8  # candidates at 256 x 256


@dataclass(frozen=True)
class Compared:
    """How one image fared on the ladder.

    Attributes:
        npu_ms, post_ms: what the board took; None where not told.
        equal: for each of `RUNGS`, whether board and computer have the same.
        largest: for each, the largest difference; None where the number of people differs.
    """

    npu_ms: float | None
    post_ms: float | None
    equal: tuple[bool, bool, bool]
    largest: tuple[float | None, float | None, float | None]


class BoardAnswers:
    """What a board answered; may be asked from several threads.

    Args:
        path: the file of answers.

    Raises:
        AnswersUnreadable: it is none, or is empty.
        FileMissing, FileUnreadable: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._places: dict[int, int] = {}
        most = 0
        with reading(path):
            self._source = opened(path)
        try:
            self.head = read_head(self._source)
        except (ValueError, msgspec.DecodeError) as error:
            raise AnswersUnreadable(path=path, reason=str(error)) from error
        place = self._source.tell()
        for end, answer in read_answers(self._source, self.head):
            self._places[answer.sent] = place
            place = end
            most = max(most, len(answer.people))
        self.most_people = most
        if not self._places:
            raise AnswersUnreadable(path=path, reason="no answer is whole")

    def answer(self, checksum: int) -> BoardAnswer:
        """Return the answer to an input.

        Raises:
            AnswersMissing: there is none.
        """
        place = self._places.get(checksum)
        if place is None:
            raise AnswersMissing(path=self.path)
        with self._lock:
            self._source.seek(place)
            _, found = next(read_answers(self._source, self.head))
        return found


class BoardModel:
    """A model as a board runs it; runs it here as well, to compare. For one thread.

    Attributes:
        info: of the model, with the board's output.
        last: how the last image fared.
    """

    def __init__(self, base: Model, answers: BoardAnswers) -> None:
        self._base, self._answers = base, answers
        self._decode_info = base.info
        output_type = {"float32": "float"}.get(answers.head.type, answers.head.type)
        self.info: ModelInfo = dataclasses.replace(base.info, format=FORMAT, output_type=output_type, output_scale=None)
        self.last: Compared | None = None

    def run(self, image: Image) -> FloatArray:
        """Return the board's output; see `Model.run`."""
        answer = self._answers.answer(zlib.crc32(image.tobytes()))
        output = self._output(answer.raw)
        here = self._base.run(image)
        same_input = answer.received == answer.sent
        output_difference = _difference(output, here)
        people_difference = self._people_difference(answer, output)
        self.last = Compared(
            None if answer.npu_us is None else answer.npu_us / 1000,
            None if answer.post_us is None else answer.post_us / 1000,
            (same_input, output_difference == 0, people_difference == 0),
            (float(not same_input), output_difference, people_difference),
        )
        return output

    def _output(self, raw: bytes) -> FloatArray:
        """Return the board's output as this computer's model has it.

        Raises:
            AnswersUnreadable: the board has other outputs than the model.
        """
        stored = _stored(raw, self._answers.head)
        split = self.info.split
        if split is None and len(stored) == 1:
            return _floats(stored[0], self._answers.head, self.info.layout.end_to_end)
        if split is not None and [one.size for one in stored] == _sizes(split):
            codes = [np.ascontiguousarray(one) for one in stored]
            if all(one.dtype == np.int8 for one in codes):
                return whole_output(split, [one.view(np.int8) for one in codes])
        raise AnswersUnreadable(path=self._answers.path, reason="the board's outputs are not those of the model")

    def _people_difference(self, answer: BoardAnswer, output: FloatArray) -> float | None:
        """Return the largest difference between the board's people and those that this computer finds in its output."""
        head, info = self._answers.head, self.info
        limits = (float(np.float32(head.confidence)), float(np.float32(head.iou)), _MOST_DETECTIONS)
        found = decode(np.nan_to_num(output), info.layout, info.size, *limits, average=head.average)
        rows = rows_of(input_to_fractions(found, View(Resize.STRETCH, info.size)))
        count = len(answer.people)
        # A board keeps so many people at most; how many it does not say, but no image has more.
        if count > len(rows) or (count < len(rows) and count < self._answers.most_people):
            return None
        return _difference(answer.people, rows[:count])


def _stored(raw: bytes, head: AnswersHead) -> list[npt.NDArray[np.generic]]:
    """Return each output as it lay in memory."""
    found, at = list[npt.NDArray[np.generic]](), 0
    for form in head.outputs:
        shape = form.shape[::-1] if form.candidates_first else form.shape
        found.append(np.frombuffer(raw, form.type, form.shape[0] * form.shape[1], at).reshape(shape))
        at += form.size
    return found


def _sizes(split: SplitHead) -> list[int]:
    """Return how many values each output of a split head has."""
    cells = [(split.size[0] // one.stride) * (split.size[1] // one.stride) for one in split.levels]
    return [count * channels for count in cells for channels in split.channels]


def _floats(stored: npt.NDArray[np.generic], head: AnswersHead, candidates_first: bool) -> FloatArray:
    if head.candidates_first != candidates_first:
        stored = stored.T
    if head.type == "float32":
        return np.ascontiguousarray(stored, np.float32)
    return np.asarray((stored.astype(np.float32) - head.zero) * np.float32(head.scale), np.float32)


def _difference(one: FloatArray, other: FloatArray) -> float | None:
    """Return the largest difference of two arrays; None where their shapes differ."""
    if one.shape != other.shape:
        return None
    if np.array_equal(one, other):
        return 0.0
    gap = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return float(np.nan_to_num(gap, nan=np.inf).max(initial=0.0)) or float("inf")


def board_facts(
    answers: BoardAnswers, name: str, images: Sequence[tuple[str, Compared]], link: Path | None
) -> BoardFacts:
    """Return what an evaluation tells of a board.

    Args:
        answers: of the board.
        name: what the results call its model.
        images: name of each image and how it fared, in order.
        link: file with how its link was; None where nobody measured it.
    """
    head = answers.head
    figures = _link_figures(link)
    npu = tuple(one.npu_ms for _, one in images if one.npu_ms is not None)
    post = tuple(one.post_ms for _, one in images if one.post_ms is not None)
    seconds = None
    if figures.bytes_per_second:
        # Of a YOLOv8 head; as many bytes a candidate as here.
        raw = head.raw_bytes // head.candidates * _CELLS_256
        people = 4 * (5 + 3 * head.keypoints) * max(1, answers.most_people)
        work = (sum(npu) + sum(post)) / max(1, len(images))
        seconds = seconds_for(GOAL_IMAGES, INPUT_256, raw + people, figures.bytes_per_second, work)
    return BoardFacts(
        name=head.board, firmware=head.firmware, link=head.link, model=name, npu_ms=npu, post_ms=post,
        rungs=tuple(_rung(place, rung, images) for place, rung in enumerate(RUNGS)),
        bytes_per_second=figures.bytes_per_second, seconds_500_at_256=seconds, resets=figures.resets,
    )  # fmt: skip


def _rung(place: int, name: str, images: Sequence[tuple[str, Compared]]) -> Rung:
    different = [(image, one.largest[place]) for image, one in images if not one.equal[place]]
    sizes = [size for _, size in different]
    known = [size for size in sizes if size is not None]
    return Rung(
        name=name,
        images=len(images),
        equal=len(images) - len(different),
        largest=None if None in sizes else max(known, default=0.0),
        first=different[0][0] if different else "",
    )


def _link_figures(path: Path | None) -> LinkFigures:
    if path is not None:
        with reading(path):
            data = read_bytes(path)
        try:
            return msgspec.json.decode(data, type=LinkFigures)
        except msgspec.DecodeError as error:
            raise AnswersUnreadable(path=path, reason=str(error)) from error
    return LinkFigures(bytes_per_second=None, resets=0)
