"""Gets a layer: looks up, downloads, verifies, installs; may be stopped at any moment and gone on with later."""

import contextlib
import enum
import errno
import importlib.metadata
import json
import os
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from n6studio.domain.errors.layers import LayerBusy, LayerHasNoWheel, LayerNeedsRoom, LayerUnreachable
from n6studio.layers.download import Progress, get_all, room
from n6studio.layers.index import Wheel, choose, supported_tags
from n6studio.layers.install import install, installed_lock, lock_digest
from n6studio.layers.layer import BASE, TOOLS, Layer, lock_file
from n6studio.layers.lock import Pin, read_lock
from n6studio.layers.places import Places, cpu_index, known_places

# PyTorch's builds without CUDA for Linux lie in an index of their own, which uv knows.
CPU_BUILDS = ("torch", "torchvision")
# In an environment that an installer made: names the installer's folder.
READY_MARK = "n6studio-ready.json"
SPARE = 200_000_000  # bytes that stay free

Show = Callable[[str, int, int, float | None], None]
"""Receives step, done, total and the seconds that are left, None where they cannot be told. Bytes, 0 where unknown."""


class Ended(enum.StrEnum):
    """How getting a layer ended."""

    DONE = "done"
    THERE = "there"
    STOPPED = "stopped"
    FAILED = "failed"


STEPS = LOOKING, DOWNLOADING, INSTALLING = "look up packages", "download", "install"


@dataclass(frozen=True)
class Order:
    """What to get, and from where.

    Attributes:
        layer: it.
        lock: list of its pins; None for the one that the program carries.
        wheels: folder for downloads; None for one in the environment, which is removed afterwards.
        folders: with wheels, looked into first.
        offline: look nowhere else.
        download_only: install nothing.
    """

    layer: Layer
    lock: Path | None = None
    wheels: Path | None = None
    folders: tuple[Path, ...] = ()
    offline: bool = False
    download_only: bool = False


@dataclass
class Job:
    """A layer on its way."""

    order: Order
    show: Show
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> bool:
        """Do it; return False where everything was there already.

        Raises:
            Stopped: `stop` was set.
            LayerMissing and the others of its family, DiskFull.
        """
        order = self.order
        lock = order.lock or lock_file(order.layer.name)
        if lock is None:
            raise FileNotFoundError(errno.ENOENT, "the program's list of packages is missing", order.layer.name)
        with only_one(order.layer):
            if order.layer.present and not order.download_only:
                known = installed_lock(order.layer)
                if not known or known == lock_digest(lock):  # without a mark, somebody else looks after it
                    return False
            folder = order.wheels or Path(sys.prefix) / "downloads"
            folder.mkdir(parents=True, exist_ok=True)
            self.show(LOOKING, 0, 0, None)
            places = known_places((*order.folders, *kit_wheels()), order.offline)
            wheels = self._choose(self._wanted(read_lock(lock)), places, folder)
            self._look_for_room(folder, wheels)
            total = sum(wheel.size for wheel in wheels)
            progress = Progress(total, lambda done, all_, left: self.show(DOWNLOADING, done, all_, left))
            get_all(wheels, folder, places.certificates, progress, self.stop)
            if order.download_only:
                return True
            self.show(INSTALLING, 0, 0, None)
            install(order.layer, lock, wheels, folder, self.stop)
            if order.wheels is None:
                _empty(folder)
            return True

    def _wanted(self, pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
        """Return the pins to get: of a base that is there, those of which it has another version."""
        if self.order.layer is not BASE or not installed_lock(BASE) or self.order.download_only:
            return pins
        return tuple(pin for pin in pins if _installed(pin) != pin.version)

    def _choose(self, pins: tuple[Pin, ...], places: Places, folder: Path) -> tuple[Wheel, ...]:
        tags = supported_tags()
        tool = [pin for pin in pins if pin.key in TOOLS]
        special = [pin for pin in pins if pin.key in CPU_BUILDS and sys.platform == "linux"]
        usual = [pin for pin in pins if pin not in (*tool, *special)]
        found = list(choose(usual, places, tags))
        if not special:
            return tuple(found)
        try:
            here = choose(special[:1], places, tags)  # somebody has put it into a folder or index of their own
            return (*found, *here, *choose(special[1:], places, tags))
        except LayerHasNoWheel:
            if self.order.offline or not tool:
                raise
        uv = self._uv(tool, places, folder)
        index = cpu_index(uv, f"{special[0].name}=={special[0].version}")
        if not index:
            raise LayerUnreachable(package=special[0].name, reason="uv cannot reach PyTorch's index of CPU builds")
        return (*found, *choose(special, replace(places, indexes=(index, *places.indexes)), tags))

    def _uv(self, pins: list[Pin], places: Places, folder: Path) -> Path:
        """Return the program uv, out of its wheel."""
        wheel = choose(pins, places, supported_tags())
        path = get_all(wheel, folder, places.certificates, lambda _: None, self.stop)[0]
        return unpack_program(path, "uv", folder)

    def _look_for_room(self, folder: Path, wheels: tuple[Wheel, ...]) -> None:
        missing = sum(wheel.size for wheel in wheels if not (folder / wheel.name).exists())
        needed = missing + (0 if self.order.download_only else self.order.layer.bytes_installed) + SPARE
        free = room(folder)
        if free < needed:
            raise LayerNeedsRoom(path=folder, free_megabytes=free // 10**6, needed_megabytes=needed // 10**6)


def _installed(pin: Pin) -> str:
    try:
        return importlib.metadata.version(pin.name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def unpack_program(wheel: Path, name: str, folder: Path) -> Path:
    """Return a program that a wheel carries among its scripts, unpacked into `folder`."""
    with zipfile.ZipFile(wheel) as archive:
        inside = next(item for item in archive.namelist() if item.rpartition("/scripts/")[2] in (name, f"{name}.exe"))
        path = folder / inside.rpartition("/")[2]
        path.write_bytes(archive.read(inside))
    path.chmod(0o755)
    return path


def kit_wheels() -> tuple[Path, ...]:
    """Return the folder of wheels that an offline installer laid down; () where this environment has none."""
    try:
        kit = json.loads((Path(sys.prefix) / READY_MARK).read_text(encoding="utf-8"))["kit"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    folder = Path(kit) / "wheels"
    return (folder,) if folder.is_dir() else ()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def only_one(layer: Layer, lock: Path | None = None) -> Iterator[None]:
    """Let one process at a time change an environment.

    Args:
        layer: that it is about to get.
        lock: file that stands for the environment; None for this Python's.

    Raises:
        LayerBusy: another one does.
    """
    with (lock or Path(sys.prefix) / "n6studio-layers.lock").open("a+b") as stream:
        if not _locked(stream.fileno()):
            raise LayerBusy(layer=layer.name)
        yield  # closing the file releases it, and so does the end of the process, however it ends


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        if error.errno in (errno.ENOLCK, errno.ENOTSUP):
            return True  # a network drive without locks: go on rather than refuse
        raise
    return True
