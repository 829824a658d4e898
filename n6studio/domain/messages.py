"""What a running job says: the messages of a stage's process, and what a deployment says besides.

A stage's process writes one JSON object a line, whose `type` names the class (given here in quotes). `Hello` is always
the first, `Finished` or `Failed` the last. A deployment runs in our own process; its messages never become JSON.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from n6studio.domain.deploy import FlashAction, ImageState, Instruction, Role, Step
from n6studio.domain.model.compiled import CompiledModel
from n6studio.domain.model.memory_map import MemoryRegion

PROTOCOL_VERSION = 1


class _Message(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class Hello(_Message, frozen=True, tag="hello"):
    """The process is up.

    Attributes:
        version: of this protocol.
        stage: its name.
        pid: process id.
    """

    version: int
    stage: str
    pid: int


class StepBegan(_Message, frozen=True, tag="step"):
    """A step of the job begins.

    Attributes:
        name: of the step.
        index: its number, from 1.
        count: how many there are.
    """

    name: str
    index: int
    count: int


class Progressed(_Message, frozen=True, tag="progress"):
    """How far the step is.

    Attributes:
        done, total: within the step, counted in `unit`s; `total` is 0 where it is not known.
        unit: what is counted: 'images', 'bytes', 'percent'...
    """

    done: int
    total: int
    unit: str


class FigureFound(_Message, frozen=True, tag="figure"):
    """Something worth showing while the job still works.

    Attributes:
        name: of the figure.
        value: plain values.
    """

    name: str
    value: Any


class Warned(_Message, frozen=True, tag="warning"):
    """Something that the user should know and that does not stop the job.

    Attributes:
        text: a sentence.
    """

    text: str


class Finished(_Message, frozen=True, tag="result"):
    """The stage succeeded; the last message. See `n6studio.domain.results.StageOutcome`.

    `figures` are not decoded yet: the stage's class says how.
    """

    outputs: dict[str, str]
    figures: msgspec.Raw
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    watched: tuple[str, ...] = ()


class Failed(_Message, frozen=True, tag="error"):
    """The stage failed; the last message.

    Attributes:
        code: of a `StudioError`; "" where the process named none.
        fields: of the error.
    """

    code: str = ""
    fields: dict[str, Any] = {}


StageMessage = Hello | StepBegan | Progressed | FigureFound | Warned | Finished | Failed


class ImageProgressed(Progressed, frozen=True, tag=False):
    """How far a programmer is with one image.

    Attributes:
        action: what it is doing.
        role: of the image; None where it does not matter.
    """

    action: FlashAction
    role: Role | None


@dataclass(frozen=True)
class StepFresh:
    """A step was skipped, for its result is there and fresh."""

    step: Step


@dataclass(frozen=True)
class ImageHandled:
    """What becomes of an image on the board.

    Attributes:
        role: of the image.
        address: where it goes, as '0x70100000'.
        state: what is being done, or has been.
    """

    role: Role
    address: str
    state: ImageState


@dataclass(frozen=True)
class ModelCompiled:
    """What the compiler says of the model."""

    found: CompiledModel


@dataclass(frozen=True)
class MemoryFilled:
    """What fills the board's memories, as far as it is known."""

    regions: tuple[MemoryRegion, ...]


@dataclass(frozen=True)
class InstructionOver:
    """The `Instruction` that was given before no longer holds.

    Attributes:
        done: whether it was seen or confirmed.
    """

    done: bool


DeployMessage = (
    ImageProgressed | StepFresh | ImageHandled | ModelCompiled | MemoryFilled | Instruction | InstructionOver
)
JobMessage = StageMessage | DeployMessage
