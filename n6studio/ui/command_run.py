"""A command of this program that a page runs beside the stages, off the GUI thread."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal

from n6studio.engine.jobs.command import run_command
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected


class CommandRun(QObject):
    """Runs one command at a time.

    Args:
        context: told that there is work.
        owner: the page; the command does not outlive it.

    Signals:
        told(line): the command says how far it is.
        changed: it began or ended.
        done(outputs): it ended well; its outputs, role -> path.
        failed(error): a `StudioError`, also `Cancelled`.
    """

    told = Signal(str)
    changed = Signal()
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, owner: QObject) -> None:
        super().__init__(owner)
        self._context = context
        self._key = ""
        self._cancel = threading.Event()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    @property
    def running(self) -> bool:
        """Whether a command runs."""
        return bool(self._key)

    def begin(self, title: str, words: Sequence[str], folder: Path) -> None:
        """Start a command, where none runs.

        Args:
            title: what is done, as a heading.
            words: the command with its options.
            folder: in which it runs.
        """
        if self._key:
            return
        self._key, self._cancel = words[0], threading.Event()
        cancel, tell = self._cancel, self.told.emit
        self._context.begin_work(self._key, title, cancel.set)
        self.changed.emit()
        run_in_background(
            self, lambda: run_command(words, folder, tell, cancel), self._ended_well, self._ended, self._pool
        )

    def cancel(self) -> None:
        """Ask it to stop."""
        self._cancel.set()

    def close_down(self) -> None:
        """Stop it and wait: the window closes."""
        self._cancel.set()
        self._pool.waitForDone()

    def _over(self) -> None:
        key, self._key = self._key, ""
        self._context.end_work(key)
        self.changed.emit()

    def _ended_well(self, outputs: Mapping[str, Path]) -> None:
        self._over()
        self.done.emit(outputs)

    def _ended(self, error: Exception) -> None:
        key = self._key
        self._over()
        self.failed.emit(expected(error, key))
