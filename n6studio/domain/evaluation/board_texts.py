"""Sentences about a board that ran the model of an evaluation."""

from n6studio.domain.evaluation.board import GOAL_IMAGES, BoardFacts
from n6studio.domain.texts import counted

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
