"""What runs in a worker of the cluster: it keeps files by their digests, and runs one stage in a child process.

The child is the same as on any computer, with the same walls around it; its folder and all files lie below the folder
that Dask gave the worker, which goes when the worker ends.
"""

import contextlib
import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from n6studio.domain.encoding import encoded
from n6studio.domain.errors.base import StudioError
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import AnyResult
from n6studio.domain.stage import AnyStage
from n6studio.engine.cluster.here import facts
from n6studio.engine.cluster.job import Answer, Anything, Facts, Job, Output, Sent
from n6studio.engine.jobs.hashing import HashCache, files_below
from n6studio.engine.jobs.run import holding, run_stage
from n6studio.gates.files import opened, read_bytes
from n6studio.gates.inside import inside
from n6studio.gates.json_texts import parsed_json
from n6studio.stages.registry import STAGES
from n6studio.system.files import make_folder

_LOG_BYTES = 64 << 10  # of a log's end that comes back
_LARGEST_LOG = 1 << 30
_stops: dict[str, threading.Event] = {}


def facts_of_worker() -> Facts:
    """Return what this worker's computer has."""
    return facts()


def lacking(digests: Sequence[str], dask_worker: Anything = None) -> list[str]:
    """Return which files this worker does not have."""
    return [digest for digest in digests if not _file(_place(dask_worker), digest).is_file()]


def receive(pieces: Sequence[tuple[str, int, bool, bytes]], dask_worker: Anything = None) -> list[str]:
    """Take pieces of files: (digest, place in the file, whether it is the last, bytes), of each file in order.

    Returns:
        Digests of files that arrived whole with other contents; they are dropped.
    """
    place, damaged = _place(dask_worker), []
    make_folder(place / "files")
    for digest, start, last, data in pieces:
        part = place / "files" / f"{digest}.part"
        with part.open("wb" if start == 0 else "ab") as stream:
            stream.write(data)
        if last:
            whole = hashlib.sha256()
            with opened(part) as read:
                while chunk := read.read(1 << 20):
                    whole.update(chunk)
            if whole.hexdigest() == digest:
                part.replace(_file(place, digest))
            else:
                part.unlink()
                damaged.append(digest)
    return damaged


def piece_of(digest: str, start: int, length: int, dask_worker: Anything = None) -> bytes:
    """Return a piece of a file that this worker has."""
    with opened(_file(_place(dask_worker), digest)) as stream:
        stream.seek(start)
        return stream.read(length)


def stop(key: str) -> None:
    """Cancel a job that runs here, or is about to."""
    _stops.setdefault(key, threading.Event()).set()


def run_job(job: Job) -> Answer:
    """Run a stage, unless files are missing here; every error of ours comes back as an answer."""
    from distributed import get_worker

    place = _place(get_worker())
    missing = [digest for digest in job.digests if not _file(place, digest).is_file()]
    if missing:
        return Answer(lacking=tuple(missing))
    stage = STAGES[job.request.stage]
    folder = place / "jobs" / job.key
    cancel = _stops.setdefault(job.key, threading.Event())
    try:
        make_folder(folder)
        inputs = {role: tuple(_laid_out(place, one) for one in sent) for role, sent in job.inputs.items()}
        request = StageRequest(job.request.stage, job.request.settings, inputs, job.request.tools)
        try:
            with holding(folder):
                result = run_stage(stage, request, folder, lambda _: None, cancel)
        except StudioError as error:
            message = parsed_json(_as_at_home(encoded(error.to_message()), job, inputs))
            return Answer(error=message, log=_log(stage, folder))
        return _answer(result, place, job, inputs)
    finally:
        _stops.pop(job.key, None)
        shutil.rmtree(folder, ignore_errors=True)


def _place(dask_worker: Anything) -> Path:
    return Path(dask_worker.local_directory) / "n6studio"


def _file(place: Path, digest: str) -> Path:
    return inside(place / "files", digest, place)


def _laid_out(place: Path, sent: Sent) -> InputFile:
    """Return an input as this computer has it, under the name that it has at home."""
    top = place / "inputs" / sent.sha256
    if not top.is_dir():
        scratch = place / "inputs" / f"{sent.sha256}.{uuid.uuid4().hex}"
        below = inside(scratch, sent.name, place) if sent.folder else scratch
        make_folder(below)
        for name, digest in sent.files:
            _link(_file(place, digest), inside(below, name or sent.name, place))
        try:
            scratch.rename(top)
        except OSError:  # somebody was quicker
            shutil.rmtree(scratch, ignore_errors=True)
    return InputFile(str(inside(top, sent.name, place)), sent.sha256)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system knows no such, a copy."""
    make_folder(target.parent)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(source, target)


def _as_at_home(text: bytes, job: Job, inputs: Mapping[str, tuple[InputFile, ...]]) -> bytes:
    """Return JSON with the paths of a job's inputs as they are on the computer that sent them."""
    for role, files in inputs.items():
        for here, sent in zip(files, job.inputs[role], strict=True):
            text = text.replace(encoded(here.path)[1:-1], encoded(sent.path)[1:-1])
    return text


def _answer(result: AnyResult, place: Path, job: Job, inputs: Mapping[str, tuple[InputFile, ...]]) -> Answer:
    hashes, outputs = HashCache(), {}
    make_folder(place / "files")
    for role, path in result.outputs.items():
        files = [(one.relative_to(path).as_posix(), one) for one in files_below(path, False)] if path.is_dir() else []
        found = []
        for name, one in files or [("", path)]:
            digest = hashes.file(one)
            found.append((name, digest, one.stat().st_size))
            _link(one, _file(place, digest))
        outputs[role] = Output(path.relative_to(result.folder).as_posix(), tuple(found))
    return Answer(
        outputs=outputs,
        figures=_as_at_home(encoded(result.figures), job, inputs),
        warnings=tuple(parsed_json(_as_at_home(encoded(result.warnings), job, inputs))),
        versions=dict(result.versions),
    )


def _log(stage: AnyStage, folder: Path) -> str:
    with contextlib.suppress(OSError):
        return read_bytes(folder / f"{stage.name}.log", _LARGEST_LOG)[-_LOG_BYTES:].decode("utf-8", "replace")
    return ""
