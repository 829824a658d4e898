"""What a deployment makes, writes and sees."""

import msgspec

from n6studio.domain.deploy import FuseState, ImageState, Role, Running
from n6studio.domain.model.compiled import CompiledModel
from n6studio.domain.model.memory_map import MemoryRegion

Tuned = dict[str, str | int | float | bool]


class DeployedBoard(msgspec.Struct, frozen=True):
    """The board: its key and its name."""

    key: str
    name: str


class DeployedModel(msgspec.Struct, frozen=True):
    """The model's file, its digest, and the (width, height) of its input where that is known."""

    name: str
    sha256: str
    input_size: tuple[int, int] | None


class BuiltApplication(msgspec.Struct, frozen=True):
    """The application around the model.

    Attributes:
        name: with its release.
        size: bytes of its program, where it was built.
        changes: what was changed in the copy of its sources, as sentences, likewise.
        settings: what it was told, where it is this computer's own.
    """

    name: str
    size: int | msgspec.UnsetType = msgspec.UNSET
    changes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    settings: Tuned | msgspec.UnsetType = msgspec.UNSET


class FlashImage(msgspec.Struct, frozen=True):
    """An image of the plan: its file, its address as text, its bytes, and what people call it."""

    role: Role
    path: str
    address: str
    size: int
    sha256: str
    noun: str = msgspec.field(name="words")


class MadeStep(msgspec.Struct, frozen=True):
    """A step that made something: its name, how long it took, and whether its result was there already."""

    name: str
    seconds: float
    fresh: bool


class ProgrammedImage(msgspec.Struct, frozen=True):
    """What has become of an image on the board, and how long that took."""

    role: Role
    address: str
    size: int
    action: ImageState
    seconds: float


class FuseReading(msgspec.Struct, frozen=True):
    """A word of one-time fuses before anything was written: its number, bits that matter, value and what that means.

    `value` is None where it could not be read.
    """

    word: int
    mask: str
    value: str | None
    state: FuseState
    text: str


class RiskShown(msgspec.Struct, frozen=True):
    """Something that writing cannot undo: what, in full, and whether nothing at all brings it back."""

    title: str
    text: str
    permanent: bool


class Programmed(msgspec.Struct, frozen=True):
    """What was done with a board.

    Attributes:
        programmer: which one, with its version.
        probe: serial number of the debug probe.
        mode: how the chip was reached, as ST's tool calls it.
        seconds: in all.
        images: in the order in which they were written.
        fuses: the board's one-time fuses before that.
    """

    programmer: str
    probe: str
    mode: str
    seconds: float
    images: tuple[ProgrammedImage, ...]
    fuses: tuple[FuseReading, ...] = ()

    @property
    def by_role(self) -> dict[Role, ProgrammedImage]:
        """The images by their roles."""
        return {image.role: image for image in self.images}


class DeployFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment amounts to.

    Attributes:
        board, model: what was deployed where.
        compile: what the compiler says.
        application: what was built around the model.
        memory: what fills the board's memories.
        images: what the plan writes where.
        steps: those that make something.
        programmed: what was done with the board; None where nothing was written.
        verified_only: whether the board was only compared.
        running: what can be said about the application running; None where it was not started.
        release: path of the release zip, None without one.
        versions: tool -> version of what ran.
        finished: when, as ISO 8601 with time zone.
        risks: what writing these images cannot undo.
    """

    board: DeployedBoard
    model: DeployedModel
    compile: CompiledModel
    application: BuiltApplication
    memory: tuple[MemoryRegion, ...]
    images: tuple[FlashImage, ...]
    steps: tuple[MadeStep, ...]
    programmed: Programmed | None
    verified_only: bool = False
    running: Running | None = None
    release: str | None = None
    versions: dict[str, str] = {}
    finished: str = ""
    risks: tuple[RiskShown, ...] = ()
