"""When each frame of an MP4 is shown. OpenCV writes videos of one rate; streams have none.

ISO/IEC 14496-12: a box is a length of four bytes, big endian, its kind, and its contents. The table `stts` says how
long each frame is shown; the headers of video, track and media say how long all of them are.
"""

import itertools
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
_FINE, _COARSE = 90_000, 1_000  # ticks a second; the latter where the former would not fit into four bytes
_LONGEST = 40_000.0  # seconds
_MOVIE_SCALE = 1_000


class NotAsExpected(ValueError):
    """The file is not laid out as OpenCV lays one out."""


def set_times(path: Path, times: Sequence[float], last: float) -> None:
    """Let each frame of a video be shown at its own time.

    Args:
        path: an MP4 as OpenCV wrote it, with as many frames as `times`.
        times: seconds, not falling; two frames of the same time get one tick each.
        last: seconds for which the last frame is shown.

    Raises:
        NotAsExpected, OSError.
    """
    scale = _FINE if times[-1] - times[0] < _LONGEST else _COARSE
    ticks: list[int] = []
    for time in times:
        least = ticks[-1] + 1 if ticks else 0
        ticks.append(max(least, round((time - times[0]) * scale)))
    ticks.append(ticks[-1] + max(1, round(last * scale)))
    with path.open("r+b") as file:
        at, end = _find_moov(file, path.stat().st_size)
        file.seek(at)
        try:
            made = _rewritten(file.read(end - at), ticks, scale)
        except (struct.error, IndexError, RecursionError) as error:
            raise NotAsExpected(f"a box has other contents: {error}") from error
        file.seek(at)
        file.write(made)
        file.truncate()


def _find_moov(file: IO[bytes], size: int) -> tuple[int, int]:
    """Return where the index starts and ends: behind the frames, so that their places do not change."""
    at = 0
    while at + 16 <= size:
        file.seek(at)
        length, kind, longer = struct.unpack(">I4sQ", file.read(16))
        length = longer if length == 1 else length
        if kind == b"moov" and at + length == size:
            return at, size
        if length < 8:
            break
        at += length
    raise NotAsExpected("the index is not at the end")


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, where its contents start, where it ends) of each box."""
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > end:
            raise NotAsExpected("a box is cut off")
        yield kind, at + 8, at + length
        at += length


def _rewritten(data: bytes, ticks: Sequence[int], scale: int) -> bytes:
    made = b""
    for kind, begins, end in _boxes(data, 0, len(data)):
        body = data[begins:end]
        if kind in _HOLDERS:
            body = _rewritten(body, ticks, scale)
        elif kind in _CHANGED:
            if body[0]:
                raise NotAsExpected("a box of a later version")
            body = _CHANGED[kind](body, ticks, scale)
        made += struct.pack(">I4s", len(body) + 8, kind) + body
    return made


def _table(body: bytes, ticks: Sequence[int], scale: int) -> bytes:
    (count,) = struct.unpack_from(">I", body, 4)
    known = sum(struct.unpack_from(">I", body, 8 + 8 * number)[0] for number in range(count))
    if known != len(ticks) - 1:
        raise NotAsExpected(f"{known} frames in place of {len(ticks) - 1}")
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    return body[:4] + struct.pack(">I", len(steps)) + b"".join(struct.pack(">II", 1, step) for step in steps)


def _media(body: bytes, ticks: Sequence[int], scale: int) -> bytes:
    return body[:12] + struct.pack(">II", scale, ticks[-1]) + body[20:]


def _movie(body: bytes, ticks: Sequence[int], scale: int) -> bytes:
    return body[:12] + struct.pack(">II", _MOVIE_SCALE, _whole(ticks, scale)) + body[20:]


def _track(body: bytes, ticks: Sequence[int], scale: int) -> bytes:
    return body[:20] + struct.pack(">I", _whole(ticks, scale)) + body[24:]


def _edits(body: bytes, ticks: Sequence[int], scale: int) -> bytes:
    return body[:4] + struct.pack(">III", 1, _whole(ticks, scale), 0) + body[16:]


def _whole(ticks: Sequence[int], scale: int) -> int:
    return round(ticks[-1] * _MOVIE_SCALE / scale)


_CHANGED = {b"stts": _table, b"mdhd": _media, b"mvhd": _movie, b"tkhd": _track, b"elst": _edits}
