"""Opening a report, an image, a log or a folder with the system's programs: the only place that does."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.gates.openable import require_openable
from n6studio.ui.background import run_in_background


def open_page(address: str) -> None:
    """Open a web page of our own texts with the system's browser; nothing but https."""
    if address.startswith("https://"):
        QDesktopServices.openUrl(QUrl(address))


def open_with_system(owner: QObject, path: Path, tell: Callable[[str], object]) -> None:
    """Open what `require_openable` lets through; it is looked at off the GUI thread.

    Args:
        owner: who asks.
        path: what to open.
        tell: gets a sentence where it is not opened.
    """

    def not_opened(error: Exception) -> None:
        if not isinstance(error, StudioError):
            raise error
        shown = advice(error)
        tell(f"{shown.title}. {shown.why}")

    def do_open(_: None) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    run_in_background(owner, lambda: require_openable(path), do_open, not_opened)
