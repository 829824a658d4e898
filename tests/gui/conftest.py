import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import contextlib
import shutil
import sys
import threading
import time
from dataclasses import dataclass

import psutil
import pytest

pytest.importorskip("PySide6.QtWidgets")

from event_loop import pause, settle, wait_until
from PySide6.QtCore import QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QToolButton, QWidget

from n6studio.ui import theme
from n6studio.ui.background import Turns
from n6studio.ui.system.garbage import Collector


@pytest.fixture(scope="session")
def application():
    """One application for all tests; nothing of it touches the developer's settings."""
    made = QApplication.instance() or QApplication(["n6studio-tests"])
    theme.apply(made, "light")
    collector = Collector()
    yield made
    collector.stop()


def drawn():
    """Let the queue of charts run empty."""
    queue = QApplication.instance().findChild(Turns, "drawing")
    end = time.monotonic() + 10
    while queue is not None and queue.waiting() and time.monotonic() < end:
        pause(5)


def settle_all():
    settle()
    drawn()


@dataclass(frozen=True)
class LeftOver:
    """What a test must not leave behind."""

    windows: list[QWidget]
    timers: list[QTimer]
    threads: list[threading.Thread]
    processes: list[psutil.Process]
    pooled: int

    def told(self) -> list[str]:
        """Return a line for each."""
        kept = [repr(one) for one in (*self.windows, *self.timers, *self.threads, *self.processes)]
        return kept + (["the thread pool"] if self.pooled else [])

    def end(self) -> None:
        """Take it out of the way of later tests, which would fail for it, too.

        Windows are not closed, since they may ask, nor main windows deleted, whose threads may run.
        """
        for timer in self.timers:
            timer.stop()
        for window in self.windows:
            window.hide()
            if not isinstance(window, QMainWindow):
                window.deleteLater()
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self.processes, timeout=10)
        settle()


def left_over(application, threads, windows, pooled):
    """Return what is there and was not before.

    Args:
        application: the one of all tests.
        threads: Python's threads from before the test.
        windows: top-level widgets from before the test.
        pooled: how many threads of Qt's pool were at work before the test.
    """
    return LeftOver(
        windows=[
            window
            for window in application.topLevelWidgets()
            if window.isVisible() or (window not in windows and isinstance(window, QMainWindow | QDialog))
        ],
        timers=[timer for timer in application.findChildren(QTimer) if timer.isActive()],
        threads=[
            thread
            for thread in threading.enumerate()
            if thread not in threads and not isinstance(thread, threading._DummyThread)  # Qt's, seen by Python
        ],
        processes=[one for one in psutil.Process().children(recursive=True) if one.is_running()],
        pooled=max(0, QThreadPool.globalInstance().activeThreadCount() - pooled),
    )


@pytest.fixture(autouse=True)
def nothing_is_left(application):
    hooks = (sys.excepthook, threading.excepthook)
    before = (threading.enumerate(), application.topLevelWidgets(), QThreadPool.globalInstance().activeThreadCount())
    yield
    QThreadPool.globalInstance().waitForDone(5000 if not before[2] else 100)
    settle_all()
    end = time.monotonic() + 3
    while left_over(application, *before).told() and time.monotonic() < end:
        settle_all()  # what is about to end may take a moment
        time.sleep(0.02)
    kept, changed = left_over(application, *before), (sys.excepthook, threading.excepthook) != hooks
    told = kept.told()
    if told or changed:
        kept.end()
        sys.excepthook, threading.excepthook = hooks
    assert not told
    assert not changed, "an exception hook"


@pytest.fixture
def wait():
    """Return what waits for a condition while events happen."""
    return wait_until


@pytest.fixture
def answers(monkeypatch):
    """Every question of the window is answered with the last item of this list, True at first, and noted."""
    asked = []

    class Answers(list):
        texts = asked

    given = Answers([True])

    def answer(parent, title, text, yes, no):
        asked.append(text)
        return given[-1]

    monkeypatch.setattr("n6studio.ui.frame.main_window.ask", answer)
    monkeypatch.setattr("n6studio.ui.frame.project_opening.ask", answer)
    return given


@pytest.fixture
def window(application, tmp_path, answers):
    """A whole window with its own preferences, closed and checked afterwards."""
    from n6studio.ui.frame.main_window import MainWindow

    (tmp_path / "window.json").write_text('{"welcomed": true}')  # the self-test has tests of its own
    made = MainWindow(tmp_path / "window.json", tmp_path / "documents")
    made.resize(1280, 720)
    made.show()
    pause(50)
    yield made
    answers.append(True)
    made.close()
    assert not [timer for timer in made.findChildren(QTimer) if timer.isActive()], "a timer outlived the window"
    threads = made.engine._threads
    assert all(not thread.isRunning() for thread in threads), "a thread of the engine outlived the window"
    assert all(isinstance(thread, QThread) for thread in threads)
    made.deleteLater()
    settle_all()


@pytest.fixture
def checkpoint(carried, tmp_path):
    """A copy of the carried checkpoint in a folder of its own, where its project will lie."""
    folder = tmp_path / "my models"
    folder.mkdir()
    return shutil.copy2(carried.checkpoint, folder / "jogger.pt")


@pytest.fixture
def reset():
    """Return what brings back a setting's default in a form, by the button that a screen reader calls "Reset TITLE"."""

    def press(form, title):
        next(made for made in form.findChildren(QToolButton) if made.accessibleName() == f"Reset {title}").click()

    return press
