"""Judge networks on a data set: accuracy by three published rules, what one loses against another, and host speed.

Inputs: "models", the judged network first and those it is compared with behind it; "data", labels or a folder of
pictures; "images", optional folder for a COCO JSON; "skeleton", optional, the network's keypoints; "sources", optional,
the files the networks were made from, which the report then names. Outputs: results.json, images.csv, people.jsonl and
report.html.
"""

import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from n6studio import __version__
from n6studio.domain.errors.datasets import KeypointCountMismatch, NoImages
from n6studio.domain.errors.models import NotAPoseNetwork
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.datasets.yolo import label_path
from n6studio.stages.evaluate.all_images import Crew, core_count, records, worker_count
from n6studio.stages.evaluate.keypoints import agree, given_skeleton
from n6studio.stages.evaluate.one_image import PictureRecord
from n6studio.stages.evaluate.people import write_people
from n6studio.stages.evaluate.reported import evaluated, gallery
from n6studio.stages.evaluate.results import Figures, Judgement, data_figures, judge, write_csv
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.rounded_output import OutputScale, RoundedNetwork, measured_range, scale_over
from n6studio.stages.model.runner import Network, NetworkInfo, open_network
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of
from n6studio.stages.report.page import report

STEPS = ("read the data", "open the networks", "run the networks", "compute the figures", "write the report")

SCHEMA = 1
_PACKAGES = ("ai-edge-litert", "onnxruntime", "opencv-python", "numpy", "pycocotools", "ultralytics", "torch")


@dataclass(frozen=True)
class Judged:
    """One network that is judged.

    Attributes:
        name: short, for tables and charts; unlike the others'.
        path: the network.
        source: the file it was made from, or "".
        sha256: digest of `path`.
        output: at which scale its output is rounded to int8; None where it is taken as it is.
    """

    name: str
    path: Path
    source: str
    sha256: str
    output: OutputScale | None = None


def run(
    settings: EvaluateSettings,
    inputs: dict[str, tuple[InputFile, ...]],
    folder: Path,
    reporter: Reporter,
    int8_output: bool = False,
) -> StageOutcome[Any]:
    """Judge the networks and write results.json, images.csv, people.jsonl and report.html into `folder`.

    With `int8_output`, the first network is judged with its output rounded to int8, against itself without.

    Raises:
        StudioError: unreadable data or networks, or ones that do not fit together.
    """
    reporter.step(STEPS[0])
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
    reporter.step(STEPS[1])
    judged = name_networks(inputs["models"], inputs.get("sources", ()))
    if int8_output:
        judged = [with_int8_output(judged[0], dataset, settings), judged[0]]
    given = given_skeleton(inputs)
    crews = open_crews(judged, dataset, settings, reporter, given)
    network = crews[0][0].info
    dataset, skeleton = agree(dataset, given, judged[0].name, network.layout.keypoints, reporter)
    reporter.step(STEPS[2])
    # Pictures are worked on side by side; OpenCV splitting each resize into threads as well would only cost.
    cv2.setNumThreads(1)
    began = time.perf_counter()
    found = run_networks(dataset, crews, settings, skeleton, reporter)
    seconds = time.perf_counter() - began
    reporter.step(STEPS[3])
    judgement = judge(found, dataset, skeleton, len(judged))
    _warn(judgement, judged, dataset, skeleton, settings, reporter)
    results = assemble(judgement, judged, [network.info for network in crews[0]], dataset, settings, skeleton)
    if judged[0].output is not None:
        results["int8_output"] = dataclasses.asdict(judged[0].output)
    results["speed"] = _speed(len(judgement.records), seconds, len(crews))
    _speeds_alone(results)
    if settings.with_ultralytics:
        from n6studio.stages.evaluate import ultralytics as evaluate_ultralytics

        reporter.step("run Ultralytics' validation")
        evaluate_ultralytics.add_to(results["models"], judgement, crews[0], skeleton, settings, folder, reporter)
    reporter.step(STEPS[4])
    results["warnings"] = list(reporter.warnings)
    outcome = _write(results, judgement, judged, settings, skeleton, folder, reporter)
    return dataclasses.replace(outcome, watched=_referred_folders(dataset))


