"""How bright the region of the image is that the user has dragged."""

from PySide6.QtCore import QObject

from n6studio.ui.background import run_in_background
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.panels import HistogramPanel
from n6studio.ui.pages.live.shown import Brightness, brightness


class RegionBrightness(QObject):
    """Measures the view's region and shows it in the panel. Lives on the GUI thread."""

    def __init__(self, view: ImageView, panel: HistogramPanel) -> None:
        super().__init__(panel)
        self._view, self._panel = view, panel
        self._busy = False
        view.region_changed.connect(lambda _: self.measure())

    def measure(self) -> None:
        """Show the histogram of the region of the frame on the screen; not more often than it can be computed."""
        region, frame = self._view.region, self._view.frame
        if region is None or frame is None:
            self._panel.show_brightness(None)
        elif not self._busy:
            self._busy = True
            image = frame.live.image
            run_in_background(self, lambda: brightness(image, region), self._measured, self._not_measured)

    def _measured(self, found: Brightness | None) -> None:
        self._busy = False
        if self._view.region is not None:
            self._panel.show_brightness(found)

    def _not_measured(self, error: Exception) -> None:
        self._busy = False
        raise error
