"""How far each stage of a project is. Runs nothing."""

import importlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from n6studio.domain.errors.advice import advice, short_title
from n6studio.domain.errors.base import InputError
from n6studio.domain.messages import JobMessage
from n6studio.domain.project import Project
from n6studio.domain.results import AnyResult
from n6studio.domain.stage import AnyStage, Files, Kind
from n6studio.engine.chain.requests import hashed, request_for
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, files_below
from n6studio.engine.jobs.run import find_fresh
from n6studio.engine.project.runs import latest, run_folder
from n6studio.engine.project.staleness import ELSEWHERE, why_stale
from n6studio.stages.registry import STAGES


@dataclass(frozen=True)
class StageState:
    """How far a stage is.

    Attributes:
        result: its latest result, also where that no longer answers the project; None where there is none.
        stale: why it would run again; () where the result is fresh.
        not_needed: why the project goes without it; "" where it does not.
        blocked: why it cannot run now, as far as the project's own files tell; "" where nothing is known against it.
    """

    result: AnyResult | None
    stale: tuple[str, ...] = ()
    blocked: str = ""
    not_needed: str = ""


def _no_message(message: JobMessage) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Caller:
    """Who wants a stage to run: hears of it, and can stop it.

    Attributes:
        on_message: gets the messages of stages.
        cancel: stops what runs when set.
        confirmed: set when somebody says that they have done what a running stage asked of them.
        announce: called before each stage with its name, whether it is fresh, and why it is run if not.
        finished: called after each stage with its name and its result.
    """

    on_message: MessageSink = _no_message
    cancel: threading.Event = field(default_factory=threading.Event)
    confirmed: threading.Event = field(default_factory=threading.Event)
    announce: Callable[[str, bool, tuple[str, ...]], None] = lambda stage, fresh, why: None
    finished: Callable[[str, AnyResult], None] = lambda stage, result: None


class EnginePart(Protocol):
    """The module that a stage of `Kind.ENGINE` names as its `work`."""

    def run(
        self, project: Project, done: Mapping[str, AnyResult], caller: Caller, ask: object, hashes: HashCache
    ) -> AnyResult:
        """Do the stage's work, given the results before it; the caller holds the project's folder.

        Raises:
            StudioError: what stopped it.
        """

    def state(self, project: Project, done: Mapping[str, AnyResult], hashes: HashCache) -> StageState:
        """Return how far the stage is, given the fresh results before it."""


def engine_part(stage: AnyStage) -> EnginePart:
    """Return what does the work of a stage of `Kind.ENGINE`."""
    return cast(EnginePart, importlib.import_module(stage.module))


def states_of(
    project: Project, hashes: HashCache, stages: Iterable[AnyStage] = STAGES.values()
) -> dict[str, StageState]:
    """Return the state of stages. Reads and hashes files, so it may take a while; runs nothing.

    A stage whose inputs are missing, or come from a stage that is not fresh, is judged by its latest result.

    Args:
        project: the project.
        hashes: its digests.
        stages: which, in the order of the registry, with those that they need before them.
    """
    found: dict[str, StageState] = {}
    fresh: dict[str, AnyResult] = {}
    skipped: set[str] = set()
    for stage in stages:
        if why := stage.not_needed(project, fresh):
            skipped.add(stage.name)
            found[stage.name] = StageState(None, not_needed=why)
            continue
        state = _state(project, stage, fresh, skipped, hashes)
        if stage.kind is not Kind.ASKED and (state.result is None or state.stale):
            state = replace(state, blocked=why_blocked(project, stage, hashes))
        found[stage.name] = state
        if state.result is not None and not state.stale:
            fresh[stage.name] = state.result
    return found


def why_blocked(project: Project, stage: AnyStage, hashes: HashCache) -> str:
    """Return what of the project's own files keeps a stage from running; "" where they are all there."""
    try:
        given = stage.given(project, stage.settings_in(project))
        hashed(project, given, hashes)
        for wished in given.values():
            if isinstance(wished, Files) and wished.images_only:
                for path in wished.paths:
                    if path.is_dir() and not files_below(path, images_only=True):
                        return f"No images in {path.name}"
    except InputError as error:
        return short_title(error)
    return ""


def _state(
    project: Project, stage: AnyStage, fresh: Mapping[str, AnyResult], skipped: set[str], hashes: HashCache
) -> StageState:
    if stage.kind is Kind.ENGINE:
        return engine_part(stage).state(project, fresh, hashes)
    last = latest(project, stage)
    foreign = (ELSEWHERE,) if last is not None and last.from_elsewhere else ()
    if stage.kind is Kind.ASKED:
        return StageState(last, foreign)
    waiting = tuple(f"{one.title} must run first" for one in stage.needs if one.name not in (*fresh, *skipped))
    if waiting:
        return StageState(last, foreign + waiting)
    try:
        request = request_for(project, stage, fresh, hashes)
        known = find_fresh(stage, request, run_folder(project, stage.name, request.fingerprint()), hashes)
    except InputError as error:
        return StageState(last, (*foreign, advice(error).title))
    if known is not None:
        return StageState(known)
    return StageState(last, why_stale(request, last) or ("its outputs or images it read were changed or removed",))
