"""The sample project: the carried model and images of the demo scene, drawn here. It needs no internet or board."""

import json
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors.foreign import writing
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.project.carried import CHECKPOINT
from n6studio.engine.project.project import save_project
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.system.files import make_folder, replace_text, sync_tree
from n6studio.system.resources import resource

MODEL_SIZE = InputSize.square(256)  # at which its card gives figures
IMAGE = (640, 480)
# Seeds that the carried network was not trained on; its model card says on which it was.
CALIBRATION = {"images": 48, "seed": 900_001}
EVALUATION = {"images": 120, "seed": 900_002}

Drawn = Callable[[int, int], None]
"""(done, total) images; it may raise to stop, and they are drawn again the next time."""


def sample_project(folder: Path) -> Project:
    """Return the project of the carried network in `folder`, whose images lie in images/ below it.

    Images are stretched, as the default of every board does it: what is evaluated is what runs.

    Raises:
        FileMissing: the network is not carried; the installation is damaged.
    """
    images = folder / "pictures"
    return Project(
        folder=folder,
        model=resource(CHECKPOINT),
        calibration=images / "calibration" / "images",
        data=images / "evaluation" / "annotations" / "person_keypoints.json",
        check_images=images / "calibration" / "images",
        settings={EXPORT.name: ExportSettings(imgsz=MODEL_SIZE)},
    )


def make_sample(folder: Path, drawn: Drawn) -> Path:
    """Make the sample project in `folder`, or take up the one that is there; return the folder.

    Draws images for some seconds: call it off the GUI thread.

    Raises:
        FileMissing, DiskFull, NotWritable.
    """
    if not (folder / PROJECT_FILE).is_file():
        draw_images(folder, drawn)
        save_project(sample_project(folder))
    return folder


def draw_images(folder: Path, drawn: Drawn) -> None:
    """Draw the images of the sample project in `folder`; those that are there already are not drawn again.

    Raises:
        DiskFull, NotWritable.
    """
    from n6studio.demo.dataset import write_dataset  # loads OpenCV, which the start of the window does without

    before, total = 0, CALIBRATION["images"] + EVALUATION["images"]
    for name, recipe in (("calibration", CALIBRATION), ("evaluation", EVALUATION)):
        place = folder / "pictures" / name
        stamp, wanted = place / "recipe.json", json.dumps(recipe)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            make_folder(place)
            write_dataset(place, recipe["images"], recipe["seed"], IMAGE, _part_of(drawn, before, total))
            with writing(place):
                sync_tree(place)
            replace_text(stamp, wanted)  # last: an interrupted drawing is done again
        before += recipe["images"]


def _part_of(drawn: Drawn, before: int, total: int) -> Drawn:
    return lambda done, _: drawn(before + done, total)
