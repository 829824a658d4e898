"""How near evaluation comes to what the machine can do: its loop against JPEG decoding, resize and LiteRT alone.

Usage: python benchmarks/evaluate_limit.py MODEL.tflite PERSON_KEYPOINTS.json [ROUNDS [TIMES]]

"Limit" decodes every JPEG with OpenCV, resizes it to the input and runs LiteRT on it, one thread a core, and keeps
nothing. "Loop" is evaluation's own: the same, and laying in, people, suppression, all three rules of matching and what
is kept of an image. Both take the same files TIMES times, in turns within one run, so that other load meets both; the
medians of the images a second of wall time and of processor time are compared. Wall time needs an idle machine, the
processor's tells the same on a busy one.
"""

import argparse
import dataclasses
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.all_images import core_count, records
from n6studio.stages.evaluate.one_image import Judging
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import open_model

SETTINGS = EvaluateSettings(resize="letterbox", confidence=0.001, iou=0.7, worst=0)


def limit_of(model: Path, dataset: Dataset) -> Callable[[], None]:
    """Return what decodes, resizes and runs every image, and nothing else."""
    mine = threading.local()

    def opened() -> Interpreter:
        interpreter = Interpreter(model_path=str(model), num_threads=1)
        interpreter.allocate_tensors()
        return interpreter

    waiting = [opened() for _ in range(core_count())]
    first = waiting[0].get_input_details()[0]
    place, (height, width), whole = first["index"], first["shape"][1:3], first["dtype"] == np.uint8
    table = np.arange(256, dtype=np.float32) / np.float32(255)
    output = waiting[0].get_output_details()[0]["index"]

    def work(path: Path) -> None:
        if not hasattr(mine, "interpreter"):
            mine.interpreter = waiting.pop()
        interpreter: Interpreter = mine.interpreter
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
        image = cv2.resize(image, (int(width), int(height)))
        interpreter.set_tensor(place, (image if whole else cv2.LUT(image, table))[None])
        interpreter.invoke()
        interpreter.get_tensor(output)

    pool = ThreadPoolExecutor(core_count())

    def run() -> None:
        list(pool.map(work, [item.path for item in dataset.items]))

    return run


def loop_of(model: Path, dataset: Dataset) -> Callable[[], None]:
    """Return evaluation's loop over every image."""
    crews = [[open_model(model, threads=1)] for _ in range(core_count())]
    if dataset.skeleton is None:
        raise SystemExit("the labels name no keypoints")
    judging = Judging(dataset.skeleton, dataset.skeleton.sigmas)

    def run() -> None:
        for _ in records(dataset.items, crews, SETTINGS, judging):
            pass

    return run


def main() -> None:
    """Measure in turns and print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("times", type=int, nargs="?", default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    dataset = open_dataset(options.data)
    dataset = dataclasses.replace(dataset, items=dataset.items * options.times)
    count = len(dataset.items)
    racers = {"limit": limit_of(options.model, dataset), "loop": loop_of(options.model, dataset)}
    wall: dict[str, list[float]] = {name: [] for name in racers}
    processor: dict[str, list[float]] = {name: [] for name in racers}
    for number in range(options.rounds + 1):
        for name, run in racers.items():
            began, used = time.perf_counter(), time.process_time()
            run()
            if number:  # the first round warms up
                wall[name].append(count / (time.perf_counter() - began))
                processor[name].append(count / (time.process_time() - used))
    for kind, rates in (("wall time", wall), ("processor time", processor)):
        limit, loop = (statistics.median(rates[name]) for name in ("limit", "loop"))
        each = [100 * ours / best for ours, best in zip(rates["loop"], rates["limit"], strict=True)]
        print(
            f"images a second of {kind}: limit {limit:.1f}, loop {loop:.1f}: {100 * loop / limit:.0f} % "
            f"(rounds {', '.join(f'{one:.0f}' for one in each)})"
        )


if __name__ == "__main__":
    main()
