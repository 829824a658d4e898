"""Running a stage of a project with all that it needs; what is fresh is not run again."""

from collections.abc import Mapping
from pathlib import Path

from n6studio.domain.errors.stages import Cancelled, StageNotNeeded
from n6studio.domain.file_names import short_stem
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import AnyResult
from n6studio.domain.stage import AnyStage, Kind
from n6studio.engine.chain.again import Again
from n6studio.engine.chain.requests import Ask, hashed, request_for, save_skeletons
from n6studio.engine.chain.states import Caller, engine_part, states_of
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import find_fresh, holding, load_result, run_stage, stopping
from n6studio.engine.project.project import save_project
from n6studio.engine.project.runs import hashes_of, run_folder, runs
from n6studio.engine.project.staleness import why_stale
from n6studio.stages.registry import CHAIN, through
from n6studio.system.files import make_folder


def run_to(
    project: Project, stage: AnyStage, caller: Caller, ask: object = None, again: Again = Again.NOTHING
) -> dict[str, AnyResult]:
    """Run a stage, and before it whatever it needs; return all results by the stages' names, in order.

    Args:
        project: its file is written first, so that a failed run can be taken up again.
        stage: the last stage that is wanted.
        caller: is told of everything and can stop it.
        ask: what the last stage takes besides what follows from the project: an `Ask`, or of a stage of `Kind.ENGINE`
            what its module says.
        again: what runs although it is fresh.

    Raises:
        StudioError: what stopped a stage; finished stages are kept.
    """
    return _run(project, through(stage), caller, ask, again)


def run_chain(project: Project, caller: Caller, again: Again = Again.NOTHING) -> dict[str, AnyResult]:
    """Run every stage of the chain; otherwise as `run_to`."""
    return _run(project, through(*CHAIN), caller, None, again)


def _run(
    project: Project, wanted: tuple[AnyStage, ...], caller: Caller, ask: object, again: Again
) -> dict[str, AnyResult]:
    make_folder(project.folder)
    with holding(project.folder):
        save_project(project)
        hashes = hashes_of(project)
        done = dict[str, AnyResult]()
        for stage in wanted:
            if caller.cancel.is_set():
                raise Cancelled(stage=stage.name)
            if why := stage.not_needed(project, done):
                if stage is wanted[-1]:
                    raise StageNotNeeded(stage=stage.title, why=why)
                continue
            if len(done) == 1:  # what will lack later is better told before anything takes long
                with stopping(caller.cancel, stage.name):
                    _require_given(project, wanted, done, hashes)
            last = stage is wanted[-1]
            forced = again is Again.ALL or (again is Again.LAST and last)
            with stopping(caller.cancel, stage.name):
                done[stage.name] = _run_one(project, stage, done, caller, ask if last else None, forced, hashes)
            hashes.save()
            caller.finished(stage.name, done[stage.name])
    return done


def _require_given(
    project: Project, wanted: tuple[AnyStage, ...], done: Mapping[str, AnyResult], hashes: HashCache
) -> None:
    for stage in wanted:
        if not stage.not_needed(project, done):
            hashed(project, stage.given(project, stage.settings_in(project)), hashes)


def _run_one(
    project: Project,
    stage: AnyStage,
    done: dict[str, AnyResult],
    caller: Caller,
    ask: object,
    again: bool,
    hashes: HashCache,
) -> AnyResult:
    if stage.kind is Kind.ENGINE:
        caller.announce(stage.name, False, ())
        return engine_part(stage).run(project, done, caller, ask, hashes)
    if isinstance(ask, Ask):  # it needs nothing of the chain, whose state takes long to tell
        request = request_for(project, stage, {}, hashes, ask)
    else:
        before = {**_fresh(project, stage.uses, hashes), **done}
        save_skeletons(project, stage, before)
        request = request_for(project, stage, before, hashes)
    folder = run_folder(project, stage.name, request.fingerprint())
    fresh = not again and find_fresh(stage, request, folder, hashes) is not None
    changed = why_stale(request, _nearest(project, stage, request)) or ("files of its result or data changed",)
    caller.announce(stage.name, fresh, () if fresh else ("requested",) if again else changed)
    return run_stage(stage, request, folder, caller.on_message, caller.cancel, hashes, again)


def _fresh(project: Project, used: tuple[AnyStage, ...], hashes: HashCache) -> dict[str, AnyResult]:
    """Return the results of stages that are used where they are there, as far as they still answer the project."""
    found: dict[str, AnyResult] = {}
    for stage in used:
        state = states_of(project, hashes, through(stage))[stage.name]
        if state.result is not None and not state.stale:
            found[stage.name] = state.result
    return found


def _nearest(project: Project, stage: AnyStage, request: StageRequest) -> AnyResult | None:
    """Return the result of the same stage that differs least from what is wanted now, the newest of equals."""
    known = [result for path in runs(project, stage.name) if (result := load_result(stage, path))]
    return min(known, key=lambda result: len(why_stale(request, result)), default=None)


def project_folder_for(model: Path) -> Path:
    """Return where the project of a checkpoint goes by default: NAME.n6 in the working folder."""
    return Path.cwd() / f"{short_stem(model)}.n6"
