"""What a check of data finds in short; every file's verdict is in data_check.json."""

import msgspec

from n6studio.domain.data_check import DataFinding, Leak, SetFacts


class DataCheckFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a check of data.

    Attributes:
        sets: what was read.
        leaks: images that two sets share.
        findings: in the order to read them, leaks first.
        step_seconds: step -> seconds that it took.
    """

    sets: tuple[SetFacts, ...]
    leaks: tuple[Leak, ...]
    findings: tuple[DataFinding, ...]
    step_seconds: dict[str, float] = {}
