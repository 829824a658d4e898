"""File dialogs."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

_OPEN = {
    "recording": ("Open recording", "Recordings (*.mjpeg *.mjpg *.mjpeg.part);;All files (*)"),
    "video": ("Open video", "Videos (*.mp4 *.avi *.mov *.mkv *.webm);;All files (*)"),
    "network": ("Choose model", "Models (*.tflite);;All files (*)"),
    "labels": ("Choose labels", "COCO keypoint files (*.json);;All files (*)"),
    "folder": ("Choose image folder", ""),
}


def ask_for_source(parent: QWidget, kind: str, given: Callable[[Path], object]) -> None:
    """Ask for a recording, video, folder, model or labels; `given` is called with what was chosen."""
    title, kinds = _OPEN[kind]
    dialog = QFileDialog(parent, title, str(Path.home()), kinds)
    dialog.setFileMode(QFileDialog.FileMode.Directory if kind == "folder" else QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: given(Path(name)))
    dialog.open()


def ask_for_target(parent: QWidget, title: str, start: Path, kinds: str, given: Callable[[Path], object]) -> None:
    """Ask where to write a file; `given` is called with what was chosen."""
    dialog = QFileDialog(parent, title, str(start), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix.lstrip("."))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: given(Path(name)))
    dialog.open()
