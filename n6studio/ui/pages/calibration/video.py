"""A video as the source of calibration images: which frames to take, and how far that is."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import JobMessage
from n6studio.domain.results import StageResult
from n6studio.domain.texts import counted
from n6studio.engine.chain.requests import Ask
from n6studio.stages.video_frames.figures import VideoFramesFigures
from n6studio.stages.video_frames.stage import VIDEO_FRAMES, VideoFramesSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.calibration.texts import VIDEO_RUN_TIP, interval_text
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import Card, button, label
from n6studio.ui.widgets.run_card import RunCard
from n6studio.ui.widgets.settings_form import SettingsForm

STAGE = VIDEO_FRAMES.name
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".m4v", ".webm", ".mjpeg", ".mjpg", ".mpg", ".mpeg", ".wmv", ".ts")
_FILTER = f"Videos ({' '.join('*' + suffix for suffix in VIDEO_SUFFIXES)});;All files (*)"
SLIDER_MOST = 500


class VideoCard(QWidget):
    """Hidden until a video is chosen; takes frames in a child process and hands over their folder.

    Signals:
        frames_taken(folder): a Path.
    """

    frames_taken = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.video: Path | None = None
        self.name = label(role=TextRole.MUTED, select=True)
        self.form = SettingsForm(VideoFramesSettings, ("every", "max_frames"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, SLIDER_MOST)
        self.slider.setAccessibleName("Max frames")
        self.settings = VideoFramesSettings()
        self.run_card = RunCard("Extract frames", VIDEO_RUN_TIP)
        self.card = ErrorCard()
        self._asked = False
        self._lay_out()
        self.form.changed.connect(self._chosen)
        self.slider.valueChanged.connect(lambda value: self._chosen(VideoFramesSettings(self.settings.every, value)))
        self._chosen(self.settings)
        self.run_card.run_wanted.connect(self.start)
        self.run_card.cancel_wanted.connect(self._cancel)
        context.project_opened.connect(self.forget)
        context.job_started.connect(lambda stage: self._job_changed(stage, True))
        context.job_message.connect(self._message)
        context.job_finished.connect(self._finished)
        context.job_failed.connect(self._failed)
        self.hide()

    def _lay_out(self) -> None:
        card = Card("Images from a video")
        top = QHBoxLayout()
        top.addWidget(self.name, 1)
        top.addWidget(button("Cancel", self.forget, ButtonRole.PLAIN, "Do not use this video"))
        card.body.addLayout(top)
        card.body.addWidget(self.form)
        card.body.addWidget(self.slider)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (card, self.run_card, self.card):
            layout.addWidget(widget)

    def ask(self) -> None:
        """Ask for a video."""
        dialog = QFileDialog(self.window(), "Choose a video", str(Path.home()), _FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.show_video(Path(name)))
        dialog.open()

    def show_video(self, path: Path) -> None:
        """Offer to take frames of a video."""
        self.video = path
        self.name.setText(str(path))
        self.card.clear()
        self.show()
        self.run_card.run_button.setFocus()

    def forget(self) -> None:
        """Put the card away."""
        self.video = None
        self.card.clear()
        self.hide()

    def start(self) -> None:
        """Take the frames."""
        if self.video is not None and self._context.project is not None:
            self.card.clear()
            self._asked = True
            self._context.submit(STAGE, Ask(self.settings, {"video": (self.video,)}))

    def _chosen(self, settings: VideoFramesSettings) -> None:
        self.settings = settings
        self.form.show_settings(settings)
        self.slider.blockSignals(True)
        self.slider.setValue(min(settings.max_frames, SLIDER_MOST))
        self.slider.blockSignals(False)
        self.run_card.note.setText(interval_text(settings.every, settings.max_frames))

    def _job_changed(self, stage: str, running: bool) -> None:
        if stage == STAGE:
            self.run_card.show_running(running)
            self.form.setEnabled(not running)
            self.slider.setEnabled(not running)

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == STAGE:
            self.run_card.show_message(message)

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self._context.cancel()

    def _finished(self, stage: str, result: StageResult[VideoFramesFigures]) -> None:
        self._job_changed(stage, False)
        if stage == STAGE and self._asked:
            self._asked = False
            self.forget()
            self._context.notice.emit(f"{counted(result.figures.frames, 'frame')} extracted")
            self.frames_taken.emit(result.outputs["frames"])

    def _failed(self, stage: str, error: StudioError) -> None:
        self._job_changed(stage, False)
        if stage == STAGE:
            self._asked = False
            if not isinstance(error, Cancelled):
                self.show()
                self.card.show_error(error, self.start)
