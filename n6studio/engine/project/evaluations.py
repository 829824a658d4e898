"""The files that an evaluation of a project left."""

from pathlib import Path

from n6studio.domain.encoding import decoded
from n6studio.domain.evaluation.results import Evaluation
from n6studio.gates.files import read_bytes


def read_results(path: Path) -> Evaluation:
    """Return the contents of a results.json.

    Raises:
        OSError, msgspec.DecodeError: it is not there, or does not hold what an evaluation writes.
    """
    return decoded(read_bytes(path), Evaluation)
