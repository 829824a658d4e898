"""Where things lie in a frame on the wire; docs/wire-format.md is the specification."""

import struct
import zlib

from n6studio.domain.stream import STREAM_MAGIC

SOI, EOI, APP9 = b"\xff\xd8", b"\xff\xd9", b"\xff\xe9"
START = SOI + APP9  # of a frame with results; then two bytes of length, then MAGIC
MAGIC, MORE, PARITY_MAGIC = STREAM_MAGIC, b"N6MORE", b"N6RSCP"
SEGMENT_HEAD = 12  # of further segments: marker, length, magic, index, reserved
LONGEST_SEGMENT = 0xFFFF  # from its length on

# From SOI: marker, length (big endian), magic | checksum | frame length, version, segments, where fields start |
# sequence, reserved | device time | model. Up to 24 everything stays where it is in every version.
MAGIC_AT, CHECKSUM_AT, AFTER_CHECKSUM = 6, 12, 16
LENGTH_AT, VERSION_AT, FIELDS_AT = 16, 20, 23
HEAD = struct.Struct("<IBBBB")  # at 16
BODY = struct.Struct("<IIQ8s")  # at 24
HEAD_SIZE = 48


def has_results(jpeg: bytes | bytearray) -> bool:
    """Return whether the image starts with a results segment, whatever that is worth."""
    return jpeg[:4] == START and jpeg[MAGIC_AT:CHECKSUM_AT] == MAGIC


def checksum(frame: bytes | bytearray | memoryview) -> int:
    """Return the checksum that a frame should have; it covers everything but its own place."""
    view = memoryview(frame)
    return zlib.crc32(view[AFTER_CHECKSUM:], zlib.crc32(view[:CHECKSUM_AT]))


def checksum_agrees(frame: bytes) -> bool:
    """Return whether a frame has the checksum that it should have."""
    return checksum(frame) == int.from_bytes(frame[CHECKSUM_AT:AFTER_CHECKSUM], "little")


def with_checksum(frame: bytes | bytearray) -> bytes:
    """Return the frame with its checksum computed anew."""
    return bytes(frame[:CHECKSUM_AT] + checksum(frame).to_bytes(4, "little") + frame[AFTER_CHECKSUM:])
