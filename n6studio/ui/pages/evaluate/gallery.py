"""The images of an evaluation, the worst first, with one of them in detail."""

import functools
from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.project import Project
from n6studio.engine.project.tags import give_tags, read_tags
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.image_files import list_folder
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.data import Image, ShownEvaluation
from n6studio.ui.pages.evaluate.detail import ImageDetail
from n6studio.ui.pages.evaluate.filtering import VIEWS, vocabulary
from n6studio.ui.pages.evaluate.images import Order, orders, sorted_places
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.filter_bar import FilterBar
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView
from n6studio.ui.widgets.gallery_people import drawn_people
from n6studio.ui.widgets.image_filter import Filter, NoFilter, parsed
from n6studio.ui.widgets.parts import button, label
from n6studio.ui.widgets.turning_splitter import TurningSplitter

SIDE_BY_SIDE = 700  # pixels from which the detail stands beside the thumbnails


class ImagesTab(QWidget):
    """Thumbnails on the left, detail on the right. J and K step, X flags, B blinks, G, F and H switch views.

    Signals:
        calibration_wanted(paths): these images are to be copied to the calibration set.
    """

    calibration_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._tags: dict[Path, tuple[str, ...]] = {}
        self._words = vocabulary((), ())
        self._filter: Filter[Image] = parsed("", self._words)
        self.filter = FilterBar(context, "evaluate", VIEWS, "people>2 lost>0.1 tag:dark")
        self.filter.changed.connect(self._filter_by)
        self.filter.tags_wanted.connect(self.tag)
        self._evaluation: ShownEvaluation | None = None
        self._calibrated: frozenset[Path] = frozenset()
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
        column.addWidget(self.filter)
        column.addWidget(self.view, 1)
        self.halves = TurningSplitter(SIDE_BY_SIDE, self)
        self.halves.addWidget(left)
        self.halves.addWidget(self.detail)
        self.halves.setStretchFactor(1, 1)
        self.halves.setSizes([300, 860])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.nothing)
        layout.addWidget(self.halves, 1)
        self.view.chosen.connect(self.detail.show_place)
        self.detail.step_wanted.connect(self.view.step)

    def runs(self) -> dict[str, Callable[[], object]]:
        """Return what can be done with the images, by the names of the page's actions."""
        view, detail = self.view, self.detail
        return {
            "next": lambda: view.step(1),
            "previous": lambda: view.step(-1),
            "flag": self.flag,
            "calibrate": self.calibrate.click,
            "labels": detail.show_truth.click,
            "float": detail.show_float.click,
            "int8": detail.show_int8.click,
            "blink": detail.blink.click,
            "fit": detail.fit,
            "filter": self.filter.line.setFocus,
            "tag": self.filter.tag.click,
            "closer": lambda: detail.link.zoom(1.25),
            "farther": lambda: detail.link.zoom(0.8),
        }

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
        self.gallery.draw_with(functools.partial(drawn_people, evaluation.skeleton, _found_people(evaluation)))
        self._speak(())
        self._sort()
        project = self._context.project
        if project is not None:
            run_in_background(self, lambda: _known_of(project), self._take_known, lambda _: None)

    def _speak(self, calibrated: Collection[Path]) -> None:
        shown = self._evaluation
        names = shown.skeleton.names if shown is not None else ()
        confused = shown.models[0].results.confusion if shown is not None else None
        self._calibrated = frozenset(calibrated)
        self._words = vocabulary(names, self._calibrated, confused.classes if confused is not None else ())
        self.filter.explain(self._words.help())
        self._filter = parsed("", self._words)
        self._filter_by(self.filter.line.text())

    def _take_known(self, known: tuple[dict[Path, tuple[str, ...]], tuple[Path, ...]]) -> None:
        self._tags, calibrated = known
        self._speak(calibrated)

    def tag(self, text: str) -> None:
        """Give tags to the flagged images, or to the current one; an empty text takes them away."""
        project, chosen = self._context.project, self.flagged_or_current()
        if project is not None and chosen:
            run_in_background(
                self, lambda: give_tags(project.folder, chosen, text), self._take_tags, self.filter.show_failure
            )

    def _take_tags(self, tags: dict[Path, tuple[str, ...]]) -> None:
        self._tags = tags
        self._sort()

    def _filter_by(self, text: str) -> None:
        try:
            self._filter = parsed(text, self._words)
        except NoFilter as problem:
            self.filter.show_count(0, 0, str(problem))
            return
        self._sort()

    def _sort(self) -> None:
        evaluation = self._evaluation
        if evaluation is None or not self._orders:
            return
        order = self._orders[max(0, self.order.currentIndex())]
        images, accepts = evaluation.images, self._filter.accepts
        known = sorted_places(images, order)
        places = [place for place in known if accepts(images[place], self._tags)] if self._filter.terms else known
        self.filter.show_count(len(places), len(known))
        self.gallery.set_entries([self._entry(place, order) for place in places])
        self.nothing.setText(evaluation.images_missing or texts.NO_IMAGES)
        self.nothing.setVisible(not known)
        self.halves.setVisible(bool(known))
        if places:
            self.view.setCurrentIndex(self.gallery.index(0))

    def _entry(self, place: int, order: Order) -> Entry:
        image = self._evaluation.images[place] if self._evaluation else None
        if image is None:
            raise IndexError(place)
        flag = "⚑ " if image.path in self._flagged else ""
        tags = "".join(f" #{tag}" for tag in self._tags.get(image.path, ()))
        leak = f", {texts.ALSO_CALIBRATED}" if image.path in self._calibrated else ""
        return Entry(image.path, f"{flag}{order.say(image)}{tags}{leak}", place)

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


def _found_people(evaluation: ShownEvaluation) -> dict[Path, tuple[tuple[int, int], People[ImagePixels]]]:
    """Return size and people of each image as the judged model finds them; as labelled where it finds nobody."""
    found = {}
    for image in evaluation.images:
        people = image.groups[0].people if image.groups else image.truth
        if people is not None:
            found[image.path] = image.size, people
    return found


def _known_of(project: Project) -> tuple[dict[Path, tuple[str, ...]], tuple[Path, ...]]:
    """Return the tags of a project's images, and the images that it is calibrated on."""
    folder = project.calibration
    names = list_folder(folder) if folder is not None and folder.is_dir() else ()
    return read_tags(project.folder), tuple(folder / name for name in names) if folder is not None else ()
