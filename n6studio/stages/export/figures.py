"""What an export finds."""

from typing import Any, Literal

import msgspec

from n6studio.domain.model.input_size import InputSize, PlainSize
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.texts import counted


class SelfCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How far the float TFLite's people are from the checkpoint's, on the same images.

    Attributes:
        images: how many were compared.
        compared: what; where the checkpoint finds nobody in any image, the best candidates of its raw output.
        people: how many of these.
        oks_min: OKS of the worst one, 0..1.
        pixels_max: largest difference of a keypoint's coordinate, pixels of the input.
        files: names of the images.
        points: (place in `files`, coordinate of the checkpoint, of the TFLite), pixels of the input; of many, evenly
            chosen. () in results of earlier releases.
    """

    images: int
    compared: Literal["people", "best candidates"]
    people: int
    oks_min: float
    pixels_max: float
    files: tuple[str, ...]
    points: tuple[tuple[int, float, float], ...] = ()

    @property
    def compared_text(self) -> str:
        """What was compared, such as "1 person" or "40 best candidates"."""
        if self.compared == "people":
            return counted(self.people, "person", "people")
        return counted(self.people, "best candidate")


class ExportFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of an export.

    Attributes:
        imgsz: size of the input; see `size`.
        self_check: the comparison with the checkpoint.
        metadata: what Ultralytics describes the exported files with; foreign names and values.
        trained: what became of the ranges of quantization-aware training; None where there was none.
        step_seconds: step -> seconds that it took.
    """

    imgsz: PlainSize
    self_check: SelfCheck
    metadata: dict[str, Any] = {}
    trained: TrainedRanges | None = None
    step_seconds: dict[str, float] = {}

    @property
    def size(self) -> InputSize:
        """Width and height of the input, pixels."""
        return InputSize.parse(self.imgsz)

    @property
    def keypoints(self) -> int | None:
        """K as the metadata state it; None where they do not."""
        shape = self.metadata.get("kpt_shape")
        return int(shape[0]) if isinstance(shape, list) and shape and isinstance(shape[0], int) else None

    @property
    def keypoint_dims(self) -> int:
        """Values of a keypoint as the metadata state them: 3 with a visibility, else 2."""
        shape = self.metadata.get("kpt_shape")
        return int(shape[1]) if isinstance(shape, list) and len(shape) > 1 and isinstance(shape[1], int) else 3

    @property
    def classes(self) -> int:
        """How many classes the metadata name; at least 1."""
        names = self.metadata.get("names")
        return len(names) if isinstance(names, dict) and names else 1
