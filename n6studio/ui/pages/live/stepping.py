"""Frame by frame through the last seconds of a live stream, while it is frozen."""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from n6studio.domain.live import Frame
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.session.session import Annotate, LiveFrame
from n6studio.ui.background import run_in_background


class Stepping(QObject):
    """Decodes the frames that are asked for, in the background, one at a time. Lives on the GUI thread."""

    def __init__(self, parent: QObject, show: Callable[[LiveFrame], None]) -> None:
        """Make it; `show` gets every image that is ready."""
        super().__init__(parent)
        self._show = show
        self._frames: tuple[Frame, ...] = ()
        self._at = -1
        self._busy = False
        self._jpegs: JpegDecoder | None = None

    def start(self, frames: Sequence[Frame], shown: Frame | None) -> None:
        """Step through these, beginning at the one that is on the screen."""
        self.stop()
        self._frames, self._jpegs = tuple(frames), JpegDecoder()
        places = [place for place, frame in enumerate(self._frames) if frame is shown]
        self._at = places[0] if places else len(self._frames) - 1

    def stop(self) -> None:
        """Forget the frames."""
        self._frames, self._at = (), -1
        jpegs, self._jpegs = self._jpegs, None
        if jpegs is not None:
            run_in_background(self, jpegs.close, lambda _: None)

    def close_down(self) -> None:
        """End the process that decodes."""
        if self._jpegs is not None:
            self._jpegs.close()

    @property
    def place(self) -> tuple[int, int]:
        """(number of the frame from 1, how many there are)."""
        return self._at + 1, len(self._frames)

    def step(self, frames: int, annotate: Annotate | None) -> None:
        """Show the frame that is so many further, or back; `annotate` is for those without results."""
        wanted = min(max(0, self._at + frames), len(self._frames) - 1)
        jpegs = self._jpegs
        if self._busy or jpegs is None or wanted < 0 or wanted == self._at:
            return
        self._busy, self._at = True, wanted
        frame = self._frames[wanted]
        run_in_background(self, lambda: _decoded(jpegs, frame, annotate), self._ready, self._not_ready)

    def _ready(self, image: LiveFrame | None) -> None:
        self._busy = False
        if image is not None and self._frames:
            self._show(image)

    def _not_ready(self, error: Exception) -> None:
        self._busy = False
        raise error


def _decoded(jpegs: JpegDecoder, frame: Frame, annotate: Annotate | None) -> LiveFrame | None:
    image = jpegs.decode(frame.jpeg)
    if image is None:
        return None
    results = frame.results
    if results is None and annotate is not None:
        results = annotate(frame, image)
    return LiveFrame(frame, image, results, time.monotonic())
