"""States that a page is drawn in so that a person can look at it; see `n6studio.ui.screens`.

A page adds states of its own as `LOOKS` in a module ``looks`` beside its widget's.
"""

import importlib
import importlib.util
import time
from pathlib import Path

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from n6studio.domain.errors.stages import Cancelled, StageDied
from n6studio.domain.messages import Progressed, StepBegan, Warned
from n6studio.stages.inspect.stage import INSPECT
from n6studio.ui.frame.main_window import MainWindow
from n6studio.ui.pages.listing import pages
from n6studio.ui.pages.look import Look, Scene
from n6studio.ui.pages.page import Page

LEAST_TURNS = 30  # of the event loop


class WindowScene:
    """The whole window in front of the camera; a `n6studio.ui.pages.look.Scene`."""

    def __init__(self, application: QApplication, window: MainWindow, folder: Path) -> None:
        self._application, self.window, self.folder = application, window, folder
        self.context = window.context

    def page(self, key: str) -> Page:
        """Return a page."""
        return self.window.stack.page(key)

    def set_log_open(self, unfold: bool) -> None:
        """Unfold or fold the log."""
        self.window.drawer.set_open(unfold)

    def wait(self, seconds: float) -> None:
        """Let the window go on, on a busy machine at least until what lies in each other is laid out."""
        end, turns = time.monotonic() + seconds, 0
        while time.monotonic() < end or turns < LEAST_TURNS:
            self._application.processEvents()
            time.sleep(0.005)
            turns += 1

    def open_project(self, path: Path) -> None:
        """Open a project or checkpoint, and wait until it is shown whole."""
        self.window.opening.open_path(path)
        end = time.monotonic() + 60
        while time.monotonic() < end and (INSPECT.name not in self.context.results or self.window.engine.job):
            self.wait(0.1)
        self.wait(2.0)
        QThreadPool.globalInstance().waitForDone(20_000)
        self.wait(0.5)


def looks_of(key: str) -> tuple[Look, ...]:
    """Return all states of a page: those that every page has, those of its stage, and its own, which go before."""
    page = pages()[key]
    stage, own = page.stage, f"{page.package}.looks"
    looks = [Look("empty", project=False), Look("done")]
    if stage:
        looks += [
            Look("running", lambda scene: _run(scene, stage), lambda scene: _stop(scene, stage)),
            Look("failed", lambda scene: _fail(scene, stage), lambda scene: _stop(scene, stage)),
        ]
    if page.entry.widget and importlib.util.find_spec(own) is not None:
        looks += importlib.import_module(own).LOOKS
    return tuple({look.name: look for look in looks}.values())


def _run(scene: Scene, stage: str) -> None:
    """Let a stage run half-way: by the messages that it would send."""
    context = scene.context
    context.job_started.emit(stage)
    context.job_message.emit(stage, StepBegan("load", 1, 4))
    scene.wait(0.6)
    context.job_message.emit(stage, StepBegan("work on images", 2, 4))
    context.job_message.emit(stage, Warned("Two images could not be read and were left out."))
    scene.wait(0.7)
    context.job_message.emit(stage, Progressed(12, 48, "images"))
    scene.set_log_open(True)


def _fail(scene: Scene, stage: str) -> None:
    scene.context.job_started.emit(stage)
    log = scene.folder / f"{stage}.log"
    scene.context.job_failed.emit(stage, StageDied(stage=stage, how="signal 9", log=str(log)))


def _stop(scene: Scene, stage: str) -> None:
    """Let a stage be stopped, and forget that it was."""
    scene.set_log_open(False)
    scene.context.job_started.emit(stage)
    scene.context.job_failed.emit(stage, Cancelled(stage=stage))
