"""One thing that the doctor looked at."""

from dataclasses import dataclass
from typing import Literal

from n6studio.domain.states import FindingState

Need = Literal[
    "everything",
    "the window",
    "conversion",
    "some cameras and videos",
    "Ultralytics' own validation",
    "deployment",
    "files from others",
]

REPAIR = "Run: python3 bootstrap.py --repair"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        state: how it is.
        found: what is there, in words; '' for nothing.
        wanted: what should be there.
        what_to_do: a sentence, '' where the state is OK.
        needed_for: what does not work without it.
    """

    name: str
    state: FindingState
    found: str
    wanted: str
    what_to_do: str = ""
    needed_for: Need = "everything"
