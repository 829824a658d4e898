"""The keypoints of a network as a table."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from n6studio.domain.skeleton import COCO, generic

COLUMNS = ("#", "Name", "Mirror partner", "Sigma")


class KeypointTable(QTableWidget):
    """Number, name, partner in a mirrored picture and sigma of each keypoint. Read only, as high as its rows."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setAccessibleName("Keypoints")
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(COLUMNS)):
            stretch = column == 2
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.ResizeToContents
            )

    def show_keypoints(self, count: int, names: tuple[str, ...]) -> None:
        """Fill in `count` keypoints: COCO's skeleton for 17, else the stored names, if any."""
        skeleton = COCO if count == len(COCO) else generic(max(count, 1), names or None)
        self.setRowCount(count)
        for row in range(count):
            partner = skeleton.mirror[row]
            texts = (
                str(row),
                skeleton.names[row],
                "itself" if partner == row else skeleton.names[partner],
                f"{skeleton.sigmas[row]:.3f}",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column == 1:
                    swatch = QPixmap(10, 10)
                    swatch.fill(QColor(*skeleton.colours[row]))
                    item.setIcon(swatch)
                self.setItem(row, column, item)
        rows = self.verticalHeader().defaultSectionSize() * count
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + 4)
