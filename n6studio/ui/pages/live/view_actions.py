"""What the buttons and keys of the live page do."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from n6studio.link.session.session import LivePicture, State
from n6studio.ui.background import run_in_background
from n6studio.ui.pages.live.full_screen import FullScreen
from n6studio.ui.pages.live.overlay import OverlayOptions
from n6studio.ui.pages.live.shown import Histogram, Region, histogram, shown
from n6studio.ui.pages.live.view_bar import OVERLAYS

if TYPE_CHECKING:
    from n6studio.ui.pages.live.page import LivePage

STEP = 5  # hundredths that a key moves the threshold by
SURE = 0.5  # visibility from which a point is drawn in full


class ViewDeeds(QObject):
    """Connects the page's actions with what they do. Lives on the GUI thread."""

    def __init__(self, page: "LivePage") -> None:
        super().__init__(page)
        self._page = page
        self._full: FullScreen | None = None
        self._measuring = False
        deeds = {
            "back": lambda: self.step(-1), "forward": lambda: self.step(1), "snapshot": self.snapshot,
            "rescue": lambda: page.recording.rescue(page.sources.name), "calibration": self.to_calibration,
            "worst": self.to_worst, "parity": self.parity, "overlays": page.view_bar.toggle_all,
            "fit": page.picture.fit, "actual": page.picture.actual_size,
            "more": lambda: page.board.sliders["confidence"].step(STEP),
            "less": lambda: page.board.sliders["confidence"].step(-STEP),
        }  # fmt: skip
        for name, do in deeds.items():
            self._action(name).triggered.connect(lambda _=False, do=do: do())
        switches = {
            "pause": self.pause, "record": self.record, "mirror": page.picture.set_mirrored, "full": self.full_screen,
            "histogram": self.select_region, "preview": self.preview_off,
        }  # fmt: skip
        for name, switch in switches.items():
            self._action(name).toggled.connect(switch)
        for name in OVERLAYS:
            self._action(name).toggled.connect(lambda _: page.picture.set_options(self.options()))

    def _action(self, name: str) -> QAction:
        return self._page.view_bar.action(name)

    def options(self) -> OverlayOptions:
        """Return what is to be drawn."""
        return self._page.view_bar.options(SURE)

    # --- freezing and stepping

    def takes_newest(self) -> bool:
        """Whether a picture that has just come goes to the screen."""
        if self._action("preview").isChecked():
            return False
        return not self._action("pause").isChecked() or self._page.controller.replay is not None

    def pause(self, paused: bool) -> None:
        """Freeze the picture, or go on."""
        page = self._page
        if page.controller.replay is not None:
            page.replay.pause(paused)
        elif paused:
            frame = page.picture.frame
            page.stepping.start(page.recording.recent(), frame.picture.frame if frame is not None else None)
        else:
            page.stepping.stop()
        page.show_state()

    def step(self, frames: int) -> None:
        """Show the next frame or the one before, frozen."""
        page = self._page
        if not self._action("pause").isChecked():
            self._action("pause").setChecked(True)
        if page.controller.replay is not None:
            page.replay.step(frames)
        else:
            host = page.controller.host
            page.stepping.step(frames, host.annotate if host is not None else None)

    def show_stepped(self, picture: LivePicture) -> None:
        """Put a frame that was stepped to on the screen."""
        if self._action("pause").isChecked():
            self._page.show_shown(shown(picture))
            self._page.show_state()

    def preview_off(self, off: bool) -> None:
        """Decode and draw nothing, or go on."""
        self._page.controller.set_preview(not off)
        self._page.show_state()

    # --- keeping

    def snapshot(self) -> None:
        """Save the frame."""
        frame, picture = self._page.picture.frame, self._page.picture
        if frame is not None:
            overlay = picture.overlay_for(frame.results.people) if frame.results is not None else None
            self._page.captures.snapshot(frame, overlay, self.options())

    def to_calibration(self) -> None:
        """Add the frame to the calibration pictures."""
        if self._page.picture.frame is not None:
            self._page.captures.to_calibration(self._page.picture.frame)

    def to_worst(self) -> None:
        """Add the frame to the worst cases."""
        if self._page.picture.frame is not None:
            self._page.captures.to_worst(self._page.picture.frame)

    def record(self, wanted: bool) -> None:
        """Begin or complete a recording."""
        if wanted:
            self._page.recording.start(self._page.sources.name)
        else:
            self._page.recording.stop()

    def parity(self) -> None:
        """Compare a frame."""
        self._page.body.show_panel("Parity")
        self._page.check.start()

    # --- looking

    def full_screen(self, wanted: bool) -> None:
        """Fill the screen with the picture, or put it back."""
        page = self._page
        if wanted and self._full is None:
            self._full = FullScreen(page.picture, page)
            self._full.left.connect(self._leave_full_screen)
            self._full.showFullScreen()
            page.picture.setFocus()
        elif not wanted and self._full is not None:
            self._full.close()

    def _leave_full_screen(self) -> None:
        full, self._full = self._full, None
        self._page.body.put_back()
        self._action("full").setChecked(False)
        if full is not None:
            full.deleteLater()

    def select_region(self, wanted: bool) -> None:
        """Let a region be dragged, or stop that."""
        self._page.picture.set_selecting(wanted)
        if wanted:
            self._page.body.show_panel("Brightness")

    def measure(self, region: Region | None) -> None:
        """Show the histogram of a region of the frame on the screen; not more often than it can be computed."""
        frame = self._page.picture.frame
        if region is None or frame is None:
            self._page.body.histogram.show_histogram(None)
        elif not self._measuring:
            self._measuring = True
            image = frame.picture.image
            run_in_background(self, lambda: histogram(image, region), self._measured, self._not_measured)

    def _measured(self, told: Histogram | None) -> None:
        self._measuring = False
        if self._page.picture.region is not None:
            self._page.body.histogram.show_histogram(told)

    def _not_measured(self, error: Exception) -> None:
        self._measuring = False
        raise error

    # --- saying

    def words_over(self, words: str, veiled: bool) -> tuple[str, bool]:
        """Return what is written over the picture, given what the connection's state says."""
        page = self._page
        if words or not self._action("preview").isChecked() or not page.controller.is_open:
            return words, veiled
        figures = page.figures_now
        rate = f"\n{figures.fps:.1f} frames/s received" if figures is not None else ""
        return f"Preview off{rate}", True

    def hint(self) -> str:
        """Return a remark on what is shown, "" for none."""
        page = self._page
        frame = page.newest
        if self._action("pause").isChecked() and page.controller.replay is None:
            place, count = page.stepping.place
            return f"Frozen at frame {place} of the last {count}. Space goes on, comma and full stop step."
        if frame is None:
            silent = page.controller.status.state is State.STALLED
            return "Connected, but no picture comes. Deploy puts N6 Studio's firmware on a board." if silent else ""
        if frame.frame.results is not None:
            return ""
        if frame.results is not None:
            return "This source sends no results: this computer runs the network (drawn dashed)."
        if page.networks.chosen is not None and page.networks.chosen != page.networks.broken:
            return "This source sends no results: the network is being started on this computer."
        return "This source sends no results. Choose a network above, and this computer runs it."

    def show_abilities(self) -> None:
        """Enable what makes sense now."""
        page = self._page
        is_open, frame = page.controller.is_open, page.picture.frame is not None
        page.view_bar.show_abilities(is_open, frame, is_open and frame, page.context.project is not None)
        record = self._action("record")
        record.setChecked(page.recording.is_recording)
        done = page.recording.recorded()
        record.setText(f"Recording {done.seconds:.0f} s" if done is not None else "Record")
