"""Which workers a scheduler has: those that fit are lent one job at a time, others are refused by name."""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from n6studio.domain.errors.cluster import ClusterDiffers, ClusterUnreachable, ClusterWithoutWorkers
from n6studio.engine.cluster import worker
from n6studio.engine.cluster.here import difference, facts
from n6studio.engine.cluster.job import Anything
from n6studio.gates.stopping import go_on

PATIENCE_SECONDS = 30.0  # for a worker to come, or to come back
LOOK_SECONDS = 1.0  # between two looks at who is there
ASK_SECONDS = 30.0  # for a worker to answer


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
        self._there: frozenset[str] = frozenset()
        self._looked = 0.0
        self._lost_touch: float | None = None
        self._changed = threading.Condition()

    def require(self) -> int:
        """Return how many workers fit; waits for the first.

        Raises:
            ClusterWithoutWorkers, ClusterDiffers, ClusterUnreachable.
        """
        with self._changed:
            self._wait_for(lambda: bool(self._known))
            return len(self._known)

    def take(self, digests: Collection[str]) -> Known:
        """Return a free worker, the one that has most of these files; waits for one.

        Raises:
            ClusterWithoutWorkers, ClusterDiffers, ClusterUnreachable, and what `go_on` raises.
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
            elif time.monotonic() - last > PATIENCE_SECONDS or self._refused:
                raise self._none()
            self._changed.wait(LOOK_SECONDS / 2)

    def _none(self) -> ClusterDiffers | ClusterWithoutWorkers:
        if self._refused:
            return ClusterDiffers(address=self._address, differences=tuple(self._refused.values()))
        return ClusterWithoutWorkers(address=self._address, seconds=int(PATIENCE_SECONDS))

    def _look(self) -> None:
        """See who came and who went, at most once in `LOOK_SECONDS`."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        try:
            found = self._client.scheduler_info(n_workers=-1)["workers"]
            self._lost_touch = None
        except (OSError, TimeoutError) as error:  # Dask's own errors of connections are OSErrors
            self._lost_touch = self._lost_touch or time.monotonic()
            if time.monotonic() - self._lost_touch > PATIENCE_SECONDS:
                reason = f"The connection was lost: {str(error)[:200]}"
                raise ClusterUnreachable(address=self._address, reason=reason) from error
            return
        finally:
            self._looked = time.monotonic()
        self._there = frozenset(found)
        for address in self._known.keys() - self._there:
            self.lose(self._known[address])
        for address in self._refused.keys() - self._there:
            del self._refused[address]
        new = {address: str(found[address].get("name", address)) for address in self._there - self._known.keys()}
        self._admit({address: name for address, name in new.items() if address not in self._refused})

    def _admit(self, new: dict[str, str]) -> None:
        """Compare versions with workers that came; refuse by name who differs."""
        if not new:
            return
        answers = self._client.run(
            worker.facts_of_worker, workers=list(new), on_error="return"
        )  # of a worker that went meanwhile, an error
        for address, name in new.items():
            found = answers.get(address)
            shown = name if name == address else f"{name} ({address})"
            if isinstance(found, dict):
                reason = difference(facts(), found)
            elif isinstance(found, OSError | TimeoutError) or found is None:
                continue
            else:
                reason = f"no N6 Studio of this version ({type(found).__name__}: {str(found)[:120]})"
            if reason:
                self._refused[address] = f"{shown} has {reason}"
                self._say(f"worker {shown} is not used: it has {reason}")
            else:
                self._known[address] = Known(address, shown)
                self._changed.notify_all()
