"""Streams as a sender gives them: frames with odd fields and right checksums, bombs, damage. Fed by TCP."""

import dataclasses
import struct
import zlib
from collections.abc import Iterator

from trust.making import Writer


def make(writer: Writer) -> None:
    writer.files(".stream", _frames())
    from fuzz.readers import READERS

    seeds = [data[1:] * 3 for data in READERS["stream"].seeds(writer.folder) if data[0] < 0x80]
    writer.files(".stream", _sealed(writer, seeds, writer.missing // 2))
    writer.mutated("stream", ".stream", seeds)


def _frames() -> Iterator[tuple[str, bytes]]:
    from link_builders import VECTORS, jpeg

    from n6studio.link.wire.frame import encode_frame

    plain, whole = jpeg(0, 96, 64), VECTORS.results()
    for count, points in ((1, 1), (1000, 17), (300, 255), (1, 255), (0, 0)):
        yield (
            f"people-{count}-{points}",
            encode_frame(plain, VECTORS.results(people=VECTORS.people(count, points))) * 10,
        )
    for name, value in (
        ("sequence", 0), ("sequence", 2**32 - 1), ("device_time", 0), ("device_time", 2**64 - 1),
        ("log", ("\x1b]0;owned\x07", "\u202e", "a" * 60_000)),
        ("status", (("\x1b[31m", "b"), ("=", "="), ("confidence", "nan"), ("model_name", "../../x"))),
        ("top_confidence", float("nan")),
    ):  # fmt: skip
        try:
            yield f"{name}", encode_frame(plain, dataclasses.replace(whole, **{name: value})) * 10
        except (TypeError, ValueError, struct.error):
            continue
    for side in (64, 1024, 4096):
        try:
            yield f"exact-{side}", encode_frame(plain, VECTORS.results(exact_input=VECTORS.pixels(side, side))) * 20
        except (ValueError, struct.error):
            continue
    packed = zlib.compress(bytes(4096 * 4096 * 3), 9)
    pieces = [
        (4, struct.pack("<HHBBII", 4096, 4096, 3, 1, len(packed), at) + packed[at : at + 60_000])
        for at in range(0, len(packed), 60_000)
    ]
    yield "exact-bomb", _made(plain, pieces) * 200
    nan = struct.pack("<HH", 1, 17) + struct.pack("<f", float("nan")) * (5 + 51)
    far = struct.pack("<HH", 1, 17) + struct.pack("<f", 1e38) * (5 + 51)
    for name, fields in (
        ("nan", [(3, nan)]), ("far", [(3, far)]), ("nan-top", [(7, struct.pack("<f", float("nan")))]),
        ("crowd", [(3, nan[:4] + nan[4:])] * 900),
        ("short", [(3, nan[:50])]), ("many-people", [(3, struct.pack("<HH", 65535, 65535))]),
        ("no-points", [(3, struct.pack("<HH", 65535, 0))]),
        ("view-zero", [(2, bytes(22))]),
        ("view-nan", [(2, struct.pack("<BBHH4f", 9, 9, 0, 65535, *[float("nan")] * 4))]),
        ("unknown", [(65535, b"a" * 60_000)]),
        ("log", [(5, b"\x1b]0;owned\x07\xff\xfe\x00")] * 2000),
        ("status", [(6, b"a" * 60_000), (6, b"="), (6, b"\xff=\xff")] * 5), ("exact-short", [(4, bytes(14))]),
        ("exact-overlap",
            [(4, struct.pack("<HHBBII", 64, 64, 3, 0, 12288, at) + bytes(6000)) for at in (0, 0, 100, 12000,
                    2**32 - 1)]),
        ("exact-wide", [(4, struct.pack("<HHBBII", 65535, 65535, 255, 0, 2**32 - 1, 0))]),
        ("exact-not-packed", [(4, struct.pack("<HHBBII", 8, 8, 3, 1, 5, 0) + b"aaaaa")]),
    ):  # fmt: skip
        yield f"field-{name}", _made(plain, fields) * 20
    for name, data in (
        ("silence", b""), ("zeros", bytes(5_000_000)), ("starts", b"\xff\xd8" * 1_000_000),
        ("open", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_000_000),
        ("http", b"HTTP/1.0 200 OK\r\n\r\n" + plain * 20), ("lines", b"7 ok\n" * 200_000),
        ("endless-line", b"a" * 20_000_000), ("entropy", plain[:-2] + b"\x00" * 30_000_000),
        ("plain", plain * 50), ("commands", b"confidence 0.4\nprotect on\n" * 1000),
    ):  # fmt: skip
        yield name, data


def _made(jpeg: bytes, fields: list[tuple[int, bytes]]) -> bytes:
    """Return a frame with these fields, whatever they are, as docs/wire-format.md says, and the right checksum."""
    segments: list[bytes] = [b""]
    for kind, payload in fields:
        packed = struct.pack("<HH", kind, len(payload)) + payload
        if len(segments[-1]) + len(packed) > 65_000:
            segments.append(b"")
        segments[-1] += packed
    head = bytearray(b"\xff\xd8\xff\xe9" + (len(segments[0]) + 44).to_bytes(2, "big") + b"N6LIVE").ljust(48, b"\x00")
    head[20], head[22], head[23] = 1, min(len(segments), 255), 48
    more = b"".join(
        b"\xff\xe9" + (len(data) + 10).to_bytes(2, "big") + b"N6MORE" + bytes((number & 255, 0)) + data
        for number, data in enumerate(segments[1:], 1)
    )
    return _seal(bytes(head) + segments[0] + more + jpeg[2:])


def _seal(frame: bytes) -> bytes:
    """Return a frame whose length and checksum are right."""
    changed = bytearray(frame)
    struct.pack_into("<I", changed, 16, len(changed))
    changed[20] = 1
    struct.pack_into("<I", changed, 12, zlib.crc32(changed[16:], zlib.crc32(changed[:12])))
    return bytes(changed)


def _sealed(writer: Writer, seeds: list[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    """Yield damaged frames behind right checksums: what an attacker sends."""
    from fuzz.mutators import mutated

    frames = [seed for seed in seeds if seed[:4] == b"\xff\xd8\xff\xe9"] or seeds
    for _ in range(count):
        damaged = mutated(frames, (b"N6LIVE", b"\xff\xe9", b"\xff\xd9"), writer.chance)
        yield "sealed", _seal(damaged.ljust(48, b"\x00")) * 5
