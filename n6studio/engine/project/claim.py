"""Who has a project open: one window changes it, others look on."""

import hashlib
import os
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from n6studio.system.files import make_folder


class Claim:
    """One window's hold on the project that it has open. The system lets go of it when the process ends."""

    def __init__(self, places: Path | None = None) -> None:
        """Make it; `places` is where holds are kept, by default in the user's cache."""
        self._places = places
        self._lock: FileLock | None = None
        self._folder: Path | None = None

    def take(self, folder: Path) -> bool:
        """Hold a project and let go of the one before; return False where another window holds it.

        Raises:
            DiskFull, NotWritable: there is no place for holds.
        """
        if folder == self._folder:
            return True
        self.release()
        places = self._places or platformdirs.user_cache_path("n6studio", appauthor=False) / "open"
        make_folder(places)
        name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
        lock = FileLock(places / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._lock, self._folder = lock, folder
        return True

    def release(self) -> None:
        """Let go."""
        if self._lock is not None:
            self._lock.release()
        self._lock = self._folder = None
