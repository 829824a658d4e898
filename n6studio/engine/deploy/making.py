"""Making the images of a deployment: one method a step, each skipped where its result is there and fresh."""

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from n6studio import __version__
from n6studio.board.description import Board
from n6studio.board.images.flash_plan import FlashPlan
from n6studio.domain.deploy import Role, Step
from n6studio.domain.errors.base import StudioError
from n6studio.domain.messages import StepFresh
from n6studio.domain.model.compiled import CompiledModel
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.memory_map import MemoryRegion
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import AnyResult, StageOutcome, StageResult
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.proof import Expected
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage, run_step
from n6studio.stages.deploy.figures import BuiltApplication, MadeStep
from n6studio.stages.inspect.stage import INSPECT, InspectSettings

F = TypeVar("F")


@dataclass(frozen=True)
class Part(Generic[F]):
    """Something that a deployment makes once for the same request.

    Attributes:
        name: of its folder below runs/, and of its result's file.
        figures: class of what is found while it is made.
    """

    name: str
    figures: type[F]


class Making(ABC):
    """How images come about for one kind of board. The steps are called once each, in the order in which they stand.

    Attributes:
        facts: what inspection found; there after `check`.
        compiled: what the compiler says of the model; there after `compile`.
        application: what was built around it; there after `build`.
        regions: what fills the board's memories.
        versions: tool -> version of what ran.
        warnings: sentences for the user.
        made: the steps so far.
    """

    def __init__(self, order: DeployOrder, talk: Talk, hashes: HashCache) -> None:
        self.order, self.talk, self.hashes = order, talk, hashes
        self.facts: ModelFacts
        self.compiled: CompiledModel
        self.application: BuiltApplication
        self.regions: list[MemoryRegion] = []
        self.versions: dict[str, str] = {"n6studio": __version__}
        self.warnings: list[str] = []
        self.made: list[MadeStep] = []
        self.results: dict[Step, AnyResult] = {}

    def check(self) -> None:
        """Inspect the model and refuse it where it cannot be deployed so.

        Raises:
            StudioError: why not.
        """
        model = input_of(self.order.model, self.hashes)
        request = make_request(INSPECT, InspectSettings(), {"model": (model,)})
        folder = self.order.run_folder("deploy-check", request.fingerprint())
        began = time.monotonic()
        result = run_stage(INSPECT, request, folder, lambda _: None, self.talk.cancel, self.hashes)
        self._note(Step.CHECK, result, began)
        self.facts = result.figures
        self.require_deployable()

    @abstractmethod
    def require_deployable(self) -> None:
        """Raise what speaks against deploying the inspected model."""

    @abstractmethod
    def compile(self) -> None:
        """Make the weights, and what the application needs to know of the model."""

    @abstractmethod
    def add_stream(self) -> None:
        """Prepare what the live stream adds to the application."""

    @abstractmethod
    def build(self) -> None:
        """Make the application's program."""

    @abstractmethod
    def header(self) -> None:
        """Put the header in front of it that lets it boot."""

    @abstractmethod
    def plan(self) -> FlashPlan:
        """Return what is written where, checked as a whole."""

    def expected(self) -> Expected:
        """Return what the application will show of itself when it runs; by default nothing."""
        return Expected()

    def do(
        self,
        step: Step,
        part: Part[F],
        settings: Mapping[str, Any],
        inputs: dict[str, tuple[InputFile, ...]],
        tools: dict[str, str],
        work: Callable[[Path, Path, threading.Event], StageOutcome[F]],
    ) -> StageResult[F]:
        """Run one step's work unless its result is fresh.

        Args:
            step: which one.
            part: what it makes.
            settings: everything besides inputs and tools that changes the result; plain values.
            inputs: what it reads.
            tools: versions of what runs.
            work: gets the folder to fill, the log file and the event that cancels.
        """
        request = StageRequest(part.name, dict(settings), inputs, {"n6studio": __version__, **tools})
        folder = self.order.run_folder(part.name, request.fingerprint())
        began = time.monotonic()

        def logged(partial: Path, log: Path) -> StageOutcome[F]:
            try:
                return work(partial, log, self.talk.cancel)
            except StudioError as error:
                raise _with_kept_log(error, partial, log) from error

        result = run_step(part, request, folder, logged, self.hashes, self.order.force)
        self._note(step, result, began)
        self.versions.update(tools)
        return result

    def _note(self, step: Step, result: AnyResult, began: float) -> None:
        self.results[step] = result
        seconds = 0.0 if result.fresh else time.monotonic() - began
        self.made.append(MadeStep(step.value, round(seconds, 2), result.fresh))
        if result.fresh:
            self.talk.on_message(StepFresh(step))
        for warning in result.warnings:
            self.warnings.append(warning)
            self.talk.warn(warning)

    def tell(self, part: float | None, _words: str) -> None:
        """Pass on how far a tool is; `part` is 0..1, None where that is not known."""
        if part is not None:
            self.talk.progress(round(100 * part), 100, "percent")

    def hashed(self, path: Path) -> tuple[InputFile, ...]:
        """Return a file as an input of a request."""
        return (input_of(path, self.hashes),)


def _with_kept_log(error: StudioError, partial: Path, log: Path) -> StudioError:
    """Return the error with its log where it stays: what a step leaves unfinished is removed, and the log with it."""
    where = Path(error.log_path or log)
    if not where.is_relative_to(partial) or not where.is_file():
        return error
    with contextlib.suppress(OSError), log.open("ab") as kept:
        kept.write(where.read_bytes())
    return error.with_log(str(log))


_KINDS = {Role.FSBL: "boot loader", Role.APPLICATION: "application", Role.WEIGHTS: "weights"}


def flash_region(plan: FlashPlan, target: Board) -> MemoryRegion:
    """Return what a plan fills of the board's flash."""
    parts = {_KINDS[image.role]: image.size for image in plan.images}
    return MemoryRegion("external flash", target.flash.address, target.flash.size, parts)
