"""From an address to a source, and which sources there are."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from n6studio.board.emulator import missing_tools
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.link import SourceUnknown
from n6studio.domain.settings import from_mapping, named
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.gates.files import require_present
from n6studio.link.recording.recording import holds_stream, is_recording
from n6studio.link.sources.base import Source, SourceInfo
from n6studio.link.sources.camera import Mode, camera, cameras, network_camera
from n6studio.link.sources.http import SCHEMES, HttpSource
from n6studio.link.sources.serial_port import SerialSource, serial_ports
from n6studio.link.sources.stored import ImagesSource, RecordingSource, VideoSource
from n6studio.link.sources.tcp import TcpSource
from n6studio.link.sources.virtual import VirtualBoardSource, emulated_info, virtual_info

KINDS = ("virtual", "serial", "tcp", "http", "https", "rtsp", "camera", "recording", "video", "images")
_FORMER = {"pictures": "images"}  # names of earlier releases, in scripts and in what the window remembers


def open_source(address: str) -> Source:
    """Return the source, not opened yet, that an address names.

    Args:
        address: kind, colon, rest: serial:PORT[@BAUD], tcp:HOST:PORT (or tcp://), http://HOST/PATH, rtsp://HOST/PATH,
            camera:NUMBER[?width=W&height=H&fps=F], recording:FILE, video:FILE,
            images:FOLDER, or virtual:MODEL?SETTING=VALUE&... with settings of the virtual board. A file or folder
            alone is a serial port, a recording, a folder of images or a video by its looks.

    Raises:
        SourceUnknown: it names none.
        FileMissing, FileUnreadable, LinkBroken: it is a path, and nothing is there that can be read.
        SettingInvalid: a setting of the virtual board that is not possible.
    """
    kind, colon, rest = address.partition(":")
    kind = _FORMER.get(kind, kind)
    if kind == "virtual":
        return _virtual(rest)
    if rest and kind in KINDS:
        source = _named(kind, rest)
        if source is not None:
            return source
    elif address and not (colon and kind in KINDS) and _is_path(address):
        return _stored(Path(address))
    raise SourceUnknown(address=address, kinds=tuple(KINDS))


def _named(kind: str, rest: str) -> Source | None:
    if kind == "serial":
        port, at, baud = rest.rpartition("@")
        return SerialSource(port, int(baud)) if at and _is_number(baud, 8) else SerialSource(rest)
    if kind in SCHEMES:
        with contextlib.suppress(ValueError):
            return HttpSource(f"{kind}:{rest}")
        return None
    if kind == "rtsp":
        return network_camera(f"{kind}:{rest}")
    if kind == "tcp":
        host, _, port = rest.removeprefix("//").rpartition(":")
        return TcpSource(host.strip("[]"), int(port)) if host and _is_number(port) else None
    if kind == "camera":
        number, _, wish = rest.partition("?")
        wished = _mode(wish)
        return camera(int(number), wished) if _is_number(number) and wished is not None else None
    makers: dict[str, Callable[[Path], Source]] = {
        "recording": RecordingSource,
        "video": _video,
        "images": ImagesSource,
    }
    return makers[kind](Path(rest))


def _mode(wish: str) -> Mode | None:
    """Return the size and rate that an address asks a camera for; None where it says something else."""
    pairs = parse_qsl(wish, keep_blank_values=True)
    if any(name not in ("width", "height", "fps") or not _is_number(value) for name, value in pairs):
        return None
    known = {name: int(value) for name, value in pairs}
    return Mode(known.get("width", 0), known.get("height", 0), known.get("fps", 0))


def _is_number(text: str, most: int = 5) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most


def _is_path(address: str) -> bool:
    """Return whether something lies there, or it looks as if something should: then it is told what is in the way."""
    path = Path(address)
    return os.path.lexists(path) or bool(path.suffix) or len(path.parts) > 1


def _stored(path: Path) -> Source:
    if _is_port(path):
        return SerialSource(str(path))
    with reading(path):
        require_present(path)
    if path.is_dir():
        return ImagesSource(path)
    return RecordingSource(path) if is_recording(path) else _video(path)


def _is_port(path: Path) -> bool:
    """Return whether a path leads to a device that is named as serial ports and pseudo-terminals are."""
    real = Path(os.path.realpath(path))
    named = real.name.startswith(("tty", "cu.", "rfcomm")) or real.parent.name == "pts"
    try:
        return named and path.is_char_device()
    except OSError:
        return False


def _video(path: Path) -> Source:
    """Return a video; a file that is nothing but JPEGs is read as a recording, by whatever name it goes."""
    with contextlib.suppress(OSError):
        if path.is_file() and holds_stream(path):
            return RecordingSource(path)
    return VideoSource(path)


def _virtual(rest: str) -> Source:
    model, _, settings = rest.partition("?")
    values: dict[str, Any] = {"model": model}
    for name, text in parse_qsl(settings, keep_blank_values=True):
        setting = named(VirtualBoardSettings, name)
        if setting is not None and setting.is_list:
            values.setdefault(name, []).append(text)
        else:
            truth = setting is not None and setting.kind is bool and not text  # its name alone
            values[name] = True if truth else text if setting is None else setting.parsed(text)
    return VirtualBoardSource(from_mapping(VirtualBoardSettings, values))


def find_sources() -> list[SourceInfo]:
    """Return what this computer has to offer, boards first. Takes up to a second; raises nothing."""
    emulated = [] if missing_tools() else [emulated_info()]
    return [*serial_ports(), *cameras(), virtual_info(), *emulated]
