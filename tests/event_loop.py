"""Letting Qt's events happen in a test.

`QTest.qWait` keeps Python's lock, so threads that run Python (workers, readers) stand still while it waits; here they
run.
"""

import time

from PySide6.QtCore import QCoreApplication, QEvent


def pause(milliseconds):
    """Run the event loop for so long."""
    end = time.monotonic() + milliseconds / 1000
    while True:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.005))


def settle():
    """Let everything happen that is due, and what that makes due."""
    for _ in range(3):
        pause(0)


def wait_until(condition, what="", seconds=60.0):
    """Run the event loop until a condition holds; fail with what was waited for otherwise."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what or condition}"
        pause(5)
