"""What a list of projects says of each of them."""

from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.model.input_size import InputSize


@dataclass(frozen=True)
class ProjectSummary:
    """What a list says of a project.

    Attributes:
        folder: the project's.
        model: name of the checkpoint's file.
        size: of the model's input.
        ap: of the model that the latest evaluation judged, 0..1; None where there is none, or without labels.
        board: name of the board that is chosen.
        image: an image of its own, None where there is none.
        disk_bytes: what its folder takes.
        problem: why it cannot be opened; "" where it can.
    """

    folder: Path
    model: str = ""
    size: InputSize = InputSize(0, 0)
    ap: float | None = None
    board: str = ""
    image: Path | None = None
    disk_bytes: int = 0
    problem: str = ""
