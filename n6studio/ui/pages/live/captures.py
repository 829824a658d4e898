"""What is kept of single frames: snapshots, calibration images, worst cases. Files are written in the background."""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QStandardPaths
from PySide6.QtGui import QImage, QPainter

from n6studio.domain.live import Frame, FrameResults
from n6studio.engine.project.frame_files import CALIBRATION, WORST, keep_frame
from n6studio.link.wire.frame import without_results
from n6studio.link.wire.frame_json import frame_values, results_values
from n6studio.system.files import replace_bytes, replace_text
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.overlay import Overlay, OverlayOptions, Place
from n6studio.ui.pages.live.shown import ShownFrame


def stamp() -> str:
    """Return this moment for file names, to the millisecond: two within a second must not meet."""
    return datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]


def images_folder() -> Path:
    """Return where snapshots go while no project is open."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(place or Path.home()) / "N6 Studio"


def live_folder(context: Context) -> Path:
    """Return where snapshots and recordings go: into the project, or to the user's images."""
    return context.project.folder / "live" if context.project is not None else images_folder()


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One frame to be saved.

    Attributes:
        stem: path without an ending.
        shown: the image; its memory must last until it is written.
        drawn: the same with drawings.
        facts: JSON text of what is known of it.
    """

    stem: Path
    shown: ShownFrame
    drawn: QImage
    facts: str


def facts_of(frame: Frame, results: FrameResults | None) -> str:
    """Return what is known of a frame as JSON; `results` may be this computer's."""
    values = {**frame_values(frame, 0.0), "results": None if results is None else results_values(results)}
    return json.dumps(values, indent=1)


def drawn(shown: ShownFrame, overlay: Overlay | None, options: OverlayOptions) -> QImage:
    """Return a copy of an image with its people drawn on it, in the image's own size."""
    image = shown.image.copy()
    if overlay is not None and shown.results is not None:
        painter = QPainter(image)
        place = Place(0, 0, image.width(), image.height())
        overlay.paint(painter, shown.results.people, place, options, shown.results.by_host)
        painter.end()
    return image


def save_snapshot(snapshot: Snapshot) -> Path:
    """Write NAME.png, NAME-drawn.png and NAME.json; return the first.

    Raises:
        DiskFull, NotWritable.
    """
    replace_text(snapshot.stem.with_name(f"{snapshot.stem.name}.json"), snapshot.facts)
    replace_bytes(snapshot.stem.with_name(f"{snapshot.stem.name}-drawn.png"), _png(snapshot.drawn))
    path = snapshot.stem.with_name(f"{snapshot.stem.name}.png")
    replace_bytes(path, _png(snapshot.shown.image))
    return path


def _png(image: QImage) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(content.data())


class Captures(QObject):
    """Keeps the frame that is on the screen. Lives on the GUI thread."""

    def __init__(self, context: Context, view: ImageView, failed: Callable[[Exception], None]) -> None:
        super().__init__(view)
        self._context, self._view, self._failed = context, view, failed

    def snapshot(self) -> None:
        """Save the frame as images and JSON."""
        shown, view = self._view.frame, self._view
        if shown is None:
            return
        overlay = view.overlay_for(shown.results.people) if shown.results is not None else None
        stem = live_folder(self._context) / f"snapshot-{stamp()}"
        made = Snapshot(stem, shown, drawn(shown, overlay, view.options), facts_of(shown.live.frame, shown.results))
        run_in_background(self, lambda: save_snapshot(made), self._saved, self._failed)

    def _saved(self, path: Path) -> None:
        self._context.notice.emit(texts.snapshot_saved(path))

    def to_calibration(self) -> None:
        """Add the frame to the project's calibration images; a project without any gets a folder of its own."""
        project, shown = self._context.project, self._view.frame
        if project is None or shown is None:
            return
        chosen = project.calibration
        folder = chosen or project.folder / CALIBRATION
        self._keep(folder, without_results(shown.live.frame.jpeg), "", texts.CALIBRATION_SET)
        if chosen is None:
            self._context.change_project(calibration=folder)

    def to_worst(self) -> None:
        """Add the frame with what was said about it to the project's worst cases."""
        project, shown = self._context.project, self._view.frame
        if project is not None and shown is not None:
            frame = shown.live.frame
            self._keep(project.folder / WORST, frame.jpeg, facts_of(frame, shown.results), texts.WORST_CASES)

    def _keep(self, folder: Path, jpeg: bytes, facts: str, where: str) -> None:
        when = stamp()

        def kept_frame(kept: tuple[Path, bool]) -> None:
            path, new = kept
            self._context.notice.emit(texts.frame_kept(path.name, new, where))

        run_in_background(self, lambda: keep_frame(folder, jpeg, when, facts), kept_frame, self._failed)
