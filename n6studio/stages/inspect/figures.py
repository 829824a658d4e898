"""What an inspection finds."""

import msgspec

from n6studio.domain.model.checks import Check, Verdict
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.published import Estimate


class InspectFigures(ModelFacts, frozen=True, kw_only=True):
    """The facts of a model file, and what they amount to.

    Attributes:
        output_channels: values of a candidate, in the words of the board's application; None for a .pt.
        output_candidates: how many candidates the output has; None for a .pt.
        checks: whether it is ready for the board, in the order in which it matters.
        verdict: the same in one sentence.
        published: what ST's figures say at `input_size`; None where they say nothing.
        published_missing: why not, a sentence; "" where there are figures.
        published_sizes: of a .pt, the estimates at the sizes for which ST has figures, by "256x256".
        step_seconds: step -> seconds that it took.
    """

    output_channels: int | None = None
    output_candidates: int | None = None
    checks: tuple[Check, ...]
    verdict: Verdict
    published: Estimate | None = None
    published_missing: str = ""
    published_sizes: dict[str, Estimate] = msgspec.field(default_factory=dict)
    step_seconds: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def model(self) -> str:
        """What kind of model it is: the file's own word, else which of ST's it is built like; "" if unknown."""
        return self.family or (self.published.model if self.published else "")
