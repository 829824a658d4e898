"""A deployment as plain data: its steps, what is checked before, what is written where, and what the user must do.

The engine makes these, the window and the command line show them; as JSON they travel in messages and results.
"""

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any, Self


class Step(enum.StrEnum):
    """The steps of a deployment, in order; the value is what people read."""

    CHECK = "check the model"
    COMPILE = "compile the network"
    BUILD = "build the application"
    HEADER = "write the image header"
    PLAN = "plan what goes where"
    PROGRAM = "write to the board"
    VERIFY = "check that it will start"
    START = "switch and power-cycle"
    RUNNING = "see it running"


IMAGE_STEPS = (Step.CHECK, Step.COMPILE, Step.BUILD, Step.HEADER, Step.PLAN)  # need no board
STEPS = tuple(Step)


class _Plain:
    """Dataclasses that go to JSON and come back."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild from plain values; lists become tuples, unknown names are left out."""
        known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in data.items()
                if name in known
            }
        )


@dataclass(frozen=True)
class Check(_Plain):
    """One line of the list before a deployment.

    Attributes:
        key: what it is about: 'compiler', 'programmer', 'probe'...
        title: the same for people.
        state: 'ok', 'warn', 'fail', or 'later' where it cannot be told yet.
        found: what was found, with path and version; "" for nothing.
        what_to_do: a sentence; "" where nothing is to do.
        setting: the deployment setting with which the user can say where it is; "" for none.
    """

    key: str
    title: str
    state: str
    found: str = ""
    what_to_do: str = ""
    setting: str = ""


@dataclass(frozen=True)
class PlannedWrite(_Plain):
    """One image of a plan.

    Attributes:
        role: 'fsbl', 'application' or 'weights'.
        title: the same for people.
        address: where it goes.
        size: bytes; None where only the build will tell.
        room: bytes up to the next image's place.
        action: 'write'; 'same' where the board already holds it; 'known' where that is what it got last, but it
            cannot be read now; 'expected' before there is an image.
        note: a sentence, or "".
    """

    role: str
    title: str
    address: int
    size: int | None
    room: int
    action: str = "write"
    note: str = ""


@dataclass(frozen=True)
class PairLine(_Plain):
    """A release of ST's compiler and a release of ST's application that belong together, as a choice.

    Attributes:
        key: of the pair.
        application: name and release.
        compiler: release of ST Edge AI Core, '2.1'.
        output: 'float' or 'int8': what the network's output must be.
        state: 'chosen', 'possible' (both are there), or 'missing'.
        note: what is missing, or why not; "" for nothing.
        compiler_path: the compiler that was found for it, "" for none.
        application_path: the copy of the application, likewise.
    """

    key: str
    application: str
    compiler: str
    output: str
    state: str
    note: str = ""
    compiler_path: str = ""
    application_path: str = ""


@dataclass(frozen=True)
class Risk(_Plain):
    """Something to confirm by its own tick; `permanent` where nothing brings back what was."""

    key: str
    title: str
    words: str
    permanent: bool


@dataclass(frozen=True)
class Preflight:
    """What is known before a deployment.

    Attributes:
        board: key of the board.
        checks: one line each.
        pairs: releases that belong together; () for a board that needs none.
        writes: what would be written where.
        risks: what is to be confirmed.
        seen: keys of the board's connectors where something is seen.
        probes: serial numbers of the ST-LINKs that could be meant.
        blocked: why deployment cannot begin, as a sentence; "" where it can.
        needs_notice: whether the licence notice must be confirmed for this board and has not been yet.
    """

    board: str
    checks: tuple[Check, ...]
    pairs: tuple[PairLine, ...] = ()
    writes: tuple[PlannedWrite, ...] = ()
    risks: tuple[Risk, ...] = ()
    seen: frozenset[str] = frozenset()
    probes: tuple[str, ...] = ()
    blocked: str = ""
    needs_notice: bool = False


@dataclass(frozen=True)
class Instruction(_Plain):
    """What the user must do now.

    Attributes:
        kind: 'plug', 'switch' or 'power-cycle'.
        board: key of the board, for the picture.
        position: boot mode whose switch positions are wanted: 'development', 'flash' or ''.
        title: what to do, in a few words.
        steps: one sentence each.
        detects: what is being watched for, as a sentence; "" where nothing can be seen from here.
        confirm: whether the user has to say when it is done, for it cannot be seen from here.
    """

    kind: str
    board: str
    position: str
    title: str
    steps: tuple[str, ...]
    detects: str
    confirm: bool
