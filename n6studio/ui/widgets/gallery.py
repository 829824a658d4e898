"""Thumbnails of many images with captions; only those in sight are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QListView

from n6studio.ui.widgets.rows import Index, Rows
from n6studio.ui.widgets.thumbnails import Thumbnails, read_scaled

THUMBNAIL = QSize(176, 132)
_BEHIND = QColor(128, 128, 128, 40)


@dataclass(frozen=True)
class Entry:
    """One image: its file, what is said below it, and a number that is handed back."""

    path: Path
    caption: str
    key: int


def _on_plate(image: QImage | None) -> QImage:
    made = QImage(THUMBNAIL, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.fillRect(made.rect(), _BEHIND)
    if image is not None:
        painter.drawImage((THUMBNAIL.width() - image.width()) // 2, (THUMBNAIL.height() - image.height()) // 2, image)
    painter.end()
    return made


class Gallery(Rows):
    """Images as a list; a thumbnail is asked for when somebody looks at its row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._rows: dict[Path, int] = {}
        self._by_key: dict[int, int] = {}
        self._draw: Callable[[Path, QImage], object] = lambda path, image: None
        self._thumbnails = Thumbnails(self._plate, self)
        self._thumbnails.ready.connect(self._thumbnail_ready)
        self._blank = _on_plate(None)

    def draw_with(self, draw: Callable[[Path, QImage], object]) -> None:
        """Let `draw` draw on every thumbnail, in any thread, before it is shown; those that are known are made anew."""
        self._draw = draw
        self._thumbnails.forget()

    def _plate(self, path: Path) -> QImage:
        """Return a thumbnail in the middle of a plate, so that all are of one size."""
        image = read_scaled(path, THUMBNAIL)
        self._draw(path, image)
        return _on_plate(image)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these images in this order. Thumbnails already read are kept."""
        self._entries = tuple(entries)
        self._rows = {entry.path: row for row, entry in enumerate(self._entries)}
        self._by_key = {entry.key: row for row, entry in enumerate(self._entries)}
        self._thumbnails.forget_wishes()
        self.set_row_count(len(self._entries))

    def entry(self, row: int) -> Entry:
        """Return the image of a row."""
        return self._entries[row]

    def replace(self, row: int, entry: Entry) -> None:
        """Change what is said of a row."""
        self._entries = (*self._entries[:row], entry, *self._entries[row + 1 :])
        self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, key: int) -> int:
        """Return where the image with this number stands, -1 where it does not."""
        return self._by_key.get(key, -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return caption, thumbnail or path of a row."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{entry.path.name}\n{entry.caption}"
        if role == Qt.ItemDataRole.DecorationRole:
            image = self._thumbnails.get(entry.path)
            return self._blank if image is None or image.isNull() else image
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(entry.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.path.name}, {entry.caption}"
        return None

    @property
    def loaded(self) -> int:
        """How many thumbnails are in memory."""
        return len(self._thumbnails)

    def _thumbnail_ready(self, path: Path) -> None:
        row = self._rows.get(path)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row), [Qt.ItemDataRole.DecorationRole])


class GalleryView(QListView):
    """The thumbnails in rows.

    Signals:
        chosen(key): another image is the current one.
    """

    chosen = Signal(int)

    def __init__(self, model: Gallery) -> None:
        super().__init__()
        self.gallery = model
        self.setModel(model)
        self.setAccessibleName("Images, worst first")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setIconSize(THUMBNAIL)
        self.setGridSize(QSize(THUMBNAIL.width() + 20, THUMBNAIL.height() + 50))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802
        """Tell which image is the current one."""
        super().currentChanged(current, previous)
        if current.isValid():
            self.chosen.emit(self.gallery.entry(current.row()).key)

    def step(self, by: int) -> None:
        """Go to the next or previous image; stays at the ends."""
        count = self.gallery.rowCount()
        if count:
            row = min(count - 1, max(0, self.currentIndex().row() + by))
            self.setCurrentIndex(self.gallery.index(row))
