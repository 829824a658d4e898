"""JPEGs of streams and recordings, decoded by a process of its own: whoever made them cannot reach this one.

On Linux the pixels come through shared memory that neither side can shrink. What it answers is believed as far as the
JPEG's own header says the same. A JPEG that ends the process, or holds it up, cannot be decoded; the next one gets
another process.
"""

import mmap
import os
import sys
import threading
import time

import numpy as np

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import DecoderDied
from n6studio.domain.pose.preprocess import Image
from n6studio.link.processes.child import Child
from n6studio.link.wire.jpeg import MOST_PIXELS, image_size
from n6studio.system.logs import log_file

START_SECONDS, ANSWER_SECONDS = 60.0, 5.0
MOST_DEATHS = 3  # in a row, without an answer in between
_LOOK_SECONDS = 0.5  # between two looks at how long an answer takes
_LOG = "decoder.log"


class JpegDecoder:
    """Decodes one JPEG after another. `close` and `give_up` may be called from any thread, the rest belongs to one.

    Args:
        seconds: after so long without an answer the process is ended.
    """

    def __init__(self, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._memory: mmap.mmap | None = None
        self._greeted = False
        self._deaths = 0
        self._deadline: float | None = None
        self._over = threading.Event()

    def start(self) -> None:
        """Let the process begin, so that the first JPEG need not wait for it.

        Raises:
            DecoderDied: it cannot be started.
        """
        with self._lock:
            if self._child is not None or self._over.is_set():
                return
            log = log_file(_LOG)
            shared = _shared_memory()
            words = ["decode", *(f"--shared={one}" for one in shared)]
            try:
                self._child = Child(words, log, shared)
                self._memory = mmap.mmap(shared[0], 0) if shared else None
            except OSError as error:
                raise DecoderDied(how=reason_of(error), log=log) from error
            finally:
                for one in shared:
                    os.close(one)
            self._greeted = False
            threading.Thread(target=self._watch, args=(self._child,), name="decoder watch", daemon=True).start()

    def decode(self, jpeg: bytes) -> Image | None:
        """Return the image as (H, W, 3) uint8 RGB that cannot be written to; None where it cannot be decoded.

        A header that claims too many pixels is not decoded at all.

        Raises:
            DecoderDied: the process ended again and again.
        """
        width, height = image_size(jpeg)
        if width == 0 or self._over.is_set():
            return None
        self.start()
        child = self._child
        pixels = None if child is None else self._ask(child, jpeg, width * height * 3)
        if child is not None and pixels is None and not self._over.is_set():
            self._died(child)
        if pixels is None or len(pixels) != width * height * 3:
            return None
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)

    def _ask(self, child: Child, jpeg: bytes, size: int) -> bytes | None:
        """Return what the process answers, b"" where it says that this is no image; None where it is gone.

        Args:
            child: the process.
            jpeg: an image.
            size: bytes of its pixels.
        """
        try:
            if not self._greeted:
                self._deadline = time.monotonic() + START_SECONDS
                first = child.receive()
                if first is None or first[0].get("type") != "hello":
                    return None
                self._greeted = True
            self._deadline = time.monotonic() + self._seconds
            child.send({"length": len(jpeg)}, jpeg)
            answer = child.receive()
        except OSError:
            return None
        finally:
            self._deadline = None
        if answer is None or answer[0].get("type") not in ("image", "none"):
            return None
        self._deaths = 0
        in_memory = self._memory is not None and answer[0].get("size") == size
        return self._memory[:size] if self._memory is not None and in_memory else answer[1]

    def _died(self, child: Child) -> None:
        with self._lock:
            self._child = None
        child.kill()
        how = child.how_it_ended()
        child.end()
        self._deaths += 1
        if self._deaths >= MOST_DEATHS:
            raise DecoderDied(how=how, log=child.log)

    def _watch(self, child: Child) -> None:
        """End a process that takes too long over a JPEG."""
        while self._child is child and not self._over.wait(_LOOK_SECONDS):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                child.kill()

    def give_up(self) -> None:
        """Let whoever waits for an image go; none comes any more."""
        self._over.set()
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the process."""
        self.give_up()
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()


def _shared_memory() -> tuple[int, ...]:
    """Return a descriptor of memory for the largest image, which takes as much as is written to; () where none is had.

    Its size is sealed: were it shrunk by a process that was taken over, a look at it would end this one.
    """
    if sys.platform != "linux":
        return ()
    import fcntl

    try:
        made = os.memfd_create("n6studio-image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError:
        return ()
    try:
        os.truncate(made, 3 * MOST_PIXELS)
        fcntl.fcntl(made, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(made)
        return ()
    return (made,)
