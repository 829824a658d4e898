"""What a deployment is asked for, complete: nothing is asked for later but what only the board's owner can do."""

from dataclasses import dataclass
from pathlib import Path

from n6studio.board.description import Board
from n6studio.board.registry import board
from n6studio.domain.deploy import Step
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.gates.inside import inside
from n6studio.stages.deploy.stage import DeploySettings


@dataclass(frozen=True)
class DeployOrder:
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
        judged_resize: how images were brought to the input's size when the model was evaluated; '' where not known.
        swap: put the model into the application of the latest deployment, and build nothing.
        skeleton: the model's keypoints and how they are joined; None for what follows from their number.
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
    swap: bool = False

    @property
    def adds_stream(self) -> bool:
        """Whether the live stream is added to an application that is built."""
        return self.settings.live_stream and self.board.needs_vendor_tools and not self.swap

    @property
    def board(self) -> Board:
        """The board's description."""
        return board(self.settings.board)

    def run_folder(self, name: str, fingerprint: str) -> Path:
        """Return where the result of a step lies.

        Raises:
            PathRefused: there is a link on the way.
        """
        return inside(self.folder, f"runs/{name}/{fingerprint[:12]}", self.folder)
