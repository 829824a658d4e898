"""What the calibration page reads from disk, away from the GUI thread: the list of images, and whether it changed."""

from dataclasses import dataclass
from typing import Any

from n6studio.domain.project import Project
from n6studio.domain.results import StageResult
from n6studio.domain.settings import Setting, from_recorded, settings_of
from n6studio.domain.texts import counted
from n6studio.engine.jobs.hashing import input_of
from n6studio.engine.project.runs import hashes_of
from n6studio.stages.quantize.figures import QuantizeFigures
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings

CHOOSING = ("fake", "max_images", "seed", "exclude")  # settings of quantize that decide which images are used


@dataclass(frozen=True)
class LastUse:
    """How the images that the latest quantization was calibrated on relate to those that are chosen now.

    Attributes:
        images: how many were used.
        digest: over their names and contents; "fake" for noise.
        changes: what differs now, in words; () if a run would use the same.
    """

    images: int
    digest: str
    changes: tuple[str, ...]


def last_use(project: Project, result: StageResult[QuantizeFigures]) -> LastUse:
    """Compare the choice of images with the one a quantization was made from. Hashes the folder's contents."""
    used = result.figures.calibration
    now, then = project.settings_of(QUANTIZE), from_recorded(QuantizeSettings, result.request.settings)
    changes = [
        _change(one, getattr(then, one.name), getattr(now, one.name))
        for one in settings_of(QuantizeSettings)
        if one.name in CHOOSING and getattr(then, one.name) != getattr(now, one.name)
    ]
    known = result.request.inputs.get("calibration")
    if project.calibration is None and known:
        changes.append("no folder is chosen")
    elif project.calibration is not None and known and not now.fake:
        if not project.calibration.is_dir():
            changes.append("the folder is missing")
        elif input_of(project.calibration, hashes_of(project), images_only=True).sha256 != known[0].sha256:
            changes.append("the folder's images changed")
    return LastUse(used.images, used.digest, tuple(changes))


def _change(setting: Setting, then: Any, now: Any) -> str:
    if setting.name == "exclude":
        return f"{counted(len(now), 'image')} excluded instead of {len(then):,}"
    if setting.name == "fake":
        return "random noise is used" if now else "images are used instead of random noise"
    return f"{setting.noun} changed from {setting.shown(then)} to {setting.shown(now)}"
