"""Intel HEX: reading and writing (Intel, "Hexadecimal Object File Format Specification", revision A, 1988).

Exports: `Segment`, `read_hex`, `parse_hex`, `write_hex`, `hex_text`, `is_hex`.
Records 00 (data), 01 (end), 02 and 04 (upper address bits), 03 and 05 (start address, checked and ignored).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.images import HexDamaged
from n6studio.gates.files import read_bytes
from n6studio.system.files import replace_text

_DATA, _END, _SEGMENT, _START_SEGMENT, _LINEAR, _START_LINEAR = range(6)
_LENGTHS = {_END: 0, _SEGMENT: 2, _START_SEGMENT: 4, _LINEAR: 2, _START_LINEAR: 4}
LINE_BYTES = 16
_ADDRESSES = 1 << 32


@dataclass(frozen=True)
class Segment:
    """Contiguous bytes and the address of the first."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + len(self.data)


def is_hex(path: Path) -> bool:
    """Return whether the file's name says that it is Intel HEX."""
    return path.suffix.lower() in (".hex", ".ihex", ".ihx")


def read_hex(path: Path) -> tuple[Segment, ...]:
    """Return a file's contents as segments in order of address; touching ones are joined.

    Raises:
        FileMissing, FileUnreadable, HexDamaged: with the number of the line.
    """
    with reading(path):
        text = read_bytes(path)
    return parse_hex(text, path)


def parse_hex(text: bytes, path: Path) -> tuple[Segment, ...]:
    """Return the segments of an Intel HEX text; `path` is for error messages.

    Raises:
        HexDamaged: a record that is malformed, contradicts another, or no end record.
    """
    pieces: list[tuple[int, int, bytes]] = []  # (address, line, data)
    base, ended, number = 0, False, 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if ended:
            raise HexDamaged(path=path, line=number, reason="there is data after the end record")
        kind, address, data = _record(line.strip(), path, number)
        if kind == _DATA:
            pieces.append((base + address, number, data))
        elif kind == _END:
            ended = True
        elif kind in (_SEGMENT, _LINEAR):
            base = int.from_bytes(data, "big") << (4 if kind == _SEGMENT else 16)
    if not ended:
        reason = "it is empty" if not pieces else "the end record is missing, so the file is truncated"
        raise HexDamaged(path=path, line=number, reason=reason)
    return tuple(_joined(sorted(pieces), path))


def _record(line: bytes, path: Path, number: int) -> tuple[int, int, bytes]:
    """Return type, address and data of one record."""

    def damaged(reason: str) -> HexDamaged:
        return HexDamaged(path=path, line=number, reason=reason)

    if not line.startswith(b":"):
        raise damaged("a record must start with a colon")
    try:
        content = bytes.fromhex(line[1:].decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        raise damaged("it contains something other than pairs of hexadecimal digits") from None
    if len(content) < 5 or len(content) != content[0] + 5:
        raise damaged(f"the record has {max(len(content) - 5, 0)} bytes of data instead of {content[:1].hex() or '?'}h")
    if sum(content) & 0xFF:
        raise damaged("the checksum is wrong")
    kind, address, data = content[3], int.from_bytes(content[1:3], "big"), content[4:-1]
    if kind not in (_DATA, *_LENGTHS):
        raise damaged(f"unknown record type {kind:02X}")
    if kind != _DATA and len(data) != _LENGTHS[kind]:
        raise damaged(f"a record of type {kind:02X} has {_LENGTHS[kind]} bytes of data, this one {len(data)}")
    return kind, address, data


def _joined(pieces: list[tuple[int, int, bytes]], path: Path) -> Iterator[Segment]:
    """Yield segments of pieces in order of address."""
    start, end, parts = 0, -1, list[bytes]()
    for address, number, data in pieces:
        if address < end:
            raise HexDamaged(path=path, line=number, reason=f"address {address:08X} was written before")
        if address != end and parts:
            yield Segment(start, b"".join(parts))
            parts = []
        if not parts:
            start = address
        parts.append(data)
        end = address + len(data)
    if parts:
        yield Segment(start, b"".join(parts))


def hex_text(segments: Iterable[Segment]) -> str:
    """Return Intel HEX of the segments, 16 bytes a line, with 32-bit addresses."""
    lines: list[str] = []
    base = -1
    for segment in segments:
        if not 0 <= segment.address <= segment.end <= _ADDRESSES:
            raise ValueError(f"addresses {segment.address:#x}..{segment.end:#x} do not fit 32 bits")
        address = segment.address
        while address < segment.end:
            if address >> 16 != base:
                base = address >> 16
                lines.append(_line(_LINEAR, 0, base.to_bytes(2, "big")))
            room = min(LINE_BYTES - address % LINE_BYTES, segment.end - address)  # never over a 64 KiB border
            offset = address - segment.address
            lines.append(_line(_DATA, address & 0xFFFF, segment.data[offset : offset + room]))
            address += room
    lines.append(_line(_END, 0, b""))
    return "\n".join(lines) + "\n"


def write_hex(path: Path, segments: Iterable[Segment]) -> None:
    """Write Intel HEX.

    Raises:
        DiskFull, NotWritable: what was there before is kept.
    """
    replace_text(path, hex_text(segments))


def _line(kind: int, address: int, data: bytes) -> str:
    content = bytes([len(data), *address.to_bytes(2, "big"), kind]) + data
    return ":" + (content + bytes([-sum(content) & 0xFF])).hex().upper()
