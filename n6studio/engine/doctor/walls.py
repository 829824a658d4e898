"""The doctor's look at the walls around processes that open foreign files: a real one tries to get past them."""

import json
import subprocess

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.states import FindingState
from n6studio.engine.doctor.finding import Finding
from n6studio.engine.doctor.packages import CHILD_SECONDS
from n6studio.engine.jobs.child import worker_command

NAME = "sandbox"
_WANTED = "steps that open models and images write their own folder, read their inputs, and reach nothing else"
_ADVICE = (
    "Without them, open only files from people you trust. All of them stand on Linux 5.13 or later with Landlock "
    "switched on."
)


def look_at_walls() -> Finding:
    """Let a stage's process run into its own walls; say which stand, which do not, and why. Never raises."""
    try:
        done = subprocess.run(
            [*worker_command(), "--walls"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        return judged(done.stdout, f"its process ended with exit code {done.returncode}")
    except (OSError, subprocess.SubprocessError) as error:
        return _unknown(reason_of(error) if isinstance(error, OSError) else f"no answer in {CHILD_SECONDS:.0f} s")


def judged(answer: str, otherwise: str) -> Finding:
    """Return the finding for what the process printed.

    Args:
        answer: what it printed.
        otherwise: why nothing is known, where that cannot be understood.
    """
    try:
        walls = {str(name): (one["stands"], str(one["why"])) for name, one in json.loads(answer)["walls"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unknown(otherwise)
    standing = [name for name, (stands, _) in walls.items() if stands is True]
    fallen: dict[str, list[str]] = {}
    for name, (stands, why) in walls.items():
        if stands is not True:
            fallen.setdefault(why or "unknown", []).append(name)
    if not fallen:
        return Finding(NAME, FindingState.OK, f"limits {', '.join(standing)}", _WANTED)
    open_ones = "; ".join(f"{', '.join(names)} ({why})" for why, names in fallen.items())
    found = f"limits {', '.join(standing) or 'nothing'}; does not limit {open_ones}"
    known = any(stands is False for stands, _ in walls.values())
    state = FindingState.MISSING if known else FindingState.UNKNOWN
    return Finding(NAME, state, found, _WANTED, _ADVICE, "files from others")


def _unknown(reason: str) -> Finding:
    return Finding(NAME, FindingState.UNKNOWN, f"unknown: {reason}", _WANTED, _ADVICE, "files from others")
