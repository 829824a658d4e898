"""What a check of the calibration set finds in short; what is known of each image is a `CalibrationFacts` in a file."""

import msgspec


class HealthFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; see `n6studio.domain.calibration.facts.Finding`.

    Attributes:
        key: short name that stays the same.
        state: 'ok', 'warn' or 'bad'.
        reason: one sentence.
    """

    key: str
    state: str
    reason: str


class CalibrationHealthFigures(msgspec.Struct, frozen=True, kw_only=True, rename={"images": "pictures"}):
    """Figures of a check of the calibration set.

    Attributes:
        images: how many were looked at.
        findings: in the order to read them.
        step_seconds: step -> seconds that it took.
    """

    images: int
    findings: tuple[HealthFinding, ...] = ()
    step_seconds: dict[str, float] = {}
