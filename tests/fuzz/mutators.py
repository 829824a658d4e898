"""Small damage to bytes: what transmission, editors and attackers do to files."""

import random
import struct
from collections.abc import Callable, Sequence

LONGEST = 1 << 18  # bytes of a case
_INTERESTING = (0, 1, 2, 7, 8, 16, 63, 64, 127, 128, 255, 256, 1024, 4095, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1,
                2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1, -1, -2, -128, -(2**31), -(2**63))  # fmt: skip
_WORDS = (
    b"0", b"-1", b"1e999", b"NaN", b"-Infinity", b"null", b"true", b'""', b"[]", b"{}", b"[[", b'{"a":', b"'", b"../",
    b"\x00", b"\xff\xfe", b"\xed\xb3\xa9", b"\\udce9", b"9" * 400, b"1" * 5000, b"1.2.3",
    b"\xd9\xa3", b"\xc2\xb2", b"&a *a", b"!!python/object:os.system ", b": ",
    b"\n- ", b"\t", b"\r\n", b"%s", b"/dev/zero", b"C:\\", b"\xf0\x9f\x8f\x83", b"1_000", b"0x7fffffff", b"2026-11-26",
    b"---\n", b"?",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of the seeds with one to four kinds of damage."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        chance.choice(_KINDS)(data, seeds, words, chance)
        del data[LONGEST:]
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    """Return a place; often near the ends, where heads and directories are."""
    if not data:
        return 0
    near = min(len(data), 200)
    return chance.choice((chance.randrange(len(data)), chance.randrange(near), len(data) - 1 - chance.randrange(near)))


def _flip(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8)) if data else 0):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _replace(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))


def _cut_off(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _cut_out(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    first = _place(data, chance)
    del data[first : first + chance.choice((1, 2, 4, 16, 200))]


def _repeat(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    first = _place(data, chance)
    piece = bytes(data[first : first + chance.choice((1, 4, 30, 300))])
    data[first:first] = piece * min(chance.choice((1, 2, 50, 2000)), 1 + LONGEST // (2 * max(len(piece), 1)))


def _splice(data: bytearray, seeds: Sequence[bytes], _words: object, chance: random.Random) -> None:
    other = bytearray(chance.choice(seeds))
    first = _place(other, chance)
    piece, at = other[first : first + chance.choice((4, 40, 400, 10**6))], _place(data, chance)
    data[at : at + chance.choice((0, len(piece)))] = piece


def _number(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    """Put a number of odd size, in either order of bytes, where one of 1 to 8 bytes may stand: a length, an offset."""
    size = chance.choice((1, 2, 4, 4, 8))
    value = chance.choice(_INTERESTING) & ((1 << 8 * size) - 1)
    at = _place(data, chance) // size * size
    if at + size <= len(data):
        data[at : at + size] = value.to_bytes(size, chance.choice(("little", "big")))


def _nudge(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    at = _place(data, chance) // 4 * 4
    if at + 4 <= len(data):
        (value,) = struct.unpack_from("<I", data, at)
        struct.pack_into("<I", data, at, (value + chance.choice((-8, -4, -1, 1, 4, 8, 1000))) & 0xFFFFFFFF)


def _word(data: bytearray, _seeds: object, words: Sequence[bytes], chance: random.Random) -> None:
    at, word = _place(data, chance), chance.choice((*words, *_WORDS))
    data[at : at + chance.choice((0, len(word)))] = word


def _digits(data: bytearray, _seeds: object, _words: object, chance: random.Random) -> None:
    """Change a number that is written in digits."""
    at = _place(data, chance)
    while at < len(data) and not 48 <= data[at] <= 57:
        at += 1
    end = at
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    data[at:end] = str(chance.choice(_INTERESTING)).encode()


_KINDS: tuple[Callable[[bytearray, Sequence[bytes], Sequence[bytes], random.Random], None], ...] = (
    _flip, _replace, _cut_off, _cut_out, _repeat, _splice, _number, _nudge, _word, _digits,
)  # fmt: skip
