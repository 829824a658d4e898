"""A deployment as plain data: its steps, what is checked before, what is written where, and what the user must do.

The engine makes these, the window and the command line show them; as JSON they travel in messages and results.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from n6studio.domain.states import CheckState


class Step(enum.StrEnum):
    """The steps of a deployment, in order; the value is what people read."""

    CHECK = "check the model"
    COMPILE = "compile the model"
    LIVE = "add the live stream"
    BUILD = "build the application"
    HEADER = "write the image header"
    PLAN = "plan what goes where"
    PROGRAM = "write to the board"
    VERIFY = "check that it will start"
    START = "switch and power-cycle"
    RUNNING = "see it running"


IMAGE_STEPS = (Step.CHECK, Step.COMPILE, Step.LIVE, Step.BUILD, Step.HEADER, Step.PLAN)  # need no board
STEPS = tuple(Step)


class Role(enum.StrEnum):
    """What an image is to the board."""

    FSBL = "fsbl"
    APPLICATION = "application"
    WEIGHTS = "weights"

    @property
    def noun(self) -> str:
        """Return how people call it."""
        return {"fsbl": "first-stage boot loader", "application": "application", "weights": "model weights"}[self]

    @property
    def heading(self) -> str:
        """Return the same as the beginning of a line."""
        return self.noun[:1].upper() + self.noun[1:]


class Boot(enum.StrEnum):
    """A way to start, selected by the boot switches at power-up."""

    DEVELOPMENT = "development"
    FLASH = "flash"
    SERIAL = "serial"


class PairState(enum.StrEnum):
    """Whether a compiler and an application that belong together are here: chosen, possible, or not both of them."""

    CHOSEN = "chosen"
    POSSIBLE = "possible"
    MISSING = "missing"


class WriteAction(enum.StrEnum):
    """What will become of a place in flash.

    `SAME` where the board already holds the image; `KNOWN` where that is what it got last, but it cannot be read now;
    `EXPECTED` before there is an image.
    """

    WRITE = "write"
    SAME = "same"
    KNOWN = "known"
    EXPECTED = "expected"


class FlashAction(enum.StrEnum):
    """What a programmer is doing with flash."""

    ERASE = "erase"
    WRITE = "write"
    VERIFY = "verify"
    READ = "read"


class ImageState(enum.StrEnum):
    """What is being done with an image, and what has become of it in the end."""

    COMPARE = "compare"
    WRITE = "write"
    VERIFY = "verify"
    UNCHANGED = "unchanged"
    WRITTEN = "written"


class FuseState(enum.StrEnum):
    """What is known of one-time fuses: all set, not all set, not settable any more, or not to be read."""

    SET = "set"
    CLEAR = "clear"
    LOCKED = "locked"
    UNKNOWN = "unknown"


class Ask(enum.StrEnum):
    """What a person is asked to do at the board."""

    PLUG = "plug"
    SWITCH = "switch"
    POWER_CYCLE = "power-cycle"
    RESET = "reset"


@dataclass(frozen=True)
class PreflightCheck:
    """One line of the list before a deployment.

    Attributes:
        key: what it is about: 'compiler', 'programmer', 'probe'...
        title: the same for people.
        state: how it is.
        found: what was found, with path and version; "" for nothing.
        what_to_do: a sentence; "" where nothing is to do.
        setting: the deployment setting with which the user can say where it is; "" for none.
    """

    key: str
    title: str
    state: CheckState
    found: str = ""
    what_to_do: str = ""
    setting: str = ""


@dataclass(frozen=True)
class PlannedWrite:
    """One image of a plan.

    Attributes:
        role: what the image is.
        title: the same for people.
        address: where it goes.
        size: bytes; None where only the build will tell.
        room: bytes up to the next image's place.
        action: what will become of its place.
        note: a sentence, or "".
    """

    role: Role
    title: str
    address: int
    size: int | None
    room: int
    action: WriteAction = WriteAction.WRITE
    note: str = ""


@dataclass(frozen=True)
class PairLine:
    """A release of ST's compiler and a release of ST's application that belong together, as a choice.

    Attributes:
        key: of the pair.
        application: name and release.
        compiler: release of ST Edge AI Core, '2.1'.
        output: 'float' or 'int8': what the model's output must be.
        state: whether both are here.
        note: what is missing, or why not; "" for nothing.
        compiler_path: the compiler that was found for it, "" for none.
        application_path: the copy of the application, likewise.
    """

    key: str
    application: str
    compiler: str
    output: str
    state: PairState
    note: str = ""
    compiler_path: str = ""
    application_path: str = ""


@dataclass(frozen=True)
class Risk:
    """Something to confirm by its own tick; `permanent` where nothing brings back what was."""

    key: str
    title: str
    message: str
    permanent: bool


@dataclass(frozen=True)
class Fuses:
    """One-time fuses of a board, as they were read.

    Attributes:
        key: of the risk that they belong to.
        word: number of the OTP word.
        mask: the bits that an application burns.
        value: of the word; None where it could not be read.
        status: of the word, 0 where it can be written.
    """

    key: str
    word: int
    mask: int
    value: int | None = None
    status: int = 0

    @property
    def state(self) -> FuseState:
        """Whether there is anything left to burn."""
        if self.value is None:
            return FuseState.UNKNOWN
        if self.value & self.mask == self.mask:
            return FuseState.SET
        return FuseState.LOCKED if self.status else FuseState.CLEAR

    @property
    def message(self) -> str:
        """What was read, as a sentence or two."""
        read = f"On this board OTP word {self.word} is 0x{self.value or 0:08X}"
        return {
            FuseState.SET: f"{read}: these bits are set already, and nothing more is burnt.",
            FuseState.CLEAR: f"{read}: these bits are not all set yet.",
            FuseState.LOCKED: f"{read} with status 0x{self.status:08X}: it seems locked, so these bits can never be "
            "set. The application then cannot run the external memories at full speed and may not start. Use another "
            "board.",
            FuseState.UNKNOWN: f"OTP word {self.word} could not be read, so they may be set already or not.",
        }[self.state]


def settled(fuses: Iterable[Fuses]) -> frozenset[str]:
    """Return the keys of risks that need no consent, because their fuses are set already."""
    return frozenset(one.key for one in fuses if one.state is FuseState.SET)


def with_fuses(risks: Iterable[Risk], fuses: Iterable[Fuses]) -> tuple[Risk, ...]:
    """Return the risks with what was read of their fuses; what is settled is left out."""
    read = {one.key: one for one in fuses}
    open_risks = [risk for risk in risks if risk.key not in settled(read.values())]
    return tuple(
        replace(risk, message=f"{risk.message} {read[risk.key].message}") if risk.key in read else risk
        for risk in open_risks
    )


@dataclass(frozen=True)
class ToolWish:
    """What a project's file asks for and only the user can allow: a program, sources to build, a folder to write to.

    Attributes:
        setting: the deployment setting.
        title: the same for people.
        path: what it asks for, absolute.
        sha256: digest of what would run or be built; "" for a folder to write to.
        problem: why it cannot be allowed, as a sentence; "" where it can.
        allowed: whether the user allowed exactly this on this computer.
    """

    setting: str
    title: str
    path: Path
    sha256: str = ""
    problem: str = ""
    allowed: bool = False


@dataclass(frozen=True)
class ToGet:
    """Something of ST's, or a compiler, that a deployment needs.

    Attributes:
        key: name for `n6studio tools set`.
        title: what it is called where it is offered.
        release: which, with the tag for what lies on GitHub.
        size: of what is to be got, for people.
        where: page on which it is offered.
        found: version and path of what is there; "" for nothing fit.
        unread: path of what is there and does not report its version, where nothing is found; "" for none.
        downloaded: installer or archive that lies in a download folder, not installed yet; "" for none.
        what_to_do: a sentence or two.
        setting: the deployment setting with which the user can say where it is.
        folder: whether that is a folder; otherwise a program.
    """

    key: str
    title: str
    release: str
    size: str
    where: str
    found: str = ""
    unread: str = ""
    downloaded: str = ""
    what_to_do: str = ""
    setting: str = ""
    folder: bool = False

    @property
    def doubt(self) -> str:
        """Return what is wrong with what is there, as a sentence; "" where nothing is there, or all is well."""
        return f"Unknown version: {self.unread} does not report one when asked with --version." if self.unread else ""


@dataclass(frozen=True)
class Getting:
    """What a board needs of ST: one pair of releases that belong together, and the rest.

    Attributes:
        board: key of the board.
        pair: key of the pair; "" for a board without.
        title: the same for people.
        rows: one each.
    """

    board: str
    pair: str
    title: str
    rows: tuple[ToGet, ...]


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
        wishes: what the project asks for and only the user can allow.
        fuses: what was read of the board's one-time fuses; () where nothing was.
        getting: what is to be got from ST; None for a board that needs nothing.
    """

    board: str
    checks: tuple[PreflightCheck, ...]
    pairs: tuple[PairLine, ...] = ()
    writes: tuple[PlannedWrite, ...] = ()
    risks: tuple[Risk, ...] = ()
    seen: frozenset[str] = frozenset()
    probes: tuple[str, ...] = ()
    blocked: str = ""
    needs_notice: bool = False
    wishes: tuple[ToolWish, ...] = ()
    fuses: tuple[Fuses, ...] = ()
    getting: Getting | None = None


@dataclass(frozen=True)
class Instruction:
    """What the user must do now.

    Attributes:
        kind: what it is about.
        board: key of the board, for its drawing.
        position: boot mode whose switch positions are wanted; None for any.
        title: what to do, in a few words.
        steps: one sentence each.
        detects: what is being watched for, as a sentence.
    """

    kind: Ask
    board: str
    position: Boot | None
    title: str
    steps: tuple[str, ...]
    detects: str


class Running(msgspec.Struct, frozen=True):
    """What can be said about the application that runs on a board.

    Attributes:
        runs: whether it does; None where that cannot be seen from here.
        message: the same for people.
        remarks: what the developer should know though it runs.
    """

    runs: bool | None
    message: str = msgspec.field(name="words")
    remarks: tuple[str, ...] = ()
