"""All images through all models, several at once, and back in the order of the data set."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from n6studio.stages.datasets.model import Item
from n6studio.stages.evaluate.one_image import ImageRecord, Judging, look
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import Model

Crew = list[Model]
Work = TypeVar("Work")
Done = TypeVar("Done")

# Images under way per worker. Enough that none waits while the oldest one is still worked on, and few enough that
# memory does not grow with the data set.
_AHEAD = 4


def worker_count(settings: EvaluateSettings, images: int) -> int:
    """Return how many images to work on at once: the setting, or one per core, and never more than there are."""
    wanted = settings.workers or core_count()
    return max(1, min(wanted, images))


def core_count() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def records(
    items: Sequence[Item], crews: list[Crew], settings: EvaluateSettings, judging: Judging
) -> Iterator[ImageRecord]:
    """Yield one record an image, in the order of `items`.

    Args:
        items: the images.
        crews: one list of models for each worker; every model is used by one thread only.
        settings: how models are judged.
        judging: by what else.
    """
    waiting = list(crews)
    mine = threading.local()
    lock = threading.Lock()

    def work(item: Item) -> ImageRecord:
        if not hasattr(mine, "crew"):
            with lock:
                mine.crew = waiting.pop()
        return look(item, mine.crew, settings, judging)

    yield from in_order(work, items, len(crews))


def in_order(work: Callable[[Work], Done], items: Sequence[Work], workers: int) -> Iterator[Done]:
    """Yield work(item) for each item, in order, computed by that many threads; stops them when closed early."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="evaluate")
    running: deque[Future[Done]] = deque()
    try:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) >= workers * _AHEAD:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
