"""What lies in a firmware file or a dump of flash: boot loader, application, weights, nothing, and what is wrong.

Exports: `Kind`, `Region`, `explain`, `explain_file`.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.description import Board, hex_address
from n6studio.board.images import header as image_header
from n6studio.board.images.header import Gate, Header, HeaderFinding, ImageType
from n6studio.board.images.image import raw_bytes
from n6studio.board.images.intel_hex import is_hex, read_hex
from n6studio.domain.deploy import Role
from n6studio.domain.errors.images import ImageEmpty

BLOCK = 4096  # images begin, and erased stretches are told from others, at multiples of this
ERASED = b"\xff"


class Kind(enum.StrEnum):
    """What a stretch of flash is."""

    FSBL = "boot loader"
    APPLICATION = "application"
    UNALIGNED = "unaligned image"
    OTHER_HEADER = "image with another header"
    UNSIGNED = "unsigned program"
    MODEL = "TensorFlow Lite model"
    WEIGHTS = "model weights"
    ELF = "ELF file"
    HEX_TEXT = "Intel HEX text"
    ZEROS = "zeros"
    ERASED = "erased"
    DATA = "data"


@dataclass(frozen=True)
class Region:
    """One stretch: where it begins, how long it is, what it is, and what is wrong with it.

    Attributes:
        address: of its first byte; counted from 0 where the file does not say.
        size: in bytes.
        kind: what it is.
        message: the same in a sentence without its full stop.
        header: where it has one that we can read.
        findings: of the header's gates, those that it does not pass.
    """

    address: int
    size: int
    kind: Kind
    message: str
    header: Header | None = None
    findings: tuple[HeaderFinding, ...] = ()

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size

    def as_text(self) -> str:
        """Return it as lines for a terminal."""
        lines = [f"{hex_address(self.address)}  {self.size:>10}  {self.message}"]
        lines += [f"{'':24}{item.name}: {item.found} instead of {item.wanted}" for item in self.findings]
        return "\n".join(lines)


def explain_file(path: Path, board: Board, address: int | None = None) -> tuple[Region, ...]:
    """Return what lies in a file.

    Args:
        path: .hex, or raw bytes in a file of any other name.
        board: where it would lie; its slots help to tell what is what.
        address: of the first of raw bytes; None for flash's start when the file is at least as large as what lies in
            front of the application, else for the place that its own header asks for.

    Raises:
        FileMissing, FileUnreadable, HexDamaged, ImageEmpty.
    """
    if is_hex(path):
        segments = read_hex(path)
        if not segments:
            raise ImageEmpty(path=path)
        return tuple(region for item in segments for region in explain(item.data, item.address, board))
    data = raw_bytes(path)
    return explain(data, _place(data, board) if address is None else address, board)


def explain(data: bytes, address: int, board: Board) -> tuple[Region, ...]:
    """Return what lies in bytes from `address` on, stretch by stretch, without gaps."""
    regions: list[Region] = []
    for region in _regions(data, address, board):
        if regions and region.kind == Kind.ERASED == regions[-1].kind:
            region = _erased(regions[-1].address, regions.pop().size + region.size)
        regions.append(region)
    return tuple(regions)


def _place(data: bytes, board: Board) -> int:
    """Return where raw bytes that do not say so probably belong."""
    application = board.slot(Role.APPLICATION).address
    header = image_header.read_header(data)
    if len(data) > application - board.flash.address:
        return board.flash.address
    if header is None:
        return 0
    return board.flash.address if header.binary_type == ImageType.FSBL else application


def _regions(data: bytes, address: int, board: Board) -> Iterator[Region]:
    cuts = _cuts(data, address, board)
    start = 0
    while start < len(data):
        header = image_header.read_header(data[start : start + image_header.ALIGNED_BYTES])
        if header is not None and header.version == image_header.VERSION and _credible(header, len(data) - start):
            size = header.image_bytes
        else:
            following = next((cut for cut in cuts if cut > start), len(data))
            size = len(data[start:following].rstrip(ERASED)) or following - start
        yield _region(data[start : start + size], address + start, board)
        start += size


def _credible(header: Header, room: int) -> bool:
    return image_header.ALIGNED_BYTES // 2 < header.image_bytes <= room


def _cuts(data: bytes, address: int, board: Board) -> list[int]:
    """Return offsets at which something else may begin, in order."""
    cuts = {slot.address - address for slot in board.slots}
    erased = None
    for offset in range(0, len(data), BLOCK):
        block = data[offset : offset + BLOCK]
        is_erased = block == ERASED * len(block)
        if is_erased != erased or block[:4] == image_header.MAGIC:
            cuts.add(offset)
        erased = is_erased
    return sorted(cut for cut in cuts if 0 < cut < len(data))


def _region(data: bytes, address: int, board: Board) -> Region:
    if not data.strip(ERASED):
        return _erased(address, len(data))
    if not any(data):
        return Region(address, len(data), Kind.ZEROS, "zeros")
    header = image_header.read_header(data)
    if header is not None:
        return _image(data, address, header, board)
    kind, text = _headless(data, address, board)
    return Region(address, len(data), kind, text)


def _erased(address: int, size: int) -> Region:
    return Region(address, size, Kind.ERASED, "erased flash")


def _image(data: bytes, address: int, header: Header, board: Board) -> Region:
    """Return the region of an image with a header."""
    if header.version != image_header.VERSION:
        text = f"image with an STM32 header of version {header.version_text}; the STM32N6 requires 2.3"
        return Region(address, len(data), Kind.OTHER_HEADER, text, header)
    loader = header.binary_type == ImageType.FSBL
    kind = Kind.FSBL if loader else Kind.APPLICATION
    what = "first-stage boot loader" if loader else "application"
    findings = image_header.check(data, Role.FSBL if loader else Role.APPLICATION, board.chip)
    failed = tuple(finding for finding in findings if not finding.ok)
    text = f"{what}, header 2.3, starts at {hex_address(header.entry_point)}"
    if any(finding.name == Gate.ALIGNMENT for finding in failed):
        kind, text = Kind.UNALIGNED, f"{what} signed without alignment: does not boot"
    elif failed:
        text += "; it is damaged"
    return Region(address, len(data), kind, text, header, failed)


def _headless(data: bytes, address: int, board: Board) -> tuple[Kind, str]:
    """Return what bytes without an STM32 header are."""
    if data[:4] == b"\x7fELF":
        return Kind.ELF, "an .elf file, which is for a debugger and not for flash"
    if data[4:8] == b"TFL3":
        return Kind.MODEL, "a TensorFlow Lite model"
    if data[:1] == b":" and data[1:9].isalnum():
        return Kind.HEX_TEXT, "Intel HEX text; the file should be named .hex"
    if len(data) >= 8:
        stack, reset = image_header.vectors(data)
        ram = board.chip.ram
        if ram.address <= reset < ram.end and reset % 2 and ram.address < stack <= ram.end:
            return Kind.UNSIGNED, f"program without a header, starts at {hex_address(reset)}: does not boot"
    if address >= board.slot(Role.WEIGHTS).address:
        return Kind.WEIGHTS, "data in the slot of the model weights"
    return Kind.DATA, "data without a header"
