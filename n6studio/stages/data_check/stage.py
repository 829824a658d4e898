"""Data check: what Ultralytics, COCO and ST's model zoo make of images and labels, and what two sets share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import calibration_files, data_files
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage

if TYPE_CHECKING:
    from n6studio.stages.data_check.figures import DataCheckFigures


@dataclass(frozen=True)
class DataCheckSettings:
    """How data is checked."""

    max_images: int = setting(
        20000, "Max images", "max images of each set to look at; 0 for all", zero="all images", minimum=0
    )
    write: str = setting(
        "nothing",
        "Write as",
        "form in which the labels are also written",
        choices=("nothing", "ultralytics", "coco", "both"),
    )


def _given(project: Project, settings: DataCheckSettings) -> Inputs:
    data = data_files(project)
    apart = project.calibration is not None and project.data is not None
    return {**data, "calibration": calibration_files(project)} if apart else data


def _made(project: Project, done: Results) -> Inputs:
    return {}


DATA_CHECK: "Stage[DataCheckSettings, DataCheckFigures]" = Stage(
    name="data_check",
    title="Data check",
    settings=DataCheckSettings,
    found="DataCheckFigures",
    kind=Kind.ON_DEMAND,
    tools=("opencv-python",),
    reads=("data", "images", "calibration"),
    given=_given,
    made=_made,
)
