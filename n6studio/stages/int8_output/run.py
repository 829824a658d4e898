"""What int8 output would cost: the model with its float output rounded to int8, judged against itself.

Inputs as those of evaluate, with one model. A model that computes its output in int8 anyway loses nothing and is
not run.
"""

from pathlib import Path

from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.evaluate.run import STEPS as EVALUATE_STEPS
from n6studio.stages.evaluate.run import evaluate
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.int8_output.figures import Int8OutputFigures, PrecisionLoss
from n6studio.stages.int8_output.stage import Int8OutputSettings
from n6studio.stages.process.reporter import Reporter

STEPS = EVALUATE_STEPS


def run(
    settings: Int8OutputSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[Int8OutputFigures]:
    """Measure the loss and write what evaluate writes into `folder`.

    Raises:
        StudioError: see `evaluate`.
    """
    model = Path(inputs["models"][0].path)
    scale = read_tflite(model).output_scale
    if scale is not None:
        return StageOutcome({}, Int8OutputFigures(lossless=True, scale=scale))
    done = evaluate(settings, inputs, folder, reporter, int8_output=True)
    return StageOutcome(done.outputs, _figures(done.results), versions=done.results.versions, watched=done.watched)


def _figures(results: Evaluation) -> Int8OutputFigures:
    (rounded, plain), compared = results.models, results.comparison[0]
    of_float, of_int8 = plain.coco, rounded.coco
    return Int8OutputFigures(
        lossless=False,
        scale=results.int8_output.scale if results.int8_output else 0.0,
        images=results.data.images_read,
        people=results.data.people,
        oks_lost_mean=compared.oks_lost_mean,
        ap=PrecisionLoss(
            of_float=of_float.ap if of_float else None,
            of_int8=of_int8.ap if of_int8 else None,
            difference=compared.ap_difference,
            interval=compared.ap_interval,
        ),
        ap50=PrecisionLoss(
            of_float=of_float.ap50 if of_float else None,
            of_int8=of_int8.ap50 if of_int8 else None,
            difference=compared.ap50_difference,
            interval=compared.ap50_interval,
        ),
    )
