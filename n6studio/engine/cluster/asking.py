"""What a worker answers, or why it cannot: it is gone, or its computer cannot do what another may."""

import asyncio
import contextlib
import errno
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import StorageError
from n6studio.domain.errors.foreign import NO_SPACE, reason_of
from n6studio.domain.errors.stages import MachineError
from n6studio.engine.cluster.job import Anything
from n6studio.gates.stopping import go_on

_POLL_SECONDS = 0.5

_CANNOT_WRITE = NO_SPACE | {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


class Lost(Exception):
    """The worker of a job is gone."""


class Unfit(Exception):
    """The worker of a job is there, and its computer cannot do it: its disk is full, its memory too small.

    Args:
        reason: in words, without a full stop.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require_able(error: StudioError) -> None:
    """Raise Unfit where an error of a worker is about its computer and not about the job."""
    if isinstance(error, StorageError | MachineError):
        raise Unfit(reason_of(error)) from error


@contextlib.contextmanager
def at_worker() -> Iterator[None]:
    """Tell what Dask raises of a worker as Lost where it, or the way to it, is gone; as Unfit where it cannot work.

    Only what a worker does may stand inside: a full disk of this computer would count as its own.
    """
    from distributed.scheduler import KilledWorker

    try:
        yield
    except StudioError as error:
        require_able(error)
        raise
    except (OSError, CancelledError, KilledWorker) as error:  # what Dask says of connections and times is an OSError
        if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
            raise Unfit(reason_of(error)) from error
        raise Lost from error
    except ValueError as error:  # of a worker that the scheduler no longer knows
        if "worker" not in str(error).lower():
            raise
        raise Lost from error


def ask(client: Anything, address: str, what: Callable[..., Any], given: tuple[Any, ...], seconds: float) -> Any:
    """Return what a worker answers to one of the functions of `worker`.

    Args:
        client: Dask's.
        address: of the worker.
        what: the function.
        given: its arguments.
        seconds: that it may take; a computer that sleeps keeps its connections and answers nothing.

    Raises:
        Lost, Unfit, and what `go_on` raises.
    """
    with at_worker():
        coroutine = client.run(what, *given, workers=[address], asynchronous=True)
        running: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, client.loop.asyncio_loop)
        try:
            answers = _in_time(running, seconds)
        finally:
            running.cancel()
    if address not in answers:
        raise Lost
    return answers[address]


def _in_time(running: Future[Any], seconds: float) -> Any:
    """Return what comes of something within a time, while the work may go on.

    Raises:
        TimeoutError: it took longer, or it raised that itself.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return running.result(timeout=_POLL_SECONDS)
        except TimeoutError:
            if running.done() or time.monotonic() > end:
                raise
        go_on()
