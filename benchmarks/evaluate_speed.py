"""Our evaluation against Ultralytics' own validation: the same float-input .tflite, the same images, the same run.

Usage: python benchmarks/evaluate_speed.py MODEL.tflite PERSON_KEYPOINTS.json [ROUNDS [TIMES]]

Every image is looked at TIMES times, so that a small data set does not measure only the beginning and the end.
Both run alternately, so that whatever else the machine does meets both. "Loop" counts from the first image to the
figures, without imports and without opening the model; "process" is a whole fresh Python process from start to end.
"typed" is `yolo pose val` with its defaults (16 images a batch, 8 loader processes, plots); "tuned" is the same with
what is fastest on few cores (1 image, no processes, no plots).
"""

import contextlib
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.requests import InputFile
from n6studio.gates.images import read_image
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.evaluate import run as evaluate
from n6studio.stages.evaluate.classes import ultralytics_sigmas
from n6studio.stages.evaluate.one_image import ImageRecord, Judging
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter

SETTINGS = {"resize": "letterbox", "confidence": 0.001, "iou": 0.7, "worst": 0}


def ours(model: Path, data: Path, workers: int = 0) -> dict[str, float]:
    """Evaluate in this process; return images, seconds of the loop with its figures, and AP by two rules."""
    settings = EvaluateSettings(**SETTINGS, workers=workers)
    with open(os.devnull, "w") as nowhere, tempfile.TemporaryDirectory() as folder:  # noqa: PTH123
        reporter = Reporter("evaluate", nowhere)
        inputs = {"models": (InputFile(str(model), ""),), "data": (InputFile(str(data), ""),)}
        evaluate.run(settings, inputs, Path(folder), reporter)
        reporter.step("end")
        results = json.loads((Path(folder) / "results.json").read_text())
    steps = reporter.step_seconds
    figures = results["models"][0]
    seconds = steps[evaluate.STEPS[2]] + steps[evaluate.STEPS[3]]
    return {
        "images": results["speed"]["images"],
        "seconds": seconds,
        "ap": figures["coco"]["ap"],
        "map": figures["yolo"]["map"],
    }


def theirs(model: Path, data: Path, as_typed: bool = False) -> dict[str, float]:
    """Run Ultralytics' validation in this process; return images, seconds of its loop, and its mAP50-95."""
    from n6studio.stages.evaluate import ultralytics as evaluate_ultralytics

    settings, dataset = EvaluateSettings(**SETTINGS), open_dataset(data)
    opened = open_model(model)
    records = []
    assert dataset.skeleton is not None
    judging = Judging(dataset.skeleton, ultralytics_sigmas(dataset, dataset.skeleton))
    for item in dataset.items:
        height, width = read_image(item.path).shape[:2] if item.size is None else item.size[::-1]
        records.append(ImageRecord(item, (width, height), item.truth.in_pixels(width, height) if item.truth else None))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        yaml = evaluate_ultralytics.write_data(place, records, judging)
        whole = evaluate_ultralytics.with_metadata(opened.info, place)
        figures = evaluate_ultralytics.validate(whole, opened.info, yaml, settings, as_typed)
    return {"images": len(records), "seconds": figures["seconds"], "map": figures["map"]}


def repeated(data: Path, times: int, folder: Path) -> Path:
    """Return a JSON in `folder` that names every image of `data`, and its labels, that many times."""
    dataset, content = open_dataset(data), json.loads(data.read_text())
    paths = {item.image_id: str(item.path.absolute()) for item in dataset.items}
    step = max(paths) + 1
    images, labels = content["images"], content["annotations"]
    content["images"] = [
        {**one, "id": one["id"] + step * turn, "file_name": paths[one["id"]]} for turn in range(times) for one in images
    ]
    content["annotations"] = [
        {**one, "id": one["id"] + 10**10 * turn, "image_id": one["image_id"] + step * turn}
        for turn in range(times)
        for one in labels
    ]
    target = folder / data.name
    target.write_text(json.dumps(content))
    return target


def in_a_process(which: str, model: Path, data: Path) -> tuple[dict[str, float], float]:
    """Run one of them in a fresh process; return its figures and the seconds of the whole process."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    environment |= {"YOLO_AUTOINSTALL": "False", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false", "MPLBACKEND": "Agg"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "2", "YOLO_CONFIG_DIR": tempfile.gettempdir()}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--one", which, str(model), str(data)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - began


RACERS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "ours": ours,
    "tuned": theirs,
    "typed": functools.partial(theirs, as_typed=True),
}


def main(arguments: list[str]) -> None:
    if arguments[0] == "--one":
        with contextlib.redirect_stdout(sys.stderr):
            figures = RACERS[arguments[1]](Path(arguments[2]), Path(arguments[3]))
        print(json.dumps(figures))
        return
    with tempfile.TemporaryDirectory() as folder:
        rounds, times = (int(value) for value in [*arguments[2:], *("3", "5")[len(arguments) - 2 :]])
        compare(Path(arguments[0]), repeated(Path(arguments[1]), times, Path(folder)), rounds)


def compare(model: Path, data: Path, rounds: int) -> None:
    """Run both `rounds` times in turn and print the medians."""
    loops: dict[str, list[float]] = {which: [] for which in RACERS}
    processes: dict[str, list[float]] = {which: [] for which in RACERS}
    last = {}
    for round_number in range(rounds):
        for which in RACERS:
            figures, seconds = in_a_process(which, model, data)
            last[which] = figures
            loops[which].append(figures["images"] / figures["seconds"])
            processes[which].append(figures["images"] / seconds)
            print(
                f"round {round_number + 1}, {which:6}: loop {loops[which][-1]:7.1f} images/s, "
                f"process {processes[which][-1]:6.1f} images/s, {figures}"
            )
    for name, rates in (("loop", loops), ("process", processes)):
        first = statistics.median(rates["ours"])
        for other in ("typed", "tuned"):
            second = statistics.median(rates[other])
            print(f"{name}: ours {first:.1f}, Ultralytics {other} {second:.1f} images/s: {first / second:.2f} times")
    print(f"mAP50-95 by Ultralytics' rule: ours {last['ours']['map']:.4f}, its own {last['typed']['map']:.4f}")
    many = {workers: ours(model, data, workers) for workers in (1, 2, 8)}
    print("AP with 1, 2 and 8 workers:", ", ".join(f"{figures['ap']:.6f}" for figures in many.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
