"""What int8 costs in accuracy, measured so that it counts: paired intervals, several scales, two arithmetics.

    python benchmarks/accuracy.py MODEL.pt [--sizes 192 256 320] [--resizes letterbox] [--data COCO.json]
        [--calibration FOLDER] [--scheme "NAME=QUANTIZE OPTIONS"]... [--jitters 3] [--kernels xnnpack builtin]
        [--off-grid] [--average] [--json FILE]
    python benchmarks/accuracy.py FLOAT.tflite --int8 INT8.tflite --data COCO.json [--resizes stretch]

Without --data, 2000 images of the demo scene are drawn that no training has seen, and 64 others for calibration.

Of every scheme: AP of COCO's keypoint task in percent, the difference to the float model with a 95 % interval over
bootstrap resamples of the images (both models on the same ones), the share of the float AP that is kept; AP with the
float model's own people (confidence 0.25 or more) as truth, "self"; and "soft", the mean OKS of these people in the
int8 model, 0 where its person is below 0.1. One int8 model is one draw of rounding noise, so each figure is the mean
over jittered scales (0.1 %, the first as made) and over two kinds of kernels, or those named; +- is their standard
deviation. With --average, the keypoints of all models, the float one too, are averaged over each person's candidates.
"""

import argparse
import json
import shlex
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from accuracy_models import ARITHMETICS, Realisation, jittered, off_grid
from quantization_quality import studio

from n6studio.demo.dataset import write_dataset
from n6studio.domain.metrics.average_precision import Ranking, ap_coco, interval, resamples
from n6studio.domain.metrics.oks import object_areas, oks_matrix
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.model import Dataset, Truth
from n6studio.stages.evaluate.all_images import core_count, records
from n6studio.stages.evaluate.coco import evaluate_coco
from n6studio.stages.evaluate.one_image import Judging
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import open_model

DRAWS = 200
CALIBRATION_SEED, UNSEEN_SEED = 77, 424242
FOUND, STILL_FOUND = 0.25, 0.1
Everybody = list[People[ImagePixels]]


@dataclass(frozen=True)
class Row:
    """Figures of one scheme at one size and resize; AP in percent, the rest in shares of one."""

    scheme: str
    size: str
    resize: str
    float_ap: float
    ap: float
    ap_deviation: float
    difference: float
    low: float
    high: float
    kept: float
    self_ap: float
    soft: float
    people: int
    megabytes: float


def people_of(
    dataset: Dataset, models: list[list[object]], settings: EvaluateSettings
) -> tuple[list[Truth], list[Everybody]]:
    """Return the labels, and for each model what it finds in every image; one crew of models a thread."""
    found: list[Everybody] = [[] for _ in models[0]]
    truths = []
    for record in records(dataset.items, models, settings, Judging(dataset.skeleton, dataset.skeleton.sigmas)):
        truths.append(record.truth)
        for place, seen in enumerate(record.seen):
            found[place].append(seen.people)
    return truths, found


def as_truth(everybody: Everybody) -> list[Truth]:
    """Return a model's people as labels: each keypoint counts."""
    truths = []
    for people in everybody:
        sure = people[people.confidences >= FOUND]
        points = sure.keypoints.copy()
        points[..., 2] = 2
        stand_in = People(sure.boxes, np.ones(len(sure), np.float32), points)
        truths.append(Truth(stand_in, np.maximum(object_areas(sure.boxes), 1.0), np.zeros(len(sure), bool)))
    return truths


def softness(truths: list[Truth], found: Everybody, sigmas: tuple[float, ...]) -> tuple[float, int]:
    best = []
    for truth, people in zip(truths, found, strict=True):
        seen = people[people.confidences >= STILL_FOUND]
        best.append(oks_matrix(truth.people.keypoints, seen.keypoints, truth.areas, sigmas).max(axis=1, initial=0.0))
    every = np.concatenate(best)
    return float(every.mean()) if len(every) else float("nan"), len(every)


