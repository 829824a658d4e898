"""What int8 output would cost: the network with its float output rounded to int8, judged against itself.

Inputs as those of evaluate, with one network. A network that computes its output in int8 anyway loses nothing and is
not run.
"""

import json
from pathlib import Path
from typing import Any

from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.evaluate import run as evaluate
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.int8_output.figures import Int8OutputFigures, PrecisionLoss
from n6studio.stages.int8_output.stage import Int8OutputSettings
from n6studio.stages.process.reporter import Reporter

STEPS = evaluate.STEPS


def run(
    settings: Int8OutputSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[Int8OutputFigures]:
    """Measure the loss and write what evaluate writes into `folder`.

    Raises:
        StudioError: see `evaluate.run`.
    """
    model = Path(inputs["models"][0].path)
    scale = read_tflite(model).output_scale
    if scale is not None:
        return StageOutcome({}, Int8OutputFigures(lossless=True, scale=scale))
    outcome = evaluate.run(settings, inputs, folder, reporter, int8_output=True)
    results = json.loads((folder / outcome.outputs["results"]).read_text(encoding="utf-8"))
    return StageOutcome(outcome.outputs, _figures(results), outcome.warnings, outcome.versions, outcome.watched)


def _figures(results: dict[str, Any]) -> Int8OutputFigures:
    comparison = results["comparison"][0]
    return Int8OutputFigures(
        lossless=False,
        scale=results["int8_output"]["scale"],
        images=results["data"]["images_read"],
        people=results["data"]["people"],
        oks_lost_mean=comparison["oks_lost_mean"],
        ap=_loss(results, "ap"),
        ap50=_loss(results, "ap50"),
    )


def _loss(results: dict[str, Any], name: str) -> PrecisionLoss:
    (rounded, plain), comparison = results["models"], results["comparison"][0]
    return PrecisionLoss(
        of_float=plain["coco"][name] if plain["coco"] else None,
        of_int8=rounded["coco"][name] if rounded["coco"] else None,
        difference=comparison.get(f"{name}_difference"),
        interval=comparison.get(f"{name}_interval"),
    )
