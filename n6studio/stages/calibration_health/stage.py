"""Calibration set check: are its images sound, varied and like what is evaluated on?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import calibration_files, data_files
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.stages.calibration_health.figures import CalibrationHealthFigures


@dataclass(frozen=True)
class CalibrationHealthSettings:
    """How the calibration images are examined."""

    people_images: int = setting(
        500,
        "Images searched for people",
        "max images on which the float model detects people; 0 for all",
        zero="all images",
        minimum=0,
    )
    resize: str = setting("stretch", "Resize mode", "how images are fitted to the input size", choices=RESIZES)


def _settings(project: Project) -> CalibrationHealthSettings:
    return CalibrationHealthSettings(resize=project.settings_of(QUANTIZE).resize)


def _given(project: Project, settings: CalibrationHealthSettings) -> Inputs:
    calibration: Inputs = {"calibration": calibration_files(project)}
    if project.data is None:
        return calibration
    return {**calibration, **data_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {"network": files(done[EXPORT.name].outputs["tflite"])} if EXPORT.name in done else {}


CALIBRATION_HEALTH: "Stage[CalibrationHealthSettings, CalibrationHealthFigures]" = Stage(
    name="calibration_health",
    title="Calibration set check",
    settings=CalibrationHealthSettings,
    found="CalibrationHealthFigures",
    kind=Kind.ON_DEMAND,
    uses=(EXPORT,),
    tools=("ai-edge-litert", "opencv-python"),
    reads=("calibration", "data", "images", "network"),
    given=_given,
    made=_made,
    settings_from=_settings,
    page=PageEntry(
        PageKey.CALIBRATION,
        "Calibration",
        30,
        "images like those the board's camera will see.",
        "n6studio.ui.pages.calibration.page:CalibrationPage",
    ),
)
