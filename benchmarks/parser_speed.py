"""How fast the stream parser is: clean streams, garbage, and garbage made to hurt it. Prints MB/s of processor time.

``python benchmarks/parser_speed.py``
"""

import os
import random
import time

import cv2
import numpy as np

from n6studio.domain.live import FrameResults, Timings, View
from n6studio.domain.people import People
from n6studio.domain.preprocess import Resize
from n6studio.link.jpeg import encode_jpeg
from n6studio.link.parser import StreamParser
from n6studio.link.wire import encode_frame

SIZE = 64_000_000
CHUNK = 65_536
CLEAN, GARBAGE = 300, 50  # MB/s that are wanted


def results(sequence: int, people: int) -> FrameResults:
    rng = np.random.default_rng(sequence)
    everybody = People(
        rng.random((people, 4), np.float32), rng.random(people, np.float32), rng.random((people, 17, 3), np.float32)
    )
    view = View(Resize.CROP, (256, 256), (0.2, 0.0, 0.6, 1.0))
    return FrameResults((1, 0), sequence, 33_333 * sequence, Timings(1, 2, 3, 4), "ab" * 8, view, everybody, 0.9)


def measured(name: str, data: bytes, wanted: float) -> None:
    data = (data * (SIZE // len(data) + 1))[:SIZE]
    parser = StreamParser()
    frames = 0
    began = time.process_time()
    for start in range(0, len(data), CHUNK):
        frames += len(parser.feed(data[start : start + CHUNK]))
    speed = SIZE / 1e6 / (time.process_time() - began)
    mark = "" if speed >= wanted else f"  below {wanted} MB/s"
    print(f"{name:<44} {speed:8.0f} MB/s  {frames:6} frames{mark}")


def main() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (60, 100, 3), dtype=np.uint8)
    image = np.asarray(cv2.resize(noise, (800, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
    jpeg = encode_jpeg(image, 60)
    frames = [encode_frame(jpeg, results(number, 2)) for number in range(20)]
    crowd = [encode_frame(jpeg, results(number, 10)) for number in range(20)]
    small = [encode_frame(encode_jpeg(image[:240, :320], 60), results(number, 2)) for number in range(20)]
    print(f"frames of {len(frames[0])}, {len(crowd[0])} and {len(small[0])} bytes, in chunks of {CHUNK}")
    measured("clean, 800x480, 2 people", b"".join(frames), CLEAN)
    measured("clean, 800x480, 10 people", b"".join(crowd), CLEAN)
    measured("clean, 320x240, 2 people", b"".join(small), CLEAN)
    measured("pictures without results", jpeg, CLEAN)
    damaged = bytearray(b"".join(frames * 20))
    random.seed(1)
    for place in random.sample(range(len(damaged)), len(damaged) // 1000):
        damaged[place] ^= 1 << random.randrange(8)
    measured("1 byte in 1000 flipped", bytes(damaged), GARBAGE)
    head = frames[0]
    for name, data in {
        "random": os.urandom(1 << 20),
        "zeros": bytes(1 << 20),
        "FF": b"\xff" * 1000,
        "FF D8": b"\xff\xd8" * 1000,
        "FF D8 FF E0": b"\xff\xd8\xff\xe0" * 1000,
        "FF D8 FF E9": b"\xff\xd8\xff\xe9" * 1000,
        "heads of plain JPEGs": jpeg[:640],
        "short segments without end": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 64,
        "heads of frames": head[:24],
        "frames of 150 bytes with a wrong checksum": head[:16] + (150).to_bytes(4, "little") + head[20:150],
        "heads that promise 8 MB": head[:16] + b"\xff\xff\x7f\x00" + head[20:150],
    }.items():
        measured(name, data, GARBAGE)


if __name__ == "__main__":
    main()
