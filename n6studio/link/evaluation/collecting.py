"""All answers of a board to the inputs of an evaluation, in a file that is gone on with after an interruption."""

import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from n6studio.domain.errors.foreign import reading, writing
from n6studio.domain.evaluation.answers import (
    SCHEMA,
    SEVERAL,
    AnswersHead,
    BoardAnswer,
    OutputForm,
    answer_bytes,
    head_bytes,
    read_answers,
    read_head,
)
from n6studio.domain.evaluation.board import LinkFigures
from n6studio.domain.live import FrameResults, RawOutput
from n6studio.domain.pose.people import ImageFractions, People, rows_of
from n6studio.gates.files import opened
from n6studio.link.evaluation.asking import AskedBoard
from n6studio.system.files import ensure_folder


class Cancelled(Exception):
    """Somebody wants no more answers; those so far are kept."""


def collect(
    board: AskedBoard,
    inputs: Path,
    input_size: tuple[int, int],
    answers: Path,
    wanted: AnswersHead | None,
    progress: Callable[[int, int], None],
    cancel: threading.Event,
) -> LinkFigures:
    """Ask the board about every input that is not answered yet.

    Args:
        board: has begun.
        inputs: inputs one after the other, height * width * 3 bytes RGB each.
        input_size: (width, height), pixels.
        answers: where they are, and are added.
        wanted: head of answers that can be gone on with; None for none.
        progress: told (answered, all).
        cancel: stops after the present input.

    Raises:
        LinkError: the board is gone.
        StudioError: a file cannot be read or written.
        Cancelled: `cancel` was set.
    """
    length = input_size[0] * input_size[1] * 3
    known = _known(answers) if wanted is not None else set()
    with reading(inputs), opened(inputs) as source:
        count = inputs.stat().st_size // length
        with writing(answers):
            ensure_folder(answers.parent)
            with answers.open("ab" if known else "wb") as target:
                begun = bool(known)
                for number in range(count):
                    progress(number, count)
                    if cancel.is_set():
                        raise Cancelled
                    pixels = source.read(length)
                    if zlib.crc32(pixels) in known:
                        continue
                    begun = _add(board, pixels, input_size, target, begun)
                    known.add(zlib.crc32(pixels))
        progress(count, count)
    rate = board.transferred / board.seconds if board.seconds > 0 else None
    return LinkFigures(bytes_per_second=rate, resets=board.resets)


def unanswered(inputs: Path, input_size: tuple[int, int], answers: Path) -> int:
    """Return how many inputs are not answered yet; see `collect`.

    Raises:
        StudioError: a file cannot be read.
    """
    length, known, count = input_size[0] * input_size[1] * 3, _known(answers), 0
    with reading(inputs), opened(inputs) as source:
        while pixels := source.read(length):
            count += zlib.crc32(pixels) not in known
    return count


def head_of(answers: Path) -> AnswersHead | None:
    """Return the head of a file of answers; None where there is none that can be read."""
    try:
        with opened(answers) as source:
            return read_head(source)
    except (OSError, ValueError):
        return None


def _known(answers: Path) -> set[int]:
    """Return the checksums of the inputs that are answered, and cut off what is not whole behind the last answer."""
    found = set()
    with reading(answers), opened(answers) as source:
        head = read_head(source)
        end = source.tell()
        for end, answer in read_answers(source, head):  # noqa: B007  (used behind the loop)
            found.add(answer.sent)
    with writing(answers), answers.open("r+b") as target:
        target.truncate(end)
    return found


def _add(board: AskedBoard, pixels: bytes, size: tuple[int, int], target: BinaryIO, begun: bool) -> bool:
    results = board.ask(pixels)
    if not begun:
        target.write(head_bytes(_head(board, results, size)))
    told = results.answer
    assert told is not None
    target.write(
        answer_bytes(
            BoardAnswer(
                zlib.crc32(pixels),
                told.checksum,
                results.timings.npu,
                results.timings.post_processing,
                rows_of(results.people),
                b"".join(output.stored.tobytes() for output in told.outputs),
            )
        )
    )
    target.flush()
    return True


def _head(board: AskedBoard, results: FrameResults, size: tuple[int, int]) -> AnswersHead:
    assert results.answer is not None
    first, *others = (_form(output) for output in results.answer.outputs)
    return AnswersHead(
        schema=SEVERAL if others else SCHEMA,
        board=board.told.board,
        firmware=board.told.firmware,
        model=results.model,
        link=board.link,
        input_size=size,
        keypoints=_keypoints(results.people),
        confidence=board.told.confidence,
        iou=board.told.iou,
        type=first.type,
        shape=first.shape,
        candidates_first=first.candidates_first,
        scale=first.scale,
        zero=first.zero,
        others=tuple(others),
        average=board.told.average,
    )


def _form(output: RawOutput) -> OutputForm:
    channels, candidates = output.stored.shape[::-1] if output.candidates_first else output.stored.shape
    return OutputForm(
        type=output.stored.dtype.name,
        shape=(channels, candidates),
        candidates_first=output.candidates_first,
        scale=output.scale,
        zero=output.zero,
    )


def _keypoints(people: People[ImageFractions]) -> int:
    return max(1, int(people.keypoints.shape[1]))
