"""How long the window's event loop is held up while it works: python benchmarks/window_heartbeat.py [--where].

A timer of 5 ms beats in a real window; how much later than that a beat comes is how long the window could not have
answered a key; a part of it is the window's own work, a part may be that other processes had the processors. Two pieces
of work: the whole chain on the sample project while all pages are visited in turn, and a grid of 10,000 images that is
scrolled from end to end. ``--where`` tells what the window itself was doing in the beats that took it longest: on a
busy machine that is what can be judged, while how late they came depends on the others.
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

from n6studio.engine.project.sample import make_sample
from n6studio.ui import theme
from n6studio.ui.background import let_the_window_go_first
from n6studio.ui.frame.main_window import MainWindow
from n6studio.ui.frame.preferences import Preferences, save_preferences
from n6studio.ui.system.garbage import Collector

BEAT = 0.005  # seconds
LONG = 0.050  # what the window must never take
IMAGES = 10_000
MINUTES = 10
WORST = 6  # beats whose work is told


def queued() -> float:
    """Return the seconds in which this thread could have run and other processes had the processors; 0 if unknown."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Heartbeat:
    """Notes how late every beat is, and where the GUI thread was during the late ones."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.own: list[
            float
        ] = []  # processor time of the GUI thread between two beats: what a quiet machine would wait
        self.queued: list[float] = []  # time in which the thread could run and had no processor, where Linux tells
        self.heaviest: list[tuple[float, collections.Counter[str]]] = []  # own time of the worst beats; what was done
        self._seen: collections.Counter[str] = collections.Counter()  # since the last beat
        self._last, self._worked, self._queued = time.perf_counter(), time.thread_time(), queued()
        self._ended = threading.Event()
        self._thread = threading.get_ident()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(round(BEAT * 1000))
        threading.Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        now, worked, waited = time.perf_counter(), time.thread_time(), queued()
        self.queued.append(waited - self._queued)
        self.late.append(max(0.0, now - self._last - BEAT))
        self.own.append(worked - self._worked)
        if self.own[-1] > 0.5 * LONG:
            self.heaviest = sorted([*self.heaviest, (self.own[-1], self._seen)], key=lambda one: -one[0])[:WORST]
        self._seen = collections.Counter()
        self._last, self._worked, self._queued = now, worked, waited

    def _watch(self) -> None:
        clock = time.pthread_getcpuclockid(self._thread) if hasattr(time, "pthread_getcpuclockid") else None
        before = 0.0
        while not self._ended.wait(0.002):
            worked = time.clock_gettime(clock) if clock is not None else time.perf_counter()
            if worked - before >= 0.002:  # it has worked since: where it is now, it has spent that
                stack = traceback.extract_stack(sys._current_frames()[self._thread], limit=30)
                ours = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in stack[-9:]]
                self._seen[" > ".join(ours)] += 1
            before = worked

    def stop(self) -> None:
        """End it."""
        self._timer.stop()
        self._ended.set()

    def report(self, work: str, seconds: float, where: bool) -> None:
        """Print how late beats came, and how much of that was the window's own work."""
        late, own = sorted(1000 * value for value in self.late), sorted(1000 * value for value in self.own)
        over = [[round(value) for value in values if value > 1000 * LONG] for values in (late, own)]
        parts = [f"p{100 * share:g} {late[int(len(late) * share)]:.1f}" for share in (0.5, 0.95, 0.999)]
        print(f"{work}: {seconds:.0f} s, {len(late)} beats")
        print(f"  late by {', '.join(parts)}, max {late[-1]:.1f} ms; {len(over[0])} over 50 ms {over[0][-8:]}")
        print(f"  of it own work: max {own[-1]:.1f} ms; {len(over[1])} over 50 ms {over[1][-8:]}", flush=True)
        worst = max(range(len(self.late)), key=self.late.__getitem__)
        parts_of_worst = f"{1000 * self.own[worst]:.0f} own work, {1000 * self.queued[worst]:.0f} without a processor"
        print(f"  the latest beat: {1000 * self.late[worst]:.0f} ms, {parts_of_worst}", flush=True)
        for spent, stacks in self.heaviest if where else ():
            print(f"  {1000 * spent:.0f} ms of own work:")
            for stack, count in stacks.most_common(6):
                print(f"    {count} x {stack}", flush=True)


def spin(until: Callable[[], bool], seconds: float) -> None:
    """Run the event loop until something holds."""
    application = QApplication.instance()
    timer, loop = (
        QTimer(application),
        QEventLoop(application),
    )  # theirs, as the watcher may hold our frame a little longer
    end = time.monotonic() + seconds
    timer.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
    timer.start(20)
    loop.exec()
    timer.stop()
    timer.deleteLater()
    loop.deleteLater()
    assert time.monotonic() < end, "it took too long"


def measure(work: str, until: Callable[[], bool], where: bool) -> None:
    began, load = time.monotonic(), os.getloadavg()[0]
    heart = Heartbeat()
    spin(until, 60 * MINUTES)
    heart.stop()
    heart.report(f"{work} (load {load:.1f} to {os.getloadavg()[0]:.1f})", time.monotonic() - began, where)


def sample_window(folder: Path) -> tuple[MainWindow, Collector]:
    """Return a complete window with the sample project open in it, made below `folder`, and what looks for garbage."""
    let_the_window_go_first()
    application = QApplication([])
    theme.apply(application, "light")
    collector = Collector()
    save_preferences(Preferences(welcomed=True), folder / "window.json")
    project = make_sample(folder / "sample.n6", lambda done, total: None)
    window = MainWindow(folder / "window.json", folder)
    window.complete.connect(collector.settle)
    window.resize(1280, 720)
    window.show()
    for key in window.row.buttons:
        window.stack.page(key)
    window.opening.open_path(project)
    spin(lambda: "inspect" in window.context.results and not window.engine.job, 60)
    return window, collector


def visit(window: MainWindow, seconds: float) -> QTimer:
    """Show the pages in turn."""
    timer = QTimer(window)
    timer.timeout.connect(lambda: window.stack.step(1))
    timer.start(round(1000 * seconds))
    return timer


def scroll(window: MainWindow) -> Iterator[bool]:
    """Scroll the grid to its end and back; yields whether it is done."""
    bar = window.stack.page("calibration").grid.verticalScrollBar()  # type: ignore[attr-defined]
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        window, collector = sample_window(folder)
        context = window.context
        timer = visit(window, 1.5)
        context.submit("evaluate")
        measure("whole chain", lambda: "evaluate" in context.results and not window.engine.job, options.where)
        measure("looking at the results", ended_after(12), options.where)
        timer.stop()
        many = folder / "many"
        many.mkdir()
        content = [path.read_bytes() for path in sorted((folder / "sample.n6" / "pictures").rglob("*.jpg"))[:48]]
        for number in range(IMAGES):
            (many / f"{number:05}.jpg").write_bytes(content[number % len(content)])
        window.stack.show_page("calibration")
        context.change_project(calibration=many)
        page = window.stack.page("calibration")
        ready = lambda: page.grid.images.rowCount() == IMAGES  # type: ignore[attr-defined]  # noqa: E731
        measure(f"taking up {IMAGES} images", ready, options.where)
        spin(ended_after(3), 10)
        steps = scroll(window)
        measure(f"scrolling through {IMAGES} images", lambda: next(steps), options.where)
        window.close()
    collector.stop()


def ended_after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


if __name__ == "__main__":
    main()
