"""One job: run a stage on a request, into a folder, at most once for the same request."""

import contextlib
import dataclasses
import datetime
import importlib.metadata
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import filelock
import msgspec

from n6studio import __version__
from n6studio.domain.encoding import decoded, encoded
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import Busy, NotWritable
from n6studio.domain.errors.foreign import TooLarge, writing, writing_error
from n6studio.domain.errors.stages import Cancelled, StageBug
from n6studio.domain.project import PROJECT_FILE
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import StageOutcome, StageResult, StoredOutput, StoredResult, Work
from n6studio.domain.settings import recorded_values
from n6studio.domain.stage import AnyStage, Stage
from n6studio.engine.jobs.child import MessageSink, run_stage_process
from n6studio.engine.jobs.ends import Job
from n6studio.engine.jobs.hashing import HashCache, folder_state, input_of
from n6studio.engine.jobs.signing import is_ours, signed
from n6studio.engine.layers import require_layers
from n6studio.gates.files import read_bytes
from n6studio.gates.inside import inside
from n6studio.gates.stopping import stopped_by
from n6studio.layers.layer import installed_version
from n6studio.system.files import make_folder, move_into_place, new_folder, replace_bytes, replace_text

F = TypeVar("F")

LARGEST_RESULT = 64 << 20  # bytes of a result's description; figures are summaries, some thousand bytes
PUBLISHING_SECONDS = 30.0  # whoever else gives a result its final names has done so by then


class StageRunner(Protocol):
    """Runs a stage as `run_stage` does, on this computer or on another."""

    def __call__(
        self,
        stage: Stage[Any, F],
        request: StageRequest,
        folder: Path,
        on_message: MessageSink,
        cancel: threading.Event,
        hashes: HashCache | None = None,
        force: bool = False,
    ) -> StageResult[F]:
        """Run a stage into `folder` unless its result is already there; return the result."""


def stopping(cancel: threading.Event, stage: str) -> contextlib.AbstractContextManager[None]:
    """Let `cancel` stop what this thread reads and hashes, too: it then raises Cancelled in the name of `stage`."""

    def ask() -> None:
        if cancel.is_set():
            raise Cancelled(stage=stage)

    return stopped_by(ask)


def make_request(stage: AnyStage, settings: Any, inputs: dict[str, tuple[InputFile, ...]]) -> StageRequest:
    """Return the complete request for `stage` with a settings object of its class."""
    if not isinstance(settings, stage.settings):
        raise TypeError(f"{stage.name} takes {stage.settings.__name__}")
    tools = {"n6studio": __version__}
    for package in stage.tools:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # the stage itself will say what is missing
            tools[package] = installed_version(package)
    return StageRequest(stage.name, recorded_values(settings), inputs, tools)


def result_file(stage: str, folder: Path) -> Path:
    """Return where a stage's result is described: request, versions, outputs with digests, figures."""
    return folder / f"{stage}.result.json"


def load_result(work: Work[F], folder: Path) -> StageResult[F] | None:
    """Return the finished result of a stage in `folder`, or None where there is none that is whole.

    Raises:
        PathRefused: it, or an output that it names, lies outside the folder or behind a link.
    """
    read = _read(work, folder)
    return read[1] if read is not None else None


def _read(work: Work[F], folder: Path) -> tuple[StoredResult, StageResult[F]] | None:
    """Return what the result's file says, as it stands there and as results are known; None as for `load_result`."""
    _finish_publishing(work.name, folder)
    path = inside(folder, result_file(work.name, folder).name, folder)
    try:
        stored = decoded(read_bytes(path, LARGEST_RESULT), StoredResult)
        figures = decoded(stored.figures, work.figures)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        logging.getLogger("n6studio").warning("%s is no whole result: %s", path, error)
        return None
    return stored, StageResult(
        folder,
        stored.request,
        {role: inside(folder, output.path, path) for role, output in stored.outputs.items()},
        figures,
        stored.warnings,
        stored.versions,
        stored.finished,
        fresh=True,
        from_elsewhere=not is_ours(stored),
    )


def find_fresh(work: Work[F], request: StageRequest, folder: Path, hashes: HashCache) -> StageResult[F] | None:
    """Return the result in `folder` if it answers `request`, and this user's program wrote it.

    Its outputs and what it watches are unchanged since.
    """
    read = _read(work, folder)
    if read is None or read[1].from_elsewhere or read[1].request.fingerprint() != request.fingerprint():
        return None
    stored, known = read
    try:
        if any(input_of(path, hashes).sha256 != stored.outputs[role].sha256 for role, path in known.outputs.items()):
            return None
    except StudioError:
        return None
    changed = any(folder_state(folder / watched) != state for watched, state in stored.watched.items())
    return None if changed else known


