"""How long the window's event loop is held up while it works: python benchmarks/window_heartbeat.py [--where].

A timer of 5 ms beats in a real window; how much later than that a beat comes is how long the window could not have
answered a key. Two pieces of work: the whole chain on the sample project while all pages are visited in turn, and a
grid of 10,000 pictures that is scrolled from end to end. ``--where`` tells what held up the longest gaps.
"""

import argparse
import collections
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from n6studio.ui import theme
from n6studio.ui.garbage import Collector
from n6studio.ui.main_window import MainWindow
from n6studio.ui.preferences import Preferences, save_preferences
from n6studio.ui.sample import make_sample

BEAT = 0.005  # seconds
LONG = 0.050  # what the window must never take
PICTURES = 10_000
MINUTES = 10


class Heartbeat:
    """Notes how late every beat is, and where the GUI thread was during the late ones."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.where: collections.Counter[str] = collections.Counter()
        self._last, self._told = time.perf_counter(), 0.0
        self._ended = threading.Event()
        self._thread = threading.get_ident()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(round(BEAT * 1000))
        threading.Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, now - self._last - BEAT))
        self._last = now

    def _watch(self) -> None:
        while not self._ended.wait(0.01):
            last = self._last
            if time.perf_counter() - last > 0.7 * LONG and last != self._told:
                self._told = last
                stack = traceback.extract_stack(sys._current_frames()[self._thread])
                ours = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in stack[-7:]]
                self.where[" > ".join(ours)] += 1

    def stop(self) -> None:
        self._timer.stop()
        self._ended.set()

    def report(self, work: str, seconds: float, where: bool) -> None:
        late = sorted(self.late)
        over = [value for value in late if value > LONG]
        p50, p95, p999 = (1000 * late[int(len(late) * share)] for share in (0.5, 0.95, 0.999))
        print(
            f"{work}: {seconds:.0f} s, {len(late)} beats; late by p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99.9 {p999:.1f} ms, "
            f"max {1000 * late[-1]:.1f} ms; {len(over)} over {1000 * LONG:.0f} ms {[round(1000 * gap) for gap in over[-8:]]}",
            flush=True,
        )
        if where:
            for stack, count in self.where.most_common(12):
                print(f"  {count} x {stack}")


def spin(until: Callable[[], bool], seconds: float) -> None:
    """Run the event loop until something holds."""
    timer, loop = QTimer(), QEventLoop()
    end = time.monotonic() + seconds
    timer.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
    timer.start(20)
    loop.exec()
    assert time.monotonic() < end, "it took too long"


def measure(work: str, until: Callable[[], bool], where: bool) -> None:
    began, load = time.monotonic(), os.getloadavg()[0]
    heart = Heartbeat()
    spin(until, 60 * MINUTES)
    heart.stop()
    heart.report(f"{work} (load {load:.1f} to {os.getloadavg()[0]:.1f})", time.monotonic() - began, where)


def visit(window: MainWindow, seconds: float) -> QTimer:
    """Show the pages in turn."""
    timer = QTimer(window)
    timer.timeout.connect(lambda: window.step_page(1))
    timer.start(round(1000 * seconds))
    return timer


def scroll(window: MainWindow) -> Iterator[bool]:
    """Scroll the grid to its end and back; yields whether it is done."""
    bar = window.page("calibration").grid.verticalScrollBar()  # type: ignore[attr-defined]
    steps = 400
    for step in (*range(steps + 1), *range(steps, -1, -1)):
        bar.setValue(bar.maximum() * step // steps)
        yield False
    while True:
        yield True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--where", action="store_true", help="tell what held up the longest gaps")
    options = parser.parse_args()
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    theme.apply(application, "light")
    collector = Collector()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_preferences(Preferences(welcomed=True), folder / "window.json")
        project = make_sample(folder / "sample.n6", lambda done, total: None)
        window = MainWindow(folder / "window.json", folder)
        window.resize(1280, 720)
        window.show()
        spin(lambda: len(window.pages) == len(window.row.buttons), 60)
        window.open_path(project)
        context = window.context
        spin(lambda: "inspect" in context.results and not window.engine.job, 60)
        timer = visit(window, 1.5)
        context.submit("evaluate")
        measure("whole chain", lambda: "evaluate" in context.results and not window.engine.job, options.where)
        measure("looking at the results", ended_after(12), options.where)
        timer.stop()
        many = folder / "many"
        many.mkdir()
        content = [path.read_bytes() for path in sorted((project / "pictures").rglob("*.jpg"))[:48]]
        for number in range(PICTURES):
            (many / f"{number:05}.jpg").write_bytes(content[number % len(content)])
        window.show_page("calibration")
        context.change_project(calibration=many)
        page = window.page("calibration")
        ready = lambda: page.grid.pictures.rowCount() == PICTURES  # type: ignore[attr-defined]  # noqa: E731
        measure(f"taking up {PICTURES} pictures", ready, options.where)
        spin(ended_after(3), 10)
        steps = scroll(window)
        measure(f"scrolling through {PICTURES} pictures", lambda: next(steps), options.where)
        window.close()
    collector.stop()


def ended_after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


if __name__ == "__main__":
    main()
