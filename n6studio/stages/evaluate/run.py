"""Judge models on a data set: accuracy by three published rules, what one loses against another, and host speed.

Inputs: "models", the judged model first and those it is compared with behind it; "data", labels or a folder of
images; "images", optional folder for a COCO JSON; "skeleton", optional, the model's keypoints; "sources", optional,
the files the models were made from, which the report then names. Outputs: results.json, images.csv, people.jsonl and
report.html.
"""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec

from n6studio import __version__
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.boards import AnswersUnreadable
from n6studio.domain.errors.datasets import KeypointCountMismatch, NoImages
from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.model import ModelFile, ModelResults
from n6studio.domain.evaluation.results import SCHEMA, Evaluation, OutputRounding, Speed
from n6studio.domain.live import model_id
from n6studio.domain.model.readings import Reading
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.domain.texts import counted, plural
from n6studio.stages.datasets.load import open_dataset, referred_folders
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.all_images import Crew, core_count, records, worker_count
from n6studio.stages.evaluate.board import FORMAT as BOARD
from n6studio.stages.evaluate.board import BoardAnswers, BoardModel, board_facts
from n6studio.stages.evaluate.classes import dropped_by_ultralytics, dropped_sentence, told_apart, ultralytics_sigmas
from n6studio.stages.evaluate.figures import EvaluateFigures, ModelSummary
from n6studio.stages.evaluate.keypoints import agree, given_skeleton
from n6studio.stages.evaluate.one_image import ImageRecord, Judging, by_board_rule
from n6studio.stages.evaluate.people import write_people
from n6studio.stages.evaluate.reported import evaluated, gallery
from n6studio.stages.evaluate.results import Judgement, data_facts, judge, write_csv
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.layout import told_reading
from n6studio.stages.model.rounded_output import RoundedModel, measured_range, scale_over
from n6studio.stages.model.runner import Model, open_model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of
from n6studio.stages.report.page import report

STEPS = ("read the data", "open the models", "run the models", "compute the figures", "write the report")


_PROJECT_FILE = "project.n6.yaml"  # of the folder from which on the report names files
_PACKAGES = ("ai-edge-litert", "onnxruntime", "opencv-python", "numpy", "pycocotools", "ultralytics", "torch")


@dataclass(frozen=True)
class Judged:
    """One model that is judged.

    Attributes:
        name: short, for tables and charts; unlike the others'.
        path: the model.
        source: the file it was made from, or "".
        sha256: digest of `path`.
        output: at which scale its output is rounded to int8; None where it is taken as it is.
        answers: those of a board that ran it; None where it runs here.
    """

    name: str
    path: Path
    source: str
    sha256: str
    output: OutputScale | None = None
    answers: BoardAnswers | None = None


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
    reporter.step(STEPS[0])
    dataset = _read_data(settings, inputs, reporter)
    reporter.step(STEPS[1])
    judged = name_models(inputs["models"], inputs.get("sources", ()))
    if int8_output:
        judged = [with_int8_output(judged[0], dataset, settings), judged[0]]
    judged += with_board(judged, inputs.get("board", ()))
    given = given_skeleton(inputs)
    crews = open_crews(judged, dataset, settings, reporter, given)
    info = crews[0][0].info
    dataset, skeleton = agree(dataset, given, judged[0].name, info.layout.keypoints, reporter)
    dataset, classes = told_apart(dataset, [model.info for model in crews[0]], reporter)
    judging = Judging(skeleton, ultralytics_sigmas(dataset, skeleton), classes)
    reporter.step(STEPS[2])
    # Images are worked on side by side; OpenCV splitting each resize into threads as well would only cost.
    cv2.setNumThreads(1)
    began = time.perf_counter()
    found = run_models(dataset, crews, settings, judging, reporter)
    seconds = time.perf_counter() - began
    reporter.step(STEPS[3])
    judgement = judge(found, dataset, skeleton, model_files(judged, crews[0]), classes)
    _warn(judgement, judged, dataset, skeleton, settings, reporter)
    models = tuple(_with_speed_alone(model, len(crews)) for model in judgement.models)
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
        speed=_speed(len(judgement.records), seconds, len(crews)),
        board=_board(judgement, judged, inputs.get("link", ())),
        warnings=tuple(reporter.warnings),
    )
    outputs = _write(results, judgement, settings, skeleton, folder, reporter)
    return Evaluated(results, outputs, referred_folders(dataset))


