"""A list model for many rows, whose number the views learn without Python."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt

Index = QModelIndex | QPersistentModelIndex
_SHOWN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


class Rows(QStringListModel):
    """Rows of which a subclass says the data.

    Laying out a view asks for the number of rows twice for each of them. Were that answered by Python, each answer
    could wait for a thread that computes meanwhile: 4 s for 10,000 rows beside three of those.
    """

    def set_row_count(self, count: int) -> None:
        """Have so many rows, all of them new to the views; their data must be there already."""
        self.setStringList([""] * count)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Say that a row can be selected, and not edited as strings can."""
        return _SHOWN if index.isValid() else Qt.ItemFlag.NoItemFlags
