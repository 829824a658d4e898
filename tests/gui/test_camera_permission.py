"""Who may use the camera: macOS is asked on the main thread, the others when it is opened."""

import sys

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt

from n6studio.ui.pages.live import camera_permission
from n6studio.ui.pages.live.camera_permission import when_allowed


class Answer:
    """What macOS says."""

    def __init__(self, status):
        self._status = status

    def status(self):
        return self._status


@pytest.mark.parametrize("granted", [True, False])
def test_macos_is_asked_once(application, monkeypatch, granted):
    told, owner = [], QObject()
    status = Qt.PermissionStatus.Granted if granted else Qt.PermissionStatus.Denied
    known = [Qt.PermissionStatus.Undetermined]

    class System:
        @staticmethod
        def instance():
            return System

        @staticmethod
        def checkPermission(permission):  # noqa: N802
            return known[0]

        @staticmethod
        def requestPermission(permission, context, answered):  # noqa: N802
            told.append("asked")
            assert context is owner
            known[0] = status
            answered(Answer(status))

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(camera_permission, "QCoreApplication", System)
    when_allowed(owner, lambda: told.append("open"), lambda: told.append("refused"))
    assert told == ["asked", "open" if granted else "refused"]
    if granted:
        when_allowed(owner, lambda: told.append("open"), lambda: told.append("refused"))
        assert told == ["asked", "open", "open"], "it is known already"


def test_qt_has_what_is_called():
    assert callable(QCoreApplication.checkPermission)
    assert callable(QCoreApplication.requestPermission)


def test_others_are_not_asked(application, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "platform", "linux")
    when_allowed(QObject(), lambda: told.append("open"), lambda: told.append("refused"))
    assert told == ["open"]
