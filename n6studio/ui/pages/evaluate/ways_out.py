"""What leaves the Evaluate page: its charts as files, its report, and images for the calibration set."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from n6studio.domain.errors.foreign import reason_of
from n6studio.engine.project.calibration_set import Added, add_images
from n6studio.ui.background import run_in_background
from n6studio.ui.charts import export
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.evaluate import texts


class WaysOut(QObject):
    """Lives on the GUI thread; files are written in the background.

    Args:
        context: of the window.
        page: over which is asked.
        charts: returns the charts that show something now.

    Signals:
        failed(error): a `StudioError` for the page's card.
        not_saved(sentence): the charts could not be written.
    """

    failed = Signal(object)
    not_saved = Signal(str)

    def __init__(self, context: Context, page: QWidget, charts: Callable[[], Sequence[ChartView]]) -> None:
        super().__init__(page)
        self._context, self._page, self._charts = context, page, charts

    def add_to_calibration(self, images: tuple[Path, ...]) -> None:
        """Copy images to the calibration set."""
        project = self._context.project
        if project is not None and project.calibration_lock is not None:
            self._context.notice.emit(texts.LOCKED)
        elif project is not None and images:
            run_in_background(
                self,
                lambda: add_images(project, images),
                self._added,
                lambda error: self.failed.emit(expected(error, "calibration set")),
            )

    def _added(self, added: Added) -> None:
        self._context.change_project(calibration=added.calibration)
        self._context.project_changed.emit()  # the folder's contents changed, whatever its name
        self._context.notice.emit(texts.copied_to_calibration(len(added.copied), added.there))

    def open_report(self, report: Path | None) -> None:
        """Open report.html in the browser."""
        if report is not None:
            open_with_system(self._page, report, self._context.notice.emit)

    def ask_and_export(self) -> None:
        """Ask for a folder and save every chart there."""
        dialog = QFileDialog(self._page, texts.EXPORT_TITLE)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.export_charts(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_charts(self, folder: Path) -> None:
        """Save every chart that shows something as PNG, SVG and CSV; drawn here, written in the background."""
        views = self._charts()
        drawn = [(export.file_name(view.chart.title), view.image(), view.svg(), view.csv()) for view in views]
        run_in_background(
            self,
            lambda: export.write_all(folder, drawn),
            lambda _: self._context.notice.emit(texts.charts_saved(len(drawn), folder)),
            lambda error: self.not_saved.emit(f"Charts not saved in {folder}: {reason_of(error)}."),
        )
