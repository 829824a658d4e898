"""SavedModels in folders whose names TensorFlow cannot take."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_PATTERN = set("*?[")


@contextlib.contextmanager
def loadable(path: Path) -> Iterator[str]:
    """Yield a name for the SavedModel folder `path` that TensorFlow can load while the context lasts.

    TensorFlow takes the path of the variables for a pattern of files, so that a folder called "run [2]" does not match
    itself. Such a folder becomes the working folder meanwhile; other paths used within must be absolute.
    """
    if not set(str(path)) & _PATTERN:
        yield str(path)
        return
    with contextlib.chdir(path):
        yield "."
