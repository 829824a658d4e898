"""From JPEG to picture, on a thread of its own; the GUI hears of the newest one by a single signal."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from n6studio.ui.live.shown import Histogram, Region, ShownFrame, histogram, image_over

if TYPE_CHECKING:
    from n6studio.domain.live import Frame

PATIENCE = 0.05  # seconds to wait for a frame before looking whether anything else is wanted
HISTOGRAM_EVERY = 0.2  # seconds; more often nobody can read it
Take = Callable[[float], "Frame | None"]
HandOver = Callable[["Frame"], bool]


class Decoder(QObject):
    """Takes frames from a mailbox, decodes the newest and keeps it until the GUI fetches it.

    Of several frames that the GUI had no time for only the last is kept. Lives on the GUI thread; its work is done on
    a thread named "live decoder".

    Signals:
        ready: there is something to `fetch`; not sent again before it was fetched.
    """

    ready = Signal()

    def __init__(self, take: Take, hand_over: HandOver | None = None) -> None:
        """Make it.

        Args:
            take: waits for the next frame at most so many seconds; None where there was none. Called on the thread.
            hand_over: takes a frame that must not be shown yet and returns True; it comes back by `show`, with results.
                Called on the thread.
        """
        super().__init__()
        self._take, self._hand_over = take, hand_over
        self._lock = threading.Lock()
        self._newest: ShownFrame | None = None
        self._wanted: Frame | None = None
        self._told: Histogram | None = None
        self._histogram_due = 0.0
        self._ended = threading.Event()
        self.region: Region | None = None
        self.preview = True  # False: frames are taken, but neither decoded nor shown
        self.held = False  # True: only frames that were asked for with `show` are decoded
        self.skipped = 0  # decoded, but never fetched
        self.undecodable = 0
        self._thread = threading.Thread(target=self._run, name="live decoder", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; at most as long as one frame takes."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def show(self, frame: "Frame") -> None:
        """Decode this frame next, whatever comes from the mailbox. From any thread; of several the last counts."""
        with self._lock:
            self._wanted = frame

    def fetch(self) -> ShownFrame | None:
        """Return the newest picture, once."""
        with self._lock:
            newest, self._newest = self._newest, None
        return newest

    def told(self) -> Histogram | None:
        """Return the histogram of the region in the newest picture."""
        return self._told

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._step()
            except Exception:  # one frame must not end the picture
                logging.getLogger("n6studio").exception("unexpected while decoding a frame")
                self.undecodable += 1

    def _step(self) -> None:
        with self._lock:
            frame, self._wanted = self._wanted, None
        asked = frame is not None
        if frame is None:
            frame = self._take(PATIENCE)
        if frame is None or (not asked and (self.held or not self.preview)):
            return
        if not asked and self._hand_over is not None and self._hand_over(frame):
            return
        shown = _decoded(frame)
        if shown is None:
            self.undecodable += 1
            return
        self._measure(shown)
        with self._lock:
            waiting = self._newest is not None
            self._newest = shown
        if waiting:
            self.skipped += 1
        else:
            self.ready.emit()

    def _measure(self, shown: ShownFrame) -> None:
        region = self.region
        if region is None:
            self._told = None
        elif shown.decoded >= self._histogram_due or self.held:
            self._histogram_due = shown.decoded + HISTOGRAM_EVERY
            self._told = histogram(shown.pixels, region)


def _decoded(frame: "Frame") -> ShownFrame | None:
    import cv2

    from n6studio.link.jpeg import decode_jpeg

    picture = decode_jpeg(frame.jpeg)
    if picture is None:
        return None
    pixels = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA), np.uint8)
    return ShownFrame(frame, pixels, image_over(pixels), time.monotonic())
