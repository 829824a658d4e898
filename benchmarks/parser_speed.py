"""How fast the stream parser is: clean streams, garbage, and garbage made to hurt it. Prints MB/s of processor time.

Then what parity costs and brings: bytes, milliseconds of processor time, and the share of frames that come through.

``python benchmarks/parser_speed.py [--pieces]``; with it, garbage is fed in small pieces, too.
"""

import os
import random
import sys
import time

import cv2
import numpy as np

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import Image, Resize
from n6studio.domain.pose.views import View
from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.jpeg import encode_jpeg
from n6studio.link.wire.parser import StreamParser

SIZE = 64_000_000
CHUNK, SMALL_CHUNKS = 65_536, (4096, 512)
CLEAN, GARBAGE = 300, 50  # MB/s that are wanted


def results(sequence: int, people: int) -> FrameResults:
    rng = np.random.default_rng(sequence)
    everybody = People(
        rng.random((people, 4), np.float32), rng.random(people, np.float32), rng.random((people, 17, 3), np.float32)
    )
    view = View(Resize.CROP, (256, 256), (0.2, 0.0, 0.6, 1.0))
    return FrameResults((1, 0), sequence, 33_333 * sequence, Timings(1, 2, 3, 4), "ab" * 8, view, everybody, 0.9)


def measured(name: str, data: bytes, wanted: float, chunk: int = CHUNK) -> None:
    size = SIZE if chunk == CHUNK else SIZE // 4
    data = (data * (size // len(data) + 1))[:size]
    parser = StreamParser()
    frames = 0
    began = time.process_time()
    for start in range(0, len(data), chunk):
        frames += len(parser.feed(data[start : start + chunk]))
    speed = size / 1e6 / (time.process_time() - began)
    mark = "" if speed >= wanted else f"  below {wanted} MB/s"
    print(f"{name:<44} {speed:8.0f} MB/s  {frames:6} frames{mark}")


def flipped(data: bytes, share: float, seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    changed = np.frombuffer(data, np.uint8).copy()
    hit = np.flatnonzero(rng.random(len(changed)) < share)
    changed[hit] ^= rng.integers(1, 256, len(hit), dtype=np.uint8)
    return changed.tobytes()


def protected(image: Image, quality: int, side: int, count: int = 1000) -> None:
    jpeg = encode_jpeg(image[:side, : side * 5 // 3], quality)
    plain = encode_frame(jpeg, results(0, 2))
    began = time.process_time()
    frames = [encode_frame(jpeg, results(number, 2), protect=True) for number in range(count)]
    spent = (time.process_time() - began) / count * 1e3
    more = len(frames[0]) - len(plain)
    print(f"{len(plain)} bytes and {more} of parity ({more / len(plain):.1%}); made in {spent:.2f} ms with the results")
    for share in (0.0, 0.0001, 0.001, 0.003, 0.01):
        parser, found = StreamParser(expect_results=True), []
        data = flipped(b"".join(frames), share)
        began = time.process_time()
        for start in range(0, len(data), 4096):
            found += parser.feed(data[start : start + 4096])
        spent = (time.process_time() - began) / count * 1e3
        wrong = sum(one.results is None or one.jpeg != frames[one.results.sequence] for one in found)
        print(
            f"  {share:.2%} of the bytes flipped: {len(found) / count:.1%} came through, {parser.counts.repaired} "
            f"repaired, {wrong} of them wrong; {spent:.2f} ms a frame"
        )


def held(head: bytes, apart: int) -> bytes:
    """Return heads whose first segment and length reach over all that follow."""
    one = head[:4] + b"\xff\xf0" + head[6:16] + (8_000_000).to_bytes(4, "little") + head[20:24]
    return one.ljust(apart, b"\0")


def main() -> None:
    chunks = "--pieces" in sys.argv
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
    safe = [encode_frame(jpeg, results(number, 2), protect=True) for number in range(20)]
    measured("clean, 800x480, 2 people, protected", b"".join(safe), CLEAN)
    measured("images without results", jpeg, CLEAN)
    damaged = bytearray(b"".join(frames * 20))
    random.seed(1)
    for place in random.sample(range(len(damaged)), len(damaged) // 1000):
        damaged[place] ^= 1 << random.randrange(8)
    measured("1 byte in 1000 flipped", bytes(damaged), GARBAGE)
    head, parity = frames[0], safe[0]
    tiny = encode_frame(encode_jpeg(image[:8, :8], 10), results(0, 0), protect=True)
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
        "protected heads": parity[:100],
        "protected heads beyond repair": parity[:26] + os.urandom(74),
        "protected frames that are noise": parity[:76] + os.urandom(len(parity) - 76),
        "protected frames of which little is noise": parity[:20_000] + os.urandom(4000) + parity[24_000:],
        "small protected frames that are noise": tiny[:76] + os.urandom(len(tiny) - 76),
        "small protected frames and noise between": (tiny[:76] + os.urandom(len(tiny) - 36)) * 50,
        "frames that hold each other in their headers": held(head, 24),
        "the same, 200 bytes apart": held(head, 200),
        "protected frames without their last 300 bytes": b"".join(one[:-300] for one in safe),
    }.items():
        measured(name, data, GARBAGE)
        if chunks:
            for chunk in SMALL_CHUNKS:
                measured(f"    in pieces of {chunk} bytes", data, GARBAGE, chunk)
    for quality, side in ((30, 240), (10, 480), (55, 480)):
        protected(image, quality, side)


if __name__ == "__main__":
    main()
