"""What is said of a board that ran the model of an evaluation: sentences, and rows of tables."""

from collections.abc import Sequence
from statistics import median, quantiles

from n6studio.domain.evaluation.board import GOAL_IMAGES, BoardFacts, Rung
from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.texts import UNKNOWN, counted, decimals, percent

_RUNGS = {"input": "the input it received", "output": "the model's output", "people": "the people found in the output"}


def divergence(board: BoardFacts) -> str:
    """Return where board and computer first differ, as a sentence."""
    first = board.divergence
    if first is None:
        images = counted(board.rungs[0].images if board.rungs else 0, "image")
        return f"No divergence: input, output and people are bit for bit those of this computer, in {images}."
    what = _RUNGS.get(first.name, first.name)
    different = first.images - first.equal
    size = "another number of people" if first.largest is None else f"largest difference {first.largest:.3g}"
    return (
        f"First divergence: {what}, in {different} of {counted(first.images, 'image')}, first in {first.first} "
        f"({size})."
    )


def link_text(board: BoardFacts) -> tuple[str, ...]:
    """Return how the link was, and what it would take for more images."""
    lines = [board.link]
    if board.bytes_per_second is not None:
        lines.append(f"{board.bytes_per_second / 1e6:.2f} MB/s measured, both directions together")
    if board.seconds_500_at_256 is not None:
        lines.append(
            f"{GOAL_IMAGES} images of 256 x 256 with raw output would take {board.seconds_500_at_256:.0f} s (computed "
            "from this rate and the board's own times)"
        )
    if board.resets:
        lines.append(f"{counted(board.resets, 'reset')} of the board meanwhile")
    return tuple(lines)


LADDER_HEADS = ("", "Images", "Equal to this computer", "Largest difference", "First image")
_NAMES = {"input": "1 input received", "output": "2 model output", "people": "3 people found in it"}
TIMES_HEADS = ("", "Median", "95th percentile", "Longest")
ACCURACY_HEADS = ("Model", "AP", "AP50", "AP75", "Zoo mAP50")


def ladder_rows(board: BoardFacts) -> tuple[tuple[str, ...], ...]:
    """Return the ladder of parity, with the first image that differs on each rung; see `LADDER_HEADS`."""
    return tuple(
        (_NAMES.get(rung.name, rung.name), str(rung.images), str(rung.equal), _largest(rung), rung.first or UNKNOWN)
        for rung in board.rungs
    )


def _largest(rung: Rung) -> str:
    if rung.largest is None:
        return "number of people"
    return decimals(rung.largest, 6) if rung.largest else "none"


def times_rows(board: BoardFacts) -> tuple[tuple[str, ...], ...]:
    """Return what the board took for an image, in milliseconds; see `TIMES_HEADS`."""
    parts = (("NPU", board.npu_ms), ("Post-processing", board.post_ms))
    return tuple((name, *_spread(times)) for name, times in parts if times)


def _spread(times: Sequence[float]) -> tuple[str, str, str]:
    late = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    return decimals(median(times), 2), decimals(late, 2), decimals(max(times), 2)


def accuracy_rows(results: Evaluation) -> tuple[tuple[str, ...], ...]:
    """Return every model of an evaluation, that on the board among them; see `ACCURACY_HEADS`."""
    return tuple(
        (
            f"{one.name} (on the board)" if one.format == "board" else one.name,
            percent(one.coco.ap if one.coco else None),
            percent(one.coco.ap50 if one.coco else None),
            percent(one.coco.ap75 if one.coco else None),
            percent(one.zoo.map50 if one.zoo else None),
        )
        for one in results.models
    )
