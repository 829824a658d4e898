"""Image sizes: how large the calibration images are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from n6studio.stages.image_sizes.figures import ImageSizesFigures

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.pages import PageEntry, PageHelp
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Argument, Inputs, Stage, StageCommand


@dataclass(frozen=True)
class ImageSizesSettings:
    """Which images are measured."""

    max_images: int = setting(0, "Max images", "max images to measure; 0 for all", zero="all images", minimum=0)


def _given(project: Project, settings: ImageSizesSettings) -> Inputs:
    return {"images": calibration_files(project)}


def _text(figures: "ImageSizesFigures") -> str:
    return f"{figures.images} images of {figures.mean_bytes:.0f} bytes on average."


HELP = PageHelp(
    purpose="Image sizes shows how large the calibration images are.",
    steps=("Choose calibration images.", "Run it.", "Read the mean size."),
    terms=(("Byte", "Eight bits."),),
)

IMAGE_SIZES: "Stage[ImageSizesSettings, ImageSizesFigures]" = Stage(
    name="image_sizes",
    title="Image sizes",
    settings=ImageSizesSettings,
    found="ImageSizesFigures",
    given=_given,
    command=StageCommand("measure how large images are", (Argument("images", "FOLDER", images_only=True),), _text),
    page=PageEntry("sizes", "Sizes", 35, help=HELP),
)