def _read_data(settings: EvaluateSettings, inputs: dict[str, tuple[InputFile, ...]], reporter: Reporter) -> Dataset:
    images = inputs.get("images", ())
    dataset = open_dataset(
        Path(inputs["data"][0].path),
        Path(images[0].path) if images else None,
        split=settings.split,
        limit=settings.max_images,
        skip_missing=settings.skip_missing,
    )
    for note in dataset.notes:
        reporter.warn(note)
    return dataset


def name_models(models: tuple[InputFile, ...], sources: tuple[InputFile, ...]) -> list[Judged]:
    """Return the models with names by which they can be told apart: the file's, or its source's."""
    named: list[Judged] = []
    for index, model in enumerate(models):
        path = Path(model.path)
        source = sources[index].path if index < len(sources) and sources[index].path != model.path else ""
        name = wanted = Path(source or path).name
        number = 1
        while any(other.name == name for other in named):
            number += 1
            name = f"{wanted} ({number})"
        named.append(Judged(name, path, source, model.sha256))
    return named


def with_board(judged: list[Judged], files: tuple[InputFile, ...]) -> list[Judged]:
    """Return the model that a board ran, as one that is judged beside the others; nothing without a board's answers.

    Raises:
        AnswersUnreadable: the file is none of answers, or none of these models was run.
    """
    found = []
    for file in files:
        answers = BoardAnswers(Path(file.path))
        base = next((one for one in judged if model_id(one.sha256) == answers.head.model), None)
        if base is None:
            raise AnswersUnreadable(path=file.path, reason=f"the board ran another model, {answers.head.model}")
        found.append(dataclasses.replace(base, name=f"{base.name} on {answers.head.board}", answers=answers))
    return found


def _board(judgement: Judgement, judged: list[Judged], link: tuple[InputFile, ...]) -> BoardFacts | None:
    place = next((place for place, one in enumerate(judged) if one.answers is not None), None)
    answers = None if place is None else judged[place].answers
    if place is None or answers is None:
        return None
    seen = [(record.item.path.name, record.seen[place].compared) for record in judgement.records]
    compared = [(name, one) for name, one in seen if one is not None]
    return board_facts(answers, judged[place].name, compared, Path(link[0].path) if link else None)


def with_int8_output(one: Judged, dataset: Dataset, settings: EvaluateSettings) -> Judged:
    """Return the same model, its output rounded to int8 over the range that it takes on the data."""
    low, high = measured_range(_opened(one, None, settings), dataset.items, settings.resize)
    return dataclasses.replace(one, name=f"{one.name}, output in int8", output=scale_over(low, high))


def open_crews(
    judged: list[Judged],
    dataset: Dataset,
    settings: EvaluateSettings,
    reporter: Reporter,
    given: Skeleton | None = None,
) -> list[Crew]:
    """Open every model once for each worker, and check that all models have the same number of keypoints.

    Raises:
        KeypointCountMismatch, NotAPoseModel, LayoutUnknown, WrongTask, ModelDamaged, UnknownFormat, FileMissing.
    """
    workers = worker_count(settings, len(dataset.items))
    hint = given or dataset.skeleton
    expected = len(hint) if hint is not None else None
    crews: list[Crew] = []
    for worker in range(workers):
        crews.append([_opened(one, expected, settings) for one in judged])
        reporter.progress(worker + 1, workers, "workers")
    for one, model in zip(judged, crews[0], strict=True):
        if model.info.layout_from == "labels":
            layout = model.info.layout
            read = Reading(layout.classes, layout.keypoints, layout.dims)
            reporter.warn(f"{one.name} does not say how its output is read; read as {read.text}, to fit the labels.")
    first = crews[0][0].info.layout.keypoints
    for one, model in zip(judged, crews[0], strict=True):
        count = model.info.layout.keypoints
        if count != first:
            raise KeypointCountMismatch(
                data=judged[0].path, data_keypoints=first, model=one.name, model_keypoints=count
            )
    return crews


def _opened(one: Judged, expected: int | None, settings: EvaluateSettings) -> Model:
    """Open a model; how many keypoints are expected is a hint for models that do not say it themselves."""
    model = open_model(one.path, 1, expected, told_reading(settings.layout))
    if one.answers is not None:
        return BoardModel(model, one.answers)
    return model if one.output is None else RoundedModel(model, one.output)


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
