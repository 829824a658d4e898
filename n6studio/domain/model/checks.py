"""What is looked at in a model before it goes to an STM32N6, and what all of that amounts to."""

from dataclasses import dataclass

from n6studio.domain.states import Fitness, VerdictState

QUANTIZE = "Quantize it."
EXPORT = "Export it from the checkpoint, then quantize it."


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        state: how it is.
        reason: what was found, a sentence.
        remedy: what to do, a sentence; "" where nothing needs doing.
    """

    name: str
    state: Fitness
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Verdict:
    """What all checks amount to.

    Attributes:
        state: whether the model can go to the board.
        sentence: the same in words.
    """

    state: VerdictState
    sentence: str
