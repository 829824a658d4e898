"""Recording, the last seconds, and what is made of recordings: videos, JSON lines, evaluation images."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame
from n6studio.domain.pages import PageKey
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.texts import counted
from n6studio.link.recording.clip import clip
from n6studio.link.recording.exports import EXPORTS
from n6studio.link.recording.recorder import RecentFrames, Recorded, Recorder, write_recording
from n6studio.link.recording.recording import SUFFIX, read_recording
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.captures import live_folder, stamp
from n6studio.ui.pages.live.controller import LiveController

RECORDING, EXPORT = "recording", "export"
CLIP = "clip"  # what is no export of a whole recording, but a recording of its part
EVALUATION_IMAGES = "images"  # the export that the project is evaluated on
EVALUATION = "live evaluation"  # folder of a project
_TELL_EVERY = 0.1  # seconds between two reports of progress


class Recording(QObject):
    """Records, keeps the last seconds, and exports. Lives on the GUI thread.

    Signals:
        changed: recording began or ended, or an export did.
        progressed(done, total): of the export.
        written(path): a recording is complete.
    """

    changed = Signal()
    progressed = Signal(int, int)
    written = Signal(object)
    _stopped_early = Signal(object)

    def __init__(
        self, context: Context, controller: LiveController, parent: QObject, failed: Callable[[Exception], None]
    ) -> None:
        super().__init__(parent)
        self._context, self._controller, self._failed = context, controller, failed
        self._recent = RecentFrames()
        self._recorder: Recorder | None = None
        self._export = threading.Event()
        self._exporting = ""
        controller.tap(self._recent.see)
        controller.source_opened.connect(self._recent.clear)
        self._stopped_early.connect(self._ended_early)

    # --- recording

    @property
    def is_recording(self) -> bool:
        """Whether the stream is being written."""
        return self._recorder is not None

    def recorded(self) -> Recorded | None:
        """Return what was written so far, None while nothing is."""
        return self._recorder.recorded() if self._recorder is not None else None

    def start(self, source: str) -> None:
        """Write the stream from now on."""
        if self._recorder is None:
            path = live_folder(self._context) / f"live-{stamp()}{SUFFIX}"
            self._recorder = Recorder(path, source, self._stopped_early.emit)
            self._controller.tap_bytes(self._recorder.take)
            self._context.begin_work(RECORDING, "Recording", self.stop)
            self.changed.emit()

    def stop(self) -> None:
        """Complete the recording, in the background."""
        recorder = self._take_recorder()
        if recorder is not None:
            run_in_background(self, recorder.stop, lambda done: self._stopped(recorder.path, done), self._failed)

    def close_down(self) -> None:
        """Complete the recording and wait for it; stop an export."""
        self._export.set()
        recorder = self._take_recorder()
        if recorder is not None:
            recorder.stop()

    def _take_recorder(self) -> Recorder | None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._controller.untap_bytes(recorder.take)
            self._context.end_work(RECORDING)
            self.changed.emit()
        return recorder

    def _stopped(self, path: Path, done: Recorded) -> None:
        if done.error is None and done.size:
            self._context.notice.emit(texts.recorded(path.name, done.frames, done.size, done.missed))
            self.written.emit(path)
        elif done.error is None:
            self._context.notice.emit(texts.NOTHING_RECORDED)

    def _ended_early(self, error: StudioError) -> None:
        self.stop()
        self._failed(error)

    # --- what just happened

    def recent(self) -> tuple[Frame, ...]:
        """Return the frames of the last seconds, the oldest first."""
        return self._recent.frames()

    def rescue(self, source: str) -> None:
        """Save the frames of the last seconds as a recording."""
        frames = self._recent.frames()
        if not frames:
            self._context.notice.emit(texts.NO_FRAME)
            return
        path = live_folder(self._context) / f"last-{stamp()}{SUFFIX}"
        run_in_background(
            self, lambda: write_recording(path, frames, source), lambda done: self._stopped(path, done), self._failed
        )

    # --- what is made of recordings

    @property
    def exporting(self) -> str:
        """What is being exported: a name in `EXPORTS`, `CLIP`, or ''."""
        return self._exporting

    def export(
        self,
        what: str,
        recording: Path,
        target: Path,
        skeleton: Skeleton | None,
        part: tuple[int, int] | None = None,
    ) -> None:
        """Make something of a recording, or a recording of its `part`, in the background; one thing at a time."""
        if self._exporting:
            return
        self._exporting, self._export = what, threading.Event()
        self._context.begin_work(EXPORT, "Recording export", self._export.set)
        self.changed.emit()
        progress = self._progress(self._export)

        def work() -> int:
            read = read_recording(recording)
            if what == CLIP and part is not None:
                return clip(read, *part, target, progress)
            return EXPORTS[what].write(read, target, progress, skeleton)

        run_in_background(self, work, lambda count: self._exported(what, target, count), self._not_exported)

    def to_evaluation(self, recording: Path) -> None:
        """Let the project be evaluated on a recording's frames."""
        project = self._context.project
        if project is None:
            self._context.notice.emit(texts.NEEDS_PROJECT)
        else:
            self.export(EVALUATION_IMAGES, recording, project.folder / EVALUATION / recording.stem, None)

    def cancel_export(self) -> None:
        """Stop it; nothing half-written is left."""
        self._export.set()

    def _progress(self, cancel: threading.Event) -> Callable[[int, int], None]:
        due = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal due
            if cancel.is_set():
                raise Cancelled(stage="export")
            now = time.monotonic()
            if now >= due or done == total:
                due = now + _TELL_EVERY
                self.progressed.emit(done, total)

        return progress

    def _exported(self, what: str, target: Path, count: int) -> None:
        self._export_over()
        self._context.notice.emit(f"{target.name}: {counted(count, 'frame')}")
        if what == EVALUATION_IMAGES and self._context.project is not None:
            self._context.change_project(data=target)
            self._context.page_requested.emit(PageKey.EVALUATE)

    def _not_exported(self, error: Exception) -> None:
        self._export_over()
        if isinstance(error, Cancelled):
            self._context.notice.emit(texts.EXPORT_CANCELLED)
        else:
            self._failed(error)

    def _export_over(self) -> None:
        self._exporting = ""
        self._context.end_work(EXPORT)
        self.changed.emit()