def name_networks(models: tuple[InputFile, ...], sources: tuple[InputFile, ...]) -> list[Judged]:
    """Return the networks with names by which they can be told apart: the file's, or its source's."""
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


def with_int8_output(one: Judged, dataset: Dataset, settings: EvaluateSettings) -> Judged:
    """Return the same network, its output rounded to int8 over the range that it takes on the data."""
    low, high = measured_range(_opened(one, None), dataset.items, settings.resize)
    return dataclasses.replace(one, name=f"{one.name}, output in int8", output=scale_over(low, high))


def open_crews(
    judged: list[Judged],
    dataset: Dataset,
    settings: EvaluateSettings,
    reporter: Reporter,
    given: Skeleton | None = None,
) -> list[Crew]:
    """Open every network once for each worker, and check that all networks have the same number of keypoints.

    Raises:
        KeypointCountMismatch, NotAPoseNetwork, ModelDamaged, UnknownFormat, FileMissing.
    """
    workers = worker_count(settings, len(dataset.items))
    hint = given or dataset.skeleton
    expected = len(hint) if hint is not None else None
    crews: list[Crew] = []
    for worker in range(workers):
        crews.append([_opened(one, expected) for one in judged])
        reporter.progress(worker + 1, workers, "workers")
    first = crews[0][0].info.layout.keypoints
    for one, network in zip(judged, crews[0], strict=True):
        count = network.info.layout.keypoints
        if count != first:
            raise KeypointCountMismatch(
                data=judged[0].path, data_keypoints=first, model=one.name, model_keypoints=count
            )
    return crews


def _opened(one: Judged, expected: int | None) -> Network:
    """Open a network; how many keypoints are expected is a hint for networks that do not say it themselves."""
    try:
        network = open_network(one.path, 1, expected)
    except NotAPoseNetwork:
        if expected is None:
            raise
        network = open_network(one.path, 1)
    return network if one.output is None else RoundedNetwork(network, one.output)


def run_networks(
    dataset: Dataset, crews: list[Crew], settings: EvaluateSettings, skeleton: Skeleton, reporter: Reporter
) -> list[PictureRecord]:
    """Return one record a picture, in the data set's order.

    Raises:
        NoImages: not one picture can be read.
    """
    found: list[PictureRecord] = []
    total = len(dataset.items)
    for record in records(dataset.items, crews, settings, skeleton):
        found.append(record)
        reporter.progress(len(found), total)
    if all(record.problem for record in found):
        raise NoImages(path=dataset.path, seen=total)
    return found


def assemble(
    judgement: Judgement,
    judged: list[Judged],
    infos: list[NetworkInfo],
    dataset: Dataset,
    settings: EvaluateSettings,
    skeleton: Skeleton,
) -> Figures:
    """Return the contents of results.json, without speed and warnings; a comparison names the two networks."""
    models = [
        {
            "name": one.name,
            "path": str(one.path),
            "source": one.source or None,
            "sha256": one.sha256,
            "format": info.format,
            "input_size": list(info.size),
            "input_type": info.input_type,
            "output_type": info.output_type,
            **figures,
        }
        for one, info, figures in zip(judged, infos, judgement.models, strict=True)
    ]
    return {
        "schema": SCHEMA,
        "data": data_figures(dataset, judgement, skeleton),
        "settings": recorded_values(settings),
        "models": models,
        "comparison": [
            {**one, "judged": judged[one["judged"]].name, "reference": judged[one["reference"]].name}
            for one in judgement.comparison
        ],
        "versions": {"n6studio": __version__, **versions_of(*_PACKAGES)},
    }


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
        first = judgement.unreadable[0]
        reporter.warn(
            f"{len(judgement.unreadable)} pictures could not be read and were left out, for example "
            f"{first.item.path.name}: {first.problem}."
        )
    other_size = [one for one in judgement.records if one.item.size is not None and one.item.size != one.size]
    if other_size:
        reporter.warn(
            f"{len(other_size)} pictures have another size than their labels say, for example "
            f"{other_size[0].item.path.name}; the labels may belong to other pictures."
        )
    outside = sum(record.outside for record in judgement.records)
    if outside:
        reporter.warn(f"{outside} labelled people lie outside what '{settings.resize}' keeps of the pictures.")
    for index, one in enumerate(judged):
        broken = sum(not record.seen[index].finite for record in judgement.records)
        if broken:
            reporter.warn(f"{one.name} gave values that are not numbers on {broken} pictures.")
        if not any(len(record.seen[index].confidences) for record in judgement.records):
            reporter.warn(f"{one.name} found nobody in any picture; check its input scaling and the resize.")
    if dataset.labelled and not skeleton.sigmas_known:
        reporter.warn(
            "How precisely these keypoints can be labelled is not known; OKS uses 1/K for every keypoint, as "
            "Ultralytics does, and cannot be compared with figures of other keypoints."
        )


