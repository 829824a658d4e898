"""What steers a recording: play, seek, speed, and what can be made of it."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSlider, QStyle, QStyleOptionSlider, QToolButton, QWidget
from PySide6.QtGui import QMouseEvent

from n6studio.ui.widgets.parts import button, label

SPEEDS = ((0.1, "0.1×"), (0.25, "¼×"), (0.5, "½×"), (1.0, "1×"), (2.0, "2×"), (4.0, "4×"), (0.0, "as fast as it goes"))


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
        play_toggled: play or pause.
        sought(index): show the frame of this index.
        speed_chosen(speed): 1 is as it was; 0 as fast as it goes.
        wanted(what): 'mp4', 'jsonl' or 'evaluation'.
    """

    play_toggled = Signal()
    sought = Signal(int)
    speed_chosen = Signal(float)
    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.play = button("Pause", self.play_toggled.emit, name="Play or pause the recording")
        self.slider = _SeekSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Place in the recording")
        self.slider.valueChanged.connect(self.sought.emit)
        self.place = label(wrap=False)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed of the recording")
        for value, text in SPEEDS:
            self.speed.addItem(text, value)
        self.speed.setCurrentText("1×")
        self.speed.currentIndexChanged.connect(lambda: self.speed_chosen.emit(float(self.speed.currentData())))
        menu = QMenu(self)
        for what, text in (
            ("mp4", "Film with drawings (MP4)…"),
            ("jsonl", "Results, one JSON line a frame…"),
            ("evaluation", "Use its frames as evaluation pictures"),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, what=what: self.wanted.emit(what))
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setAccessibleName("Export the recording: menu")
        self.export.setMenu(menu)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.play, self.slider, self.place, self.speed, self.export):
            row.addWidget(widget, 1 if widget is self.slider else 0)

    def show_length(self, frames: int) -> None:
        """Take over how many frames there are."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, frames - 1))
        self.slider.blockSignals(False)

    def show_place(self, index: int, seconds: float, whole: float) -> None:
        """Show which frame is on the screen."""
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(index)
            self.slider.blockSignals(False)
        self.place.setText(f"{_clock(seconds)} / {_clock(whole)}  ·  {index + 1} of {self.slider.maximum() + 1}")

    def show_playing(self, playing: bool) -> None:
        """Show whether it runs."""
        self.play.setText("Pause" if playing else "Play")


def _clock(seconds: float) -> str:
    whole = max(0.0, seconds)
    return f"{int(whole // 60)}:{whole % 60:04.1f}"
