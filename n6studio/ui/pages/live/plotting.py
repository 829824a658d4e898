"""Gives the plots their values: frame by frame from a stream, all at once from a recording."""

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject

from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.domain.pose.tracks import Tracker
from n6studio.link.recording.quantities import Sample, quantities, sample, samples_of
from n6studio.link.recording.recording import read_recording
from n6studio.link.session.session import LiveFrame
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live.plots_panel import SHORTEST, PlotsPanel
from n6studio.ui.pages.live.replay import ReplayControl

SECONDS = 60.0  # of a stream that are kept
_MOST = 8000  # frames


class Plotting(QObject):
    """Follows what is shown. Lives on the GUI thread.

    Args:
        context: knows the project's skeleton.
        replay: says which recording is open, and where it is.
        panel: with the plots.
        failed: is told what went wrong.
    """

    def __init__(
        self, context: Context, replay: ReplayControl, panel: PlotsPanel, failed: Callable[[Exception], None]
    ) -> None:
        super().__init__(panel)
        self._context, self._replay, self._panel, self._failed = context, replay, panel, failed
        self._began: float | None = None  # when the first frame of a stream was received
        self._recent: deque[Sample] = deque(maxlen=_MOST)
        self._recorded: tuple[Sample, ...] | None = None
        self._tracker = Tracker()
        self._offered: tuple[str, ...] | None = None
        self._looking = threading.Event()  # set where nobody waits for a recording's values
        self._looking.set()
        panel.added.connect(self._look_through)
        self._offer(17)

    def source_opened(self) -> None:
        """Begin anew."""
        self._looking.set()
        self._recent.clear()
        self._recorded, self._tracker, self._began = None, Tracker(), None
        self._panel.show_place(None)
        self._panel.show_samples((), (0.0, 1.0))
        if self._panel.plots:
            self._look_through()

    def close_down(self) -> None:
        """Stop looking through a recording."""
        self._looking.set()

    def add(self, image: LiveFrame) -> None:
        """Take the values of a frame that has come."""
        results = image.results
        if results is None:
            return
        if len(results.people):
            self._offer(results.people.keypoints.shape[1])
        if self._replay.path is None:
            received = image.frame.received
            self._began = received if self._began is None else self._began
            self._recent.append(sample(results, received - self._began, image.frame.size, self._tracker))

    def refresh(self) -> None:
        """Show what is new; call it once a second."""
        if not self._panel.plots:
            return
        if self._recorded is not None:
            times = self._replay.times
            here = self._replay.here
            self._panel.show_place(times[here] if here < len(times) else None)
            return
        if self._recent and self._panel.isVisible():
            newest = self._recent[-1].time
            while self._recent[0].time < newest - SECONDS:
                self._recent.popleft()
            first = max(0.0, newest - SECONDS)
            self._panel.show_samples(tuple(self._recent), (first, max(newest, first + SHORTEST)))

    def _offer(self, keypoints: int) -> None:
        known = self._context.skeleton()
        skeleton = known if known is not None and len(known) == keypoints else for_keypoints(max(1, keypoints))
        if skeleton.names != self._offered:
            self._offered = skeleton.names
            self._panel.offer(quantities(skeleton))

    def _look_through(self) -> None:
        """Read a recording's values in the background, once."""
        path = self._replay.path
        if path is None or self._recorded is not None or not self._looking.is_set():
            return
        stopped = self._looking = threading.Event()

        def heard(done: int, total: int) -> None:
            if stopped.is_set():
                raise Cancelled(stage="plots")

        def found(samples: tuple[Sample, ...]) -> None:
            wanted = not stopped.is_set()
            stopped.set()
            if wanted and samples:
                self._recorded = samples
                self._panel.show_samples(samples, (samples[0].time, max(samples[-1].time, samples[0].time + 0.1)))

        def failed(error: Exception) -> None:
            wanted = not stopped.is_set()
            stopped.set()
            if wanted:
                self._failed(error)

        run_in_background(self, lambda: samples_of(read_recording(path), heard), found, failed)
