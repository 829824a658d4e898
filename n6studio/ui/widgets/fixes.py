"""What in the window mends an error; loaded when the first error is shown."""

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.datasets import (
    CalibrationMissing,
    DataMissing,
    ImagesMissing,
    KeypointCountMismatch,
    LabelsFaulty,
    LabelsUnreadable,
    NoImages,
)
from n6studio.domain.errors.files import DiskFull, FileMissing, NotAProject, ProjectDamaged, ProjectNewer, UnknownFormat
from n6studio.domain.errors.layers import LayerMissing
from n6studio.domain.errors.link import NoModelForBoard
from n6studio.domain.errors.models import CheckpointDamaged, CheckpointUnsafe, ImageSizeInvalid, WrongTask
from n6studio.domain.errors.settings import ConfigUnreadable
from n6studio.domain.errors.stages import ConfidenceCollapse, NotEnoughMemory, PackageMissing, StageBug
from n6studio.domain.errors.tools import ToolKnownBad, ToolMissing, ToolTooOld
from n6studio.domain.pages import PageKey


def page_action(key: str) -> str:
    """Return the name of the window's action that opens a page."""
    return f"page {key}"


# What fixes an error, where a place in the window does: (text of the button, name of the window's action).
FIXES: dict[type[StudioError], tuple[str, str]] = {
    ConfigUnreadable: ("Go to quantize", page_action(PageKey.QUANTIZE)),
    CalibrationMissing: ("Choose a folder of images", "calibration.folder"),
    DataMissing: ("Choose labelled data", "evaluate.data"),
    NoImages: ("Choose another folder", "calibration.folder"),
    LabelsUnreadable: ("Choose other data", "evaluate.data"),
    LabelsFaulty: ("Choose other data", "evaluate.data"),
    KeypointCountMismatch: ("Choose other data", "evaluate.data"),
    ImagesMissing: ("Choose other data", "evaluate.data"),
    PackageMissing: ("Check this computer", "doctor"),
    LayerMissing: ("Get the layer", "layers"),
    NotEnoughMemory: ("Choose a smaller size", page_action(PageKey.EXPORT)),
    FileMissing: ("Choose another file", "open"),
    UnknownFormat: ("Choose another file", "open"),
    CheckpointDamaged: ("Choose another file", "open"),
    CheckpointUnsafe: ("Choose another file", "open"),
    WrongTask: ("Choose another file", "open"),
    ImageSizeInvalid: ("Choose another size", page_action(PageKey.EXPORT)),
    NotAProject: ("Choose another file", "open"),
    ProjectNewer: ("Choose another file", "open"),
    ProjectDamaged: ("Choose another file", "open"),
    DiskFull: ("Open the project's folder", "reveal"),
    ConfidenceCollapse: ("Keep the head in float", "quantize.head"),
    ToolMissing: ("Show what to get", "deploy.get"),
    ToolTooOld: ("Show what to get", "deploy.get"),
    ToolKnownBad: ("Show what to get", "deploy.get"),
    NoModelForBoard: ("Run the demo model", "demo"),
    StageBug: ("Save diagnostics", "diagnostics"),
}
