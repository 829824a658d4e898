"""An end for C libraries that go round in circles on a damaged file, where no exception and no thread reaches them."""

import contextlib
import faulthandler
import signal
import sys
from collections.abc import Iterator

_WAITED_TIMES = 10  # where only waiting can be measured: a busy machine gives a process a tenth of its time


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """End this process where what stands within takes more processor time; the engine tells of it as a damaged file.

    Windows has no clock for that, so there the time that passes counts, with much more of it.

    Args:
        seconds: of processor time, of all threads; many times what the largest sound file takes.
    """
    if sys.platform == "win32":
        faulthandler.dump_traceback_later(seconds * _WAITED_TIMES, exit=True)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
    else:
        before, _ = signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF ends a process without a handler for it
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, before)