def _speed(pictures: int, seconds: float, workers: int) -> Figures:
    rate = pictures / seconds if seconds > 0 else None
    return {
        "images": pictures,
        "seconds": round(seconds, 3),
        "images_per_second": None if rate is None else round(rate, 2),
        "workers": workers,
        "cores": core_count(),
    }


def _speeds_alone(results: Figures) -> None:
    """Add to each model the pictures a second that it would reach alone: workers over the mean time for a picture."""
    for model in results["models"]:
        parts = [part["mean"] for part in model["ms"].values()]
        spent = sum(part for part in parts if part is not None)
        model["images_per_second"] = round(results["speed"]["workers"] * 1000 / spent, 2) if spent else None


def _referred_folders(dataset: Dataset) -> tuple[str, ...]:
    """Return the folders of the pictures and label files that a JSON or YAML only names."""
    if dataset.kind == "pictures":
        return ()
    pictures = {item.path.parent for item in dataset.items}
    labels = {label_path(item.path).parent for item in dataset.items} if dataset.kind == "yolo" else set()
    return tuple(sorted(str(folder.absolute()) for folder in pictures | labels))


def _write(
    results: Figures,
    judgement: Judgement,
    judged: list[Judged],
    settings: EvaluateSettings,
    skeleton: Skeleton,
    folder: Path,
    reporter: Reporter,
) -> StageOutcome[Any]:
    (folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    names = [one.name for one in judged]
    write_csv(folder / "images.csv", judgement, names, skeleton)
    write_people(folder / "people.jsonl", judgement, names, skeleton)
    shown = gallery(results, judgement, skeleton, settings)
    page = report(results, evaluated(results, judgement, skeleton, settings), shown)
    (folder / "report.html").write_text(page, encoding="utf-8")
    reporter.progress(1, 1, "report")
    outputs = {"results": "results.json", "images": "images.csv", "people": "people.jsonl", "report": "report.html"}
    return StageOutcome(outputs, summary(results), versions=results["versions"])


def summary(results: Figures) -> dict[str, Any]:
    """Return the few figures that a page or a terminal shows first."""
    return {
        "images": results["data"]["images_read"],
        "people": results["data"]["people"],
        "images_per_second": results["speed"]["images_per_second"],
        "models": [
            {
                "name": model["name"],
                "ap": model["coco"]["ap"] if model["coco"] else None,
                "ap50": model["coco"]["ap50"] if model["coco"] else None,
                "zoo_map": model["zoo"]["map"] if model["zoo"] else None,
                "zoo_map50": model["zoo"]["map50"] if model["zoo"] else None,
                "ultralytics_map": model["ultralytics"]["map"] if model["ultralytics"] else None,
                "inference_ms": model["ms"]["inference"]["median"],
            }
            for model in results["models"]
        ],
        "comparison": results["comparison"],
    }
