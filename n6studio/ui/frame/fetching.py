"""Something that is fetched for minutes, in a thread of its own, while everything else goes on."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal
from PySide6.QtWidgets import QProgressBar

from n6studio.domain.texts import bytes_text, duration
from n6studio.engine.layers import LayerProgress
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected

_STEPS = {"look up packages": "Looking up packages", "download": "Downloading", "install": "Installing"}

Work = Callable[[Callable[[LayerProgress], None], threading.Event], object]
"""Receives whom to tell how far it is, and what is set when it shall stop."""


class Fetching(QObject):
    """Fetches one thing at a time.

    Args:
        context: told that there is work.
        work: key under which it is told.
        title: what is fetched, inside a sentence.

    Signals:
        progressed(progress): a `LayerProgress`.
        ended(error): None where it is there, else the `StudioError`.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, context: Context, work: str, title: str) -> None:
        super().__init__()
        self._context, self._work, self._title = context, work, title
        self._thread: QThread | None = None
        self._cancel = threading.Event()

    @property
    def running(self) -> bool:
        """Whether it is fetching."""
        return self._thread is not None

    def begin(self, sentence: str, work: Work) -> None:
        """Begin, where it has not begun yet."""
        if self._thread is not None:
            return
        self._cancel = cancel = threading.Event()
        self._context.begin_work(self._work, sentence, cancel.set)
        self._thread = thread = _Thread(lambda: work(self.progressed.emit, cancel))
        thread.done.connect(self._done, Qt.ConnectionType.QueuedConnection)
        thread.start()

    def cancel(self) -> None:
        """Ask it to stop; what has been downloaded is kept."""
        self._cancel.set()

    def _done(self, error: Exception | None) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.wait()
        self._context.end_work(self._work)
        self.ended.emit(None if error is None else expected(error, self._title))


class _Thread(QThread):
    done = Signal(object)

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        error: Exception | None = None
        try:
            self._work()
        except Exception as caught:
            error = caught
        self.done.emit(error)


def show_progress(bar: QProgressBar, progress: LayerProgress) -> None:
    """Let a bar show how far it is."""
    if progress.total:
        bar.setRange(0, 1000)
        bar.setValue(progress.done * 1000 // progress.total)
    else:
        bar.setRange(0, 0)


def progress_text(progress: LayerProgress) -> str:
    """Return how far it is, in words."""
    text = _STEPS.get(progress.step, progress.step[:1].upper() + progress.step[1:])
    if progress.total:
        text += f": {bytes_text(progress.done)} of {bytes_text(progress.total)}"
    if progress.left is not None and progress.left >= 1:
        text += f", {duration(progress.left)} left"
    return text
