"""Thumbnails of many pictures: only those in sight are read, off the GUI thread, the newest wish first."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    QThreadPool,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPixmap
from PySide6.QtWidgets import QListView

from n6studio.ui.background import run_in_background

THUMBNAIL = QSize(176, 132)
_KEPT = 400  # thumbnails held in memory, about 90 KiB each
_WAITING = 120  # wishes remembered; older ones are for rows long scrolled by
_AT_ONCE = 2

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One picture: its file, what is said below it, and a number that is handed back."""

    path: Path
    caption: str
    key: int


def read_scaled(path: Path, most: QSize) -> QImage:
    """Return a picture turned as its EXIF data says and no larger than `most`; decoders that can read less, do.

    Raises:
        OSError: it cannot be read.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        turned = bool(reader.transformation().value & 4)
        limit = most.transposed() if turned else most
        if size.width() > limit.width() or size.height() > limit.height():
            reader.setScaledSize(size.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise OSError(reader.errorString())
    return image


class Gallery(QAbstractListModel):
    """Pictures as a list; a thumbnail is asked for when somebody looks at its row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._rows: dict[Path, int] = {}
        self._thumbnails: OrderedDict[Path, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._reading: set[Path] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_AT_ONCE)
        self._blank = _card(None, QColor(128, 128, 128, 40))

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these pictures in this order. Thumbnails already read are kept."""
        self.beginResetModel()
        self._entries = tuple(entries)
        self._rows = {entry.path: row for row, entry in enumerate(self._entries)}
        self._wanted.clear()
        self.endResetModel()

    def entry(self, row: int) -> Entry:
        """Return the picture of a row."""
        return self._entries[row]

    def replace(self, row: int, entry: Entry) -> None:
        """Change what is said of a row."""
        self._entries = (*self._entries[:row], entry, *self._entries[row + 1 :])
        self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, key: int) -> int:
        """Return where the picture with this number stands, -1 where it does not."""
        return next((row for row, entry in enumerate(self._entries) if entry.key == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """Return how many pictures there are."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return caption, thumbnail or path of a row."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{entry.path.name}\n{entry.caption}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(entry.path)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(entry.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.path.name}, {entry.caption}"
        return None

    @property
    def loaded(self) -> int:
        """How many thumbnails are in memory."""
        return len(self._thumbnails)

    def _thumbnail(self, path: Path) -> QPixmap:
        known = self._thumbnails.get(path)
        if known is not None:
            self._thumbnails.move_to_end(path)
            return known
        if path not in self._reading:
            self._wanted[path] = None
            self._wanted.move_to_end(path)
            while len(self._wanted) > _WAITING:
                self._wanted.popitem(last=False)
            self._read_next()
        return self._blank

    def _read_next(self) -> None:
        while self._wanted and len(self._reading) < _AT_ONCE:
            path, _ = self._wanted.popitem()
            self._reading.add(path)
            run_in_background(
                self,
                lambda path=path: read_scaled(path, THUMBNAIL),  # type: ignore[misc]
                lambda image, path=path: self._arrived(path, image),  # type: ignore[misc]
                lambda _, path=path: self._arrived(path, None),  # type: ignore[misc]
                self._pool,
            )

    def _arrived(self, path: Path, image: QImage | None) -> None:
        self._reading.discard(path)
        self._thumbnails[path] = _card(image, QColor(128, 128, 128, 40))
        while len(self._thumbnails) > _KEPT:
            self._thumbnails.popitem(last=False)
        row = self._rows.get(path)
        if row is not None:
            index = self.index(row)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])
        self._read_next()


def _card(image: QImage | None, behind: QColor) -> QPixmap:
    """Return a thumbnail in the middle of a plate, so that all are of one size."""
    made = QPixmap(THUMBNAIL)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.fillRect(made.rect(), behind)
    if image is not None:
        painter.drawImage((THUMBNAIL.width() - image.width()) // 2, (THUMBNAIL.height() - image.height()) // 2, image)
    painter.end()
    return made


class GalleryView(QListView):
    """The thumbnails in rows.

    Signals:
        chosen(key): another picture is the current one.
    """

    chosen = Signal(int)

    def __init__(self, model: Gallery) -> None:
        super().__init__()
        self.gallery = model
        self.setModel(model)
        self.setAccessibleName("Pictures, the worst first")
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
        """Tell which picture is the current one."""
        super().currentChanged(current, previous)
        if current.isValid():
            self.chosen.emit(self.gallery.entry(current.row()).key)

    def step(self, by: int) -> None:
        """Go to the next or previous picture; stays at the ends."""
        count = self.gallery.rowCount()
        if count:
            row = min(count - 1, max(0, self.currentIndex().row() + by))
            self.setCurrentIndex(self.gallery.index(row))
