"""How well the live view keeps up: reader, decoder and window in this process, the virtual board in another.

Usage: python benchmarks/live_window.py MODEL.tflite [--seconds 60] [--size 800x480] [--fps 30] [--npu-ms 0] [--every 1]

Prints frames/s on the screen, what was lost, skipped and damaged, the delay from the last byte received to the
painted image, and from the scene to the screen (by a marker that the board draws and the window reads back), the
longest time for which the window answered to nothing, what drawing ten people costs, and how the memory grew after the
first minute; a line a minute says how much it is. The processor time here is that of this process and of the one that
decodes JPEGs. Set QT_QPA_PLATFORM to measure on a screen; without one it is "offscreen".
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from n6studio.domain.live import Frame, FrameResults, Timings
from n6studio.domain.pose.people import People
from n6studio.link.session.session import LiveFrame
from n6studio.link.session.statistics import Stage
from n6studio.ui import theme
from n6studio.ui.background import let_the_window_go_first
from n6studio.ui.frame.main_window import MainWindow
from n6studio.ui.frame.preferences import Preferences, save_preferences
from n6studio.ui.pages.live import shown
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.overlay import OverlayOptions
from n6studio.ui.pages.live.page import LivePage
from n6studio.ui.system.garbage import Collector

BEAT_MS = 4
WARM_SECONDS = 5.0  # after the first image, until everything has been made
FIRST_MINUTE = 60.0
LOOK_SECONDS = 0.2
GAP_MS = 0.1  # how finely gaps are told apart
LONGEST_GAP_MS = 10_000.0


class Pulse:
    """Notes how long the window's event loop did not come round, in memory that does not grow with the hours."""

    def __init__(self) -> None:
        self.counts = np.zeros(round(LONGEST_GAP_MS / GAP_MS), np.int64)  # gaps of each length, in steps of GAP_MS
        self.longest = 0.0  # ms
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = max(0.0, (now - self._last) * 1e3 - BEAT_MS)
        self.counts[min(len(self.counts) - 1, int(gap / GAP_MS))] += 1
        self.longest = max(self.longest, gap)
        self._last = now

    def shorter_than(self, share: float) -> float:
        """Return the milliseconds that this share of all gaps does not exceed."""
        reached = np.cumsum(self.counts)
        return float((np.searchsorted(reached, share * reached[-1]) + 1) * GAP_MS)

    def stop(self) -> None:
        """Stop looking."""
        self._timer.stop()


def overlay_cost(people: int = 10) -> tuple[float, float]:
    """Return (p50, p95) milliseconds that drawing so many people takes in a view of 900 x 540."""
    random = np.random.default_rng(0)
    keypoints, boxes = np.zeros((people, 17, 3), np.float32), np.zeros((people, 4), np.float32)
    for person in range(people):
        keypoints[person, :, 0] = (person + 0.5) / people + random.normal(0, 0.02, 17)
        keypoints[person, :, 1] = 0.5 + random.normal(0, 0.12, 17)
        keypoints[person, :, 2] = random.uniform(0.1, 1.0, 17)
        x, y = keypoints[person, :, 0], keypoints[person, :, 1]
        boxes[person] = x.min(), y.min(), x.max(), y.max()
    found = People(boxes, np.linspace(0.9, 0.5, people).astype(np.float32), keypoints)
    results = FrameResults((1, 0), 0, 0, Timings(), "", None, found)
    image = np.full((480, 800, 3), 90, np.uint8)
    view = ImageView()
    view.resize(900, 540)
    view.show()
    view.set_options(OverlayOptions(names=True))
    QApplication.processEvents()  # only what is on the screen is painted
    costs = []
    for _ in range(200):
        view.show_frame(shown.shown(LiveFrame(Frame(b"", results, 0.0, 0), image, results, 0.0)))
        view.repaint()
        costs.append(view.overlay_seconds * 1e3)
    view.close()
    return float(np.percentile(costs, 50)), float(np.percentile(costs, 95))


