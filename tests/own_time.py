"""How long something takes on a machine that has nothing else to do."""

import contextlib
import time

import psutil


class OwnTime:
    """Counts seconds from when it is made, less the share of them for which others had the processors.

    A test that expects something within some seconds must not fail because other tests run beside it. On an idle
    machine these are the seconds of a clock, waiting and sleeping included.
    """

    def __init__(self) -> None:
        self._others, self._began = _others(), time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        passed, others = time.monotonic() - self._began, max(0.0, _others() - self._others)
        return max(0.0, passed - others / (psutil.cpu_count() or 1))


def _others() -> float:
    """Return processor seconds that everybody but this process and its children took since the machine started."""
    times = psutil.cpu_times()._asdict()
    busy = sum(seconds for name, seconds in times.items() if name not in ("idle", "iowait", "guest", "guest_nice"))
    return busy - _ours()


def _ours() -> float:
    this = psutil.Process()
    seconds = sum(this.cpu_times()[:4])  # of ended children, too
    for child in this.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(child.cpu_times()[:4])
    return seconds
