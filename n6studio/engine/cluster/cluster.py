"""Stages on a Dask cluster: each result the same, and in the same place, as if this computer had done the work.

What may run elsewhere is what reads nothing but files that are sent: building, exporting, quantizing, and the parts of
an evaluation. Files go by their digests, to each worker once. A worker that is lost loses its job to another; what is
finished lies on this computer and is not done again.
"""

import contextlib
import logging
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.cluster import ClusterFileDamaged, ClusterGaveUp, ClusterPackageMissing, ClusterUnreachable
from n6studio.domain.errors.foreign import reading, reason_of, writing
from n6studio.domain.errors.registry import from_message
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.stages import Cancelled, StageBug
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import StageOutcome, StageResult
from n6studio.domain.stage import Stage
from n6studio.domain.virtual_board import beyond_this_computer
from n6studio.engine.cluster import worker
from n6studio.engine.cluster.asking import Lost, Unfit, ask, at_worker, require_able
from n6studio.engine.cluster.job import Answer, Anything, Job, Sent
from n6studio.engine.cluster.workers import ASK_SECONDS, Known, Workers
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, files_below, weights_of
from n6studio.engine.jobs.run import run_stage, run_step, stopping
from n6studio.gates.files import opened
from n6studio.gates.inside import inside
from n6studio.gates.stopping import uninterrupted
from n6studio.stages.evaluate_part.stage import EVALUATE_PART
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.untrained.stage import UNTRAINED
from n6studio.system.files import make_folder

F = TypeVar("F")

PACKAGE = "distributed==2026.8.0"
PORTABLE = frozenset({UNTRAINED.name, EXPORT.name, QUANTIZE.name, EVALUATE_PART.name})
CONNECT_SECONDS = 15
_PIECE = 8 << 20  # bytes of files that go in one message
_WHERE = re.compile(r"^in <[^>]*>: ")  # how Dask begins what happened to a connection
_POLL_SECONDS = 0.5
_STOP_SECONDS = 10.0  # for a stage to end after it was cancelled
_TIMES = 3  # workers that may be lost over one job
_FORMS = "the scheduler's address as it prints it: tcp://HOST:PORT, or tls://HOST:PORT"
OPEN_TO_OTHERS = (
    "everybody who can reach this scheduler can run programs on its workers, and it can on this computer; use it in a "
    "network that you trust, or with certificates (tls://)"
)


