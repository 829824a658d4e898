"""STM32 image header v2.3: made, read and checked in plain Python, for unsigned boot of the STM32N6.

Exports: `ImageType`, `Header`, `HeaderFinding`, `sign`, `read_header`, `check`, `require`, `vectors`.

Layout, little endian: 0xA0 bytes of header ('STM2', signature, checksum, version, length, entry point...), 0x1A0 bytes
of padding extension, 0x1C0 bytes of zeros, and at 0x400 the program, vector table first. Found by parsing images that
ST publishes for this chip; docs/deploy-proof.md lists which of them are reproduced field for field.
"""

import enum
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.description import Board, Chip, hex_address
from n6studio.domain.deploy import Role
from n6studio.domain.errors.images import (
    ApplicationOverLoader,
    ImageDamaged,
    ImageEmpty,
    ImageError,
    ImageHeaderVersion,
    ImageLoadAddress,
    ImageTooLarge,
    ImageUnaligned,
    ImageUnsigned,
    ImageWrongType,
    PlanError,
)

MAGIC = b"STM2"
VERSION = 0x00020300
HEADER_BYTES = 0xA0
EXTENSION_BYTES = 0x1A0
FILLER_BYTES = 0x198
ALIGNED_BYTES = 0x400  # where the program must begin, since the boot loader jumps through the vectors there
BLOCK_BYTES = 32  # programs are filled up with zeros to a multiple of this
NO_LOAD_ADDRESS = 0xFFFFFFFF
PADDING_FLAG = 0x80000000


class ImageType(enum.IntEnum):
    """The header's binary type."""

    APPLICATION = 0x00  # 'ssbl' to the signing tool
    FSBL = 0x10

    @classmethod
    def of(cls, role: Role) -> "ImageType":
        """Return the type that images of this role have."""
        return cls.FSBL if role == Role.FSBL else cls.APPLICATION


@dataclass(frozen=True)
class Header:
    """The fields of a header, as they are in the file; `filler` is random."""

    signature: bytes
    checksum: int
    version: int
    image_length: int
    entry_point: int
    load_address: int
    image_version: int
    extension_flags: int
    post_header_length: int
    binary_type: int
    extension_magic: bytes
    extension_length: int
    filler: bytes

    @property
    def size(self) -> int:
        """Return the bytes of header and extensions, in front of what `image_length` and `checksum` count."""
        return HEADER_BYTES + self.post_header_length

    @property
    def image_bytes(self) -> int:
        """Return the size of the whole file that the header describes."""
        return self.size + self.image_length

    @property
    def version_text(self) -> str:
        """Return the version as 'major.minor'."""
        return f"{self.version >> 16 & 0xFF}.{self.version >> 8 & 0xFF}"


class Gate(enum.StrEnum):
    """What an image is checked for, by the names that people read."""

    MAGIC = "magic"
    VERSION = "version"
    TYPE = "type"
    EXTENSION = "extension"
    LOAD_ADDRESS = "load address"
    LENGTH = "length"
    CHECKSUM = "checksum"
    ALIGNMENT = "alignment"
    ENTRY = "entry"
    STACK = "stack"
    PAYLOAD = "payload"
    SLOT = "slot"
    LOADER = "loader"


@dataclass(frozen=True)
class HeaderFinding:
    """One gate: which, whether the image passes, what it should have and has."""

    name: Gate
    ok: bool
    wanted: str
    found: str


def sign(payload: bytes, image_type: ImageType, filler: bytes | None = None) -> bytes:
    """Return `payload` (vector table first) behind a header for unsigned boot.

    Args:
        payload: the program as linked; at least the two first vectors.
        image_type: application or first-stage boot loader.
        filler: 408 bytes for the padding extension; random when None, as ST's tool makes it.

    Raises:
        ValueError: the payload has no vectors, or the filler another size.
    """
    if len(payload) < 8:
        raise ValueError("a program begins with its initial stack pointer and reset vector")
    filler = os.urandom(FILLER_BYTES) if filler is None else filler
    if len(filler) != FILLER_BYTES:
        raise ValueError(f"the filler has {len(filler)} bytes, not {FILLER_BYTES}")
    _, entry = vectors(payload)
    body = bytes(ALIGNED_BYTES - HEADER_BYTES - EXTENSION_BYTES) + payload + bytes(-len(payload) % BLOCK_BYTES)
    header = bytearray(HEADER_BYTES)
    header[:4] = MAGIC
    struct.pack_into("<IIIQQ", header, 0x64, checksum_of(body), VERSION, len(body), entry, NO_LOAD_ADDRESS)
    struct.pack_into("<IIII", header, 0x80, 0, PADDING_FLAG, EXTENSION_BYTES, image_type)
    extension = b"ST\xff\xff" + struct.pack("<I", EXTENSION_BYTES) + filler
    return bytes(header) + extension + body


