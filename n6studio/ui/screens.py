"""Renders every page in its main states to PNG files, to be looked at: ``python -m n6studio.ui.screens FOLDER``.

With ``--project`` a finished project is shown, too; nothing in it is run or changed. What runs or fails is only
pretended, by the messages that a stage would send.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from n6studio.domain.errors import Cancelled, StageDied, StudioError
from n6studio.engine.chain import CHAIN
from n6studio.ui import theme
from n6studio.ui.error_dialog import UnexpectedDialog
from n6studio.ui.main_window import MainWindow

SIZES = ((1280, 720), (1920, 1080))
STAGE_OF = {"import": "inspect", "export": "export", "quantize": "quantize", "evaluate": "evaluate"}


def main(arguments: list[str] | None = None) -> int:
    """Render the pages; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m n6studio.ui.screens", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--project", type=Path, help="a project or checkpoint to show")
    parser.add_argument("--page", action="append", help="only this page; may be given more than once")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    options.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        window = MainWindow(Path(scratch) / "window.json", Path(scratch))
        window.show()
        _wait(application, 0.5)
        keys = [key for key in window.row.buttons if not options.page or key in options.page]
        _shoot_all(application, window, keys, options.folder, "empty")
        if options.project is not None:
            _open(application, window, options.project)
            _shoot_all(application, window, keys, options.folder, "project")
            for key in keys:
                _pretend(application, window, key, options.folder)
        _shoot_dialogs(application, window, options.folder)
        window.engine.cancel()
        _wait(application, 0.2)
        window.close()
    return 0


def _wait(application: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.005)


def _open(application: QApplication, window: MainWindow, path: Path) -> None:
    window.open_path(path)
    end = time.monotonic() + 60
    while time.monotonic() < end and ("inspect" not in window.context.results or window.engine.job):
        _wait(application, 0.1)
    _wait(application, 2.0)
    QThreadPool.globalInstance().waitForDone(20_000)
    _wait(application, 0.5)


def _shoot_all(application: QApplication, window: MainWindow, keys: list[str], folder: Path, state: str) -> None:
    for look in ("light", "dark"):
        theme.apply(application, "dark" if look == "dark" else "light")
        for size in SIZES:
            window.resize(*size)
            for key in keys:
                window.show_page(key)
                _wait(application, 0.35)
                _shoot(window, folder / f"{key}-{state}-{look}-{size[0]}.png")


def _shoot(window: MainWindow, file: Path) -> None:
    window.grab().save(str(file))
    sys.stdout.write(f"{file}\n")


def _pretend(application: QApplication, window: MainWindow, key: str, folder: Path) -> None:
    """Show a page while its stage runs, and after it has failed."""
    context, stage = window.context, STAGE_OF.get(key)
    if stage not in CHAIN:
        return
    error: StudioError = StageDied(stage=stage, how="signal 9", log=str(folder / "stage.log"))
    theme.apply(application, "light")
    window.resize(*SIZES[0])
    window.show_page(key)
    context.job_started.emit(stage)
    context.job_message.emit(stage, {"type": "step", "name": "load", "index": 1, "count": 4})
    _wait(application, 0.6)
    context.job_message.emit(stage, {"type": "step", "name": "work on pictures", "index": 2, "count": 4})
    context.job_message.emit(stage, {"type": "warning", "text": "Two pictures could not be read and were left out."})
    _wait(application, 0.7)
    context.job_message.emit(stage, {"type": "progress", "done": 12, "total": 48, "unit": "images"})
    window.drawer.set_open(True)
    _wait(application, 0.5)
    _shoot(window, folder / f"{key}-running-light-1280.png")
    window.drawer.set_open(False)
    context.job_failed.emit(stage, error)
    _wait(application, 0.4)
    _shoot(window, folder / f"{key}-failed-light-1280.png")
    theme.apply(application, "dark")
    _wait(application, 0.3)
    _shoot(window, folder / f"{key}-failed-dark-1280.png")
    context.job_started.emit(stage)
    context.job_failed.emit(stage, Cancelled(stage=stage))


def _shoot_dialogs(application: QApplication, window: MainWindow, folder: Path) -> None:
    theme.apply(application, "light")
    for name, show in (
        ("palette", window.show_palette),
        ("shortcuts", window.show_shortcuts),
        ("settings", window.show_settings),
        ("doctor", window.show_doctor),
    ):
        show()
        _wait(application, 4.0 if name == "doctor" else 0.3)
        shown = application.activeModalWidget()
        if shown is not None:
            shown.grab().save(str(folder / f"dialog-{name}.png"))
            shown.close()
    dialog = UnexpectedDialog(window)
    dialog.add("Traceback (most recent call last):\n  an example of a traceback")
    dialog.show()
    _wait(application, 0.3)
    dialog.grab().save(str(folder / "dialog-unexpected.png"))
    dialog.close()


if __name__ == "__main__":
    sys.exit(main())
