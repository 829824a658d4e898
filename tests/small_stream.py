"""Frames put together by hand, to the byte, and what makes a parser look in vain."""

import struct

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.parser import StreamParser

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
# ITU-T T.81: the start of a frame of 16 x 9 pixels with one component, and the start of its data
HEADER = SOI + b"\xff\xc0" + struct.pack(">HBHHB3x", 11, 8, 9, 16, 1) + b"\xff\xda" + struct.pack(">H6x", 8)
DATA = bytes(range(1, 101))
PLAIN = HEADER + DATA + EOI  # with results longer than the 150 bytes that no frame of a real image is shorter than


def signed(number: int = 0, image: bytes = PLAIN) -> bytes:
    results = FrameResults((1, 0), number, 0, Timings(), "", None, nobody(0))
    return encode_frame(image, results)


FIRST, SECOND = signed(0), signed(1)
SHORTEST_START = 24  # bytes of a frame with results that tell it from others


def parsed(*pieces: bytes, **options):
    parser = StreamParser(**options)
    found = [frame for piece in pieces for frame in parser.feed(piece, 0.0)]
    return [frame.jpeg for frame in found], parser


def with_segment(data: bytes) -> bytes:
    """Return an image with something in its header."""
    return SOI + b"\xff\xe1" + struct.pack(">H", 2 + len(data)) + data + HEADER[2:] + DATA + EOI


FALSE = SOI + b"\xff\xe0\x00\x00"  # no length is 0: one marker was looked at, for 512 bytes
LONG_FALSE = SOI + b"\xff\xe0\x00\x02" * 599 + b"\xff\xe0\x00\x00"  # 600 markers
LYING = (FIRST[:16] + struct.pack("<I", 10) + FIRST[20:48]).ljust(150, b"\0")  # ends before its head does


def deep() -> StreamParser:
    """Return a parser that lacks 306688 bytes of budget."""
    _, parser = parsed(FALSE * 4095 + LONG_FALSE + bytes(100))
    return parser