class Cluster:
    """A connection to a scheduler; see `connected`.

    Args:
        client: Dask's.
        workers: who is there.
        say: told what the user should know.
    """

    def __init__(self, client: Anything, workers: Workers, say: Callable[[str], object]) -> None:
        self._client, self.workers, self.say = client, workers, say

    def run_stage(
        self,
        stage: Stage[Any, F],
        request: StageRequest,
        folder: Path,
        on_message: MessageSink,
        cancel: threading.Event,
        hashes: HashCache | None = None,
        force: bool = False,
    ) -> StageResult[F]:
        """Run a stage into `folder` as `run_stage` of the engine does, on a worker where it may.

        Raises:
            StudioError: as there, and those of the cluster.
        """
        cache = hashes or HashCache()
        if stage.name not in PORTABLE:
            return run_stage(stage, request, folder, on_message, cancel, cache, force)
        sent = {role: sent_as(files, cache) for role, files in request.inputs.items()}
        return self.run_sent(stage, request, sent, folder, cancel, cache, force)

    def run_sent(
        self,
        stage: Stage[Any, F],
        request: StageRequest,
        sent: dict[str, tuple[Sent, ...]],
        folder: Path,
        cancel: threading.Event,
        hashes: HashCache,
        force: bool = False,
        sources: dict[str, Path] | None = None,
    ) -> StageResult[F]:
        """Run a stage on a worker, with what it is sent; `sources` has files that no path of `sent` leads to.

        Raises:
            StudioError: what stopped the stage, and the errors of the cluster.
        """
        job = Job(uuid.uuid4().hex, request, sent)
        found = {**_sources(sent), **(sources or {})}

        def elsewhere(partial: Path, log: Path) -> StageOutcome[F]:
            return self._done(stage, job, found, partial, log, cancel)

        with stopping(cancel, stage.name):
            return run_step(stage, request, folder, elsewhere, hashes, force)

    def _done(
        self,
        stage: Stage[Any, F],
        job: Job,
        sources: dict[str, Path],
        partial: Path,
        log: Path,
        cancel: threading.Event,
    ) -> StageOutcome[F]:
        """Let workers do a job until one has; fetch its outputs."""
        lost = 0
        while True:
            known = self.workers.take(job.digests)
            try:
                answer = self._at(known, job, sources, cancel)
                if answer.error is not None:
                    raise _as_here(answer, job, log)
                self._fetch(known, answer, partial)
                known.files |= {digest for one in answer.outputs.values() for _, digest, _ in one.files}
                return _outcome(stage, answer, log)
            except Lost:
                self.workers.lose(known)
                lost += 1
            except Unfit as error:
                self.workers.dismiss(known, error.reason)
            finally:
                self.workers.give_back(known)
            if lost == _TIMES:
                raise ClusterGaveUp(stage=stage.title, times=_TIMES, last=known.name)

    def _at(self, known: Known, job: Job, sources: dict[str, Path], cancel: threading.Event) -> Answer:
        """Let a worker do a job; send it what it lacks.

        Raises:
            Lost: it is gone.
            Unfit: its computer cannot do it.
            Cancelled.
        """
        while True:
            wanted = self._ask(known, worker.lacking, sorted(job.digests - known.files))
            self._send(known, wanted, sources)
            known.files |= job.digests
            with at_worker():
                future = self._client.submit(
                    worker.run_job,
                    job,
                    key=f"n6studio-{job.request.stage}-{uuid.uuid4().hex}",
                    workers=[known.address],
                    allow_other_workers=False,
                    pure=False,
                    retries=0,
                )
            answer = self._wait(future, known, job, cancel)
            if not answer.lacking:
                return answer
            known.files -= set(answer.lacking)

    def _wait(self, future: Anything, known: Known, job: Job, cancel: threading.Event) -> Answer:
        """Return the answer to a job, with an eye on its worker and on whether it is still wanted."""
        asked: float | None = None
        while True:
            if cancel.is_set() and asked is None:
                asked = time.monotonic()
                with contextlib.suppress(Lost, Unfit), uninterrupted():
                    self._ask(known, worker.stop, job.key, seconds=_STOP_SECONDS)
            if asked is not None and time.monotonic() - asked > _STOP_SECONDS:  # it waits behind the work of others
                future.cancel()
                raise Cancelled(stage=job.request.stage)
            with at_worker(), contextlib.suppress(TimeoutError):
                found = future.result(timeout=_POLL_SECONDS)
                if isinstance(found, Answer):
                    return found
                raise StageBug(stage=job.request.stage, summary="a worker gave another answer", log="")
            if not self.workers.is_there(known) or future.status in ("cancelled", "lost"):
                future.cancel()
                raise Lost

    def _ask(self, known: Known, what: Callable[..., Any], *given: Any, seconds: float = ASK_SECONDS) -> Any:
        """Return what a worker answers to one of the functions of `worker`.

        Raises:
            Lost: it is gone, or does not answer within `seconds`, as that of a computer that sleeps.
            Unfit: its computer cannot do it.
            Cancelled, or what else `go_on` raises.
        """
        return ask(self._client, known.address, what, given, seconds)

    def _send(self, known: Known, digests: list[str], sources: dict[str, Path]) -> None:
        """Bring files to a worker.

        Raises:
            ClusterFileDamaged: one arrived with other contents.
            FileMissing...: one is gone from here.
        """
        for pieces in _pieces(digests, sources):
            for damaged in self._ask(known, worker.receive, pieces):
                raise ClusterFileDamaged(name=sources[damaged].name, worker=known.name)

    def _fetch(self, known: Known, answer: Answer, partial: Path) -> None:
        """Write a job's outputs below `partial`; what is written is held against its digest."""
        hashes = HashCache()
        for output in answer.outputs.values():
            top = inside(partial, output.path, partial)
            for name, digest, size in output.files:
                target = inside(top, name, partial) if name else top
                make_folder(target.parent)
                with writing(target), target.open("wb") as stream:
                    while stream.tell() < size:
                        piece: bytes = self._ask(known, worker.piece_of, digest, stream.tell(), _PIECE)
                        if not piece:
                            break
                        stream.write(piece)
                if hashes.file(target) != digest:
                    raise ClusterFileDamaged(name=target.name, worker=known.name)


@contextlib.contextmanager
def connected(address: str, say: Callable[[str], object]) -> Iterator[Cluster]:
    """Connect to a scheduler; certificates for tls:// are those of Dask's own configuration.

    Args:
        address: as the scheduler prints it.
        say: told of workers that come, go or are refused, and of a network that others are in.

    Raises:
        ClusterPackageMissing, ClusterUnreachable, ClusterWithoutWorkers, ClusterDiffers.
        SettingInvalid: it is no address.
    """
    require_address(address)
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterPackageMissing(python=sys.executable, package=PACKAGE, reason=reason_of(error)) from error
    if address.startswith("tcp://"):
        if beyond_this_computer(address):
            say(OPEN_TO_OTHERS)
    else:
        _require_certificates(address)
    _hush()
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="n6studio")
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterUnreachable(address=address, reason=_first_line(error)) from error
    try:
        workers = Workers(client, address, say)
        workers.require()
        yield Cluster(client, workers, say)
    finally:
        with contextlib.suppress(OSError, TimeoutError, RuntimeError):
            client.close(timeout=5)


