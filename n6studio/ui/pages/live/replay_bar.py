"""Playback of a recording: play, seek, speed, and export."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QMenu,
    QProgressBar,
    QSlider,
    QStackedLayout,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.timeline_strip import TimelineStrip
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import button, in_a_row, label

SPEEDS = ((0.1, "0.1×"), (0.25, "¼×"), (0.5, "½×"), (1.0, "1×"), (2.0, "2×"), (4.0, "4×"), (0.0, "fastest"))
_PROGRESS_HEIGHT = 4  # pixels
# What can be made of a recording: a name in `EXPORTS`, or 'clip', and its line in the menu.
CHOICES = (
    ("video", "Video with drawings (MP4)…"),
    ("lines", "Results as JSON Lines…"),
    ("csv", "Values of every frame as CSV…"),
    ("mcap", "Images and keypoints as MCAP…"),
    ("rrd", "Images and keypoints for Rerun (.rrd)…"),
    ("clip", "The part from A to B as a recording…"),
    ("images", "Frames as evaluation images"),
)


class _SeekSlider(QSlider):
    """A slider that jumps to where it is clicked."""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        if not QRectF(handle).contains(QPointF(event.position())):
            room = max(1, self.width() - handle.width())
            at = round(event.position().x() - handle.width() / 2)
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room))
        super().mousePressEvent(event)


class ReplayBar(QWidget):
    """Steers a recording.

    Signals:
        event_wanted(forward): go to the next event, or to the one before.
        mark_wanted: mark the frame that is shown, or take its mark away.
        range_wanted(end): 'a' or 'b': this is where the part that is repeated begins or ends; '' for no part.
        sought(index): show the frame of this index.
        speed_chosen(speed): 1 is as it was; 0 as fast as it goes.
        through_toggled(on): the model that is chosen shall look at all frames, whatever results they carry.
        wanted(what): what is to be made of the recording, a name in `EXPORTS` or 'clip'.
        cancelled: the export shall stop.
    """

    event_wanted = Signal(bool)
    mark_wanted = Signal()
    range_wanted = Signal(str)
    sought = Signal(int)
    speed_chosen = Signal(float)
    through_toggled = Signal(bool)
    wanted = Signal(str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.strip = TimelineStrip()
        self.strip.sought.connect(self.sought)
        self.before = button("|◀", lambda: self.event_wanted.emit(False), tip=texts.EVENT_BEFORE, name="Previous event")
        self.behind = button("▶|", lambda: self.event_wanted.emit(True), tip=texts.EVENT_BEHIND, name="Next event")
        self.mark = button("Mark", self.mark_wanted.emit, tip=texts.MARK_TIP)
        self.begin = button("A", lambda: self.range_wanted.emit("a"), tip=texts.RANGE_TIP, name="Repeat from here")
        self.end = button("B", lambda: self.range_wanted.emit("b"), tip=texts.RANGE_TIP, name="Repeat up to here")
        self.whole = button("A–B off", lambda: self.range_wanted.emit(""), tip=texts.RANGE_OFF, name="Repeat no part")
        self.slider = _SeekSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Position in the recording")
        self.slider.valueChanged.connect(self.sought.emit)
        self.place = label(wrap=False)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Playback speed")
        for value, text in SPEEDS:
            self.speed.addItem(text, value)
        self.speed.setCurrentText("1×")
        self.speed.currentIndexChanged.connect(lambda: self.speed_chosen.emit(float(self.speed.currentData())))
        self.through = QCheckBox("Run model")
        self.through.setToolTip(texts.THROUGH_TIP)
        self.through.toggled.connect(self.through_toggled)
        self.export = self._export_button()
        self.cancel = button("Cancel", self.cancelled.emit, name="Cancel the export")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Export")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_PROGRESS_HEIGHT)
        kept = self.progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # nothing moves when an export begins or ends
        self.progress.setSizePolicy(kept)
        place = QWidget()  # of both buttons
        self._exports = QStackedLayout(place)
        self._exports.addWidget(self.export)
        self._exports.addWidget(self.cancel)
        place.setFixedWidth(self._exports.sizeHint().width())
        steps = in_a_row(self.before, self.behind, self.mark, self.begin, self.end, self.whole, stretch=True)
        row = Flow(spacing=6)
        row.addWidget(steps)
        row.addWidget(in_a_row(self.place, self.speed, self.through, place))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.strip)
        column.addWidget(self.slider)
        column.addLayout(row)
        column.addWidget(self.progress)
        self.show_exporting(False)

    def _export_button(self) -> QToolButton:
        menu = QMenu(self)
        for what, text in CHOICES:
            menu.addAction(text).triggered.connect(lambda _=False, what=what: self.wanted.emit(what))
        made = QToolButton()
        made.setText("Export ▾")
        made.setAccessibleName("Export the recording, menu")
        made.setMenu(menu)
        made.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def show_length(self, frames: int) -> None:
        """Take over how many frames there are."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, frames - 1))
        self.slider.blockSignals(False)
        widest = texts.place(max(0, frames - 1), frames)
        self.place.setMinimumWidth(self.place.fontMetrics().horizontalAdvance(widest) + 2)

    def show_place(self, index: int) -> None:
        """Show which frame is on the screen."""
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(index)
            self.slider.blockSignals(False)
        self.place.setText(texts.place(index, self.slider.maximum() + 1))
        self.strip.show_place(index, self.slider.maximum() + 1)

    def show_exporting(self, exporting: bool) -> None:
        """Show progress, and how to cancel in place of the export button, or that button again."""
        self.progress.setVisible(exporting)
        self.progress.setRange(0, 0 if exporting else 1)
        self._exports.setCurrentWidget(self.cancel if exporting else self.export)

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the export is."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)
