"""What tests of the live stream are made of: frames with results, and waiting."""

import dataclasses
import importlib.util
import time
from pathlib import Path

from builders import photograph

from n6studio.domain.live import FrameResults
from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.jpeg import encode_jpeg

ROOT = Path(__file__).resolve().parents[1]
WIRE = ROOT / "resources" / "wire"


def load_vectors():
    """The script that writes the test vectors, as a module."""
    spec = importlib.util.spec_from_file_location("make_vectors", WIRE / "make_vectors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VECTORS = load_vectors()


def results(sequence: int = 0, **changes) -> FrameResults:
    base = VECTORS.results(sequence=sequence, device_time=sequence * 33_333, log=(), status=())
    return dataclasses.replace(base, **changes)


def jpeg(seed: int = 0, width: int = 96, height: int = 64, quality: int = 80) -> bytes:
    return encode_jpeg(photograph(width, height, seed)[..., ::-1], quality)


def frame(sequence: int = 0, seed: int = 0, **changes) -> bytes:
    return encode_frame(jpeg(seed), results(sequence, **changes))


def shift(part: bytearray, kind: str, place: int, value: int) -> None:
    """Cut a frame off at `place`, drop the byte there, or insert one."""
    if kind == "insert":
        part.insert(place, value)
    else:
        del part[place : None if kind == "cut" else place + 1]


def until(condition, seconds: float = 10.0):
    """Wait until `condition()` holds and return what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
    return found
