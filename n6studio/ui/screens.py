"""Draws every page in its main states into PNG files, to be looked at: ``python -m n6studio.ui.screens FOLDER``.

Every state is drawn light and dark, at 1280x720 and 1920x1080, and at 200 % as 1280x720 and as the 640x360 that a
small screen has left then. Nothing is run or changed: with ``--project`` a finished project is shown, and what runs or
fails is pretended by the messages that a stage would send.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QDialog

from n6studio.ui import theme
from n6studio.ui.frame.error_dialog import UnexpectedDialog
from n6studio.ui.frame.main_window import MainWindow
from n6studio.ui.frame.preferences import Preferences, save_preferences
from n6studio.ui.looks import WindowScene, looks_of
from n6studio.ui.pages.look import Look

SIZES = {1: ((1280, 720), (1920, 1080)), 2: ((1280, 720), (640, 360))}  # per scale, in logical pixels
CHOICES: tuple[theme.Choice, ...] = ("light", "dark")


def main(arguments: list[str] | None = None) -> int:
    """Draw the pages; return the exit code."""
    argv = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m n6studio.ui.screens", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the images go")
    parser.add_argument("--project", type=Path, help="a project or checkpoint to show")
    parser.add_argument("--page", action="append", help="only this page; may be given more than once")
    parser.add_argument("--state", action="append", help="only this state; may be given more than once")
    parser.add_argument("--scale", type=int, choices=sorted(SIZES), help="only this scale; 2 is 200 %%")
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.scale is None:  # Qt takes a scale at its start only
        again = [sys.executable, "-m", "n6studio.ui.screens", *argv]
        codes = [subprocess.run([*again, "--scale", str(scale)], check=False).returncode for scale in sorted(SIZES)]
        return max(codes)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    application = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        save_preferences(Preferences(welcomed=True), Path(scratch) / "window.json")
        window = MainWindow(Path(scratch) / "window.json", Path(scratch))
        window.show()
        scene = WindowScene(application, window, Path(scratch))
        scene.wait(0.5)
        _Camera(application, scene, options).shoot_all()
        window.close()
    return 0


class _Camera:
    def __init__(self, application: QApplication, scene: WindowScene, options: argparse.Namespace) -> None:
        self._application, self._scene, self._folder = application, scene, options.folder
        self._project, self._scale, self._states = options.project, options.scale, options.state
        self._keys = [key for key in scene.window.row.buttons if not options.page or key in options.page]
        self._dialogs = not options.page and not options.state

    def shoot_all(self) -> None:
        self._shoot_pages(project=False)
        if self._dialogs:
            self._shoot_dialogs()
        if self._project is not None:
            self._scene.open_project(self._project)
            self._shoot_pages(project=True)

    def _shoot_pages(self, project: bool) -> None:
        for choice in CHOICES:
            theme.apply(self._application, choice)
            for key in self._keys:
                for look in looks_of(key):
                    if look.project == project and (not self._states or look.name in self._states):
                        self._shoot_look(key, look, choice)

    def _shoot_look(self, key: str, look: Look, choice: str) -> None:
        scene = self._scene
        scene.window.stack.show_page(key)
        QThreadPool.globalInstance().waitForDone(10_000)  # a page reads when it is first shown
        scene.wait(0.6)
        look.prepare(scene)
        for width, height in SIZES[self._scale]:
            scene.window.resize(width, height)
            scene.wait(0.4)
            name = f"{key}-{look.name}-{choice}-{width}x{height}@{self._scale}.png"
            scene.window.grab().save(str(self._folder / name))
        for dialog in scene.window.findChildren(QDialog):  # left open: `restore` closes it
            if dialog.isVisible():
                dialog.grab().save(str(self._folder / f"{key}-{look.name}-dialog-{choice}@{self._scale}.png"))
        look.restore(scene)
        scene.window.toast.hide()
        scene.wait(0.2)

    def _shoot_dialogs(self) -> None:
        window, dialogs = self._scene.window, self._scene.window.dialogs
        shown = {
            "palette": dialogs.show_palette,
            "shortcuts": dialogs.show_shortcuts,
            "settings": dialogs.show_settings,
            "keys": dialogs.show_key_settings,
            "doctor": dialogs.show_doctor,
            "diagnostics": dialogs.save_diagnostics,
            "unexpected": self._unexpected,
        }
        for choice in CHOICES:
            theme.apply(self._application, choice)
            for name, show in shown.items():
                show()
                self._scene.wait(4.0 if name in ("doctor", "diagnostics") else 0.4)
                for dialog in window.findChildren(QDialog):
                    self._shoot_dialog(dialog, f"dialog-{name}-{choice}")
            for key in self._keys:
                window.stack.show_page(key)
                dialogs.show_help()
                self._scene.wait(0.3)
                for dialog in window.findChildren(QDialog):
                    self._shoot_dialog(dialog, f"help-{key}-{choice}")
            window.stack.show_page("import")
            self._self_test(choice)

    def _shoot_dialog(self, dialog: QDialog, name: str) -> None:
        if dialog.isVisible():
            dialog.grab().save(str(self._folder / f"{name}@{self._scale}.png"))
            dialog.close()
            self._scene.wait(0.1)

    def _unexpected(self) -> None:
        dialog = UnexpectedDialog(self._scene.window)
        dialog.add("Traceback (most recent call last):\n  an example of a traceback")
        dialog.show()

    def _self_test(self, choice: str) -> None:
        window = self._scene.window
        window.show_self_test()
        self._scene.wait(3.0)
        window.resize(*SIZES[self._scale][0])
        self._scene.wait(0.3)
        window.grab().save(str(self._folder / f"self-test-{choice}@{self._scale}.png"))
        window.preferences.change(welcomed=True)
        window.stack.show_page("import")


if __name__ == "__main__":
    sys.exit(main())
