"""A grid of images that holds only what is seen: names in a model, thumbnails decoded in threads on demand."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QObject,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from n6studio.ui.widgets.rows import Index, Rows
from n6studio.ui.widgets.thumbnail_paint import paint_thumbnail
from n6studio.ui.widgets.thumbnails import Thumbnails, read_scaled

SIDE = 128  # pixels of a thumbnail's longer side

EXCLUDED = int(Qt.ItemDataRole.UserRole)
NOTE = EXCLUDED + 1  # what is said below the name


def read_thumbnail(path: Path) -> QImage:
    """Return an image scaled into a square of `SIDE` pixels.

    Raises:
        OSError: it cannot be read.
    """
    return read_scaled(path, QSize(SIDE, SIDE))


class ImageModel(Rows):
    """Images of a folder by name, filtered, some of them excluded."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = Thumbnails(read_thumbnail, self)
        self._folder = Path()
        self.thumbnails.ready.connect(self._thumbnail_ready)
        self._all: tuple[str, ...] = ()
        self._shown: list[str] = []
        self._rows: dict[str, int] = {}
        self._excluded: frozenset[str] = frozenset()
        self._included: int | None = None  # None where it is to be counted anew
        self._accepts: Callable[[str, bool], bool] | None = None
        self._notes: Mapping[str, str] = {}

    def set_images(self, folder: Path, names: Sequence[str]) -> None:
        """Show the images `names` below `folder`."""
        self._folder = folder
        self.thumbnails.forget()
        self._all, self._included = tuple(names), None
        self._filter()

    def set_excluded(self, names: Collection[str]) -> None:
        """Mark images as left out."""
        if frozenset(names) == self._excluded:
            return
        self._excluded, self._included = frozenset(names), None
        if self._accepts is not None and self._kept() != self._shown:
            self._filter()
        elif self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1), [EXCLUDED])

    def set_filter(self, accepts: Callable[[str, bool], bool] | None) -> None:
        """Show only images for which `accepts(name, excluded)` is true; all where it is None."""
        if accepts is not None or self._accepts is not None:
            self._accepts = accepts
            self._filter()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Say something below images, by their names."""
        if notes != self._notes:
            self._notes = notes
            if self._shown:
                self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1), [NOTE])

    def _kept(self) -> list[str]:
        accepts = self._accepts
        return [name for name in self._all if accepts is None or accepts(name, name in self._excluded)]

    def _filter(self) -> None:
        self._shown = self._kept()
        self._rows = {name: row for row, name in enumerate(self._shown)}
        self.set_row_count(len(self._shown))

    def name(self, index: Index) -> str:
        """Return the name of the image at an index."""
        return self._shown[index.row()]

    def names(self) -> tuple[str, ...]:
        """Return the names of all images, filtered or not."""
        return self._all

    def included(self) -> int:
        """Return how many images are not left out, filtered or not."""
        if self._included is None:
            self._included = sum(name not in self._excluded for name in self._all)
        return self._included

    def row_of(self, name: str) -> int:
        """Return an image's row, or -1 where the filter hides it."""
        return self._rows.get(name, -1)

    def is_excluded(self, name: str) -> bool:
        """Return whether an image is left out."""
        return name in self._excluded

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        name = self._shown[index.row()]
        note = self._notes.get(name, "")
        if role == Qt.ItemDataRole.DisplayRole:
            return name.rsplit("/", 1)[-1]
        if role == NOTE:
            return note
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{name}\n{note}".rstrip()
        if role == Qt.ItemDataRole.DecorationRole:
            return self.thumbnails.get(self._folder / name)
        if role == EXCLUDED:
            return name in self._excluded
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (name, "excluded" if name in self._excluded else "", note) if part)
        return None

    def _thumbnail_ready(self, path: Path) -> None:
        row = self._rows.get(path.relative_to(self._folder).as_posix()) if path.is_relative_to(self._folder) else None
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row), [Qt.ItemDataRole.DecorationRole])


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        paint_thumbnail(painter, option, index, SIDE, EXCLUDED, NOTE)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(SIDE + 16, SIDE + 48)


class ThumbnailGrid(QListView):
    """The grid.

    Signals:
        preview_wanted(name): Space or a double click.
        exclude_wanted(names): Del.
        next_duplicate_wanted, filter_wanted: the keys D and /.
        selection_changed: other images are selected.
    """

    preview_wanted = Signal(str)
    exclude_wanted = Signal(object)
    next_duplicate_wanted = Signal()
    filter_wanted = Signal()
    selection_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.images = ImageModel(self)
        self.setModel(self.images)
        self.setItemDelegate(_Delegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(40)
        self.setAccessibleName("Calibration images")
        self.setAccessibleDescription("Space opens an image, Delete excludes it, D goes to the next duplicate.")
        self.doubleClicked.connect(lambda index: self.preview_wanted.emit(self.images.name(index)))
        self.selectionModel().selectionChanged.connect(lambda: self.selection_changed.emit())
        self.images.modelReset.connect(self.selection_changed)

    def selected(self) -> list[str]:
        """Return the names of the selected images, in the grid's order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.images.name(self.images.index(row)) for row in rows]

    def select(self, names: Iterable[str]) -> None:
        """Select these images (those that the filter shows) and scroll to the first."""
        rows = sorted(row for row in (self.images.row_of(name) for name in names) if row >= 0)
        selection = QItemSelection()
        first = previous = -2
        for row in [*rows, -1]:
            if row != previous + 1:
                if first >= 0:
                    selection.select(self.images.index(first), self.images.index(previous))
                first = row
            previous = row
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            index = self.images.index(rows[0])
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802, D102
        current = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and current.isValid():
            self.preview_wanted.emit(self.images.name(current))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.selected():
            self.exclude_wanted.emit(self.selected())
        elif event.key() == Qt.Key.Key_D and not event.modifiers():
            self.next_duplicate_wanted.emit()
        elif event.text() == "/":
            self.filter_wanted.emit()
        else:
            super().keyPressEvent(event)
