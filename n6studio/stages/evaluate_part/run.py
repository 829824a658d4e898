"""Runs a part of an evaluation.

Inputs: "models" and "sources" as those of evaluate; "part", of `evaluate_split`; "images", the folder with its images.
Output: "records", which evaluate takes as they are.
"""

import dataclasses
import time
from pathlib import Path

import cv2

from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.evaluate.all_images import Crew, records, worker_count
from n6studio.stages.evaluate.opening import name_models, opened_model
from n6studio.stages.evaluate.packed import Part, Records, packed, unpacked
from n6studio.stages.evaluate_part.figures import PartFigures
from n6studio.stages.evaluate_part.stage import PartSettings
from n6studio.stages.process.reporter import Reporter

STEPS = ("open the models", "run the models")
_FILE = "records.bin"


def run(
    settings: PartSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[PartFigures]:
    """Write what the models find in the part's images into `folder`.

    Raises:
        StudioError: a model cannot be opened, or the part is none.
    """
    reporter.step(STEPS[0])
    part, images = unpacked(Path(inputs["part"][0].path), Part), Path(inputs["images"][0].path)
    items = [dataclasses.replace(item, path=images / item.path.name) for item in part.items]
    judged = name_models(inputs["models"], inputs.get("sources", ()))
    workers = worker_count(settings, len(items))
    crews: list[Crew] = [[opened_model(one, part.expected, settings) for one in judged] for _ in range(workers)]
    reporter.step(STEPS[1])
    cv2.setNumThreads(1)  # images are worked on side by side
    began = time.perf_counter()
    found = []
    for record in records(items, crews, settings, part.judging):
        found.append(record)
        reporter.progress(len(found), len(items))
    done = Records(tuple(found), time.perf_counter() - began, workers)
    (folder / _FILE).write_bytes(packed(done))
    return StageOutcome({"records": _FILE}, PartFigures(images=len(items)))