def holding(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Hold `folder`, so that no second run works there.

    Raises:
        Busy: somebody holds it.
        PathRefused: its lock is a link.
        NotWritable, DiskFull: no lock could be made.
    """
    return _locked(folder, ".n6studio.lock", patience=0)


def _publishing(folder: Path, patience: float = 0) -> contextlib.AbstractContextManager[None]:
    """Hold the final names in `folder` while they are given; otherwise as `holding`.

    Whoever looks at a result finishes what was interrupted, also while somebody else gives it its names just now.
    """
    return _locked(folder, ".publishing.lock", patience)


@contextlib.contextmanager
def _locked(folder: Path, name: str, patience: float) -> Iterator[None]:
    lock = filelock.FileLock(inside(folder, name, folder))
    try:
        lock.acquire(timeout=patience)
    except filelock.Timeout:
        raise Busy(path=folder, holder="Another N6 Studio") from None
    except OSError as error:
        raise writing_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()  # the file stays: removing it would let two processes hold two files of one name


def run_stage(
    stage: Stage[Any, F],
    request: StageRequest,
    folder: Path,
    on_message: MessageSink,
    cancel: threading.Event,
    hashes: HashCache | None = None,
    force: bool = False,
    beside: Mapping[str, tuple[InputFile, ...]] | None = None,
) -> StageResult[F]:
    """Run a stage into `folder` unless its result is already there; return the result.

    Outputs appear in `folder` only when the stage has succeeded. The log stays in ``<stage>.log`` either way. The
    caller holds the folder (`holding`).

    Args:
        stage: the stage.
        request: what is asked for.
        folder: where its outputs go.
        on_message: called with every message but the last.
        cancel: stops it when set.
        hashes: digests that are known.
        force: run again even if the result is there.
        beside: inputs that only spare work: with or without them the result is the same, so they are no part of what is
            asked for.

    Raises:
        LayerMissing: it needs packages that are not installed.
        StudioError: whatever the stage reports; `folder` then holds what it held before, and the log.
    """

    def in_child(partial: Path, log: Path) -> StageOutcome[F]:
        require_layers(stage, request)
        scratch = partial / "scratch"
        make_folder(scratch)
        request_file = partial / "request.json"
        inputs = {**request.inputs, **(beside or {})}
        replace_bytes(request_file, encoded(dataclasses.replace(request, inputs=inputs)))
        job = Job(stage.name, _files_read(stage, request), stage.limits, log, partial)
        end = run_stage_process(job, request_file, scratch, on_message, cancel)
        try:
            figures = decoded(end.figures, stage.figures)
        except msgspec.MsgspecError as error:
            raise StageBug(stage=stage.name, summary=f"its figures cannot be read: {error}", log=str(log)) from error
        return StageOutcome(end.outputs, figures, end.warnings, end.versions, end.watched)

    with stopping(cancel, stage.name):
        return _run_into(stage, request, folder, in_child, hashes or HashCache(), force)


def _files_read(stage: AnyStage, request: StageRequest) -> tuple[str, ...]:
    """Return the paths of the foreign files in a request, what the process most likely dies of first."""
    return tuple(dict.fromkeys(file.path for role in stage.reads for file in request.inputs.get(role, ())))


def run_step(
    work: Work[F],
    request: StageRequest,
    folder: Path,
    do: Callable[[Path, Path], StageOutcome[F]],
    hashes: HashCache | None = None,
    force: bool = False,
) -> StageResult[F]:
    """Do what a request asks for by `do(partial folder, log)` in this thread; otherwise as `run_stage`.

    For work that is others' programs anyway: they need no child process of ours around them. An error that ends it
    stands in its log, which may hold nothing else.
    """

    def logged(partial: Path, log: Path) -> StageOutcome[F]:
        try:
            return do(partial, log)
        except Cancelled:
            raise
        except StudioError as error:
            with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as kept:
                kept.write(f"{_now()} failed: {advice(error).as_text()}\n")
            raise

    return _run_into(work, request, folder, logged, hashes or HashCache(), force)


def _run_into(
    work: Work[F],
    request: StageRequest,
    folder: Path,
    do: Callable[[Path, Path], StageOutcome[F]],
    cache: HashCache,
    force: bool,
) -> StageResult[F]:
    """Return the fresh result, or let `do` fill a folder beside it and publish that."""
    folder = folder.absolute()
    if not force and (known := find_fresh(work, request, folder, cache)):
        return known
    partial = inside(folder, f".{work.name}.partial", folder)
    log = inside(folder, f"{work.name}.log", folder)
    make_folder(folder)
    with _publishing(folder, PUBLISHING_SECONDS):
        _settle(work.name, folder)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        new_folder(partial)
        replace_text(log, f"{_now()} {work.name}\n", durable=False)
        return _publish(request, folder, partial, do(partial, log), cache)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def _publish(
    request: StageRequest, folder: Path, partial: Path, outcome: StageOutcome[F], cache: HashCache
) -> StageResult[F]:
    """Give the outputs and the result's description their final names: all of them, or none.

    Everything is gathered in a folder beside, flushed to the disk and only then declared whole by one rename. From
    there on the new result counts: what a power cut or an end of the program interrupts is finished when it is next
    looked at.
    """
    for name in outcome.outputs.values():
        inside(partial, name, partial)
        inside(folder, name, folder)
    stored = StoredResult(
        request,
        {role: StoredOutput(name, input_of(partial / name, cache).sha256) for role, name in outcome.outputs.items()},
        msgspec.Raw(encoded(outcome.figures)),
        outcome.warnings,
        outcome.versions,
        {_as_watched(folder, watched): folder_state(Path(watched)) for watched in outcome.watched},
        _now(),
        request.fingerprint(),
    )
    stored = signed(stored)
    gathered = partial / "gathered"
    try:
        for name in set(outcome.outputs.values()):
            (gathered / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).replace(gathered / name)
    except OSError as error:
        raise writing_error(gathered, error) from error
    replace_bytes(result_file(request.stage, gathered), encoded(stored, indent=1))
    with _publishing(folder, PUBLISHING_SECONDS):
        move_into_place(gathered, _whole(request.stage, folder))
        _take_out(stored, request.stage, folder)
    outputs = {role: folder / name for role, name in outcome.outputs.items()}
    return StageResult(
        folder, request, outputs, outcome.figures, outcome.warnings, dict(outcome.versions), stored.finished
    )


def _as_watched(folder: Path, watched: str) -> str:
    """Return how a result in `folder` names a folder that it watches.

    What lies in the same project is named from the result's folder, so that the result stays fresh when the project
    moves; everything else by its absolute path. Results of others are never asked what they watch.
    """
    project = next((place for place in folder.parents if (place / PROJECT_FILE).is_file()), None)
    if project is None or not Path(watched).is_relative_to(project):
        return watched
    return Path(os.path.relpath(watched, folder)).as_posix()


def _whole(stage: str, folder: Path) -> Path:
    """Return the folder that exists only while a result that is whole has not got its final names."""
    return folder / f".{stage}.whole"


def _finish_publishing(stage: str, folder: Path) -> None:
    """Finish what was interrupted, unless somebody is at it; where nothing can be written, all stays as it is."""
    if os.path.lexists(_whole(stage, folder)):
        with contextlib.suppress(StudioError), _publishing(folder):
            _settle(stage, folder)


def _settle(stage: str, folder: Path) -> None:
    """Finish what was declared whole and interrupted then; can itself be interrupted and repeated.

    Raises:
        DiskFull, NotWritable: what is not moved yet waits for the next time.
        PathRefused: it names something outside the folder.
    """
    whole = _whole(stage, folder)
    if whole.is_symlink() or not whole.is_dir():  # never one of ours; rmtree would wait for a named pipe
        with writing(whole):
            whole.unlink(missing_ok=True)
        return
    description = inside(whole, result_file(stage, whole).name, whole)
    if description.is_file() and (stored := _declared(description)) is not None:
        _take_out(stored, stage, folder)
    shutil.rmtree(whole, ignore_errors=True)


def _take_out(stored: StoredResult, stage: str, folder: Path) -> None:
    """Move what is declared whole to its final names, the description last."""
    whole = _whole(stage, folder)
    description = result_file(stage, whole)
    for output in stored.outputs.values():
        source = inside(whole, output.path, description)
        target = inside(folder, output.path, description)
        if source.exists():
            move_into_place(source, target)
    move_into_place(description, result_file(stage, folder))
    shutil.rmtree(whole, ignore_errors=True)


def _declared(description: Path) -> StoredResult | None:
    """Return the result that this user's program declared whole, None for what anybody else put there.

    Where no key can be kept, nothing is known to be ours: such a result is made again anyway.

    Raises:
        NotWritable: it cannot be read, and so not published.
    """
    try:
        stored = decoded(read_bytes(description, LARGEST_RESULT), StoredResult)
    except (TooLarge, msgspec.MsgspecError) as error:
        logging.getLogger("n6studio").warning("%s is dropped: %s", description.parent, error)
        return None
    except OSError as error:
        raise NotWritable(path=description.parent, reason=f"{description.name} cannot be read: {error}") from error
    return stored if is_ours(stored) else None
