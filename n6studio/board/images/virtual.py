"""Images for the virtual board: a boot loader and an application that carry no code, only what they stand for.

Exports: `Manifest`, `virtual_loader`, `virtual_application`, `find_manifest`.

An application for a real board does not say which weights it wants; this one does, in a manifest behind its vectors, so
that the virtual board can tell whether the weights in flash are its own. The weights are the .tflite itself.
"""

import json
import struct
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from n6studio.board.description import Chip
from n6studio.board.images.header import ALIGNED_BYTES, ImageType, sign
from n6studio.domain.encoding import decoded

_MARK = b"N6-STUDIO-VIRTUAL"
_VECTOR_BYTES = 0x40
_LOADER_STACK = 0x10000  # bytes
_LOADER_BYTES = 0x2000
_FILLER = bytes(408)  # images that are the same in every run can be told to be the same


@dataclass(frozen=True)
class Manifest:
    """What a virtual application was made for.

    Attributes:
        weights_address: where it looks for the weights.
        weights_size: bytes, and `weights_sha256` their digest.
        model_sha256: digest of the .tflite.
        name: of the model, for people.
        settings: JSON-ready settings of the application, as the live stream's virtual board takes them.
    """

    weights_address: int
    weights_size: int
    weights_sha256: str
    model_sha256: str
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def virtual_loader(chip: Chip) -> bytes:
    """Return a signed boot loader image for the virtual board."""
    start = chip.boot.loader + ALIGNED_BYTES
    payload = _program(_stack_of(chip) + _LOADER_STACK, start, b"first-stage boot loader of the virtual board")
    return sign(payload.ljust(_LOADER_BYTES, b"\0"), ImageType.FSBL, _FILLER)


def virtual_application(manifest: Manifest, chip: Chip) -> bytes:
    """Return the application's program for the virtual board, still without a header."""
    text = json.dumps(asdict(manifest), sort_keys=True).encode()
    content = _MARK + struct.pack("<II", len(text), zlib.crc32(text)) + text
    return _program(_stack_of(chip), chip.linker.address, content)


def find_manifest(application: bytes) -> Manifest | None:
    """Return the manifest in an application image, None when it is not one of ours or is damaged."""
    place = application.find(_MARK)
    if place < 0 or place + len(_MARK) + 8 > len(application):
        return None
    start = place + len(_MARK) + 8
    size, crc = struct.unpack_from("<II", application, place + len(_MARK))
    text = application[start : start + size]
    if zlib.crc32(text) != crc:
        return None
    try:
        return decoded(text, Manifest)
    except msgspec.MsgspecError:
        return None


def _stack_of(chip: Chip) -> int:
    """Return where the application's first stack begins: at the end of its region."""
    return chip.linker.address + chip.linker.stock


def _program(stack: int, start: int, content: bytes) -> bytes:
    """Return a program that is linked to `start`: initial stack pointer, reset vector (Thumb), and the content."""
    vectors = struct.pack("<II", stack, start + _VECTOR_BYTES + 1)
    return vectors.ljust(_VECTOR_BYTES, b"\0") + content
