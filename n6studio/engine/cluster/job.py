"""What goes to a worker and comes back: plain data of our own classes."""

from dataclasses import dataclass, field
from typing import Any

from n6studio.domain.errors.base import ErrorMessage
from n6studio.domain.requests import StageRequest


@dataclass(frozen=True)
class Sent:
    """A file or folder that a stage reads, by the digests of its contents.

    Attributes:
        path: where it lies on the computer that sends it; results and errors name it so.
        name: last part of `path`, which the worker keeps: outputs are named after it.
        sha256: as in the request.
        folder: whether it is a folder.
        files: (name in the folder, digest) of each file; of a single file ("", digest), and those beside it that belong
            to it.
    """

    path: str
    name: str
    sha256: str
    folder: bool
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Job:
    """One stage to run.

    Attributes:
        key: unlike that of any other job.
        request: what is asked for; its inputs are in `inputs`.
        inputs: role -> what it reads.
    """

    key: str
    request: StageRequest
    inputs: dict[str, tuple[Sent, ...]]

    @property
    def digests(self) -> frozenset[str]:
        """Digests of all files that it reads."""
        return frozenset(digest for sent in self.inputs.values() for one in sent for _, digest in one.files)


@dataclass(frozen=True)
class Output:
    """An output of a stage that ran.

    Attributes:
        path: relative to the stage's folder.
        files: (name in the folder, digest, bytes) of each file; of a single file ("", digest, bytes).
    """

    path: str
    files: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Answer:
    """How a job ended.

    Attributes:
        lacking: digests of files that the worker does not have: it did nothing.
        error: what stopped it, None where it succeeded.
        outputs: role -> output, whose files the worker has by their digests.
        figures: JSON of what it found.
        warnings: sentences for the user.
        versions: package -> version of what ran.
        log: the end of what it printed.
    """

    lacking: tuple[str, ...] = ()
    error: ErrorMessage | None = None
    outputs: dict[str, Output] = field(default_factory=dict)
    figures: bytes = b""
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    log: str = ""


Facts = dict[str, str]
"""What decides whether two computers give the same results: name -> version."""

Anything = Any
"""An object of Dask's, which has no types."""
