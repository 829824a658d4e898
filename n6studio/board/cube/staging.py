"""A temporary folder from which a vendor's tool can take files, whatever the files' own paths look like."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from n6studio.board.vendor.folders import plain_places
from n6studio.domain.errors.foreign import writing

_RELEASE_SECONDS, _RELEASE_ATTEMPTS = 0.2, 3


@contextmanager
def staging_folder() -> Iterator[Path]:
    """Yield an empty folder that is removed afterwards; its path is plain where this system has such a place.

    Raises:
        DiskFull, NotWritable.
    """
    base = next(iter(plain_places()), None)
    with writing(base or Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix="n6studio-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for _ in range(_RELEASE_ATTEMPTS):  # on Windows a tool that was just ended holds its files for a moment
            if not folder.exists():
                break
            time.sleep(_RELEASE_SECONDS)
            shutil.rmtree(folder, ignore_errors=True)
