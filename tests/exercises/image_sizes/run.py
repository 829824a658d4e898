"""Measures images."""

from pathlib import Path

from n6studio.stages.image_sizes.figures import ImageSizesFigures
from n6studio.stages.image_sizes.stage import ImageSizesSettings

from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.process.reporter import Reporter

STEPS = ("measure",)


def run(
    settings: ImageSizesSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[ImageSizesFigures]:
    """Measure the images of the role "images"."""
    report.step("measure")
    found = sorted(Path(inputs["images"][0].path).rglob("*.jpg"))[: settings.max_images or None]
    sizes = [path.stat().st_size for path in found]
    report.progress(len(sizes), len(sizes))
    return StageOutcome({}, ImageSizesFigures(images=len(sizes), mean_bytes=sum(sizes) / max(1, len(sizes))))
