"""A stage as one object: everything that the program knows of it follows from its descriptor.

Each lies in ``n6studio/stages/<name>/stage.py``, together with the stage's settings; `n6studio.stages.registry` lists
them. A descriptor is light: the work itself is named as a module, which only the stage's own process imports.
"""

import enum
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from n6studio.domain.pages import PageEntry
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.project import Project
from n6studio.domain.stage_titles import name_stage

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult, StageResult

S = TypeVar("S")
F = TypeVar("F")


class Kind(enum.Enum):
    """What makes a stage run."""

    CHAIN = "chain"
    """It is a step of the whole chain."""
    ON_DEMAND = "on demand"
    """Somebody asks for it; what it does follows from the project and from results before it."""
    ASKED = "asked"
    """Somebody asks for it, and chooses settings and files for this one time."""
    ENGINE = "engine"
    """Somebody asks for it, and the engine does it with others' programs: it has no process of its own."""


Results = Mapping[str, "AnyResult"]
"""Name of a stage -> its result."""


@dataclass(frozen=True)
class Files:
    """Files or folders that a stage is to read, before anybody has looked at them.

    Attributes:
        paths: in order.
        images_only: of a folder, only images count; other files in it may change freely.
        lock: digest that each must have, or None where they may be anything.
    """

    paths: tuple[Path, ...]
    images_only: bool = False
    lock: str | None = None


def files(*paths: Path, images_only: bool = False) -> Files:
    """Return files or folders to read."""
    return Files(paths, images_only)


def always_needed(project: Project, done: Results) -> str:
    """Return nothing: every project needs the stage."""
    return ""


Inputs = Mapping[str, Files | Skeleton]
"""Role -> what is to be read; a skeleton becomes a file that is named for its contents."""


def no_files(project: Project, settings: object) -> Inputs:
    """Return nothing: the stage takes no files of the project."""
    return {}


def no_results(project: Project, done: Results) -> Inputs:
    """Return nothing: the stage takes no results of other stages."""
    return {}


@dataclass(frozen=True)
class Argument:
    """A file that is typed for a stage's command.

    Attributes:
        role: of the input that it becomes.
        metavar: what stands for it in the help: 'MODEL.pt', 'FOLDER'.
        help: what it is, in lower case; "" where `metavar` says it.
        option: '--images' and the like; "" for one that is typed as it is, and must be.
        several: whether there may be more than one.
        images_only: of a folder, only images count.
    """

    role: str
    metavar: str
    help: str = ""
    option: str = ""
    several: bool = False
    images_only: bool = False


@dataclass(frozen=True)
class StageCommand(Generic[F]):
    """A command that runs a stage alone, on files that are typed, with an option for each of its settings.

    Attributes:
        summary: what it does, for the list of commands; begins in lower case, without a full stop.
        arguments: what is typed; the first names the folder of results.
        text: what came of it, for people.
    """

    summary: str
    arguments: tuple[Argument, ...]
    text: Callable[[F], str]


@dataclass(frozen=True)
class Limits:
    """What bounded work may take; beyond that, the file that it reads is at fault.

    Attributes:
        memory: bytes.
        processor_seconds: of all threads together.
        seconds: from its start to its end.
    """

    memory: int
    processor_seconds: int
    seconds: float


@dataclass(frozen=True)
class Stage(Generic[S, F]):
    """A stage.

    Attributes:
        name: a word in lower case, the name of its folder; in project files, results and on the command line.
        title: what its job is called, for people.
        settings: class of its settings.
        found: name of the class of what it finds, in ``figures.py`` beside the descriptor; "" for plain values. Only by
            name, because the help of every command reads the descriptors, and needs no figures.
        work: module that does the work; "" for ``run.py`` beside the descriptor, with `STEPS` and
            `run(settings, inputs, folder, reporter)`. Of Kind.ENGINE one as `n6studio.engine.chain.states` describes.
        kind: what makes it run.
        needs: the stages whose results it reads; they run first.
        uses: stages whose results it reads where they are fresh; they need not be there.
        tools: packages whose version decides what it yields: another one makes its results stale.
        given: its inputs that the project names.
        made: its inputs that are results of the stages before it.
        not_needed: returns why a project goes without it, given the results before it; "" where it does not. Stages
            that need it then run without its result.
        reads: roles of the foreign files that it opens, so that its process dying tells of them; what it most likely
            died of first.
        limits: what it may take, where its work is bounded; None for what the machine has.
        converts: whether it needs the conversion layer whatever it reads; checkpoints and SavedModels need it anyway.
        settings_from: how its settings follow from those of other stages; None where the project keeps them.
        on_opening: whether it runs by itself when a project is opened; nobody has to be told of that or asked.
        command: its command, where it has one that runs it alone and does nothing else.
        page: its page in the window.
    """

    name: str
    title: str
    settings: type[S]
    found: str = ""
    work: str = ""
    kind: Kind = Kind.ON_DEMAND
    needs: "tuple[AnyStage, ...]" = ()
    uses: "tuple[AnyStage, ...]" = ()
    tools: tuple[str, ...] = ()
    given: Callable[[Project, S], Inputs] = no_files
    made: Callable[[Project, Results], Inputs] = no_results
    not_needed: Callable[[Project, Results], str] = always_needed
    reads: tuple[str, ...] = ()
    limits: Limits | None = None
    converts: bool = False
    settings_from: Callable[[Project], S] | None = None
    on_opening: bool = False
    command: StageCommand[F] | None = None
    page: PageEntry | None = None

    def __post_init__(self) -> None:
        name_stage(self.name, self.title)

    @property
    def figures(self) -> type[F]:
        """Class of what it finds."""
        if not self.found:
            plain: type[Any] = dict
            return plain
        found: type[F] = getattr(importlib.import_module(f"n6studio.stages.{self.name}.figures"), self.found)
        return found

    @property
    def module(self) -> str:
        """The module that does its work."""
        return self.work or f"n6studio.stages.{self.name}.run"

    @property
    def in_project(self) -> bool:
        """Whether the project file keeps its settings."""
        return self.settings_from is None and self.kind is not Kind.ASKED

    def settings_in(self, project: Project) -> S:
        """Return its settings for a project."""
        return project.settings_of(self) if self.settings_from is None else self.settings_from(project)


AnyStage = Stage[Any, Any]


def result_of(results: Results, stage: Stage[Any, F]) -> "StageResult[F] | None":
    """Return the result of a stage with its figures' class, None where there is none."""
    return results.get(stage.name)
