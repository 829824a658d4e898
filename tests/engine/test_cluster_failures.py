"""Clusters that fail: full disks, computers that sleep, a scheduler that dies."""

import errno
import os
import signal
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import assert_told, n6, program_environment

from n6studio.domain.errors.cluster import ClusterUnreachable
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.models import NotAPoseModel
from n6studio.domain.errors.stages import Cancelled, NotEnoughMemory
from n6studio.domain.messages import Progressed
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.engine.cluster import asking, cluster, worker, workers
from n6studio.engine.cluster.evaluation import _Parts
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import stopping

FULL = """
import errno
import n6studio.engine.cluster.worker as worker

def receive(pieces, dask_worker=None):
    raise OSError(errno.ENOSPC, "No space left on device")

receive.__module__, receive.__qualname__ = worker.__name__, "receive"
worker.receive = receive
"""


# --- without Dask ----------------------------------------------------------------------------------------------------


def test_progress_counts_what_is_done_also_behind_a_part_that_is_not():
    told, second_is_told = [], threading.Event()

    class TwoParts(_Parts):
        def _split(self):
            return SimpleNamespace(figures=SimpleNamespace(images=(("a.jpg", "b.jpg"), ("c.jpg",))))

        def _part(self, split, place):
            assert place == 1 or second_is_told.wait(60), "the second part was never counted"
            return InputFile(str(place), "")

    def tell(message):
        if isinstance(message, Progressed):
            told.append((message.done, message.total))
            if message.done == 1:
                second_is_told.set()

    two = SimpleNamespace(workers=SimpleNamespace(require=lambda: 2))
    request = StageRequest("evaluate", {}, {}, {})
    found = TwoParts(two, request, Path(), tell, threading.Event(), HashCache(), False).run()
    assert told == [(0, 3), (1, 3), (3, 3)]
    assert [one.path for one in found] == ["0", "1"]


# --- with Dask -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), asking.Unfit),
        (DiskFull(path="/there"), asking.Unfit),
        (NotEnoughMemory(stage="s", log="l"), asking.Unfit),
        (ConnectionResetError(errno.ECONNRESET, "reset"), asking.Lost),
        (TimeoutError(), asking.Lost),
        (CancelledError(), asking.Lost),
        (ValueError("No worker found"), asking.Lost),
        (ValueError("another"), ValueError),
        (NotAPoseModel(path="net.tflite", found="x"), NotAPoseModel),
    ],
    ids=lambda one: getattr(one, "__name__", repr(one)[:40]),
)
def test_what_a_worker_cannot_do_another_may(raised, meant):
    pytest.importorskip("distributed", reason="needs the package distributed")
    with pytest.raises(meant) as caught, asking.at_worker():
        raise raised
    if meant is asking.Unfit:
        assert caught.value.reason


@pytest.mark.slow
def test_a_worker_whose_disk_is_full_is_named_and_no_longer_used(carried, dask, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text(FULL)
    dask.worker("full", PYTHONPATH=os.pathsep.join([str(other), program_environment().get("PYTHONPATH", "")]))
    words = ["evaluate", carried.coarse, "--data", carried.labels, "--worst", "0", "--max-images", "16"]
    done = n6(*words, "--cluster", dask.address, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    told = assert_told(done, "N6S-G07", 4)
    assert told["reasons"][0].startswith("full (tcp://")
    assert "No space left on device" in told["reasons"][0]
    dask.worker("right")
    done = n6(*words, "--cluster", dask.address, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.err.count("is no longer used, its work is done again: No space left") <= 1
    assert "was lost" not in done.err


def until_noticed(found, known):
    """Ask for a worker until that fails, or for a minute."""
    for _ in range(600):
        assert found.is_there(known)
        time.sleep(0.1)


@pytest.mark.slow
def test_a_scheduler_that_dies_is_said_and_its_workers_are_not_blamed(dask, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE_SECONDS", 2.0)
    dask.worker("one")
    told = []
    with cluster.connected(dask.address, told.append) as found:
        known = found.workers.take(())
        dask.end("scheduler")
        with pytest.raises(ClusterUnreachable, match="stopped answering"):
            until_noticed(found.workers, known)
        with pytest.raises(ClusterUnreachable):
            found.workers.lose(known)
    assert told == ["the scheduler does not answer; waiting 2 s for it"]


@pytest.mark.slow
def test_a_worker_that_sleeps_holds_nothing_up_for_long(dask, monkeypatch):
    dask.worker("one")
    with cluster.connected(dask.address, lambda text: None) as found:
        known = found.workers.take(())
        asked = found._client, known.address, worker.lacking, ([],)
        assert asking.ask(*asked, workers.ASK_SECONDS) == []
        sleeper = dask.processes["one"].pid
        os.kill(sleeper, signal.SIGSTOP)
        try:
            with pytest.raises(asking.Lost):
                asking.ask(*asked, 1.0)
            cancel = threading.Event()
            cancel.set()
            with pytest.raises(Cancelled), stopping(cancel, "evaluate"):
                asking.ask(*asked, 24 * 3600)
            found.workers.lose(known)
            assert found.workers._facts_in_time(known.address) is not None, "asked again, it costs seconds"
        finally:
            os.kill(sleeper, signal.SIGCONT)
