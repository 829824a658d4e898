"""The tables that `n6studio explore` left."""

from pathlib import Path

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.files import ExplorationUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.exploration import Candidate, Exploration
from n6studio.gates.files import read_bytes
from n6studio.gates.inside import inside

LARGEST = 16 << 20  # bytes; a candidate takes less than 1 kB


def read_exploration(path: Path) -> Exploration:
    """Return the contents of an explore.json.

    Raises:
        StudioError: it cannot be read, or holds something else.
    """
    with reading(path):
        data = read_bytes(path, LARGEST)
    try:
        found = decoded(data, Exploration)
    except msgspec.MsgspecError as error:
        raise ExplorationUnreadable(path=path, reason=str(error)[:200]) from error
    strange = next((place for place in found.front if not 0 <= place < len(found.candidates)), None)
    if strange is not None:
        raise ExplorationUnreadable(path=path, reason=f"its front names candidate {strange}, which it does not have")
    return found


def file_of(table: Path, candidate: Candidate) -> Path:
    """Return the quantized model of a candidate below the folder of its table, wherever that folder lies now.

    Raises:
        StudioError: the table names none there.
    """
    folder = table.absolute().parent
    return inside(folder, "/".join(Path(candidate.path).parts[-3:]), table)
