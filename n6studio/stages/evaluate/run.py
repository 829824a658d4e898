"""Judge models on a data set: accuracy by three published rules, what one loses against another, and host speed.

Inputs: "models", the judged model first and those it is compared with behind it; "data", labels or a folder of
images; "images", optional folder for a COCO JSON; "skeleton", optional, the model's keypoints; "sources", optional,
the files the models were made from, which the report then names; "parts", optional, what came of all images where they
were run in parts (`evaluate_split`, `evaluate_part`), which are then not run again. Outputs: results.json, images.csv,
people.jsonl and report.html.
"""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec

from n6studio import __version__
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.datasets import NoImages, PartUnreadable
from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.model import ModelFile, ModelResults
from n6studio.domain.evaluation.results import SCHEMA, Evaluation, OutputRounding, Speed
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.domain.texts import counted, plural
from n6studio.stages.datasets.load import referred_folders
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.all_images import Crew, core_count, records
from n6studio.stages.evaluate.averaging import not_averaged
from n6studio.stages.evaluate.board import FORMAT as BOARD
from n6studio.stages.evaluate.board import board_facts
from n6studio.stages.evaluate.classes import dropped_by_ultralytics, dropped_sentence
from n6studio.stages.evaluate.figures import EvaluateFigures, ModelSummary
from n6studio.stages.evaluate.one_image import ImageRecord, Judging, by_board_rule
from n6studio.stages.evaluate.opening import OPEN, READ, Judged, Ready, prepare
from n6studio.stages.evaluate.packed import Records, in_place, unpacked
from n6studio.stages.evaluate.people import write_people
from n6studio.stages.evaluate.reported import evaluated, gallery
from n6studio.stages.evaluate.results import Judgement, data_facts, judge, write_csv
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of
from n6studio.stages.report.page import report

STEPS = (READ, OPEN, "run the models", "compute the figures", "write the report")