def read_header(data: bytes) -> Header | None:
    """Return the header that `data` begins with, None when it begins with none or is cut off within it."""
    if data[:4] != MAGIC or len(data) < HEADER_BYTES + EXTENSION_BYTES:
        return None
    checksum, version, length, entry, load = struct.unpack_from("<IIIQQ", data, 0x64)
    image_version, flags, post, binary_type = struct.unpack_from("<IIII", data, 0x80)
    return Header(
        signature=data[0x04:0x64],
        checksum=checksum,
        version=version,
        image_length=length,
        entry_point=entry,
        load_address=load,
        image_version=image_version,
        extension_flags=flags,
        post_header_length=post,
        binary_type=binary_type,
        extension_magic=data[0xA0:0xA4],
        extension_length=struct.unpack_from("<I", data, 0xA4)[0],
        filler=data[0xA8 : HEADER_BYTES + EXTENSION_BYTES],
    )


def checksum_of(body: bytes) -> int:
    """Return the header's checksum of everything behind header and extensions: the sum of the bytes modulo 2**32."""
    return sum(body) & 0xFFFFFFFF


def vectors(program: bytes) -> tuple[int, int]:
    """Return the initial stack pointer and the reset vector that a program begins with."""
    stack, reset = struct.unpack_from("<II", program)
    return stack, reset


def check(
    data: bytes,
    role: Role,
    chip: Chip,
    *,
    payload: bytes | None = None,
    address: int | None = None,
    end: int | None = None,
) -> tuple[HeaderFinding, ...]:
    """Return every gate that an image has to pass before it may be written.

    Args:
        data: the whole file.
        role: what it is meant to be.
        chip: what it is meant for.
        payload: the program that should be in it, where known.
        address: where in flash it will lie.
        end: the first address that it must not reach.

    Without a readable header the only findings are `Gate.MAGIC` (and `Gate.VERSION`).
    """
    header = read_header(data)
    magic = HeaderFinding(Gate.MAGIC, header is not None, "STM2", _shown(data[:8]))
    if header is None:
        return (magic,)
    version = HeaderFinding(Gate.VERSION, header.version == VERSION, "2.3", header.version_text)
    if not version.ok:
        return magic, version  # other versions have other layouts
    body = data[header.size :]
    findings = [magic, version, *_fields(header, role, body), *_program(header, data, chip)]
    if payload is not None:
        same = data[ALIGNED_BYTES:] == payload + bytes(-len(payload) % BLOCK_BYTES)
        findings.append(
            HeaderFinding(
                Gate.PAYLOAD, same, "the program that was built", "identical" if same else "a different program"
            )
        )
    if address is not None and end is not None:
        room = HeaderFinding(
            Gate.SLOT, address + len(data) <= end, f"end by {hex_address(end)}", _at(address + len(data))
        )
        findings.append(room)
    if role == Role.APPLICATION:
        copied, limit = chip.boot.copied_to + header.image_length + ALIGNED_BYTES, chip.boot.loader
        findings.append(HeaderFinding(Gate.LOADER, copied <= limit, f"end by {_at(limit)}", _at(copied)))
    return tuple(findings)


