"""A reader of the stream that is slow and obviously right: it tries every byte, and knows all bytes before it begins.

Written from docs/wire-format.md alone; what the parser of the program finds is held against it.
"""

import zlib

START, MAGIC, LONGEST = b"\xff\xd8\xff\xe9", b"N6LIVE", 8_388_607


def starts_at(data: bytes, at: int) -> bool:
    """Whether a frame with results can start here, by its first 24 bytes."""
    head = data[at : at + 24]
    return (
        len(head) == 24
        and head[:4] == START
        and head[6:12] == MAGIC
        and int.from_bytes(head[16:20], "little") <= LONGEST
        and head[22] >= 1
        and head[23] >= 48
    )


def segments_of(data: bytes) -> list[range]:
    """Where a frame may carry other images: its segments in front of the image's data, without those with results."""
    found, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if not ((0xC0 <= kind <= 0xCF and kind != 0xC8) or kind in (0xDA, 0xDB, 0xDD, 0xFE) or 0xE0 <= kind <= 0xEF):
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or kind == 0xDA:
            break
        if not (kind == 0xE9 and data[at + 4 : at + 6] == b"N6"):
            found.append(range(at + 4, at + 2 + length))
        at += 2 + length
    return found


def frame_at(data: bytes, at: int) -> bytes:
    """The whole frame that starts here; b'' where there is none."""
    if not starts_at(data, at):
        return b""
    length = int.from_bytes(data[at + 16 : at + 20], "little")
    frame = data[at : at + length]
    if length <= 48 or len(frame) < length:
        return b""
    if zlib.crc32(frame[16:], zlib.crc32(frame[:12])) != int.from_bytes(frame[12:16], "little"):
        return b""
    room = segments_of(frame)
    inside = [place for place in range(2, length) if starts_at(frame, place)]
    return frame if all(any(place in segment for segment in room) for place in inside) else b""


def whole_frames(data: bytes) -> list[bytes]:
    """Every frame with results that arrived whole; the outer one where one is inside another."""
    found, at = [], 0
    while (at := data.find(START, at)) >= 0:
        frame = frame_at(data, at)
        if frame:
            found.append(frame)
        at += len(frame) or 1
    return found
