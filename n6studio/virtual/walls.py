"""What holds the processes of this room back: each opens what others made."""

import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

from n6studio.domain.requests import InputFile
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.stages.process.reach import readable_by
from n6studio.stages.process.sandbox import Walls, close_reading, machine_memory, put_up_walls

_FILM_MEMORY = 4 << 30  # bytes: some twenty of the largest frames that are taken
_JPEG_MEMORY = 1 << 30  # the largest image takes 50 MB, OpenCV and its threads some hundred
_TERMINALS = (Path("/dev/ptmx"), Path("/dev/pts"))


def hold_inference(model: Path) -> Walls:
    """Let this process read a model and nothing else, write below its own temporary folder, and reach nobody."""
    own = _own_folder()
    return close_reading(put_up_walls(own, machine_memory()), [*own, *_reached("model", model)])


def hold_film(video: Path) -> Walls:
    """Let this process read a video and nothing else, write below its own temporary folder, and reach nobody."""
    own = _own_folder()
    return close_reading(put_up_walls(own, min(machine_memory(), _FILM_MEMORY)), [*own, *_reached("video", video)])


def hold_decoder() -> Walls:
    """Let this process read the system's files alone, write below its own temporary folder, and reach nobody."""
    own = _own_folder()
    return close_reading(put_up_walls(own, min(machine_memory(), _JPEG_MEMORY)), own)


def hold_rrd(recording: Path, index: Path, target: Path) -> Walls:
    """Let this process read a recording, write a file that is there already, and reach nobody."""
    own = [*_own_folder(), target.absolute()]
    read = [path.absolute() for path in (recording, index) if path.exists()]
    return close_reading(put_up_walls(own, machine_memory()), [*own, *read])


def hold_camera() -> Walls:
    """Let this process call a network camera and read the system's files alone, and write below its own folder."""
    own = _own_folder()
    resolver = Path("/etc/resolv.conf").resolve().parent  # where the system's names are looked up; often below /run
    walls = put_up_walls(own, min(machine_memory(), _FILM_MEMORY), calling=True)
    return close_reading(walls, [*own, resolver])


def hold_device(number: int) -> Walls:
    """Let this process use one camera, read the system's files alone, write below its own folder, and reach nobody."""
    own = [*_own_folder(), Path(f"/dev/video{number}")]
    return close_reading(put_up_walls(own, min(machine_memory(), _FILM_MEMORY)), own)


def hold_board(settings: VirtualBoardSettings) -> Walls:
    """Let this process read its model and what its camera sees, write the board's flash, and be called, not call."""
    own = [*_own_folder(), *_TERMINALS]
    if settings.flash:
        own.append(Path(settings.flash).absolute())
    own += _cameras(settings.camera)
    links = [Path(settings.link).absolute().parent] if settings.link else []
    walls = put_up_walls(own, machine_memory(), links=links, listening=settings.transport != "pty")
    seen = [*own, *links, *_reached("model", Path(settings.model)), *_reached("camera", Path(settings.camera))]
    return close_reading(walls, seen)


def _own_folder() -> list[Path]:
    """Return the folder for temporary files; whoever starts these processes gives each one of its own."""
    return [Path(tempfile.gettempdir())]


def _cameras(camera: str) -> list[Path]:
    if camera.partition(":")[0] != "webcam":
        return []
    with contextlib.suppress(OSError):
        return [path for path in Path("/dev").iterdir() if path.name.startswith(("video", "media"))]
    return []


def _reached(role: str, path: Path) -> Iterable[Path]:
    """Return what a model, or a camera that is a file or folder, leads to."""
    with contextlib.suppress(OSError, ValueError):
        if path.name and path.exists():
            return readable_by({role: (InputFile(str(path.absolute()), ""),)})
    return ()
