"""One job: run a stage on a request, into a folder, at most once for the same request."""

import contextlib
import datetime
import importlib.metadata
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from n6studio import __version__
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import Busy
from n6studio.domain.requests import InputFile, StageOutcome, StageRequest
from n6studio.domain.settings import plain_values
from n6studio.domain.stage import AnyStage
from n6studio.engine.jobs.child import MessageSink, run_stage_process
from n6studio.engine.jobs.hashing import HashCache, folder_state, input_of
from n6studio.system.files import make_folder, move_into_place, replace_text, storage_error


@dataclass(frozen=True)
class StageResult:
    """A finished stage.

    Attributes:
        folder: where its outputs lie.
        request: what was asked for.
        outputs: role -> absolute path.
        figures: JSON-ready results.
        warnings: sentences for the user.
        versions: package -> version of what ran.
        fresh: True when it had been done before and was not run again.
    """

    folder: Path
    request: StageRequest
    outputs: dict[str, Path]
    figures: dict[str, Any]
    warnings: tuple[str, ...]
    versions: dict[str, str]
    fresh: bool = False


def make_request(stage: AnyStage, settings: Any, inputs: dict[str, tuple[InputFile, ...]]) -> StageRequest:
    """Return the complete request for `stage` with a settings object of its class."""
    if not isinstance(settings, stage.settings):
        raise TypeError(f"{stage.name} takes {stage.settings.__name__}")
    tools = {"n6studio": __version__}
    for package in stage.tools:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # the stage itself will say what is missing
            tools[package] = importlib.metadata.version(package)
    return StageRequest(stage.name, plain_values(settings), inputs, tools)


def result_file(stage: str, folder: Path) -> Path:
    """Return where a stage's result is described: request, versions, outputs with digests, figures."""
    return folder / f"{stage}.result.json"


def load_result(stage: str, folder: Path) -> StageResult | None:
    """Return the finished result of `stage` in `folder`, or None where there is none that is whole."""
    try:
        data = json.loads(result_file(stage, folder).read_text(encoding="utf-8"))
        inputs = {role: tuple(InputFile(**item) for item in files) for role, files in data["request"]["inputs"].items()}
        request = StageRequest(stage, data["request"]["settings"], inputs, data["request"]["tools"])
        outputs = {role: folder / item["path"] for role, item in data["outputs"].items()}
        result = StageResult(
            folder, request, outputs, data["figures"], tuple(data["warnings"]), data["versions"], fresh=True
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return result


def find_fresh(request: StageRequest, folder: Path, hashes: HashCache) -> StageResult | None:
    """Return the result in `folder` if it answers `request`; its outputs and what it watches are unchanged since."""
    known = load_result(request.stage, folder)
    if known is None or known.request.fingerprint() != request.fingerprint():
        return None
    data = json.loads(result_file(request.stage, folder).read_text(encoding="utf-8"))
    try:
        for role, path in known.outputs.items():
            if input_of(path, hashes).sha256 != data["outputs"][role]["sha256"]:
                return None
        if any(folder_state(Path(watched)) != state for watched, state in data.get("watched", {}).items()):
            return None
    except (StudioError, AttributeError, KeyError, TypeError):
        return None
    return known


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process, so that no second run works there.

    Raises:
        Busy: another process holds it.
        NotWritable, DiskFull: no lock could be made.
    """
    lock = filelock.FileLock(folder / ".n6studio.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise Busy(path=folder, holder="Another N6 Studio") from None
    except OSError as error:
        raise storage_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()  # the file stays: removing it would let two processes hold two files of one name


def run_stage(
    request: StageRequest,
    folder: Path,
    on_message: MessageSink,
    cancel: threading.Event,
    hashes: HashCache | None = None,
    force: bool = False,
) -> StageResult:
    """Run a stage into `folder` unless its result is already there; return the result.

    Outputs appear in `folder` only when the stage has succeeded. The log stays in ``<stage>.log`` either way. The
    caller holds the folder (`holding`).

    Raises:
        StudioError: whatever the stage reports; `folder` then holds what it held before, and the log.
    """

    def in_child(partial: Path, log: Path) -> StageOutcome:
        scratch = partial / "scratch"
        make_folder(scratch)
        request_file = partial / "request.json"
        replace_text(request_file, json.dumps(request.to_json()))
        end = run_stage_process(request.stage, request_file, partial, scratch, log, on_message, cancel)
        return StageOutcome(end.outputs, end.figures, end.warnings, end.versions, end.watched)

    return _run_into(request, folder, in_child, hashes or HashCache(), force)


def run_step(
    request: StageRequest,
    folder: Path,
    work: Callable[[Path, Path], StageOutcome],
    hashes: HashCache | None = None,
    force: bool = False,
) -> StageResult:
    """Do what a request asks for by `work(partial folder, log)` in this thread; otherwise as `run_stage`.

    For work that is others' programs anyway: they need no child process of ours around them.
    """
    return _run_into(request, folder, work, hashes or HashCache(), force)


def _run_into(
    request: StageRequest, folder: Path, work: Callable[[Path, Path], StageOutcome], cache: HashCache, force: bool
) -> StageResult:
    """Return the fresh result, or let `work` fill a folder beside it and publish that."""
    folder = folder.absolute()
    if not force and (known := find_fresh(request, folder, cache)):
        return known
    make_folder(folder)
    partial = folder / f".{request.stage}.partial"
    log = folder / f"{request.stage}.log"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        make_folder(partial)
        replace_text(log, f"{datetime.datetime.now().astimezone().isoformat(timespec='seconds')} {request.stage}\n")
        return _publish(request, folder, partial, work(partial, log), cache)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(
    request: StageRequest, folder: Path, partial: Path, outcome: StageOutcome, cache: HashCache
) -> StageResult:
    """Move the outputs and the result's description to their final names.

    Everything is written before anything is moved, so that a full disk leaves the earlier result whole.
    """
    described = {
        role: {"path": name, "sha256": input_of(partial / name, cache).sha256} for role, name in outcome.outputs.items()
    }
    description = {
        "schema": 1,
        "finished": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "request": request.to_json(),
        "fingerprint": request.fingerprint(),
        "versions": outcome.versions,
        "outputs": described,
        "figures": outcome.figures,
        "warnings": list(outcome.warnings),
        "watched": {watched: folder_state(Path(watched)) for watched in outcome.watched},
    }
    replace_text(result_file(request.stage, partial), json.dumps(description, indent=1))
    for name in outcome.outputs.values():
        move_into_place(partial / name, folder / name)
    move_into_place(result_file(request.stage, partial), result_file(request.stage, folder))
    outputs = {role: folder / name for role, name in outcome.outputs.items()}
    return StageResult(folder, request, outputs, outcome.figures, outcome.warnings, dict(outcome.versions))
