"""A layout that sets widgets side by side and goes on in a further row where there is no room for all."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem


@dataclass
class _Row:
    """Items beside each other, the width of each, and whether it takes a share of what is left over."""

    items: list[QLayoutItem]
    widths: list[int]
    grows: list[bool]

    def fill(self, spare: int) -> None:
        """Share out what is left over."""
        growing = [place for place, grows in enumerate(self.grows) if grows]
        for number, place in enumerate(growing):
            share = spare // (len(growing) - number)
            self.widths[place] += share
            spare -= share

    def heights(self) -> list[int]:
        """Return how high each item wants to be at its width."""
        return [_height(item, width) for item, width in zip(self.items, self.widths, strict=True)]


_MOST_BETWEEN_ROWS = 6  # pixels


class Flow(QLayout):
    """For rows of controls, which would otherwise hold a small window wide.

    Widgets stand at the width they wish for. Those that expand need their least width only, and share what is left of
    their row. In a row, all stand on one middle line.
    """

    def __init__(self, spacing: int = 6) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802, D102
        self._items.append(item)

    def count(self) -> int:  # noqa: D102
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802, D102
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802, D102
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802, D102
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802, D102
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802, D102
        rows = self._rows(width)
        return sum(max(row.heights()) for row in rows) + self._between() * max(0, len(rows) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        sizes = [item.sizeHint() for item in self._shown()]
        wide = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(wide, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802, D102
        sizes = [item.minimumSize() for item in self._shown()]
        return QSize(max((one.width() for one in sizes), default=0), max((one.height() for one in sizes), default=0))

    def setGeometry(self, place: QRect) -> None:  # noqa: N802, D102
        super().setGeometry(place)
        y = place.y()
        for row in self._rows(place.width()):
            x, heights = place.x(), row.heights()
            high = max(heights)
            for item, width, height in zip(row.items, row.widths, heights, strict=True):
                item.setGeometry(QRect(x, y + (high - height) // 2, width, height))
                x += width + self.spacing()
            y += high + self._between()

    def _between(self) -> int:
        return min(self.spacing(), _MOST_BETWEEN_ROWS)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[_Row]:
        """Return which items stand in which row of this width."""
        rows: list[_Row] = []
        left = 0  # pixels that the last row has to spare
        for item in self._shown():
            grows = bool(item.expandingDirections() & Qt.Orientation.Horizontal)
            wanted = min(width, (item.minimumSize() if grows else item.sizeHint()).width())
            if rows and wanted + self.spacing() <= left:
                rows[-1].items.append(item)
                rows[-1].widths.append(wanted)
                rows[-1].grows.append(grows)
                left -= wanted + self.spacing()
                continue
            if rows:
                rows[-1].fill(left)
            rows.append(_Row([item], [wanted], [grows]))
            left = width - wanted
        if rows:
            rows[-1].fill(left)
        return rows


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
