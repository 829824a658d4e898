"""Images for tests: programs that are nothing but a vector table and some bytes, with and without headers."""

import random
import struct
from pathlib import Path

from n6studio.board.description import Board
from n6studio.board.images.flash_plan import Build, FlashPlan, make_plan
from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.image import load_image, sha256_of
from n6studio.board.images.virtual import Manifest, virtual_application, virtual_loader
from n6studio.board.registry import board
from n6studio.domain.deploy import Role

FILLER = bytes(408)
WEIGHTS_AT = 0x70380000


def program(size: int = 3000, stack: int = 0x34100000, entry: int = 0x34000501) -> bytes:
    """Return a linked application: vectors, then bytes from a seed."""
    return struct.pack("<II", stack, entry) + random.Random(1).randbytes(size - 8)


def loader(size: int = 2000) -> bytes:
    """Return a linked first-stage boot loader."""
    return program(size, 0x34110000, 0x34180501)


def application_image(**changes) -> bytes:
    return sign(program(**changes), ImageType.APPLICATION, FILLER)


def weights(size: int = 150_000, seed: int = 2) -> bytes:
    return random.Random(seed).randbytes(size)


def write_images(folder: Path, data: bytes | None = None) -> dict[Role, Path]:
    """Write what a deployment has: boot loader, weights, application."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        Role.FSBL: ("fsbl.bin", sign(loader(), ImageType.FSBL, FILLER)),
        Role.WEIGHTS: ("network_data.raw", weights() if data is None else data),
        Role.APPLICATION: ("application.bin", application_image()),
    }
    return {role: _written(folder / name, content) for role, (name, content) in contents.items()}


def write_virtual_images(folder: Path, data: bytes | None = None) -> dict[Role, Path]:
    """Write what a deployment to the virtual board has; its application knows its weights."""
    data, chip = weights() if data is None else data, board("virtual").chip
    paths = write_images(folder, data)
    manifest = Manifest(WEIGHTS_AT, len(data), sha256_of(data), "m" * 64, "a small model")
    paths[Role.FSBL].write_bytes(virtual_loader(chip))
    paths[Role.APPLICATION].write_bytes(sign(virtual_application(manifest, chip), ImageType.APPLICATION, FILLER))
    return paths


def plan_of(paths: dict[Role, Path], target: Board | str, **build) -> FlashPlan:
    """Return the plan that writes images to their slots."""
    target = board(target) if isinstance(target, str) else target
    images = [load_image(role, path, target.slot(role).address) for role, path in paths.items()]
    given = {"board": target.key, "weights_address": WEIGHTS_AT, "weights_source": "test.mpool", **build}
    return make_plan(target, images, Build(**given))


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