def pair(
    exact: Path,
    schemes: dict[str, Path],
    dataset: Dataset,
    settings: EvaluateSettings,
    jitters: int,
    arithmetics: list[str],
) -> list[Row]:
    """Return the figures of every scheme's model against the float model on one data set."""
    keys = [(name, seed, kernels) for name in schemes for seed in range(jitters) for kernels in arithmetics]
    contents = {(name, seed): jittered(plain(path), seed) for name, path in schemes.items() for seed in range(jitters)}

    def crew() -> list[object]:
        return [open_model(exact), *(Realisation(schemes[n], contents[n, seed], a) for n, seed, a in keys)]

    cv2.setNumThreads(1)
    truths, found = people_of(dataset, [crew() for _ in range(core_count())], settings)
    reference, *others = found
    draws = resamples(len(truths), DRAWS, 42)
    skeleton = dataset.skeleton
    own = as_truth(reference)

    def ap_of(truth: list[Truth], people: Everybody) -> Ranking:
        return evaluate_coco(truth, people, skeleton).ranking

    exact_ranking = ap_of(truths, reference)
    exact_ap = float(ap_coco(exact_ranking).mean())
    exact_draws = np.array([ap_coco(exact_ranking, often).mean() for often in draws])
    rows = []
    size = "x".join(map(str, open_model(exact).info.size))
    for name, path in schemes.items():
        mine = [people for (key, *_), people in zip(keys, others, strict=True) if key == name]
        rankings = [ap_of(truths, people) for people in mine]
        aps = np.array([ap_coco(one).mean() for one in rankings])
        drawn = np.mean([[ap_coco(one, often).mean() for often in draws] for one in rankings], axis=0)
        low, high = interval(drawn - exact_draws) or (float("nan"), float("nan"))
        softs = [softness(own, people, skeleton.sigmas) for people in mine]
        row = Row(
            name, size, settings.resize, 100 * exact_ap, 100 * aps.mean(), 100 * aps.std(),
            100 * (aps.mean() - exact_ap), 100 * low, 100 * high, float(aps.mean() / exact_ap),
            float(np.mean([ap_coco(ap_of(own, people)).mean() for people in mine])),
            float(np.mean([soft for soft, _ in softs])), softs[0][1], path.stat().st_size / 1e6,
        )  # fmt: skip
        show(row)
        rows.append(row)
    return rows


def plain(path: Path) -> bytes:
    """Return a model without the metadata behind it, which the format's reader ignores anyway."""
    return path.read_bytes()


def show(row: Row) -> None:
    print(
        f"{row.size:>8} {row.resize:>9} {row.scheme:>12}: float {row.float_ap:5.2f}, int8 {row.ap:5.2f} +- "
        f"{row.ap_deviation:.2f}, difference {row.difference:+.2f} ({row.low:+.2f} to {row.high:+.2f}), kept "
        f"{100 * row.kept:5.1f} %, self {row.self_ap:.3f}, soft {row.soft:.3f} ({row.people} people), "
        f"{row.megabytes:.3f} MB",
        flush=True,
    )


def made(
    model: Path, size: str, resize: str, schemes: dict[str, str], calibration: Path, folder: Path
) -> SimpleNamespace:
    """Export at one size and quantize by every scheme; return the float .tflite and the quantized ones."""
    exported = studio("export", model, "--imgsz", size, "-o", folder / f"export-{size}")["outputs"]
    paths = {}
    for name, options in schemes.items():
        words = ["quantize", exported["saved_model"], "--calibration", calibration, "--resize", resize]
        began = time.perf_counter()
        place = folder / f"{size}-{resize}-{name}"
        paths[name] = Path(studio(*words, *shlex.split(options), "-o", place)["outputs"]["tflite"])
        print(f"{size} {resize} {name}: quantized in {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    return SimpleNamespace(exact=Path(exported["tflite"]), schemes=paths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--int8", type=Path, nargs="*", default=[])
    parser.add_argument("--sizes", nargs="+", default=["192", "256", "320"], help="a side, or width x height: 320x192")
    parser.add_argument("--resizes", nargs="+", default=["letterbox"])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--calibration", type=Path)
    parser.add_argument("--images", type=int, default=2000, help="images of the demo scene to draw")
    parser.add_argument("--scheme", action="append", default=[], metavar="NAME=OPTIONS")
    parser.add_argument("--jitters", type=int, default=3)
    parser.add_argument("--kernels", nargs="+", choices=tuple(ARITHMETICS), default=list(ARITHMETICS))
    parser.add_argument("--off-grid", action="store_true")
    parser.add_argument("--average", action="store_true", help="average the keypoints of all models")
    parser.add_argument("--work", type=Path, help="folder for what is made; kept")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.work or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        data = options.data or drawn(folder / "unseen", options.images, UNSEEN_SEED)
        dataset = open_dataset(data)
        rules = EvaluateSettings(iou=0.7, operating_confidence=STILL_FOUND, average=options.average)
        by_resize = {resize: replace(rules, resize=resize) for resize in options.resizes}
        rows = []
        if options.int8:
            schemes = {path.stem: path for path in options.int8}
            for settings in by_resize.values():
                rows += pair(options.model, schemes, dataset, settings, options.jitters, options.kernels)
        else:
            calibration = (
                options.calibration or drawn(folder / "calibration", 64, CALIBRATION_SEED).parents[1] / "images"
            )
            model = (
                off_grid(options.model, folder / f"{options.model.stem}-off-grid.pt")
                if options.off_grid
                else options.model
            )
            wanted = dict(one.split("=", 1) for one in options.scheme) or {"default": ""}
            for size in options.sizes:
                for resize, settings in by_resize.items():
                    files = made(model, size, resize, wanted, calibration, folder)
                    rows += pair(files.exact, files.schemes, dataset, settings, options.jitters, options.kernels)
        if options.json:
            options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


def drawn(folder: Path, images: int, seed: int) -> Path:
    """Return the annotations of a data set of the demo scene, drawn where it is not there yet."""
    annotations = folder / "annotations" / "person_keypoints.json"
    return annotations if annotations.exists() else write_dataset(folder, images, seed).annotations


if __name__ == "__main__":
    main()
