"""What readiness says of a model with a split head, where it differs from one with a whole head."""

from collections.abc import Sequence

from n6studio.domain.model.checks import Check
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.pose.split_head import BRANCHES
from n6studio.domain.states import Fitness
from n6studio.domain.texts import counted


def for_split_head(facts: ModelFacts, checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks with those that look at the output replaced, where the model has a split head."""
    split = facts.split
    if split is None:
        return tuple(checks)
    outputs = counted(BRANCHES * len(split.levels), "output")
    told = (
        Check(
            "layout",
            Fitness.OK,
            f"Split head: {outputs}, boxes, confidences and keypoints at each stride, {split.candidates:,} candidates. "
            "N6 Studio's own post-processing reads them; ST's does not.",
        ),
        Check("coordinates", Fitness.OK, "Offsets in cells; N6 Studio's post-processing computes coordinates."),
        Check("output_type", Fitness.OK, "Int8 outputs: for a virtual board, or an application with the live stream."),
        Check("output_step", Fitness.OK, "Each output has a scale of its own."),
        Check("candidates", Fitness.OK, "Only candidates above the threshold are decoded; any number fits."),
    )
    by_name = {check.name: check for check in told}
    return tuple(by_name.get(check.name, check) for check in checks)
