"""The keypoints of a model as a table in which everything can be edited."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose import skeleton_edits as edits
from n6studio.domain.pose.skeleton import COCO, Colour, Skeleton
from n6studio.domain.pose.skeleton_file import NotASkeleton, colour_from_text, hex_colour
from n6studio.ui.theme import colours_of

COLUMNS = ("#", "Name", "Left/right partner", "Sigma", "Edges to", "Colour")
NUMBER, NAME, PARTNER, SIGMA, EDGES, COLOUR = range(len(COLUMNS))
_HELP = (
    "Index of the keypoint in the model's output.",
    "The name in tables, charts and reports; also used to match labels in another order.",
    "Its partner in a flipped image (flip_idx): the left wrist becomes the right one.",
    "Labelling precision relative to the square root of the person's area; used by OKS.",
    "Names or numbers of the keypoints that it is joined to.",
    "#rrggbb; double-click for a palette.",
)

Index = QModelIndex | QPersistentModelIndex


class SkeletonModel(QAbstractTableModel):
    """A skeleton as rows. It holds what it was given; edits are offered as a new skeleton.

    Signals:
        edited(skeleton): a cell was changed to something possible.
        refused(error): a cell was changed to something else; a `SettingInvalid`.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.skeleton = COCO
        self.unknown = QColor()

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Show another skeleton."""
        same = len(skeleton) == len(self.skeleton)
        if not same:
            self.beginResetModel()
        self.skeleton = skeleton
        if same:
            self.dataChanged.emit(self.index(0, 0), self.index(len(skeleton) - 1, COLOUR))
        else:
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008, D102
        return 0 if parent.isValid() else len(self.skeleton)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008, D102
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802, D102
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _HELP[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return base if index.column() == NUMBER else base | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        row, column = index.row(), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.text(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == COLOUR:
            swatch = QPixmap(12, 12)
            swatch.fill(QColor(*self.skeleton.colours[row]))
            return swatch
        if role == Qt.ItemDataRole.ForegroundRole and column == SIGMA and self._made_up(row):
            return self.unknown
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == SIGMA and self._made_up(row):
                return f"Not known; 1/{len(self.skeleton)} is used."
            if column == EDGES:
                return ", ".join(self.skeleton.names[other] for other in edits.joined_to(self.skeleton, row))
            return _HELP[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[column]} of keypoint {row}: {self.text(row, column)}"
        return None

    def _made_up(self, row: int) -> bool:
        return not self.skeleton.sigmas_known and self.skeleton.sigmas[row] == 1 / len(self.skeleton)

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        skeleton = self.skeleton
        if column == NAME:
            return skeleton.names[row]
        if column == PARTNER:
            partner = skeleton.mirror[row]
            return "itself" if partner == row else skeleton.names[partner]
        if column == SIGMA:
            return f"{skeleton.sigmas[row]:.4g}" + (" ?" if self._made_up(row) else "")
        if column == EDGES:
            return ", ".join(str(other) for other in edits.joined_to(skeleton, row))
        return hex_colour(skeleton.colours[row]) if column == COLOUR else str(row)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802, D102
        if role != Qt.ItemDataRole.EditRole or str(value).strip() == self.text(index.row(), index.column()):
            return False
        try:
            made = self._edit(index.row(), index.column(), value)
        except SettingInvalid as error:
            self.refused.emit(error)
            return False
        self.edited.emit(made)
        return True

    def _edit(self, row: int, column: int, value: Any) -> Skeleton:
        skeleton, text = self.skeleton, str(value).strip()
        if column == NAME:
            return edits.renamed(skeleton, row, text)
        if column == PARTNER:
            return edits.paired(skeleton, row, int(value))
        if column == SIGMA:
            return edits.with_sigma(skeleton, row, _number(text.removesuffix("?"), skeleton.names[row]))
        if column == EDGES:
            return edits.joined_by_names(skeleton, row, text)
        try:
            return edits.coloured(skeleton, row, colour_from_text(text, skeleton.names[row]))
        except NotASkeleton as error:
            allowed = "six digits like #ff8000"
            raise SettingInvalid(
                name=f"the colour of {skeleton.names[row]}", value=f"'{text}'", allowed=allowed
            ) from error


def _number(text: str, name: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise SettingInvalid(
            name=f"the sigma of {name}",
            value=f"'{text}'",
            allowed="a number above 0; COCO's are 0.025 to 0.107",
        ) from None


class _Partner(QStyledItemDelegate):
    """A list of all keypoints to choose from."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: N802
        skeleton = index.model().skeleton  # type: ignore[attr-defined]
        made = QComboBox(parent)
        made.setAccessibleName(f"Left/right partner of {skeleton.names[index.row()]}")
        made.addItems(["itself" if row == index.row() else name for row, name in enumerate(skeleton.names)])
        made.setCurrentIndex(skeleton.mirror[index.row()])
        made.activated.connect(lambda _: self._chosen(made))
        return made

    def _chosen(self, editor: QComboBox) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """The list shows the partner already."""

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QComboBox) and editor.currentIndex() != model.skeleton.mirror[index.row()]:
            model.setData(index, editor.currentIndex())


class KeypointTable(QTableView):
    """As high as its rows, so that the page scrolls and not the table.

    Signals:
        edited(skeleton), refused(error): as of `SkeletonModel`.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rows = SkeletonModel(self)
        self.setModel(self.rows)
        self.rows.edited.connect(self.edited)
        self.rows.refused.connect(self.refused)
        self.setAccessibleName("Keypoints")
        self.setItemDelegateForColumn(PARTNER, _Partner(self))
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        modes = QHeaderView.ResizeMode
        for column in range(len(COLUMNS)):
            header.setSectionResizeMode(column, modes.Stretch if column in (NAME, EDGES) else modes.ResizeToContents)
        self.doubleClicked.connect(self._pick_colour)

    def show_skeleton(self, skeleton: Skeleton) -> None:
        """Show a skeleton."""
        self.rows.unknown = QColor(colours_of(self).warn)
        self.rows.set_skeleton(skeleton)
        rows = self.verticalHeader().defaultSectionSize() * len(skeleton)
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + 4)

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        return self.rows.text(row, column)

    def _pick_colour(self, index: QModelIndex) -> None:
        if index.column() != COLOUR:
            return
        self.closePersistentEditor(index)
        row = index.row()
        dialog = QColorDialog(QColor(*self.rows.skeleton.colours[row]), self)
        dialog.setWindowTitle(f"Colour of {self.rows.skeleton.names[row]}")
        dialog.colorSelected.connect(lambda chosen: self._coloured(row, (chosen.red(), chosen.green(), chosen.blue())))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _coloured(self, row: int, colour: Colour) -> None:
        self.edited.emit(edits.coloured(self.rows.skeleton, row, colour))
