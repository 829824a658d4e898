"""What the project's evaluations found, one after the other: for lines over runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.project import Project
from n6studio.domain.results import StageResult
from n6studio.domain.settings import settings_of
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs
from n6studio.stages.evaluate.figures import EvaluateFigures
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings


@dataclass(frozen=True)
class EvaluatedRun:
    """One evaluation of the project.

    Attributes:
        folder: where it lies.
        finished: when, as ISO 8601 with time zone.
        data: digest of the data, so that only like is compared with like.
        data_name: its file or folder.
        images, people: how many were looked at; people None without labels.
        resize: how images were brought to the input's size.
        average: whether each person's keypoints were averaged; AP with and without is not compared.
        quantized: what its quantization did otherwise than by default; "" for nothing.
        ap, ap50: of the judged model, None without labels.
        reference_ap: of the model it is compared with.
        oks_lost: mean OKS lost per person against that.
    """

    folder: Path
    finished: str
    data: str
    data_name: str
    images: int
    people: int | None
    resize: str
    average: bool
    quantized: str
    ap: float | None
    ap50: float | None
    reference_ap: float | None
    oks_lost: float | None


def evaluated_runs(project: Project) -> tuple[EvaluatedRun, ...]:
    """Return the project's evaluations that can be read, the oldest first. Reads a small file each."""
    results = (load_result(EVALUATE, folder) for folder in runs(project, EVALUATE.name))
    found = [run for result in results if result is not None and (run := _run(project, result)) is not None]
    return tuple(sorted(found, key=lambda run: run.finished))


def _run(project: Project, result: StageResult[EvaluateFigures]) -> EvaluatedRun | None:
    """Return an evaluation as a run; None where it is not one that N6 Studio asks for."""
    figures, inputs = result.figures, result.request.inputs
    if not (figures.models and inputs.get("data") and inputs.get("models")):
        return None
    data, judged = inputs["data"][0], inputs["models"][0]
    first, labelled = figures.models[0], figures.models[0].ap is not None
    return EvaluatedRun(
        folder=result.folder,
        finished=result.finished,
        data="+".join([data.sha256, str(figures.images)]),
        data_name=Path(data.path).name,
        images=figures.images,
        people=figures.people if labelled else None,
        resize=str(result.request.settings.get("resize", "")),
        average=result.request.settings.get("average") is True,
        quantized=_quantized(project, Path(judged.path).parent),
        ap=first.ap,
        ap50=first.ap50,
        reference_ap=figures.models[1].ap if len(figures.models) > 1 else None,
        oks_lost=figures.comparison[0].oks_lost_mean if figures.comparison else None,
    )


def _quantized(project: Project, made_in: Path) -> str:
    """Return how the model in a folder was quantized."""
    # By name: the project may have moved since. A model from elsewhere lies in a folder of any name, "..", too.
    folder = next((one for one in runs(project, QUANTIZE.name) if one.name == made_in.name), None)
    result = None if folder is None else load_result(QUANTIZE, folder)
    if result is None:
        return "its quantization no longer exists" if made_in.parent.name == QUANTIZE.name else "not by this project"
    settings = result.request.settings
    return ", ".join(
        f"{one.noun} {one.shown(settings[one.recorded])}"
        for one in settings_of(QuantizeSettings)
        if one.recorded in settings and _plain(one.default) != settings[one.recorded]
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
