"""Which workers a scheduler has: those that fit are lent one job at a time, others are refused by name."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from n6studio.domain.errors.cluster import ClusterDiffers, ClusterUnable, ClusterUnreachable, ClusterWithoutWorkers
from n6studio.engine.cluster import worker
from n6studio.engine.cluster.here import difference, facts
from n6studio.engine.cluster.job import Anything
from n6studio.gates.stopping import go_on

PATIENCE_SECONDS = 30.0  # for a worker to come, or to come back
LOOK_SECONDS = 1.0  # between two looks at who is there
ASK_SECONDS = 60.0  # for a worker to answer; some MB may be on their way to it
_LOOK_SECONDS = 5.0  # for the scheduler, and for workers that came, to answer: everybody else waits meanwhile
_AGAIN_SECONDS = 10.0  # until a worker that did not answer is asked again
_GONE = "The scheduler stopped answering"


@dataclass
class Known:
    """A worker that fits.

    Attributes:
        address: of it.
        name: that its owner gave it, else its address.
        free: whether nothing of ours runs there.
        files: digests of files that it has.
    """

    address: str
    name: str
    free: bool = True
    files: set[str] = field(default_factory=set)


class Workers:
    """The workers of a cluster. Safe to use from several threads.

    Args:
        client: Dask's.
        address: of the scheduler.
        say: told who comes, goes and is refused.
    """

    def __init__(self, client: Anything, address: str, say: Callable[[str], object]) -> None:
        self._client, self._address, self._say = client, address, say
        self._known: dict[str, Known] = {}
        self._refused: dict[str, str] = {}  # address -> name and difference
        self._unfit: dict[str, str] = {}  # address -> name, and why its computer cannot work
        self._silent: dict[str, float] = {}  # address -> when it did not answer
        self._there: frozenset[str] = frozenset()
        self._looked = 0.0
        self._lost_touch: float | None = None
        self._changed = threading.Condition()

    def require(self) -> int:
        """Return how many workers fit; waits for the first.

        Raises:
            ClusterWithoutWorkers, ClusterDiffers, ClusterUnable, ClusterUnreachable.
        """
        with self._changed:
            self._wait_for(lambda: bool(self._known))
            return len(self._known)

    def take(self, digests: Collection[str]) -> Known:
        """Return a free worker, the one that has most of these files; waits for one.

        Raises:
            ClusterWithoutWorkers, ClusterDiffers, ClusterUnable, ClusterUnreachable, and what `go_on` raises.
        """
        with self._changed:
            self._wait_for(lambda: any(one.free for one in self._known.values()))
            free = [one for one in self._known.values() if one.free]
            chosen = max(free, key=lambda one: len(one.files.intersection(digests)))
            chosen.free = False
            return chosen

    def give_back(self, known: Known) -> None:
        """Lend a worker to the next."""
        with self._changed:
            known.free = True
            self._changed.notify()

    def is_there(self, known: Known) -> bool:
        """Return whether a worker that is lent is still there.

        Raises:
            ClusterUnreachable: the scheduler has been gone for long.
        """
        with self._changed:
            self._look()
            return known.address in self._there

    def lose(self, known: Known) -> None:
        """Forget a worker that does not answer; where it does again, it is a new one."""
        with self._changed:
            self._look(now=True)
            self._silent[known.address] = time.monotonic()
            if self._lost_touch is None:
                self._forget(known)
            else:  # the scheduler is gone, which says nothing about the worker
                self._known.pop(known.address, None)

    def dismiss(self, known: Known, reason: str) -> None:
        """Use a worker no more whose computer cannot work: its disk is full, for example."""
        with self._changed:
            if self._known.pop(known.address, None) is not None:
                self._unfit[known.address] = f"{known.name}: {reason}"
                self._say(f"worker {known.name} is no longer used, its work is done again: {reason}")

    def _forget(self, known: Known) -> None:
        if self._known.pop(known.address, None) is not None:
            self._say(f"worker {known.name} was lost; its work is done again")

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        last = time.monotonic()
        while True:
            self._look()
            if ready():
                return
            go_on()
            if self._known:  # all are busy
                last = time.monotonic()
            elif time.monotonic() - last > PATIENCE_SECONDS or (
                (self._refused or self._unfit) and not self._lost_touch
            ):
                raise self._none()
            self._changed.wait(LOOK_SECONDS / 2)

    def _none(self) -> ClusterUnreachable | ClusterUnable | ClusterDiffers | ClusterWithoutWorkers:
        if self._lost_touch is not None:
            return ClusterUnreachable(address=self._address, reason=_GONE)
        if self._unfit:
            reasons = (*self._unfit.values(), *self._refused.values())
            return ClusterUnable(address=self._address, reasons=reasons)
        if self._refused:
            return ClusterDiffers(address=self._address, differences=tuple(self._refused.values()))
        return ClusterWithoutWorkers(address=self._address, seconds=int(PATIENCE_SECONDS))

    def _look(self, now: bool = False) -> None:
        """See who came and who went; unless `now`, at most once in `LOOK_SECONDS`.

        Raises:
            ClusterUnreachable: the scheduler has been gone for long.
        """
        if not now and time.monotonic() - self._looked < LOOK_SECONDS:
            return
        try:  # not `scheduler_info`, which answers what it knew last where the scheduler is gone
            asked = self._client.scheduler.identity
            found = self._client.sync(asked, n_workers=-1, callback_timeout=_LOOK_SECONDS)["workers"]
            self._admit(found)
            self._lost_touch = None
        except (OSError, AttributeError) as error:  # Dask's own errors of connections are OSErrors
            self._miss(error)
            return
        finally:
            self._looked = time.monotonic()
        self._there = frozenset(found)
        for address in self._known.keys() - self._there:
            self._forget(self._known[address])
        for gone in (self._refused, self._unfit, self._silent):
            for address in gone.keys() - self._there:
                del gone[address]

    def _miss(self, error: OSError | AttributeError) -> None:
        """Take notice that the scheduler does not answer; a client that gave up has none."""
        if self._lost_touch is None:
            self._lost_touch = time.monotonic()
            self._say(f"the scheduler does not answer; waiting {PATIENCE_SECONDS:.0f} s for it")
        elif time.monotonic() - self._lost_touch > PATIENCE_SECONDS:
            raise ClusterUnreachable(address=self._address, reason=_GONE) from error

    def _admit(self, found: Mapping[str, Mapping[str, object]]) -> None:
        """Compare versions with workers that came; refuse by name who differs.

        Raises:
            OSError: the scheduler is gone.
        """
        now = time.monotonic()
        asked_before = self._known.keys() | self._refused.keys() | self._unfit.keys()
        asked_before |= {address for address, at in self._silent.items() if now - at < _AGAIN_SECONDS}
        new = sorted(found.keys() - asked_before)
        if not new:
            return
        try:
            answers = self._facts_of(new, ASK_SECONDS)
        except TimeoutError:  # of one that sleeps, perhaps; the others need not wait for it
            answers = {address: self._facts_in_time(address) for address in new}
        for address in new:
            name = str(found[address].get("name", address))
            self._judge(address, name if name == address else f"{name} ({address})", answers.get(address))

    def _facts_in_time(self, address: str) -> object:
        try:
            return self._facts_of([address], _LOOK_SECONDS).get(address)
        except TimeoutError as error:
            return error

    def _facts_of(self, addresses: list[str], seconds: float) -> dict[str, object]:
        """Return what workers have; of one that went meanwhile, an error or nothing.

        Raises:
            TimeoutError: not all answered.
            OSError: the scheduler is gone.
        """
        asked = worker.facts_of_worker
        try:
            return dict(self._client.run(asked, workers=addresses, on_error="return", callback_timeout=seconds))
        except ValueError:  # the scheduler no longer knows one of them
            return {}

    def _judge(self, address: str, shown: str, answer: object) -> None:
        """Take a worker that has the versions of this computer; refuse another."""
        if isinstance(answer, dict):
            reason = difference(facts(), answer)
        elif isinstance(answer, OSError) or answer is None:
            if isinstance(answer, TimeoutError):
                self._silent[address] = time.monotonic()
            return
        else:
            reason = f"no N6 Studio of this version ({type(answer).__name__}: {str(answer)[:120]})"
        if reason:
            self._refused[address] = f"{shown} has {reason}"
            self._say(f"worker {shown} is not used: it has {reason}")
        else:
            self._known[address] = Known(address, shown)
            self._changed.notify_all()
