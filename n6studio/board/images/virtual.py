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

from n6studio.board.images.header import ImageType, sign

_MARK = b"N6-STUDIO-VIRTUAL"
_VECTOR_BYTES = 0x40
_APPLICATION = (0x34100000, 0x34000400 + _VECTOR_BYTES + 1)  # initial stack pointer, reset vector (Thumb)
_LOADER = (0x34110000, 0x34180400 + _VECTOR_BYTES + 1)
_LOADER_BYTES = 0x2000
_FILLER = bytes(408)  # images that are the same in every run can be told to be the same


@dataclass(frozen=True)
class Manifest:
    """What a virtual application was made for.

    Attributes:
        weights_address: where it looks for the weights.
        weights_size: bytes, and `weights_sha256` their digest.
        model_sha256: digest of the .tflite.
        name: of the network, for people.
        settings: JSON-ready settings of the application, as the live stream's virtual board takes them.
    """

    weights_address: int
    weights_size: int
    weights_sha256: str
    model_sha256: str
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def virtual_loader() -> bytes:
    """Return a signed boot loader image for the virtual board."""
    payload = _program(_LOADER, b"first-stage boot loader of the virtual board")
    return sign(payload.ljust(_LOADER_BYTES, b"\0"), ImageType.FSBL, _FILLER)


def virtual_application(manifest: Manifest) -> bytes:
    """Return the application's program for the virtual board, still without a header."""
    text = json.dumps(asdict(manifest), sort_keys=True).encode()
    return _program(_APPLICATION, _MARK + struct.pack("<II", len(text), zlib.crc32(text)) + text)


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
    return Manifest(**json.loads(text))


def _program(vectors: tuple[int, int], content: bytes) -> bytes:
    return struct.pack("<II", *vectors).ljust(_VECTOR_BYTES, b"\0") + content
