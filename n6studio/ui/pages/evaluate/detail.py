"""One image in detail: labels, float and int8 side by side, and the error of each keypoint in pixels."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.pose.people import FloatArray, ImagePixels, People
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.texts import counted
from n6studio.ui.background import run_in_background
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.data import Image, ShownEvaluation
from n6studio.ui.pages.evaluate.images import Subject, pixels_off, subjects
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.gallery_viewer import Link, Viewer, area_around
from n6studio.ui.widgets.parts import button, label
from n6studio.ui.widgets.thumbnails import read_scaled

BLINK_MS = 600  # slow enough not to flicker: under two changes a second
_ROOM_FOR_TABLE = 580
_LARGEST = QSize(4096, 4096)


class Pane(QWidget):
    """One view with its name above."""

    def __init__(self, link: Link, name: str) -> None:
        super().__init__()
        self.name = label(name, TextRole.MUTED, wrap=False)
        self.viewer = Viewer(link, name, COCO)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addWidget(self.viewer, 1)


class ImageDetail(QWidget):
    """The views, their switches and the table.

    Signals:
        step_wanted(by): the next (1) or the previous (-1) image.
    """

    step_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: ShownEvaluation | None = None
        self._image: Image | None = None
        self._subjects: list[Subject] = []
        self.link = Link(self)
        self.truth, self.float, self.int8 = (Pane(self.link, name) for name in ("labels", "float", "int8"))
        self._panes = (self.truth, self.float, self.int8)
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._blinked)
        self._shows_float = False
        self._lay_out()
        self.setMinimumWidth(440)  # without the table, which then makes room

    def _lay_out(self) -> None:
        self.name = label("", TextRole.HEADING, wrap=False)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.problem = label("", TextRole.BAD)
        self.problem.hide()
        self.person = QComboBox()
        self.person.setAccessibleName("Person")
        self.person.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.person.currentIndexChanged.connect(self._show_subject)
        self.show_truth = self._switch("&Labels", "G")
        self.show_float = self._switch("&float", "F")
        self.show_int8 = self._switch("&int8", "H")
        self.blink = button("Blink", lambda: None, tip=texts.BLINK_TIP)
        self.blink.setCheckable(True)
        self.blink.toggled.connect(self._set_blinking)
        fit = button("Fit", self.fit, tip="Show the whole image (0)")
        back = button("‹", lambda: self.step_wanted.emit(-1), name="Previous image", tip="Previous image (K)")
        on = button("›", lambda: self.step_wanted.emit(1), name="Next image", tip="Next image (J)")
        top = QHBoxLayout()
        top.setSpacing(6)
        for made in (back, on):
            made.setFixedWidth(34)
            made.setStyleSheet("padding: 6px 4px;")
            top.addWidget(made)
        top.addWidget(self.name, 1)
        for switch in (self.show_truth, self.show_float, self.show_int8, self.blink, fit):
            switch.setStyleSheet("padding: 5px 9px;")
            top.addWidget(switch)
        second = QHBoxLayout()
        second.addWidget(self.person)
        legend = label(texts.SIDES, TextRole.MUTED, wrap=False)
        legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        second.addWidget(legend, 1)
        self.table = QTableWidget()
        self.table.setAccessibleName("Keypoint errors in pixels")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(24)
        views = QSplitter(Qt.Orientation.Horizontal, self)
        for pane in self._panes:
            views.addWidget(pane)
        views.setChildrenCollapsible(False)
        body = QHBoxLayout()
        body.addWidget(views, 1)
        body.addWidget(self.table)
        self.table.setFixedWidth(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(second)
        layout.addWidget(self.problem)
        layout.addLayout(body, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave narrow windows to the images."""
        super().resizeEvent(event)
        self.table.setVisible(self.width() >= _ROOM_FOR_TABLE)

    def _switch(self, text: str, key: str) -> QPushButton:
        made = button(text.replace("&", ""), self._show_panes, tip=f"Show or hide {text.replace('&', '')} ({key})")
        made.setCheckable(True)
        made.setChecked(True)
        return made

    def set_evaluation(self, evaluation: ShownEvaluation) -> None:
        """Take another evaluation; nothing is shown until an image is chosen."""
        self._evaluation, self._image = evaluation, None
        self.table.setRowCount(0)
        self.person.clear()
        self.name.setText("")

    def show_place(self, place: int) -> None:
        """Show an image of the evaluation."""
        if self._evaluation is None:
            return
        image = self._image = self._evaluation.images[place]
        self.name.setText(image.path.name)
        self.name.setToolTip(str(image.path))
        self.problem.hide()
        for pane in self._panes:
            pane.viewer.show_image(QPixmap(), image.size)
        self._subjects = subjects(image)
        self.person.blockSignals(True)
        self.person.clear()
        self.person.addItems([subject.caption for subject in self._subjects])
        self.person.blockSignals(False)
        self.person.setEnabled(len(self._subjects) > 1)
        self._show_panes()
        self._show_subject(0)
        run_in_background(
            self,
            lambda: read_scaled(image.path, _LARGEST),
            lambda pixels: self._arrived(image, pixels),
            lambda error: self._not_read(image, error),
        )

    def _arrived(self, image: Image, pixels: QImage) -> None:
        if image is self._image:
            pixmap = QPixmap.fromImage(pixels)
            for pane in self._panes:
                pane.viewer.show_image(pixmap, image.size)
            self.link.apply()

    def _not_read(self, image: Image, error: Exception) -> None:
        if image is self._image:
            self.problem.setText(texts.image_not_shown(image.path, error))
            self.problem.show()

    def _show_panes(self) -> None:
        image = self._image
        if image is None:
            return
        blinking = self.blink.isChecked()
        labelled, compared = image.truth is not None, len(image.groups) > 1
        self.show_truth.setVisible(labelled)
        for made in (self.show_float, self.blink):
            made.setVisible(compared)
        self.truth.setVisible(labelled and self.show_truth.isChecked() and not blinking)
        self.float.setVisible(compared and self.show_float.isChecked() and not blinking)
        self.int8.setVisible(self.show_int8.isChecked() or blinking)
        if self.link.fitted:
            QTimer.singleShot(0, self, self.link.fit)

    def _set_blinking(self, wanted: bool) -> None:
        self._shows_float = False
        self._blink.start() if wanted else self._blink.stop()
        self._show_panes()
        self._show_people()

    def _blinked(self) -> None:
        self._shows_float = not self._shows_float
        self._show_people()

    def fit(self) -> None:
        """Show the whole image."""
        if self._image is not None:
            self.link.fit(QRectF(0, 0, *self._image.size))

    def _show_subject(self, _: int) -> None:
        subject = self._subject()
        if self._image is not None:
            self.link.fit(area_around(None if subject is None else subject.box, self._image.size))
        self._show_people()
        self._fill_table()

    def _subject(self) -> Subject | None:
        place = max(0, self.person.currentIndex())
        return self._subjects[place] if place < len(self._subjects) else None

    def _show_people(self) -> None:
        image, evaluation = self._image, self._evaluation
        if image is None or evaluation is None:
            return
        subject = self._subject()
        marked = subject.box if subject is not None else None
        shown: list[tuple[Pane, str, People[ImagePixels]]] = [(self.int8, "int8", image.groups[0].people)]
        if image.truth is not None:
            shown.append((self.truth, "labels", image.truth))
        if len(image.groups) > 1:
            reference = image.groups[1].people
            shown.append((self.float, "float", reference))
            if self.blink.isChecked() and self._shows_float:
                shown[0] = (self.int8, "float", reference)
        for pane, name, people in shown:
            self._draw(pane, name, people, image, marked, evaluation.skeleton)

    def _draw(
        self, pane: Pane, name: str, people: People[ImagePixels], image: Image, marked: FloatArray | None,
        skeleton: Skeleton,
    ) -> None:  # fmt: skip
        count = counted(len(people), "person", "people") if len(people) else "no people"
        pane.name.setText(f"{name}: {count}")
        pane.viewer.show_people(people, image.size, marked, skeleton)

    def _fill_table(self) -> None:
        subject, evaluation = self._subject(), self._evaluation
        if subject is None or evaluation is None:
            self.table.setRowCount(0)
            return
        compared = len(subject.found) > 1
        roles = ["float", "int8"] if compared else ["int8"]
        self.table.setColumnCount(1 + len(roles))
        labelled = self._image is not None and self._image.truth is not None
        headers = [f"{role}, px" for role in roles] if labelled else ["to float, px"]
        self.table.setHorizontalHeaderLabels(["Keypoint", *headers])
        rows = pixels_off(subject)
        self.table.setRowCount(len(rows))
        for row, (name, values) in enumerate(zip(evaluation.skeleton.names, rows, strict=True)):
            cells = [name, *(_pixels(value) for value in reversed(values[: len(roles)]))]
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.setColumnWidth(0, 108)
        for column in range(1, 1 + len(roles)):
            self.table.setColumnWidth(column, 128 // len(roles))


def _pixels(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