def _fields(header: Header, role: Role, body: bytes) -> list[HeaderFinding]:
    """Return what can be said of the header by itself and the bytes that it counts."""
    wanted, total = ImageType.of(role), checksum_of(body)
    extension = (
        header.extension_magic == b"ST\xff\xff"
        and header.extension_flags == PADDING_FLAG
        and header.post_header_length == header.extension_length == EXTENSION_BYTES
    )
    return [
        HeaderFinding(Gate.TYPE, header.binary_type == wanted, _type_text(wanted), _type_text(header.binary_type)),
        HeaderFinding(Gate.EXTENSION, extension, "a padding extension", "present" if extension else "something else"),
        HeaderFinding(Gate.LOAD_ADDRESS, header.load_address == NO_LOAD_ADDRESS, "none", _at(header.load_address)),
        HeaderFinding(
            Gate.LENGTH, header.image_length == len(body), f"{len(body)} bytes", f"{header.image_length} bytes"
        ),
        HeaderFinding(Gate.CHECKSUM, header.checksum == total, f"0x{total:08X}", f"0x{header.checksum:08X}"),
    ]


def _program(header: Header, data: bytes, chip: Chip) -> list[HeaderFinding]:
    """Return what can be said of the program: that it begins at 0x400, and where its vectors point."""
    padded = header.size <= ALIGNED_BYTES < len(data) - 8 and not any(data[header.size : ALIGNED_BYTES])
    wanted = "zeros up to 0x400"
    found = wanted if padded else f"the program at 0x{header.size:X}"
    findings = [HeaderFinding(Gate.ALIGNMENT, padded, wanted, found)]
    if padded:
        stack, reset = vectors(data[ALIGNED_BYTES:])
        findings.append(HeaderFinding(Gate.ENTRY, header.entry_point == reset, _at(reset), _at(header.entry_point)))
        start, end = chip.ram.address, chip.ram.end
        findings.append(HeaderFinding(Gate.STACK, start < stack <= end, f"within {_at(start)}..{_at(end)}", _at(stack)))
    return findings


def require(data: bytes, role: Role, path: Path, board: Board, *, payload: bytes | None = None) -> Header:
    """Return the header of an image that passes every gate for its slot on `board`.

    Raises:
        ImageEmpty, ImageUnsigned, ImageHeaderVersion, ImageUnaligned, ImageWrongType, ImageLoadAddress, ImageDamaged,
        ImageTooLarge, ApplicationOverLoader: the first gate that it does not pass.
    """
    slot = board.slot(role)
    findings = check(data, role, board.chip, payload=payload, address=slot.address, end=slot.end)
    failed = next((finding for finding in findings if not finding.ok), None)
    if failed is not None:
        raise _error(failed, data, role, path, board)
    header = read_header(data)
    assert header is not None
    return header


def _error(failed: HeaderFinding, data: bytes, role: Role, path: Path, board: Board) -> ImageError | PlanError:
    slot, header = board.slot(role), read_header(data)
    if header is None:
        return ImageUnsigned(path=path, role=role.noun, found=failed.found) if data else ImageEmpty(path=path)
    if failed.name == Gate.VERSION:
        return ImageHeaderVersion(path=path, version=failed.found)
    if failed.name == Gate.ALIGNMENT:
        return ImageUnaligned(path=path, entry=_at(header.entry_point), found=failed.found)
    if failed.name == Gate.TYPE:
        return ImageWrongType(path=path, wanted=failed.wanted, found=failed.found)
    if failed.name == Gate.LOAD_ADDRESS:
        return ImageLoadAddress(path=path, address=failed.found)
    if failed.name == Gate.SLOT:
        end = hex_address(slot.end)
        return ImageTooLarge(role=role.noun, path=path, size=len(data), room=slot.size, end=end)
    if failed.name == Gate.LOADER:
        return ApplicationOverLoader(path=path, end=failed.found, limit=_at(board.chip.boot.loader))
    return ImageDamaged(path=path, finding=failed.name, wanted=failed.wanted, found=failed.found)


def _type_text(value: int) -> str:
    known = {ImageType.APPLICATION.value: "an application (ssbl)", ImageType.FSBL.value: "a boot loader (fsbl)"}
    return known.get(value, f"type 0x{value:02X}")


def _at(address: int) -> str:
    return hex_address(address)


def _shown(data: bytes) -> str:
    """Return what a file's first eight bytes tell of it."""
    if not data:
        return "nothing"
    if set(data) == {0xFF}:
        return "erased flash"
    if data.startswith(b"\x7fELF"):
        return "what an .elf file does, which is for a debugger"
    if data[4:] == b"TFL3":
        return "what a .tflite does"
    text = data[:4].decode("latin-1")
    return text if text.isascii() and text.isprintable() else data[:4].hex(" ").upper()
