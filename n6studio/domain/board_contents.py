"""What is on a board now, as far as this program knows: what it wrote last, and what it is writing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from n6studio.domain.deploy import ImageState, Role
from n6studio.domain.messages import ImageHandled, JobMessage

UNKNOWN = "On the board now: not known. What it holds is compared before anything is written."
_WORDS = {
    ImageState.COMPARE: "as before",
    ImageState.WRITE: "incomplete",
    ImageState.VERIFY: "written, not compared yet",
    ImageState.UNCHANGED: "unchanged",
    ImageState.WRITTEN: "written",
}


@dataclass(frozen=True)
class BoardContents:
    """What one board holds.

    Attributes:
        model, application: what the latest deployment put there; "" where none is known.
        probe: serial number of the board's debug probe at that time.
        since: when, as people read it.
        images: what has become of each image in a deployment that runs, or that was stopped.
    """

    model: str = ""
    application: str = ""
    probe: str = ""
    since: str = ""
    images: dict[Role, ImageState] = field(default_factory=dict)

    def after(self, message: JobMessage) -> "BoardContents":
        """Return what is known after a message of a deployment."""
        if not isinstance(message, ImageHandled):
            return self
        return replace(self, images={**self.images, message.role: message.state})

    def sentence(self, probes: Sequence[str] = ()) -> str:
        """Return the same as a sentence.

        Args:
            probes: serial numbers of the boards that are connected; another board's contents are not known.
        """
        if self.images:
            parts = [f"{role.noun} {_WORDS[self.images.get(role, ImageState.COMPARE)]}" for role in Role]
            return f"On the board now: {', '.join(parts)}."
        if not self.model or (probes and self.probe and self.probe not in probes):
            return UNKNOWN
        return f"On the board now: {self.model} in {self.application}, by the last complete deployment of {self.since}."
