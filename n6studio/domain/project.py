"""A project as a plain value; `n6studio.engine.project.project` reads and writes its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from n6studio.domain.pose.skeleton import Skeleton, described

if TYPE_CHECKING:
    from n6studio.domain.model.facts import ModelFacts

PROJECT_FILE = "project.n6.yaml"

S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")


class HasSettings(Protocol[S_co]):
    """What a project keeps settings for: a stage's descriptor, `n6studio.domain.stage.Stage`."""

    @property
    def name(self) -> str:
        """Under which they are kept."""

    @property
    def settings(self) -> type[S_co]:
        """Their class."""


@dataclass(frozen=True)
class Project:
    """What a project file says.

    Attributes:
        folder: the project's folder, absolute.
        model: the checkpoint.
        calibration: folder of calibration images; None for fake calibration.
        data: what to evaluate on; None for the calibration images (agreement only).
        images: folder of images for COCO labels, where it cannot be found beside them.
        check_images: folder of images for the export's self-check; None for Ultralytics' own two.
        settings: stage -> settings object.
        wishes: stage -> settings that only the user sets (`setting(own=True)`), as the project's file asks for them;
            they count once the user allowed them on this computer (`n6studio.engine.deploy.wishes`).
        calibration_lock: digest that the calibration images must have, or None where they may change.
        skeleton: the model's keypoints as somebody edited them; None for what is known without (`skeleton_for`).
    """

    folder: Path
    model: Path
    calibration: Path | None = None
    data: Path | None = None
    images: Path | None = None
    check_images: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    wishes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    skeleton: Skeleton | None = None
    calibration_lock: str | None = None

    def skeleton_for(self, count: int, names: Sequence[str] = ()) -> Skeleton:
        """Return the skeleton of a model with `count` keypoints, everywhere the same: the edited one, if it fits.

        Args:
            count: K, at least 1.
            names: what the model itself calls them, if it does.
        """
        if self.skeleton is not None and len(self.skeleton) == count:
            return self.skeleton
        return described(count, list(names) or None, None, None)

    def skeleton_of(self, inspected: "ModelFacts | None") -> Skeleton | None:
        """Return the model's keypoints, given an inspection's figures; None where nobody knows how many it has."""
        if inspected is None or not inspected.keypoints:
            return self.skeleton
        return self.skeleton_for(inspected.keypoints, inspected.keypoint_names)

    def settings_of(self, stage: HasSettings[S]) -> S:
        """Return the settings of a stage; defaults where the project says nothing."""
        known = self.settings.get(stage.name)
        return known if isinstance(known, stage.settings) else stage.settings()
