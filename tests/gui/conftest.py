import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
import sys
import threading
import time

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from n6studio.ui import theme
from n6studio.ui.garbage import Collector


@pytest.fixture(scope="session")
def application():
    """One application for all tests; nothing of it touches the developer's settings."""
    made = QApplication.instance() or QApplication(["n6studio-tests"])
    theme.apply(made, "light")
    collector = Collector()
    yield made
    collector.stop()


def settle():
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def left_over(application):
    """Return what a test must not leave behind: visible windows, running threads of ours, active timers of windows."""
    windows = [repr(window) for window in application.topLevelWidgets() if window.isVisible()]
    threads = [item.name for item in threading.enumerate() if item.name in ("jobs", "desk", "stage messages")]
    timers = [repr(timer) for timer in application.findChildren(QTimer) if timer.isActive()]
    return windows + threads + timers


@pytest.fixture(autouse=True)
def nothing_is_left(application):
    hooks = (sys.excepthook, threading.excepthook)
    yield
    QThreadPool.globalInstance().waitForDone(5000)
    settle()
    assert not left_over(application)
    assert (sys.excepthook, threading.excepthook) == hooks


@pytest.fixture
def wait():
    """Run the event loop until a condition holds; fail with what was waited for otherwise."""

    def wait_until(condition, what="", seconds=20.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited {seconds} s for {what or condition}"
            QTest.qWait(20)

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

    monkeypatch.setattr("n6studio.ui.main_window.ask", answer)
    monkeypatch.setattr("n6studio.ui.project_opening.ask", answer)
    return given


@pytest.fixture
def window(application, tmp_path, answers):
    """A whole window with its own preferences, closed and checked afterwards."""
    from n6studio.ui.main_window import MainWindow

    (tmp_path / "window.json").write_text('{"welcomed": true}')  # the self-test has tests of its own
    made = MainWindow(tmp_path / "window.json", tmp_path / "documents")
    made.resize(1280, 720)
    made.show()
    QTest.qWait(50)
    yield made
    answers.append(True)
    made.close()
    assert not [timer for timer in made.findChildren(QTimer) if timer.isActive()], "a timer outlived the window"
    threads = made.engine._threads
    assert all(not thread.isRunning() for thread in threads), "a thread of the engine outlived the window"
    assert all(isinstance(thread, QThread) for thread in threads)
    made.deleteLater()
    settle()


@pytest.fixture
def checkpoint(shared, tmp_path):
    """A copy of the shared checkpoint in a folder of its own, where its project will lie."""
    folder = tmp_path / "my models"
    folder.mkdir()
    return shutil.copy2(shared / "models" / "yolov8n-pose.pt", folder / "jogger.pt")
