"""One thing that deployment needs, as it was found."""

from dataclasses import dataclass

from n6studio.domain.states import FindingState


@dataclass(frozen=True)
class ToolFinding:
    """One thing that deployment needs, in the form of the doctor's own findings."""

    name: str
    state: FindingState
    found: str
    wanted: str
    what_to_do: str = ""


# Worst first: what is not there, what must not be used, what may do, what is fine.
SEVERITY = (
    FindingState.MISSING,
    FindingState.KNOWN_BAD,
    FindingState.TOO_OLD,
    FindingState.WRONG_VERSION,
    FindingState.TOO_LITTLE,
    FindingState.UNKNOWN,
    FindingState.OK,
)
