"""What an evaluation finds in short; all of it is an `Evaluation` in results.json."""

import msgspec

from n6studio.domain.evaluation.results import Comparison


class ModelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The first figures of a model; fractions, None without labels.

    Attributes:
        name: short, unlike the others'.
        ap, ap50: COCO's keypoint AP, over OKS 0.50 to 0.95 and at 0.50.
        zoo_map, zoo_map50: by the rule of ST's model zoo services.
        ultralytics_map: by its own validation; None where that was not run.
        inference_ms: median, milliseconds on this computer.
    """

    name: str
    ap: float | None = None
    ap50: float | None = None
    zoo_map: float | None = None
    zoo_map50: float | None = None
    ultralytics_map: float | None = None
    inference_ms: float | None = None


class EvaluateFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of an evaluation.

    Attributes:
        images: that could be read.
        people: labelled in them; 0 without labels.
        images_per_second: through all models together.
        models: the judged one first.
        comparison: against each other model.
        step_seconds: step -> seconds that it took.
    """

    images: int
    people: int
    images_per_second: float | None = None
    models: tuple[ModelSummary, ...]
    comparison: tuple[Comparison, ...] = ()
    step_seconds: dict[str, float] = {}
