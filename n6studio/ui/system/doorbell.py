"""One window for later starts: they ring at the one that is open, which comes to the front where that answers them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from n6studio.domain.errors.files import StorageError
from n6studio.system.files import make_folder

if TYPE_CHECKING:  # takes 15 ms to load, which the first paint does without
    from PySide6.QtNetwork import QLocalSocket

PATIENCE_MS = 2000  # a window that takes longer than this to answer is stuck: another one is more use
LONGEST = 10_000  # bytes of a path
_YES, _NO = b"yes\n", b"no\n"


def _name(place: Path) -> str:
    """Return what the door is called: a socket in the user's own folder, or on Windows a pipe named after it."""
    if sys.platform == "win32":
        return "n6studio-" + hashlib.sha256(str(place).encode()).hexdigest()[:24]
    return str(place / "window.socket")


def ring(place: Path, wanted: str) -> bool:
    """Ask the window that is open to come to the front; return whether it does.

    Args:
        place: the user's folder of preferences.
        wanted: absolute path of what is to be opened; "" for nothing in particular.
    """
    name = _name(place)
    if sys.platform != "win32" and not Path(name).exists():
        return False
    from PySide6.QtNetwork import QLocalSocket

    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(PATIENCE_MS):
        return False
    socket.write(wanted.encode() + b"\n")
    socket.flush()
    while not socket.canReadLine():
        if not socket.waitForReadyRead(PATIENCE_MS):
            return False
    return socket.readLine().data() == _YES


class Doorbell(QObject):
    """Answers later starts. Lives on the GUI thread.

    Args:
        answer: is given what a later start would open, "" for nothing, and returns whether this window shows it.
    """

    def __init__(self, answer: Callable[[str], bool], parent: QObject) -> None:
        from PySide6.QtNetwork import QLocalServer

        super().__init__(parent)
        self._answer = answer
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._came)

    def listen(self, place: Path) -> bool:
        """Answer from now on; return False where another window does, or where there is no room for a socket."""
        from PySide6.QtNetwork import QLocalServer, QLocalSocket

        try:
            make_folder(place)
        except StorageError:
            return False
        name = _name(place)
        socket = QLocalSocket()
        socket.connectToServer(name)
        if socket.waitForConnected(PATIENCE_MS):
            return False  # to listen would take its place from it
        QLocalServer.removeServer(name)  # left by a window that was killed
        return self._server.listen(name)

    def close(self) -> None:
        """Answer no longer."""
        self._server.close()

    def _came(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if socket.canReadLine():
            wanted = bytes(socket.readLine().data()).decode(errors="replace").rstrip("\n")
            socket.write(_YES if self._answer(wanted) else _NO)
            socket.flush()
            socket.disconnectFromServer()
        elif socket.bytesAvailable() > LONGEST:
            socket.abort()
