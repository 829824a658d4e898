"""What a deployment is asked for, complete: nothing is asked for later but what only the board's owner can do."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from n6studio.board.program import WrittenRecords
from n6studio.board.registry import Board, board
from n6studio.domain.deploy import Step
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.deploy.stage import DeploySettings


@dataclass(frozen=True)
class Order:
    """One deployment.

    Attributes:
        model: the quantized .tflite.
        folder: where results go, below ``runs/``: a project, or any folder.
        settings: what was chosen.
        confirmed: keys of the risks that were confirmed.
        notice: whether this user has confirmed the licence notice.
        until: the last step; `Step.PLAN` makes the images and touches no board.
        force: make everything again, and write everything again.
        release: where a release zip goes; None for none.
        judged_resize: how pictures were brought to the input's size when the network was evaluated; '' where not known.
        skeleton: the network's keypoints and how they are joined; None for what follows from their number.
    """

    model: Path
    folder: Path
    settings: DeploySettings
    confirmed: frozenset[str] = frozenset()
    notice: bool = False
    until: Step = Step.RUNNING
    force: bool = False
    release: Path | None = None
    skeleton: Skeleton | None = None
    judged_resize: str = ""

    @property
    def board(self) -> Board:
        """The board's description."""
        return board(self.settings.board)

    def run_folder(self, name: str, fingerprint: str) -> Path:
        """Return where the result of a step lies."""
        return self.folder / "runs" / name / fingerprint[:12]


def virtual_folder(settings: DeploySettings) -> Path:
    """Return where the virtual board lives."""
    if settings.virtual_folder:
        return Path(settings.virtual_folder).expanduser().absolute()
    return platformdirs.user_data_path("n6studio", appauthor=False) / "virtual-board"


def boards_folder() -> Path:
    """Return where it is kept what was last written to this user's boards."""
    return platformdirs.user_data_path("n6studio", appauthor=False) / "boards"


def records_for(settings: DeploySettings) -> WrittenRecords:
    """Return what was last written to this user's boards; a virtual board keeps its own."""
    folder = virtual_folder(settings) if board(settings.board).virtual else boards_folder()
    return WrittenRecords(folder / "written.json")