class Run:
    """One measurement: waits for the first image and for everything to be warm, then measures until the end."""

    def __init__(self, application: QApplication, window: MainWindow, page: LivePage, seconds: float) -> None:
        self._application, self._window, self._page, self._seconds = application, window, page, seconds
        self._process = psutil.Process()
        self._begun: float | None = None
        self._warm: float | None = None
        self._minutes = 1  # the next one that is told
        self._memory: list[float] = []  # MB, every LOOK_SECONDS
        self._pulse: Pulse | None = None
        self._start: dict[str, int] = {}
        self._timer = QTimer()
        self._timer.setInterval(round(LOOK_SECONDS * 1000))
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._deadline = time.monotonic() + 60
        self._spent = (0.0, 0.0)

    def _counts(self) -> dict[str, int]:
        session = self._page.controller.session
        assert session is not None
        counts = session.counts()
        return {
            "received": counts.frames, "lost": counts.lost, "damaged": counts.damaged,
            "skipped": session.statistics().dropped, "painted": self._page.painted_count,
        }  # fmt: skip

    def _processor(self) -> tuple[float, float]:
        """Return the seconds of processor time that this process and its decoder, and the virtual board, have taken."""
        here, there = sum(self._process.cpu_times()[:2]), 0.0
        for child in self._process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                taken = sum(child.cpu_times()[:2])
                here, there = (here + taken, there) if "decode" in child.cmdline() else (here, there + taken)
        return here, there

    def _look(self) -> None:
        now = time.monotonic()
        if self._page.image.frame is None:
            if now > self._deadline:
                sys.exit(f"no image came: {self._page.state()[1]}")
            return
        if self._begun is None:
            self._begun = now
        if self._warm is None:
            if now - self._begun >= WARM_SECONDS:
                self._warm, self._start, self._pulse = now, self._counts(), Pulse()
                self._spent = self._processor()
            return
        self._memory.append(self._process.memory_info().rss / 1e6)
        if now - self._warm >= FIRST_MINUTE * self._minutes:
            print(f"minute {self._minutes}: {self._memory[-1]:.1f} MB", flush=True)
            self._minutes += 1
        if now - self._warm >= self._seconds:
            self._report(now - self._warm)
            self._timer.stop()
            self._window.close()
            self._application.quit()

    def _report(self, seconds: float) -> None:
        assert self._pulse is not None
        assert self._page.controller.session is not None
        self._pulse.stop()
        end = self._counts()
        spent = {name: end[name] - self._start[name] for name in end}
        delay = self._page.controller.session.statistics().stages[Stage.SHOWN]
        whole = self._page.controller.session.statistics().stages.get(Stage.SCREEN)
        later = self._memory[round(min(FIRST_MINUTE, seconds / 2) / LOOK_SECONDS) :]
        print(f"frames/s: {spent['received'] / seconds:.2f} received, {spent['painted'] / seconds:.2f} painted")
        print(f"of {spent['received']} frames: {spent['lost']} lost, {spent['damaged']} damaged, "
              f"{spent['received'] - spent['painted']} not painted")  # fmt: skip
        print(f"received to painted: p50 {delay.p50:.1f} ms, p95 {delay.p95:.1f} ms, most {delay.most:.1f} ms")
        if whole is not None:
            print(f"scene to screen: p50 {whole.p50:.0f} ms, p95 {whole.p95:.0f} ms of {whole.count} read back")
        print(f"event loop: longest gap {self._pulse.longest:.1f} ms, p99.9 {self._pulse.shorter_than(0.999):.1f} ms")
        here, there = (100 * (now - then) / seconds for now, then in zip(self._processor(), self._spent, strict=True))
        print(f"processor: {here:.0f} % of a core here and for decoding, {there:.0f} % for the virtual board")
        print(f"memory: {later[0]:.0f} MB early, {later[-1]:.0f} MB at the end, {max(later):.0f} MB at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", default="800x480")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--npu-ms", type=float, default=0.0, help="0 for what ST publishes")
    parser.add_argument("--every", type=int, default=1, help="run the model on every Nth image only")
    options = parser.parse_args()
    width, height = options.size.split("x")
    let_the_window_go_first()
    application = QApplication([])
    theme.apply(application, "light")
    collector = Collector()
    p50, p95 = overlay_cost()
    print(f"overlay of 10 people with names: p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    with tempfile.TemporaryDirectory() as scratch:
        save_preferences(Preferences(welcomed=True), Path(scratch) / "window.json")
        window = MainWindow(Path(scratch) / "window.json", Path(scratch))
        window.complete.connect(collector.settle)
        window.resize(1280, 720)
        window.show()
        window.stack.show_page("live")
        page = window.stack.page("live")
        assert isinstance(page, LivePage)
        page.controller.open(
            f"virtual:{options.model}?width={width}&height={height}&fps={options.fps:g}&npu_ms={options.npu_ms:g}"
            f"&inference_every={options.every}&marker=1"
        )
        run = Run(application, window, page, options.seconds)
        application.exec()
        del run
        collector.stop()


if __name__ == "__main__":
    main()
