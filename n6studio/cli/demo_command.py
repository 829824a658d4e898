"""The commands ``demo`` and ``demo dataset``: the whole product on what the program carries along."""

import argparse
import json
from pathlib import Path
from typing import Any

from n6studio.cli.commands import cancelling
from n6studio.cli.progress import Progress
from n6studio.demo.dataset import DatasetPaths, write_dataset
from n6studio.domain.errors import Cancelled
from n6studio.domain.settings import EvaluateSettings, ExportSettings, QuantizeSettings
from n6studio.engine.chain import ChainResult, run_chain
from n6studio.engine.project import Project
from n6studio.system.files import make_folder, replace_text
from n6studio.system.resources import resource

MODEL = "demo/n6demo-pose.pt"
MODEL_SIZE = 256  # at which its card gives figures
PICTURE = (640, 480)
# Seeds that the carried network was not trained on; its model card says on which it was.
CALIBRATION = {"images": 48, "seed": 900_001}
EVALUATION = {"images": 120, "seed": 900_002}


def render(options: argparse.Namespace) -> DatasetPaths:
    """Write the data set that ``demo dataset`` was asked for.

    Raises:
        SettingInvalid, NotWritable, Cancelled.
    """
    return _dataset(options.output, {"images": options.images, "seed": options.seed}, Progress(options.quiet))


def run_demo(options: argparse.Namespace) -> ChainResult:
    """Render pictures, then run the whole chain on the carried network; what is there already is not made again.

    Raises:
        StudioError: see `run_chain`.
    """
    folder = (options.output or Path("n6studio-demo")).absolute()
    progress = Progress(options.quiet)
    try:
        _dataset_once(folder / "pictures" / "calibration", CALIBRATION, progress)
        _dataset_once(folder / "pictures" / "evaluation", EVALUATION, progress)
        project = demo_project(folder)

        def announce(stage: str, fresh: bool, why: tuple[str, ...]) -> None:
            progress.say(f"{stage}: fresh, skipped" if fresh else f"{stage}: {'; '.join(why) or 'asked for'}")

        with cancelling() as cancel:
            return run_chain(project, progress, cancel, announce, options.force)
    finally:
        progress.clear()


def demo_project(folder: Path) -> Project:
    """Return the project of the carried network in `folder`, whose pictures lie in pictures/ below it.

    Pictures are letterboxed, as the network was trained and as its card measures it.

    Raises:
        FileMissing: the network is not carried; the installation is damaged.
    """
    pictures = folder / "pictures"
    return Project(
        folder=folder,
        model=resource(MODEL),
        calibration=pictures / "calibration" / "images",
        data=pictures / "evaluation" / "annotations" / "person_keypoints.json",
        check_images=pictures / "calibration" / "images",
        settings={
            "export": ExportSettings(imgsz=MODEL_SIZE),
            "quantize": QuantizeSettings(resize="letterbox"),
            "evaluate": EvaluateSettings(resize="letterbox"),
        },
    )


def _dataset_once(folder: Path, recipe: dict[str, int], progress: Progress) -> None:
    stamp = folder / "recipe.json"
    wanted = json.dumps(recipe)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        _dataset(folder, recipe, progress)
        replace_text(stamp, wanted)  # last: an interrupted rendering is done again


def _dataset(folder: Path, recipe: dict[str, Any], progress: Progress) -> DatasetPaths:
    make_folder(folder)
    progress({"type": "step", "name": f"draw {recipe['images']} pictures", "index": 1, "count": 1})
    with cancelling() as cancel:

        def drawn(done: int, total: int) -> None:
            if cancel.is_set():
                raise Cancelled(stage="drawing")
            progress({"type": "progress", "done": done, "total": total, "unit": "images"})

        return write_dataset(folder, recipe["images"], recipe["seed"], PICTURE, drawn)
