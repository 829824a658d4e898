"""Whether the window's memory stays flat over many evaluations: python benchmarks/window_memory.py [--runs 50].

One window evaluates the sample project again and again; after each run its results are loaded and all of its pages are
looked at. Printed are the resident memory and the number of widgets, timers and threads of the window's process (the
stages have processes of their own). Flat means: after the first runs nothing grows with every further one.
"""

import argparse
import dataclasses
import gc
import os
import tempfile
import threading
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from window_heartbeat import ended_after, sample_window, spin

from n6studio.domain.results import AnyResult
from n6studio.engine.chain.again import Again
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.ui.frame.main_window import MainWindow

WARM_UP = 10  # runs before which caches may still fill
IMAGES = 12


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        window, collector = sample_window(Path(name))
        opened = window.context.project
        assert opened is not None
        settings = dataclasses.replace(opened.settings_of(EVALUATE), max_images=IMAGES)
        window.context.change_settings(EVALUATE, settings)
        held = [evaluate(window, number) for number in range(options.runs + 1)]
        window.close()
    collector.stop()
    warm = held[min(WARM_UP, len(held) // 2) :]
    growth = (warm[-1] - warm[0]) / max(1, len(warm) - 1)
    print(f"after run {len(held) - len(warm)}: {warm[0]:.1f} MB, after run {len(held) - 1}: {warm[-1]:.1f} MB")
    print(f"{growth:+.3f} MB a run after warm-up, largest {max(held):.1f} MB")


def evaluate(window: MainWindow, number: int) -> float:
    """Evaluate once more and look at every page; return the resident memory in MB."""
    done: dict[str, bool] = {}  # stage -> whether it had nothing to do

    def finished(stage: str, result: AnyResult) -> None:
        done[stage] = result.fresh

    window.context.job_finished.connect(finished)
    window.context.submit("evaluate", Again.LAST if number else None)
    spin(lambda: "evaluate" in done and not window.engine.job, 300)
    window.context.job_finished.disconnect(finished)
    if number and done["evaluate"]:
        raise SystemExit("nothing was evaluated: the result was up to date")
    for key in window.row.buttons:
        window.stack.show_page(key)
        spin(ended_after(0.15), 5)
    spin(ended_after(0.6), 5)
    gc.collect()
    held = psutil.Process().memory_info().rss / 1e6
    widgets, timers = len(QApplication.allWidgets()), len(window.findChildren(QTimer))
    objects = len(gc.get_objects())
    if number % 5 == 0:
        print(
            f"run {number}: {held:.1f} MB, {widgets} widgets, {timers} timers, {threading.active_count()} threads, "
            f"{objects} objects",
            flush=True,
        )
    return held


if __name__ == "__main__":
    main()
