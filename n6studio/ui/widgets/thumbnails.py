"""Small versions of image files: read off the GUI thread, the newest wish first, and only so many kept."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

from n6studio.ui.background import run_in_background

KEPT = 512  # thumbnails; 64 to 90 KiB each
THREADS = 2
WAITING = 128  # wishes kept; older ones have been scrolled away and are made again when they come back


def read_scaled(path: Path, most: QSize) -> QImage:
    """Return an image turned as its EXIF data say and no larger than `most`.

    The decoder scales while it reads, which for a JPEG costs a fraction of decoding it whole. Qt would take other
    formats, too, some of which name files or never end.

    Raises:
        ImageUnreadable: the gate refuses it, or Qt cannot decode it.
    """
    from n6studio.gates.images import ImageUnreadable, image_bytes

    buffer = QBuffer()
    buffer.setData(image_bytes(path))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        turned = bool(reader.transformation().value & 4)
        limit = most.transposed() if turned else most
        if size.width() > limit.width() or size.height() > limit.height():
            reader.setScaledSize(size.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise ImageUnreadable(path, reader.errorString())
    return image


class Thumbnails(QObject):
    """Thumbnails by path; the least recently seen one is forgotten first. Lives on the GUI thread.

    Args:
        make: returns the thumbnail of a file, in any thread; what it raises leaves a null image.

    Attributes:
        made: how many files have been read.

    Signals:
        ready(path): `get` would return it now.
    """

    ready = Signal(object)

    def __init__(self, make: Callable[[Path], QImage], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._known: OrderedDict[Path, QImage] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._busy: set[Path] = set()
        self._outdated: set[Path] = set()  # of these: read before all were forgotten
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self.made = 0

    def __len__(self) -> int:
        return len(self._known)

    def forget(self) -> None:
        """Forget all thumbnails: the files may be others now."""
        self._known.clear()
        self._outdated = set(self._busy)
        self.forget_wishes()

    def forget_wishes(self) -> None:
        """Make nothing that was asked for and has not begun."""
        self._wanted.clear()

    def get(self, path: Path) -> QImage | None:
        """Return a thumbnail, or None and begin to make it; a null image is a file that cannot be read."""
        known = self._known.get(path)
        if known is not None:
            self._known.move_to_end(path)
            return known
        if path not in self._busy:
            self._wanted[path] = None
            self._wanted.move_to_end(path)
            while len(self._wanted) > WAITING:
                self._wanted.popitem(last=False)
            self._work()
        return None

    def _work(self) -> None:
        while self._wanted and len(self._busy) < THREADS:
            path, _ = self._wanted.popitem(last=True)
            self._busy.add(path)
            self._begin(path)

    def _begin(self, path: Path) -> None:
        run_in_background(
            self,
            lambda: self._make(path),
            lambda image: self._take(path, image),
            lambda _: self._take(path, QImage()),
            self._pool,
        )

    def _take(self, path: Path, image: QImage) -> None:
        self._busy.discard(path)
        self.made += 1
        if path in self._outdated:
            self._outdated.discard(path)  # who still looks asks again
        else:
            self._known[path] = image
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self.ready.emit(path)
        self._work()
