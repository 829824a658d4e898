"""The images of an evaluation, the worst first, with one of them in detail."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.data import ShownEvaluation
from n6studio.ui.pages.evaluate.detail import ImageDetail
from n6studio.ui.pages.evaluate.images import Order, orders, sorted_places
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView
from n6studio.ui.widgets.parts import button, label


class ImagesTab(QWidget):
    """Thumbnails on the left, detail on the right. J and K step, X flags, B blinks, G, F and H switch views.

    Signals:
        calibration_wanted(paths): these images are to be copied to the calibration set.
    """

    calibration_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: ShownEvaluation | None = None
        self._orders: tuple[Order, ...] = ()
        self._flagged: set[Path] = set()
        self.gallery = Gallery(self)
        self.view = GalleryView(self.gallery)
        self.view.setMinimumWidth(226)
        self.detail = ImageDetail()
        self.order = QComboBox()
        self.order.setAccessibleName("Sort order")
        self.order.activated.connect(lambda _: self._sort())
        self.copy = button("Copy paths", self.copy_flagged, tip=texts.COPY_TIP)
        self.calibrate = button(
            "To calibration",
            lambda: self.calibration_wanted.emit(self.flagged_or_current()),
            name="Copy to the calibration set",
            tip=texts.CALIBRATION_BUTTON_TIP,
        )
        self.nothing = label("", TextRole.MUTED)
        self.nothing.hide()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.order, 1)
        column.addLayout(row)
        second = QHBoxLayout()
        second.addWidget(self.calibrate, 1)
        second.addWidget(self.copy)
        column.addLayout(second)
        column.addWidget(self.view, 1)
        self.halves = QSplitter(Qt.Orientation.Horizontal, self)
        self.halves.addWidget(left)
        self.halves.addWidget(self.detail)
        self.halves.setStretchFactor(1, 1)
        self.halves.setSizes([236, 900])
        self.halves.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.nothing)
        layout.addWidget(self.halves, 1)
        self.view.chosen.connect(self.detail.show_place)
        self.detail.step_wanted.connect(self.view.step)

    def show_evaluation(self, evaluation: ShownEvaluation) -> None:
        """Show the images of an evaluation."""
        self._evaluation = evaluation
        self._flagged.clear()
        self._orders = orders(evaluation)
        self.order.clear()
        for order in self._orders:
            self.order.addItem(order.name)
            self.order.setItemData(self.order.count() - 1, order.help, Qt.ItemDataRole.ToolTipRole)
        self.detail.set_evaluation(evaluation)
        self._sort()

    def _sort(self) -> None:
        evaluation = self._evaluation
        if evaluation is None or not self._orders:
            return
        order = self._orders[max(0, self.order.currentIndex())]
        places = sorted_places(evaluation.images, order)
        self.gallery.set_entries([self._entry(place, order) for place in places])
        self.nothing.setText(evaluation.images_missing or texts.NO_IMAGES)
        self.nothing.setVisible(not places)
        self.halves.setVisible(bool(places))
        if places:
            self.view.setCurrentIndex(self.gallery.index(0))

    def _entry(self, place: int, order: Order) -> Entry:
        image = self._evaluation.images[place] if self._evaluation else None
        if image is None:
            raise IndexError(place)
        flag = "⚑ " if image.path in self._flagged else ""
        return Entry(image.path, flag + order.say(image), place)

    def show_place(self, place: int) -> None:
        """Go to an image of the evaluation."""
        row = self.gallery.row_of(place)
        if row >= 0:
            self.view.setCurrentIndex(self.gallery.index(row))
            self.view.setFocus()

    def flag(self) -> None:
        """Flag the current image, or take the flag away."""
        index = self.view.currentIndex()
        if index.isValid():
            path = self.gallery.entry(index.row()).path
            self._flagged.symmetric_difference_update({path})
            order = self._orders[max(0, self.order.currentIndex())]
            self.gallery.replace(index.row(), self._entry(self.gallery.entry(index.row()).key, order))

    def flagged_or_current(self) -> tuple[Path, ...]:
        """Return the flagged images in the shown order, or the one that is shown."""
        paths = [self.gallery.entry(row).path for row in range(self.gallery.rowCount())]
        index = self.view.currentIndex()
        current = (self.gallery.entry(index.row()).path,) if index.isValid() else ()
        return tuple(path for path in paths if path in self._flagged) or current

    def copy_flagged(self) -> None:
        """Put the paths of the flagged images on the clipboard, in the shown order; of all where none is flagged."""
        paths = [self.gallery.entry(row).path for row in range(self.gallery.rowCount())]
        chosen = [path for path in paths if path in self._flagged] or paths
        QGuiApplication.clipboard().setText("\n".join(str(path) for path in chosen))
