"""What a stage hands back, what of it lies in ``<stage>.result.json``, and how a finished stage is known afterwards.

Every stage has a class of figures (``n6studio/stages/<name>/figures.py``), by which all of these are generic.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from n6studio.domain.requests import StageRequest

F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)

SCHEMA = 1


class Work(Protocol[F_co]):
    """What leaves a result: a stage, or a part of a deployment."""

    @property
    def name(self) -> str:
        """Name in requests and of the result's file."""

    @property
    def figures(self) -> type[F_co]:
        """Class of what it finds."""


@dataclass(frozen=True)
class StageOutcome(Generic[F_co]):
    """What a stage hands back when it succeeded.

    Attributes:
        outputs: role -> path relative to the stage's folder.
        figures: what it found.
        warnings: sentences that the user should see.
        versions: package -> version of what ran.
        watched: folders that the inputs only refer to; when an image or label file in one of them changes, the
            result is no longer fresh.
    """

    outputs: dict[str, str]
    figures: F_co
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()


class StoredOutput(msgspec.Struct, frozen=True):
    """An output of a stored result.

    Attributes:
        path: relative to the result's folder.
        sha256: hex digest of its contents.
    """

    path: str
    sha256: str


class StoredResult(msgspec.Struct, frozen=True):
    """A finished stage as ``<stage>.result.json`` holds it.

    Attributes:
        schema: version of this form.
        finished: when, as ISO 8601 with time zone.
        request: what was asked for.
        fingerprint: of the request.
        versions: package -> version of what ran.
        outputs: role -> output.
        figures: what was found, not yet decoded; the stage's class says how.
        warnings: sentences for the user.
        watched: folder -> its state when the stage ran; see `StageOutcome.watched`. Those in the same project are named
            from the result's folder, others by their absolute path.
        signature: HMAC-SHA256 over the rest with the key of the user whose program wrote it, in hex; "" for none.
    """

    request: StageRequest
    outputs: dict[str, StoredOutput]
    figures: msgspec.Raw
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    watched: dict[str, str] = {}
    finished: str = ""
    fingerprint: str = ""
    schema: int = SCHEMA
    signature: str = ""


@dataclass(frozen=True)
class StageResult(Generic[F_co]):
    """A finished stage.

    Attributes:
        folder: where its outputs lie.
        request: what was asked for.
        outputs: role -> absolute path.
        figures: what it found.
        warnings: sentences for the user.
        versions: package -> version of what ran.
        finished: when, as ISO 8601 with time zone.
        fresh: True when it had been done before and was not run again.
        from_elsewhere: True when this user's program did not write it: it can be looked at, and never counts as done.
    """

    folder: Path
    request: StageRequest
    outputs: dict[str, Path]
    figures: F_co
    warnings: tuple[str, ...]
    versions: dict[str, str]
    finished: str = ""
    fresh: bool = False
    from_elsewhere: bool = False


AnyResult = StageResult[Any]
"""The result of some stage; which figures it has, its stage knows."""
