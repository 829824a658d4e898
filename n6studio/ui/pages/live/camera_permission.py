"""macOS asks whether a program may use the camera, and only where its main thread wants to know."""

import sys
from collections.abc import Callable

from PySide6.QtCore import QCameraPermission, QCoreApplication, QObject, QPermission, Qt


def when_allowed(owner: QObject, allowed: Callable[[], object], refused: Callable[[], object]) -> None:
    """Call `allowed` where the camera may be used, at once or when the user has agreed; `refused` where not.

    Other systems say no when it is opened. On the GUI thread.

    Args:
        owner: without it nobody waits for the answer.
        allowed: opens the camera.
        refused: says that it may not be opened.
    """
    application = QCoreApplication.instance()
    if sys.platform != "darwin" or application is None:
        allowed()
        return
    permission = QCameraPermission()

    def answered(answer: QPermission) -> None:
        if answer.status() == Qt.PermissionStatus.Granted:
            allowed()
        else:
            refused()

    if application.checkPermission(permission) == Qt.PermissionStatus.Granted:
        allowed()
    else:
        application.requestPermission(permission, owner, answered)
