"""Which models' keypoints cannot be averaged, in words, for those who asked for averaging."""

from collections.abc import Iterable, Iterator

from n6studio.stages.evaluate.one_image import by_board_rule
from n6studio.stages.model.runner import ModelInfo


def not_averaged(models: Iterable[tuple[str, ModelInfo]]) -> Iterator[str]:
    """Yield a sentence for each model, given by name, whose keypoints stay as they are although averaging is on."""
    for name, info in models:
        if info.layout.end_to_end:
            yield f"Keypoints of {name} are not averaged: its own suppression leaves one candidate per person."
        elif by_board_rule(info):
            yield (
                f"Keypoints of {name} are not averaged: its int8 output is read by the rule of ST's post-processing, "
                "which does not average."
            )
