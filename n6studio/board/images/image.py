"""What is to lie in flash: images, read from .bin, .raw and .hex files, each with its place and the hash of its bytes.

Exports: `Image`, `load_image`, `split_hex`, `raw_bytes`, `sha256_of`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board.description import Board, hex_address
from n6studio.board.images.intel_hex import Segment, is_hex, read_hex
from n6studio.domain.deploy import Role
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.images import BeyondFlash, HexDamaged, ImageChanged, ImageEmpty, WrongAddress
from n6studio.gates.files import read_bytes
from n6studio.system.files import replace_bytes

ERASED = b"\xff"
LARGEST_GAP = 1 << 20  # a hole of more than 1 MiB means that several images are in one file


@dataclass(frozen=True)
class Image:
    """Bytes for one place in flash.

    Attributes:
        role: what they are to the board.
        path: the file that they come from; .hex or raw bytes.
        address: where the first byte goes.
        size: number of bytes in flash (a .hex file is larger).
        sha256: hex digest of those bytes, whatever the file around them.
    """

    role: Role
    path: Path
    address: int
    size: int
    sha256: str

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size

    def read(self) -> bytes:
        """Return the bytes, after making sure that they are still those of the plan, and as many, for the same place.

        Raises:
            FileMissing, FileUnreadable, HexDamaged, ImageChanged.
            WrongAddress: a .hex file for another address.
        """
        place, data = _contents(self.path, self.address)
        found = sha256_of(data)
        if found != self.sha256:
            raise ImageChanged(path=self.path, wanted=f"SHA-256 {self.sha256[:12]}", found=found[:12])
        if len(data) != self.size:
            raise ImageChanged(path=self.path, wanted=f"{self.size} bytes", found=f"{len(data)} bytes")
        if place != self.address:
            at, wanted = hex_address(place), hex_address(self.address)
            raise WrongAddress(role=self.role.noun, path=self.path, address=at, wanted=wanted)
        return data

    def to_json(self, base: Path | None = None) -> dict[str, Any]:
        """Return a JSON-ready mapping; the path relative to `base` where it lies below."""
        path = self.path
        if base is not None and path.is_relative_to(base):
            path = path.relative_to(base)
        return {
            "role": self.role.value,
            "path": path.as_posix(),
            "address": hex_address(self.address),
            "size": self.size,
            "sha256": self.sha256,
        }


def sha256_of(data: bytes) -> str:
    """Return the hex SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def load_image(role: Role, path: Path, address: int | None = None) -> Image:
    """Return the image in a file.

    Args:
        role: what it is meant to be; not checked here.
        path: .hex, or raw bytes in a file of any other name (.bin, .raw).
        address: where raw bytes go; of a .hex file, what it must say itself (None: whatever it says).

    Raises:
        FileMissing, FileUnreadable, HexDamaged, ImageEmpty.
        WrongAddress: a .hex file for another address.
        ValueError: raw bytes without an address.
    """
    path = path.absolute()
    place, data = _contents(path, address)
    if address is not None and place != address:
        found, wanted = hex_address(place), hex_address(address)
        raise WrongAddress(role=role.noun, path=path, address=found, wanted=wanted)
    return Image(role, path, place, len(data), sha256_of(data))


def split_hex(path: Path, board: Board, folder: Path) -> tuple[Image, ...]:
    """Write each flash slot's part of a merged .hex file as a .bin into `folder`, and return the images.

    Raises:
        FileMissing, FileUnreadable, HexDamaged, DiskFull, NotWritable, ImageEmpty.
        BeyondFlash: the file has bytes for an address that is no slot of this board.
    """
    images: list[Image] = []
    segments = list(read_hex(path))
    for slot in board.slots:
        here = [segment for segment in segments if slot.address <= segment.address < slot.end]
        segments = [segment for segment in segments if segment not in here]
        if here:
            data = _filled(here)
            target = folder / f"{path.stem}_{slot.role.value}.bin"
            replace_bytes(target, data)
            images.append(Image(slot.role, target.absolute(), here[0].address, len(data), sha256_of(data)))
    if segments:
        stray, flash_end = hex_address(segments[0].address), hex_address(board.flash.end)
        raise BeyondFlash(path=path, end=stray, flash_end=flash_end, board=board.name)
    if not images:
        raise ImageEmpty(path=path)
    return tuple(images)


def _contents(path: Path, address: int | None) -> tuple[int, bytes]:
    """Return the address and the bytes of a file; gaps in a .hex file become erased flash."""
    if is_hex(path):
        segments = read_hex(path)
        if not segments:
            raise ImageEmpty(path=path)
        return segments[0].address, _filled(list(segments), path)
    if address is None:
        raise ValueError(f"{path} has no address of its own")
    return address, raw_bytes(path)


def raw_bytes(path: Path) -> bytes:
    """Return the contents of a file of raw bytes.

    Raises:
        FileMissing, FileUnreadable, ImageEmpty.
    """
    with reading(path):
        data = read_bytes(path)
    if not data:
        raise ImageEmpty(path=path)
    return data


def _filled(segments: list[Segment], path: Path = Path()) -> bytes:
    data = bytearray()
    for segment in segments:
        gap = segment.address - segments[0].address - len(data)
        if gap > LARGEST_GAP:
            reason = f"it holds several images: there is a gap in front of {hex_address(segment.address)}"
            raise HexDamaged(path=path, line=0, reason=reason)
        data += ERASED * gap + segment.data
    return bytes(data)
