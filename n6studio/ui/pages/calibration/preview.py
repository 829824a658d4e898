"""One image in large, over the window: Space or Esc closes, arrows go on, Del leaves it out."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QSizePolicy, QVBoxLayout, QWidget

from n6studio.ui.background import run_in_background
from n6studio.ui.pages.calibration import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label
from n6studio.ui.widgets.thumbnail_grid import ThumbnailGrid
from n6studio.ui.widgets.thumbnails import read_scaled

LARGEST = QSize(1600, 1600)


class Preview(QDialog):
    """Shows one image at a time.

    Signals:
        step_wanted(steps): the next (1) or previous (-1) image.
        exclude_wanted(name): Del.
    """

    step_wanted = Signal(int)
    exclude_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Image")
        self.setModal(True)
        self.name = ""
        self._image = QImage()
        self._view = QLabel()
        self._view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._caption = label(select=True)
        self._keys = label(texts.PREVIEW_KEYS, TextRole.MUTED)
        layout = QVBoxLayout(self)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._caption)
        layout.addWidget(self._keys)
        self.resize(parent.window().size() * 0.85)

    def show_image(self, folder: Path, name: str, excluded: bool) -> None:
        """Show an image; it is decoded off the GUI thread."""
        self.name = name
        self._caption.setText(f"{name} (excluded)" if excluded else name)
        self._view.setAccessibleName(name)
        path = folder / name
        run_in_background(
            self,
            lambda: read_scaled(path, LARGEST),
            lambda image: self._arrived(name, image),
            lambda _: self._arrived(name, QImage()),
        )
        if not self.isVisible():
            self.open()

    def _arrived(self, name: str, image: QImage) -> None:
        if name == self.name:
            self._image = image
            self._fit()

    def _fit(self) -> None:
        if self._image.isNull():
            self._view.setText(texts.UNREADABLE if self.name else "")
            return
        ratio = self.devicePixelRatioF()
        room = QSize(self._view.size() * ratio).boundedTo(self._image.size())
        kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        pixmap = QPixmap.fromImage(self._image.scaled(room, kept, smooth))
        pixmap.setDevicePixelRatio(ratio)
        self._view.setPixmap(pixmap)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        if not self._image.isNull():
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802, D102
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self.accept()
        elif event.key() in steps:
            self.step_wanted.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Delete:
            self.exclude_wanted.emit(self.name)
        else:
            super().keyPressEvent(event)


class LargeView:
    """Shows images of the grid in large, one after the other.

    Args:
        page: the parent.
        grid: whose images.
        folder: returns where they lie, None where nothing is chosen.
        exclude: leaves images out, or takes them in again.
    """

    def __init__(
        self,
        page: QWidget,
        grid: ThumbnailGrid,
        folder: Callable[[], Path | None],
        exclude: Callable[[Sequence[str]], object],
    ) -> None:
        self._page, self._grid, self._folder, self._exclude = page, grid, folder, exclude
        self._preview: Preview | None = None

    def show(self, name: str) -> None:
        """Show an image in large."""
        folder = self._folder()
        if folder is None:
            return
        if self._preview is None:
            self._preview = Preview(self._page)
            self._preview.step_wanted.connect(self._step)
            self._preview.exclude_wanted.connect(self._exclude_shown)
        self._preview.show_image(folder, name, self._grid.images.is_excluded(name))

    def _step(self, steps: int) -> None:
        images = self._grid.images
        row = images.row_of(self._preview.name) + steps if self._preview is not None else -1
        if 0 <= row < images.rowCount():
            name = images.name(images.index(row))
            self._grid.select([name])
            self.show(name)

    def _exclude_shown(self, name: str) -> None:
        self._exclude([name])
        self.show(name)
