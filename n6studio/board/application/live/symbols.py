"""The symbols of a linked program (ELF, 32 bits, little endian), which tell what the linker took into it."""

import struct
from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.gates.files import read_bytes

_HEAD = struct.Struct("<16sHHIIIIIHHHHHH")
_SECTION = struct.Struct("<10I")
_SYMBOL = struct.Struct("<IIIBBH")
_MAGIC = b"\x7fELF\x01\x01"
_SYMBOLS = 2  # type of a section


def symbols(path: Path) -> dict[str, int]:
    """Return name -> size in bytes of every symbol that the program defines; {} for what is no such program.

    Raises:
        FileMissing, FileUnreadable.
    """
    with reading(path):
        data = read_bytes(path)
    try:
        return _symbols(data)
    except (struct.error, IndexError, ValueError):
        return {}


def _symbols(data: bytes) -> dict[str, int]:
    if not data.startswith(_MAGIC):
        return {}
    head = _HEAD.unpack_from(data)
    at, size, count = head[6], head[11], head[12]
    sections = [_SECTION.unpack_from(data, at + size * index) for index in range(count)]
    found = {}
    for section in [section for section in sections if section[1] == _SYMBOLS][:1]:  # a program has one such table
        start, length = section[4], section[5]
        names = sections[section[6]]
        for place in range(start, start + length, _SYMBOL.size):
            name, _value, of, _info, _other, where = _SYMBOL.unpack_from(data, place)
            if name and where:  # defined here
                begin = names[4] + name
                found[data[begin : data.index(b"\0", begin)].decode("utf-8", "replace")] = of
    return found
