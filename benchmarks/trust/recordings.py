"""Recordings: an index that lies about frames, frames that are none, damage."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from trust.making import FIXTURES, Writer

KNOWN = FIXTURES / "recording-2026-11"
FILM, INDEX = "take.mjpeg", "take.index.jsonl"
_NUMBERS = (
    "-1",
    "0",
    "1",
    "1e308",
    "1e999",
    "-1e999",
    "NaN",
    "9" * 400,
    "18446744073709551616",
    '"1"',
    "null",
    "[]",
    "true",
    "0.5",
    "2147483648",
)


def make(writer: Writer) -> None:
    if shared := os.environ.get("N6_SHARED"):
        for path in sorted(Path(shared, "cases", "live").glob("*.mjpeg")):
            folder = writer.place(path.stem)
            folder.mkdir()
            shutil.copy(path, folder / FILM)
            index = path.with_name(f"{path.stem}.index.jsonl")
            if index.exists():
                shutil.copy(index, folder / INDEX)
    film, index = ((KNOWN / f"with-results.{suffix}").read_bytes() for suffix in ("mjpeg", "index.jsonl"))
    for name, told in _indices(index):
        _write(writer, name, film, told)
    for name, data in _films(film):
        _write(writer, name, data, None)
    from fuzz.mutators import mutated
    from fuzz.readers import READERS

    for number in range(writer.missing):
        words = READERS["recording" if number % 2 else "stream"].words
        if number % 2:
            _write(writer, "damaged-index", film, mutated([index], words, writer.chance))
        else:
            _write(writer, "damaged-film", mutated([film], words, writer.chance), index if number % 4 else None)


def _write(writer: Writer, name: str, film: bytes, index: bytes | None) -> None:
    folder = writer.place(name)
    folder.mkdir()
    (folder / FILM).write_bytes(film)
    if index is not None:
        (folder / INDEX).write_bytes(index)


def _indices(index: bytes) -> Iterator[tuple[str, bytes]]:
    lines = index.decode().splitlines()
    for key in ("at", "length", "time"):
        for number, value in enumerate(_NUMBERS):
            for line in (1, len(lines) - 1):
                entry = json.loads(lines[line])
                told = json.dumps({**entry, key: "@"}).replace('"@"', value)
                yield f"{key}-{number}", "\n".join([*lines[:line], told, *lines[line + 1 :]]).encode() + b"\n"
    head, first = lines[0], lines[1]
    for key in ("format", "version", "source", "started"):
        for number, value in enumerate((*_NUMBERS, '"\\u001b]0;owned\\u0007"', '"\\ud800"', '"' + "a" * 10**6 + '"')):
            told = json.dumps({**json.loads(head), key: "@"}).replace('"@"', value)
            yield f"{key}-{number}", "\n".join([told, *lines[1:]]).encode("utf-8", "surrogatepass") + b"\n"
    yield from (
        ("empty", b""), ("headless", "\n".join(lines[1:]).encode()), ("deep", b"[" * 200_000),
        ("binary", bytes(range(256)) * 100),
        ("repeated", (head + "\n" + (first + "\n") * 200_000).encode()),
        ("backwards", "\n".join([head, *reversed(lines[1:])]).encode()),
        ("long-line", (head + "\n" + " " * 30_000_000 + first).encode()), ("null", b"null\n" * 1000),
        ("numbers", b"5\n" * 100_000),
        ("no-end", index.rstrip(b"\n")),
        ("overlap",
            (head + "\n" + "".join(f'{{"at": {n}, "length": 60000, "time": {n}}}\n' for n in range(2000))).encode()),
    )  # fmt: skip


def _films(film: bytes) -> Iterator[tuple[str, bytes]]:
    first = film[: film.index(b"\xff\xd9") + 2]
    yield from (
        ("empty", b""), ("zeros", bytes(1_000_000)), ("text", b"no film\n" * 1000), ("starts", b"\xff\xd8" * 500_000),
        ("marks", b"\xff\xd8\xff\xe9" * 100_000),
        ("long-segments", b"\xff\xd8" + b"\xff\xe9\xff\xff" * 100_000),
        ("open", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 1_000_000), ("doubled", film + film),
        ("no-end", first[:-2] * 50), ("ends", b"\xff\xd9" * 500_000),
        ("names", b"\xff\xd8\xff\xe9\x00\x30N6LIVE" * 50_000), ("fills", b"\xff\xd8" + b"\xff" * 3_000_000),
    )  # fmt: skip
    for name, size in (("wide", 0xFFFF), ("none", 0), ("large", 20_000)):
        at = first.find(b"\xff\xc0")
        changed = bytearray(first)
        changed[at + 5 : at + 9] = size.to_bytes(2, "big") * 2
        yield f"image-{name}", bytes(changed) * 3
