"""The calibration page: which images quantization is calibrated on, what they look like, and whether they are fit."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QSlider, QStackedWidget, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.pages import PageKey
from n6studio.domain.settings import plain_values
from n6studio.domain.states import Grade
from n6studio.domain.texts import counted
from n6studio.stages.calibration_health.stage import CALIBRATION_HEALTH
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.ui.background import Latest, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.image_files import list_folder
from n6studio.ui.pages.calibration import texts
from n6studio.ui.pages.calibration.actions import ACTIONS
from n6studio.ui.pages.calibration.bar import CalibrationBar
from n6studio.ui.pages.calibration.check import STAGE, HealthCheck
from n6studio.ui.pages.calibration.convergence import ConvergenceView
from n6studio.ui.pages.calibration.excluding import Excluding
from n6studio.ui.pages.calibration.finding import GridFinding
from n6studio.ui.pages.calibration.health_panel import HealthPanel
from n6studio.ui.pages.calibration.last_use_line import LastUseLine
from n6studio.ui.pages.calibration.lock import CalibrationLock
from n6studio.ui.pages.calibration.preview import LargeView
from n6studio.ui.pages.calibration.video import VIDEO_SUFFIXES, VideoCard
from n6studio.ui.pages.data_check import DataCheckView
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.stage_details import stage_details
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.drop_zone import DropZone
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import Card, button, label, scrolled
from n6studio.ui.widgets.settings_form import SettingsForm
from n6studio.ui.widgets.thumbnail_grid import ThumbnailGrid
from n6studio.ui.widgets.turning_splitter import TurningSplitter

SIDE_WIDTH = 360
SIDE_BY_SIDE = 700  # pixels from which the health panel stands beside the images


class CalibrationPage(Page):
    """Folder, grid, settings and health panel."""

    key, title = "calibration", "Calibration"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setAcceptDrops(True)
        self._listing = Latest(self)
        self.grid, self.health = ThumbnailGrid(), HealthPanel()
        self.finding = GridFinding(context, self.grid)
        self.bar = CalibrationBar(self.finding.bar)
        self.form = SettingsForm(QuantizeSettings, ("max_images", "seed"))
        self.leak = label(texts.SAME_AS_DATA, TextRole.BAD, wrap=True)
        self.last_use = LastUseLine(context)
        self.error_card = ErrorCard()
        self._folder: Path | None = None
        self._listing_failed = ""
        self.lock, self.video = CalibrationLock(context), VideoCard(context)
        self.excluding = Excluding(context, self.lock, self)
        self.convergence = ConvergenceView(context)
        self.data_check = DataCheckView(context)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Max images")
        self.slider.setToolTip(texts.MAX_IMAGES_TIP)
        self.check = HealthCheck(context, self.health, self.error_card, self)
        self._lay_out()
        self._connect()
        self._refresh()

    # --- layout

    def _lay_out(self) -> None:
        choose = button("Choose a folder…", self.choose_folder, ButtonRole.PRIMARY)
        noise = button("Use noise", self.use_noise, tip=texts.NOISE_TIP)
        video = button("Choose a video…", self.choose_video, tip=texts.VIDEO_TIP)
        self.drop_zone = DropZone(texts.EMPTY_TITLE, texts.EMPTY_HINT, [choose, video, noise])
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.addStretch(1)
        middle.addWidget(self.drop_zone)
        middle.addStretch(2)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        choice = Card("Selection")
        choice.body.addWidget(self.slider)
        choice.body.addWidget(self.form)
        choice.body.addWidget(self.lock)
        choice.body.addWidget(self.last_use)
        column.addWidget(choice)
        column.addWidget(self.health)
        column.addWidget(self.data_check)
        column.addWidget(self.convergence)
        column.addStretch(1)
        left = QWidget()
        box = QVBoxLayout(left)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.bar)
        box.addWidget(self.grid, 1)
        self.views = QStackedWidget(self)
        splitter = TurningSplitter(SIDE_BY_SIDE, self.views)
        splitter.addWidget(left)
        area = scrolled(side)
        area.setMinimumWidth(SIDE_WIDTH)
        splitter.addWidget(area)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([10_000, SIDE_WIDTH])
        for view in (empty, splitter):
            self.views.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.error_card)
        layout.addWidget(self.leak)
        layout.addWidget(self.video)
        layout.addWidget(self.views, 1)

    def _connect(self) -> None:
        self.large = LargeView(self, self.grid, lambda: self._folder, self.excluding.toggle)
        context, grid, bar, health = self.context, self.grid, self.bar, self.health
        bar.folder_wanted.connect(self.choose_folder)
        bar.video_wanted.connect(self.choose_video)
        self.video.frames_taken.connect(self.set_folder)
        self.lock.failed.connect(self.error_card.show_error)
        self.slider.valueChanged.connect(self._slide)
        self.finding.changed.connect(self._count)
        bar.exclude_wanted.connect(lambda: self.excluding.toggle(grid.selected()))
        bar.undo_wanted.connect(self.excluding.undo_stack.undo)
        grid.preview_wanted.connect(self.large.show)
        grid.exclude_wanted.connect(self.excluding.toggle)
        grid.next_duplicate_wanted.connect(self.next_duplicate)
        grid.filter_wanted.connect(self.finding.bar.line.setFocus)
        grid.selection_changed.connect(self._count)
        health.images_chosen.connect(self.select_images)
        health.filter_wanted.connect(self.finding.bar.show_filter)
        health.facts_shown.connect(self.finding.show_facts)
        self.form.changed.connect(lambda settings: context.change_settings(QUANTIZE, self._choice_of(settings)))
        self.offer(
            ACTIONS,
            check=self.main_action,
            folder=self.choose_folder,
            video=self.choose_video,
            noise=self.use_noise,
            duplicate=self.next_duplicate,
            undo=self.excluding.undo_stack.undo,
            redo=self.excluding.undo_stack.redo,
            filter=self.finding.bar.line.setFocus,
            tag=self.finding.bar.tag.click,
        )
        self.excluding.undo_stack.canUndoChanged.connect(bar.undo_button.setEnabled)
        context.project_changed.connect(self._refresh)
        context.project_opened.connect(self._other_project)
        self.check.changed.connect(self._count)

    # --- the page's contract

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        project = self.context.project
        if project is None:
            return PageState.EMPTY, ""
        if self.context.running == STAGE:
            return PageState.RUNNING, "checking the images"
        if self._settings().fake:
            return PageState.DONE, "random noise, no images"
        if project.calibration is None:
            return PageState.BLOCKED, "choose a folder of images"
        if self._listing_failed:
            return PageState.FAILED, self._listing_failed
        if any(one.key == "unreadable" and one.state is Grade.BAD for one in self.health.findings()):
            return PageState.FAILED, f"0 of {counted(self.grid.images.included(), 'image')} readable"
        return PageState.DONE, texts.included_text(self.grid.images.included(), self.health.grade())

    def main_action(self) -> None:
        """Check the set, or choose one where there is none."""
        if self._folder is None:
            self.choose_folder()
        else:
            self.check.start()

    # --- the folder

    def choose_folder(self) -> None:
        """Ask for a folder."""
        if self.context.project is None:
            self.context.page_requested.emit(PageKey.IMPORT)
            return
        dialog = QFileDialog(self, "Folder of calibration images", str(self._folder or Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.open()

    def set_folder(self, folder: Path) -> None:
        """Calibrate on the images of this folder; nothing of it is excluded at first."""
        settings = dataclasses.replace(self._settings(), exclude=(), fake=False)
        project = self.context.project
        if project is None:
            self.context.page_requested.emit(PageKey.IMPORT)
            return
        self.excluding.undo_stack.clear()
        if folder == project.calibration:
            self._list()
        self.context.change_project(
            calibration=folder, calibration_lock=None, settings={**project.settings, QUANTIZE.name: settings}
        )

    def choose_video(self) -> None:
        """Ask for a video to take images from."""
        if self.context.project is None:
            self.context.page_requested.emit(PageKey.IMPORT)
        else:
            self.video.ask()

    def use_noise(self) -> None:
        """Calibrate on random noise."""
        self.context.change_settings(QUANTIZE, dataclasses.replace(self._settings(), fake=True))
        self.context.page_requested.emit(PageKey.QUANTIZE)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802, D102
        if self.context.project is not None and any(url.isLocalFile() for url in event.mimeData().urls()):
            path = Path(event.mimeData().urls()[0].toLocalFile())
            if path.suffix.lower() != ".pt":  # a model belongs to the window
                event.acceptProposedAction()
                self._show_inside(True)

    def dragLeaveEvent(self, _: object) -> None:  # noqa: N802, D102
        self._show_inside(False)

    def _show_inside(self, inside: bool) -> None:
        """Show that what is dragged may be dropped here."""
        self.drop_zone.show_inside(inside)
        self.bar.show_inside(inside)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802, D102
        self._show_inside(False)
        path = Path(event.mimeData().urls()[0].toLocalFile())
        event.acceptProposedAction()
        if path.suffix.lower() in VIDEO_SUFFIXES:
            self.video.show_video(path)
            return
        run_in_background(self, lambda: path if path.is_dir() else path.parent, self.set_folder)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look again: images may have been added outside."""
        super().showEvent(event)
        if self._folder is not None:
            self._list()

    def _list(self) -> None:
        folder = self._folder
        if folder is not None:
            self._listing.ask(
                lambda: list_folder(folder),
                lambda names: self._listed(folder, names),
                lambda error: self._listed(folder, expected(error, "listing")),
            )

    def _listed(self, folder: Path, found: Sequence[str] | StudioError) -> None:
        if folder != self._folder:
            return
        if isinstance(found, StudioError):
            self._listing_failed = str(found)
            self.grid.images.set_images(folder, ())
            self.error_card.show_error(found, self._list)
        else:
            if self._listing_failed:
                self.error_card.clear()
            self._listing_failed = "" if found else texts.NO_IMAGES
            self.views.setCurrentIndex(1 if found else 0)  # an empty grid would say nothing
            if tuple(found) != self.grid.images.names():
                self.grid.images.set_images(folder, found)
        self._count()
        self.last_use.look()

    # --- choosing images

    def select_images(self, names: Sequence[str]) -> None:
        """Select images, in spite of the filter."""
        if any(self.grid.images.row_of(name) < 0 for name in names):
            self.finding.bar.clear()
        self.grid.select(names)
        self.grid.setFocus()

    def next_duplicate(self) -> None:
        """Select the next image that repeats another one, exactly or almost."""
        found = [finding for finding in self.health.findings() if finding.key in ("same", "alike")]
        rows = sorted({self.grid.images.row_of(name) for finding in found for name in finding.images} - {-1})
        if rows:
            here = self.grid.currentIndex().row()
            row = next((row for row in rows if row > here), rows[0])
            self.grid.select([self.grid.images.name(self.grid.images.index(row))])

    def details(self) -> dict[str, Any] | None:  # noqa: D102
        project = self.context.project
        if project is None:
            return {}
        settings = plain_values(self._settings())
        chosen = {name: settings[name] for name in ("max_images", "seed", "exclude", "resize")}
        check = stage_details(self.context, CALIBRATION_HEALTH.name)
        return {"folder": str(project.calibration or ""), "choice": chosen, "check": check}

    # --- keeping up

    def _settings(self) -> QuantizeSettings:
        project = self.context.project
        return project.settings_of(QUANTIZE) if project else QuantizeSettings()

    def _choice_of(self, edited: QuantizeSettings) -> QuantizeSettings:
        return dataclasses.replace(self._settings(), max_images=edited.max_images, seed=edited.seed)

    def _slide(self, value: int) -> None:
        """Use so many images at most; all the way to the right means all, also of those that come later."""
        count = 0 if value >= self.grid.images.included() else value
        self.context.change_settings(QUANTIZE, dataclasses.replace(self._settings(), max_images=count))

    def _other_project(self) -> None:
        self.excluding.undo_stack.clear()
        self.error_card.clear()
        self.finding.bar.clear()
        self._folder, self._listing_failed = None, ""
        self.grid.images.set_images(Path(), ())

    def _refresh(self) -> None:
        project, settings = self.context.project, self._settings()
        folder = project.calibration if project else None
        self.views.setCurrentIndex(1 if folder is not None and self._listing_failed != texts.NO_IMAGES else 0)
        self.form.show_settings(settings)
        self.grid.images.set_excluded(settings.exclude)
        self.health.set_excluded(frozenset(settings.exclude))
        same = project is not None and project.data is not None and project.data == project.calibration
        self.leak.setVisible(same)
        if folder != self._folder:
            self.error_card.clear()
            self._folder, self._listing_failed = folder, ""
            self.views.setCurrentIndex(1 if folder is not None else 0)
            self.grid.images.set_images(folder or Path(), ())
            self.bar.show_folder(str(folder or ""))
            self.finding.show_folder(folder or Path())
            self._list()
        for part in (self.form, self.slider, self.bar.exclude_button):
            part.setEnabled(not self.lock.locked)
        self.check.refresh()
        self._count()

    def _count(self) -> None:
        settings, model = self._settings(), self.grid.images
        total, included = len(model.names()), self.grid.images.included()
        used = min(settings.max_images, included) if settings.max_images else included
        self.slider.blockSignals(True)
        self.slider.setRange(1, max(1, included))
        self.slider.setValue(used)
        self.slider.blockSignals(False)
        selected = self.grid.selected()
        self.bar.show_counts(total, total - included, used, model.rowCount(), len(selected))
        self.bar.show_selection(
            bool(selected) and not self.lock.locked,
            bool(selected) and all(model.is_excluded(name) for name in selected),
        )
        self.state_changed.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802, D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.grid.viewport().update()
