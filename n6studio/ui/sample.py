"""The sample project: the carried network and pictures of the demo scene, drawn here. It needs no internet or board."""

import json
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors import FileMissing
from n6studio.engine.project import PROJECT_FILE, save_project
from n6studio.system.files import make_folder, replace_text
from n6studio.system.resources import resource

MODEL = "demo/n6demo-pose.pt"


def sample_available() -> bool:
    """Whether the program carries the sample's network along."""
    try:
        resource(MODEL)
    except FileMissing:
        return False
    return True


def make_sample(folder: Path, drawn: Callable[[int, int], None]) -> Path:
    """Make the sample project in `folder`, or take up the one that is there; return the folder.

    Draws pictures for some seconds: call it off the GUI thread.

    Args:
        folder: where to.
        drawn: called with (done, total) pictures.

    Raises:
        FileMissing, DiskFull, NotWritable.
    """
    if (folder / PROJECT_FILE).is_file():
        return folder
    from n6studio.cli import demo_command as demo  # loads OpenCV, which the start of the window does without

    total = demo.CALIBRATION["images"] + demo.EVALUATION["images"]
    calibration, evaluation = folder / "pictures" / "calibration", folder / "pictures" / "evaluation"
    _draw(calibration, demo.CALIBRATION, demo.PICTURE, lambda done: drawn(done, total))
    _draw(evaluation, demo.EVALUATION, demo.PICTURE, lambda done: drawn(demo.CALIBRATION["images"] + done, total))
    save_project(demo.demo_project(folder))
    return folder


def _draw(folder: Path, recipe: dict[str, int], size: tuple[int, int], drawn: Callable[[int], None]) -> None:
    from n6studio.demo.dataset import write_dataset

    make_folder(folder)
    write_dataset(folder, recipe["images"], recipe["seed"], size, lambda done, _: drawn(done))
    replace_text(folder / "recipe.json", json.dumps(recipe))
