"""Work off the GUI thread, in a few lines: a function goes to the thread pool, its answer comes back by signal."""

import contextlib
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QRunnable, Qt, QThreadPool, QTimer, Signal, Slot

# A thread that computes keeps Python for so long while the GUI thread, which gives it up in every call of Qt, waits to
# answer it. Python's own 5 ms add up: a window that asks a hundred things stands still for half a second.
_TURN_SECONDS = 0.0002


def let_the_window_go_first() -> None:
    """Have threads that compute give way to the GUI thread far sooner than Python does by itself."""
    sys.setswitchinterval(_TURN_SECONDS)


class _Answer(QObject):
    """Lives on the GUI thread until the work has ended; an owner that is gone then is told nothing.

    It is no child of the owner: that could end in the moment in which the other thread speaks to it.
    """

    arrived = Signal(object, object)

    def __init__(self, owner: QObject, done: Callable[[Any], None], failed: Callable[[Exception], None] | None) -> None:
        super().__init__(QCoreApplication.instance())
        self._owner, self._done, self._failed = owner, done, failed
        self.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @Slot(object, object)
    def _deliver(self, value: Any, error: Exception | None) -> None:
        self.deleteLater()
        if not shiboken6.isValid(self._owner):
            return
        if error is None:
            self._done(value)
        elif self._failed is not None:
            self._failed(error)
        else:
            raise error


class _Work(QRunnable):
    """Deleted on the GUI thread, not by the pool: PySide6 6.12 never lets go of some that a pool deletes itself."""

    def __init__(self, work: Callable[[], Any], answer: _Answer) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._work, self._answer = work, answer
        self.ended = False

    def run(self) -> None:
        value, error = None, None
        try:
            value = self._work()
        except Exception as caught:  # the GUI thread decides what to make of it
            error = caught
        with contextlib.suppress(RuntimeError):  # the application is gone; nobody waits for this
            self._answer.arrived.emit(value, error)
        self.ended = True  # last: from here to the end of this call no other thread runs Python


_started: list[_Work] = []


def _delete_ended() -> None:
    """Delete what has ended: a pool touches nothing of a runnable that is not its own after it has run."""
    for work in [work for work in _started if work.ended]:
        _started.remove(work)
        shiboken6.delete(work)


def run_in_background(
    owner: QObject,
    work: Callable[[], Any],
    done: Callable[[Any], None],
    failed: Callable[[Exception], None] | None = None,
    pool: QThreadPool | None = None,
) -> None:
    """Run `work` in a pool thread, then `done(value)` or `failed(exception)` on the GUI thread.

    Call it on the GUI thread. `work` must touch no widget, pixmap or context. Without `failed`, an exception ends in
    the dialog for unexpected ones.

    Args:
        owner: who asks; when it is deleted, the answer is dropped.
        work: a function without arguments; capture what it needs beforehand.
        done: gets what `work` returned.
        failed: gets what it raised.
        pool: None for Qt's own.
    """
    made = _Work(work, _Answer(owner, done, failed))
    _delete_ended()
    _started.append(made)
    (pool or QThreadPool.globalInstance()).start(made)


def one_thread(owner: QObject) -> QThreadPool:
    """Return a pool in which work is done one after the other, in the order in which it was asked for."""
    pool = QThreadPool(owner)
    pool.setMaxThreadCount(1)
    return pool


class Latest:
    """Asks in the background what may have another answer by now: one that comes after a later question is dropped.

    Args:
        owner: as for `run_in_background`.
    """

    def __init__(self, owner: QObject) -> None:
        self._owner, self._asked = owner, 0

    def ask(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """As `run_in_background`; what was asked before no longer counts."""
        self.forget()
        mine = self._asked

        def arrived(value: Any) -> None:
            if mine == self._asked:
                done(value)

        def not_arrived(error: Exception) -> None:
            if mine != self._asked:
                return
            if failed is None:
                raise error
            failed(error)

        run_in_background(self._owner, work, arrived, not_arrived)

    def forget(self) -> None:
        """Want no answer any more to what was asked."""
        self._asked += 1


class Turns(QObject):
    """Runs functions on the GUI thread, one in a turn of the event loop, so that keys and painting come in between.

    What waits is forgotten when the owner is deleted.
    """

    def __init__(self, owner: QObject | None = None) -> None:
        super().__init__(owner)
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)  # QTimer.singleShot(0) would post an event, and those all run in one turn
        self._timer.setSingleShot(True)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._next)

    def add(self, *steps: Callable[[], object]) -> None:
        """Run these after all that wait already."""
        self._waiting.extend(steps)
        self._arm()

    def replace(self, *steps: Callable[[], object]) -> None:
        """Forget what waits, and run these."""
        self._waiting = deque(steps)
        self._arm()

    def waiting(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def _arm(self) -> None:
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    def _next(self) -> None:
        if self._waiting:
            step = self._waiting.popleft()
            self._arm()
            step()
