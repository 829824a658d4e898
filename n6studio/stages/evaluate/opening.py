"""The data and the models of an evaluation, opened and brought together before an image is run."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.boards import AnswersUnreadable
from n6studio.domain.errors.datasets import KeypointCountMismatch
from n6studio.domain.live import model_id
from n6studio.domain.model.readings import Reading
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.requests import InputFile
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.all_images import Crew, worker_count
from n6studio.stages.evaluate.board import BoardAnswers, BoardModel
from n6studio.stages.evaluate.classes import told_apart, ultralytics_sigmas
from n6studio.stages.evaluate.keypoints import agree, given_skeleton
from n6studio.stages.evaluate.one_image import Judging
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.layout import told_reading
from n6studio.stages.model.rounded_output import RoundedModel, measured_range, scale_over
from n6studio.stages.model.runner import Model, open_model
from n6studio.stages.process.reporter import Reporter

READ, OPEN = "read the data", "open the models"


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


@dataclass(frozen=True, eq=False)
class Ready:
    """An evaluation before its images are run.

    Attributes:
        dataset: labels in the order of the models' keypoints, classes by their numbers.
        judged: the models.
        crews: the models, opened once for each worker.
        skeleton: the keypoints that are judged.
        judging: by what people are judged.
        expected: keypoints of the labels or of `given`; None where neither is there.
    """

    dataset: Dataset
    judged: list[Judged]
    crews: list[Crew]
    skeleton: Skeleton
    judging: Judging
    expected: int | None


def prepare(
    settings: EvaluateSettings,
    inputs: dict[str, tuple[InputFile, ...]],
    reporter: Reporter,
    int8_output: bool = False,
) -> Ready:
    """Read the data, open the models and bring both together; the first two steps.

    Raises:
        StudioError: as `run`.
    """
    reporter.step(READ)
    dataset = read_data(settings, inputs)
    for note in dataset.notes:
        reporter.warn(note)
    reporter.step(OPEN)
    judged = name_models(inputs["models"], inputs.get("sources", ()))
    if int8_output:
        judged = [with_int8_output(judged[0], dataset, settings), judged[0]]
    judged += with_board(judged, inputs.get("board", ()))
    given = given_skeleton(inputs)
    hint = given or dataset.skeleton
    crews = open_crews(judged, dataset, settings, reporter, given)
    dataset, skeleton = agree(dataset, given, judged[0].name, crews[0][0].info.layout.keypoints, reporter)
    dataset, classes = told_apart(dataset, [model.info for model in crews[0]], reporter)
    judging = Judging(skeleton, ultralytics_sigmas(dataset, skeleton), classes)
    return Ready(dataset, judged, crews, skeleton, judging, None if hint is None else len(hint))


def read_data(settings: EvaluateSettings, inputs: dict[str, tuple[InputFile, ...]]) -> Dataset:
    """Return the images and labels that the settings ask for.

    Raises:
        StudioError: as `open_dataset`.
    """
    images = inputs.get("images", ())
    return open_dataset(
        Path(inputs["data"][0].path),
        Path(images[0].path) if images else None,
        split=settings.split,
        limit=settings.max_images,
        skip_missing=settings.skip_missing,
    )


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


def with_int8_output(one: Judged, dataset: Dataset, settings: EvaluateSettings) -> Judged:
    """Return the same model, its output rounded to int8 over the range that it takes on the data."""
    low, high = measured_range(opened_model(one, None, settings), dataset.items, settings.resize)
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
        crews.append([opened_model(one, expected, settings) for one in judged])
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


def opened_model(one: Judged, expected: int | None, settings: EvaluateSettings) -> Model:
    """Open a model; how many keypoints are expected is a hint for models that do not say it themselves."""
    model = open_model(one.path, 1, expected, told_reading(settings.layout))
    if one.answers is not None:
        return BoardModel(model, one.answers)
    return model if one.output is None else RoundedModel(model, one.output)
