import gc
import threading

from event_loop import pause
from PySide6.QtCore import QObject, QThread

from n6studio.ui.system.garbage import Collector


class Cycle(QObject):
    ended_on: list[object] = []  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.itself = self

    def __del__(self):
        self.ended_on.append(QThread.currentThread())


def allocate():
    kept = [[] for _ in range(200_000)]
    assert kept


def test_cycles_end_on_the_thread_of_the_window_whoever_allocates(application, monkeypatch):
    gc.collect()
    Cycle.ended_on.clear()
    Cycle()
    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert Cycle.ended_on == []
    allocate()
    collector = Collector()
    try:
        # The youngest generation is looked at first, and the cycle is in it.
        collector.look()
        pause(1200)
        gc.collect()
        assert Cycle.ended_on == [application.thread()]
    finally:
        collector._timer.stop()


def test_stopping_leaves_it_to_python_again(application):
    collector = Collector()
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    gc.disable()