_PROJECT_FILE = "project.n6.yaml"  # of the folder from which on the report names files
_PACKAGES = ("ai-edge-litert", "onnxruntime", "opencv-python", "numpy", "pycocotools", "ultralytics", "torch")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation whose files are written.

    Attributes:
        results: contents of results.json.
        outputs: role -> path relative to the stage's folder.
        watched: folders of the images and label files.
    """

    results: Evaluation
    outputs: dict[str, str]
    watched: tuple[str, ...]


def run(
    settings: EvaluateSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[EvaluateFigures]:
    """Judge the models and write results.json, images.csv, people.jsonl and report.html into `folder`.

    Raises:
        StudioError: unreadable data or models, or ones that do not fit together.
    """
    done = evaluate(settings, inputs, folder, reporter)
    figures = summary(done.results)
    return StageOutcome(done.outputs, figures, versions=done.results.versions, watched=done.watched)


def evaluate(
    settings: EvaluateSettings,
    inputs: dict[str, tuple[InputFile, ...]],
    folder: Path,
    reporter: Reporter,
    int8_output: bool = False,
) -> Evaluated:
    """Do what `run` does; with `int8_output`, judge the first model with its output rounded to int8 against itself.

    Raises:
        StudioError: as `run`.
    """
    parts = inputs.get("parts", ())
    ready = prepare(dataclasses.replace(settings, workers=1) if parts else settings, inputs, reporter, int8_output)
    dataset, judged, crews, skeleton = ready.dataset, ready.judged, ready.crews, ready.skeleton
    judging, classes = ready.judging, ready.judging.classes
    reporter.step(STEPS[2])
    found, seconds, workers = _of_parts(parts, dataset) if parts else _run_here(ready, settings, reporter)
    reporter.step(STEPS[3])
    judgement = judge(found, dataset, skeleton, model_files(judged, crews[0]), classes)
    _warn(judgement, judged, dataset, skeleton, settings, reporter)
    if settings.average:
        _warn_not_averaged(judged, crews[0], settings, reporter)
    models = tuple(_with_speed_alone(model, workers) for model in judgement.models)
    if settings.with_ultralytics:
        from n6studio.stages.evaluate.ultralytics import with_own_validation

        reporter.step("run Ultralytics' validation")
        models = with_own_validation(models, judgement, crews[0], judging, settings, folder, reporter)
    judgement = dataclasses.replace(judgement, models=models)
    reporter.step(STEPS[4])
    output = judged[0].output
    results = Evaluation(
        schema=SCHEMA,
        data=data_facts(dataset, judgement, skeleton),
        settings=recorded_values(settings),
        models=models,
        comparison=judgement.comparison,
        versions={"n6studio": __version__, **versions_of(*_PACKAGES)},
        int8_output=None if output is None else OutputRounding(scale=output.scale, zero_point=output.zero_point),
        speed=_speed(len(judgement.records), seconds, workers),
        board=_board(judgement, judged, inputs.get("link", ())),
        warnings=tuple(reporter.warnings),
    )
    outputs = _write(results, judgement, settings, skeleton, folder, reporter)
    return Evaluated(results, outputs, referred_folders(dataset))


def _run_here(ready: Ready, settings: EvaluateSettings, reporter: Reporter) -> tuple[list[ImageRecord], float, int]:
    """Return one record an image, the seconds that all took, and how many were worked on at once."""
    # Images are worked on side by side; OpenCV splitting each resize into threads as well would only cost.
    cv2.setNumThreads(1)
    began = time.perf_counter()
    found = run_models(ready.dataset, ready.crews, settings, ready.judging, reporter)
    return found, time.perf_counter() - began, len(ready.crews)


def _of_parts(files: Sequence[InputFile], dataset: Dataset) -> tuple[list[ImageRecord], float, int]:
    """Return the same as `_run_here` of images that were run in parts, as if one had followed the other.

    Raises:
        PartUnreadable: they are of other images.
        NoImages: not one image could be read.
    """
    parts = [unpacked(Path(file.path), Records) for file in files]
    try:
        found = in_place(parts, dataset.items)
    except ValueError as error:
        raise PartUnreadable(path=files[0].path, reason="the parts are of other images than the data set's") from error
    if all(record.problem for record in found):
        raise NoImages(path=dataset.path, seen=len(found))
    return found, sum(part.seconds for part in parts), max(part.workers for part in parts)


def _board(judgement: Judgement, judged: list[Judged], link: tuple[InputFile, ...]) -> BoardFacts | None:
    place = next((place for place, one in enumerate(judged) if one.answers is not None), None)
    answers = None if place is None else judged[place].answers
    if place is None or answers is None:
        return None
    seen = [(record.item.path.name, record.seen[place].compared) for record in judgement.records]
    compared = [(name, one) for name, one in seen if one is not None]
    return board_facts(answers, judged[place].name, compared, Path(link[0].path) if link else None)


def run_models(
    dataset: Dataset, crews: list[Crew], settings: EvaluateSettings, judging: Judging, reporter: Reporter
) -> list[ImageRecord]:
    """Return one record an image, in the data set's order.

    Raises:
        NoImages: not one image can be read.
    """
    found: list[ImageRecord] = []
    total = len(dataset.items)
    for record in records(dataset.items, crews, settings, judging):
        found.append(record)
        reporter.progress(len(found), total)
    if all(record.problem for record in found):
        raise NoImages(path=dataset.path, seen=total)
    return found


def model_files(judged: list[Judged], models: Crew) -> tuple[ModelFile, ...]:
    """Return which models are judged, as results name them."""
    return tuple(
        ModelFile(
            name=one.name,
            path=str(one.path),
            source=one.source or None,
            sha256=one.sha256,
            format=model.info.format,
            input_size=model.info.size,
            input_type=model.info.input_type,
            output_type=model.info.output_type,
            people_by="board" if by_board_rule(model.info) else "n6studio",
        )
        for one, model in zip(judged, models, strict=True)
    )


def _warn(
    judgement: Judgement,
    judged: list[Judged],
    dataset: Dataset,
    skeleton: Skeleton,
    settings: EvaluateSettings,
    reporter: Reporter,
) -> None:
    """Say what the figures alone would not tell."""
    if judgement.unreadable:
        first, skipped = judgement.unreadable[0], len(judgement.unreadable)
        reporter.warn(
            f"{counted(skipped, 'image')} could not be read and {plural(skipped, 'was', 'were')} skipped, for example "
            f"{first.item.path.name}: {first.problem}."
        )
    other_size = [one for one in judgement.records if one.item.size is not None and one.item.size != one.size]
    if other_size:
        reporter.warn(
            f"{counted(len(other_size), 'image')} differ in size from what their labels say, for example "
            f"{other_size[0].item.path.name}; the labels may belong to other images."
        )
    outside = sum(record.outside for record in judgement.records)
    if outside:
        reporter.warn(
            f"{counted(outside, 'labelled person', 'labelled people')} outside the area that resize mode "
            f"'{settings.resize}' keeps."
        )
    for reason, count in dropped_by_ultralytics(judgement.records).items():
        reporter.warn(dropped_sentence(reason, count))
    for index, one in enumerate(judged):
        broken = sum(not record.seen[index].finite for record in judgement.records)
        if broken:
            reporter.warn(f"{one.name} returned NaN or infinite values on {counted(broken, 'image')}.")
        if not any(len(record.seen[index].confidences) for record in judgement.records):
            reporter.warn(f"{one.name} found no people in any image; check its input scaling and the resize mode.")
    if dataset.labelled and not skeleton.sigmas_known:
        reporter.warn(
            "The sigmas of these keypoints are unknown; OKS uses 1/K for every keypoint, as "
            "Ultralytics does, and is not comparable with figures for other keypoints."
        )


def _warn_not_averaged(judged: list[Judged], models: Crew, settings: EvaluateSettings, reporter: Reporter) -> None:
    """Say which figures are without averaging although it was asked for."""
    for text in not_averaged((one.name, model.info) for one, model in zip(judged, models, strict=True)):
        reporter.warn(text)
    if settings.with_ultralytics:
        reporter.warn("Ultralytics' own validation does not average keypoints.")


def _speed(images: int, seconds: float, workers: int) -> Speed:
    return Speed(
        images=images,
        seconds=round(seconds, 3),
        images_per_second=round(images / seconds, 2) if seconds > 0 else None,
        workers=workers,
        cores=core_count(),
    )


def _with_speed_alone(model: ModelResults, workers: int) -> ModelResults:
    """Add the images/s that a model would reach alone: workers over the mean time for an image."""
    here = (model.ms.read, model.ms.resize)
    parts = (*(here if model.format != BOARD else ()), model.ms.inference, model.ms.decode)
    spent = sum(part.mean for part in parts if part.mean is not None)
    rate = round((workers if model.format != BOARD else 1) * 1000 / spent, 2) if spent else None
    return msgspec.structs.replace(model, images_per_second=rate)


def _write(
    results: Evaluation,
    judgement: Judgement,
    settings: EvaluateSettings,
    skeleton: Skeleton,
    folder: Path,
    reporter: Reporter,
) -> dict[str, str]:
    """Write all files; return role -> path relative to the folder."""
    (folder / "results.json").write_bytes(encoded(results, indent=1))
    write_csv(folder / "images.csv", judgement, skeleton)
    write_people(folder / "people.jsonl", judgement, skeleton)
    shown = gallery(results, judgement, skeleton, settings)
    project = next((place for place in folder.parents if (place / _PROJECT_FILE).is_file()), None)
    page = report(results, settings, evaluated(results, judgement, skeleton, settings), shown, project)
    (folder / "report.html").write_text(page, encoding="utf-8")
    reporter.progress(1, 1, "report")
    return {"results": "results.json", "images": "images.csv", "people": "people.jsonl", "report": "report.html"}


def summary(results: Evaluation) -> EvaluateFigures:
    """Return the few figures that a page or a terminal shows first."""
    return EvaluateFigures(
        images=results.data.images_read,
        people=results.data.people,
        images_per_second=results.speed.images_per_second,
        models=tuple(_summary(model) for model in results.models),
        comparison=results.comparison,
    )


def _summary(model: ModelResults) -> ModelSummary:
    return ModelSummary(
        name=model.name,
        ap=model.coco.ap if model.coco else None,
        ap50=model.coco.ap50 if model.coco else None,
        zoo_map=model.zoo.map if model.zoo else None,
        zoo_map50=model.zoo.map50 if model.zoo else None,
        ultralytics_map=model.ultralytics.map if model.ultralytics else None,
        inference_ms=model.ms.inference.median,
    )
