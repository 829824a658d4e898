import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
import sys
import threading
import time

import psutil
import pytest

pytest.importorskip("PySide6.QtWidgets")

from event_loop import pause, settle, wait_until
from PySide6.QtCore import QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QToolButton

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


def left_over(application, threads, windows):
    """Return what a test must not leave behind.

    Args:
        application: the one of all tests.
        threads: Python's threads from before the test.
        windows: top-level widgets from before the test.
    """
    visible = [repr(window) for window in application.topLevelWidgets() if window.isVisible()]
    kept = [
        repr(window)
        for window in application.topLevelWidgets()
        if window not in windows and isinstance(window, QMainWindow | QDialog)
    ]
    ours = [item.name for item in threading.enumerate() if item.name in ("jobs", "desk", "stage messages")]
    new = [
        item.name
        for item in threading.enumerate()
        if item not in threads and not isinstance(item, threading._DummyThread)  # Qt's, seen by Python
    ]
    timers = [repr(timer) for timer in application.findChildren(QTimer) if timer.isActive()]
    processes = [repr(item) for item in psutil.Process().children(recursive=True) if item.is_running()]
    busy = ["the thread pool"] if QThreadPool.globalInstance().activeThreadCount() else []
    return visible + kept + ours + new + timers + processes + busy


@pytest.fixture(autouse=True)
def nothing_is_left(application):
    hooks = (sys.excepthook, threading.excepthook)
    threads, windows = threading.enumerate(), application.topLevelWidgets()
    yield
    QThreadPool.globalInstance().waitForDone(5000)
    settle_all()
    end = time.monotonic() + 3
    while left_over(application, threads, windows) and time.monotonic() < end:
        settle_all()  # what is about to end may take a moment
        time.sleep(0.02)
    assert not left_over(application, threads, windows)
    assert (sys.excepthook, threading.excepthook) == hooks


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
