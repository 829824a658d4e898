"""Tells on the desktop that a job has ended, while the user looks at another window."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

SHOWN_MS = 10_000


class Notifier(QObject):
    """Uses the system's notifications where it has them, and lets the task bar ask for attention everywhere.

    Signals and settings of the desktop (do not disturb) are respected by the desktop itself.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.enabled = True
        self.said: list[str] = []  # what the desktop was told
        self._tray: QSystemTrayIcon | None = None
        self._away = QTimer(self)
        self._away.setSingleShot(True)
        self._away.setInterval(SHOWN_MS)
        self._away.timeout.connect(self._hide)

    def say(self, title: str, text: str) -> None:
        """Tell, unless the window is in use or the user wants no messages."""
        if self._window.isActiveWindow() or not self.enabled:
            return
        QApplication.alert(self._window)
        self.said.append(f"{title}: {text}")
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
                self._tray.setToolTip("N6 Studio")
                self._tray.messageClicked.connect(self._come_back)
                self._tray.activated.connect(self._come_back)
            self._tray.show()  # only while there is something to say: we are no program that lives in the tray
            self._tray.showMessage(title, text, self._window.windowIcon(), SHOWN_MS)
            self._away.start()

    def _come_back(self, *_: object) -> None:
        self._window.raise_()
        self._window.activateWindow()
        self._hide()

    def _hide(self) -> None:
        if self._tray is not None:
            self._tray.hide()
