"""Where the results of an evaluation lie."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class Results(QWidget):
    """Asks for no more height than it must have, or it would take that from the form above where space is short."""

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return that its height does not follow from its width."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep room for the key figures, whose texts wrap."""
        super().resizeEvent(event)
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(max(0, layout.minimumHeightForWidth(self.width())))  # -1 where it knows none