def require_address(address: str) -> None:
    """Refuse what is no scheduler's address.

    Raises:
        SettingInvalid.
    """
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme not in ("tcp", "tls") or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingInvalid(name="--cluster", value=address, allowed=_FORMS)


def _require_certificates(address: str) -> None:
    """Refuse tls:// where Dask's configuration has no certificates; a client that is begun without them never ends.

    Raises:
        ClusterUnreachable.
    """
    from distributed.security import Security

    try:
        there = Security().get_connection_args("client").get("ssl_context") is not None
    except (OSError, ValueError) as error:  # OpenSSL's errors are OSErrors
        reason = f"The certificates in Dask's configuration cannot be used: {_first_line(error)}"
        raise ClusterUnreachable(address=address, reason=reason) from error
    if not there:
        reason = "Dask's configuration on this computer, distributed.comm.tls, names no certificates"
        raise ClusterUnreachable(address=address, reason=reason)


def _hush() -> None:
    """Keep Dask's own lines about connections out of the terminal: what matters is told in our words."""
    for name in ("distributed", "distributed.client", "distributed.comm", "distributed.core", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return _WHERE.sub("", lines[0])[:300].rstrip(".")


def sent_as(files: Sequence[InputFile], hashes: HashCache) -> tuple[Sent, ...]:
    """Return inputs as they go to a worker."""
    return tuple(_sent(file, hashes) for file in files)


def _sent(file: InputFile, hashes: HashCache) -> Sent:
    """Return an input as it goes to a worker: the files that its digest is over."""
    path = Path(file.path)
    if not path.is_dir():
        beside = sorted(weights_of(path))
        own = hashes.file(path) if beside else file.sha256
        named = (("", own), *((one.relative_to(path.parent).as_posix(), hashes.file(one)) for one in beside))
        return Sent(file.path, path.name, file.sha256, False, named)
    files = files_below(path, False)
    if hashes.many(path, files) != file.sha256:  # only its images count
        files = files_below(path, True)
    parts = tuple((one.relative_to(path).as_posix(), hashes.file(one)) for one in files)
    return Sent(file.path, path.name, file.sha256, True, parts)


def _sources(sent: dict[str, tuple[Sent, ...]]) -> dict[str, Path]:
    """Return where each file lies, by its digest."""
    return {
        digest: (Path(one.path) if one.folder or not name else Path(one.path).parent) / name
        for files in sent.values()
        for one in files
        for name, digest in one.files
    }


def _pieces(digests: list[str], sources: dict[str, Path]) -> Iterator[list[tuple[str, int, bool, bytes]]]:
    """Yield files as messages of a bounded size, each file's pieces in order."""
    waiting: list[tuple[str, int, bool, bytes]] = []
    size = 0
    for digest in digests:
        with reading(sources[digest]), opened(sources[digest]) as stream:
            start, data = 0, stream.read(_PIECE)
            while True:
                following = stream.read(_PIECE)
                waiting.append((digest, start, not following, data))
                size += len(data)
                if size >= _PIECE:
                    yield waiting
                    waiting, size = [], 0
                if not following:
                    break
                start, data = start + len(data), following
    if waiting:
        yield waiting


def _outcome(stage: Stage[Any, F], answer: Answer, log: Path) -> StageOutcome[F]:
    try:
        figures = decoded(answer.figures, stage.figures)
    except msgspec.MsgspecError as error:
        raise StageBug(stage=stage.name, summary=f"its figures cannot be read: {error}", log=str(log)) from error
    outputs = {role: output.path for role, output in answer.outputs.items()}
    return StageOutcome(outputs, figures, answer.warnings, answer.versions)


def _as_here(answer: Answer, job: Job, log: Path) -> StudioError:
    """Return what stopped a job as if it had run here, with the log as well.

    Raises:
        Unfit: it is about the worker's computer.
    """
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as kept:
        kept.write(answer.log)
    error = from_message(answer.error or {})
    require_able(error)
    if isinstance(error, Cancelled):
        return Cancelled(stage=job.request.stage)
    return error.with_log(str(log)) if error.log_path else error
