"""Scripts for the stream in C: what a computer says, what the camera and the model give, and what the port takes."""

import random
import struct
import zlib

RECEIVED, IMAGE, INPUT, RESULTS, POLL, CONNECTED, LOG, STATUS, CLOCK, EVALUATE, SHARED, HEADS, EVALUATE_SPLIT = range(
    1, 14
)
ALL = 10**6


def step(what: int, number: int = 0) -> bytes:
    return struct.pack("<II", what, number)


def say(text: bytes) -> bytes:
    return step(RECEIVED, len(text)) + text + bytes(-len(text) % 4)


def shot(exposure: int, people: int = 2) -> bytes:
    return step(IMAGE, exposure) + step(INPUT, 64) + step(RESULTS, people) + step(POLL, ALL)


def ask(line: bytes, people: int = 0) -> bytes:
    """A command while evaluating, and the frame that answers it."""
    return say(line + b"\n") + step(EVALUATE, people) + step(POLL, ALL)


def sent(pixels: bytes, checksum: int | None = None) -> bytes:
    """An input as a computer sends it behind the reply, in pieces."""
    data = pixels + struct.pack("<I", zlib.crc32(pixels) if checksum is None else checksum)
    return b"".join(say(data[at : at + 1000]) for at in range(0, len(data), 1000))


def evaluated(seed: int) -> bytes:
    """Inputs that are right, damaged, cut off, too long, or interrupted, over links of any speed."""
    rng = random.Random(seed)
    script = step(POLL, ALL) + shot(0) + ask(b"1 input 12288") + ask(b"2 evaluate on")
    script += ask(b"3 raw_output on") if seed % 2 else b""
    for number in range(10, 25):
        pixels = rng.randbytes(12288)
        kind = rng.randrange(6)
        script += ask(b"%d input %d" % (number, 12288 if kind else 12287))
        if kind == 1:
            script += say(pixels[:5000]) + step(CLOCK, 2_000_000) + step(EVALUATE) + step(CLOCK, 10)
        elif kind == 2:
            script += sent(pixels, 1) + step(EVALUATE)
        elif kind == 3:
            script += say(pixels[:6000]) + ask(b"9 evaluate off") + ask(b"9 evaluate on") + ask(b"8 raw_output on")
        elif kind > 3:
            script += sent(pixels)
        script += step(IMAGE, number) if rng.random() < 0.3 else b""
        script += step(EVALUATE, rng.randrange(11)) + step(POLL, rng.choice([0, 5000, ALL]))
    script += step(CLOCK, 2_000_000) + step(EVALUATE) * 3 + step(POLL, ALL) + say(b"\n") + step(POLL, ALL)
    script += step(CONNECTED) if seed % 3 else ask(b"30 evaluate off")
    return script + step(POLL, ALL) * 3 + shot(99) + step(POLL, ALL) * 3


def slow_link(seed: int) -> bytes:
    """Sixty images over a link that takes little at a time, with commands, noise, lines of log and changing status."""
    rng = random.Random(seed)
    script = step(POLL, ALL) + shot(0)
    for number in range(1, 60):
        script += rng.choice(
            [b"", b"", say(b"%d hello\n" % number), say(b"1 exact_input\n"), step(LOG), step(STATUS, number)]
        )
        script += rng.choice([b"", step(CLOCK, 300_000), say(b"x" * rng.randrange(300)), say(b"\n"), step(POLL, 3)])
        script += step(IMAGE, number) + step(INPUT, 64)
        script += step(RESULTS, rng.randrange(12)) if rng.random() < 0.9 else b""
        script += step(POLL, rng.choice([0, 1, 500, 2000, 9000]))
    return script + step(POLL, ALL) * 3


def commanded() -> bytes:
    """Every command, among them wrong ones, each answered by the next frame."""
    script = step(POLL, ALL) + shot(1)
    lines = [b"7 confidence 0.25", b"8 iou 2", b"9 exact_input", b"10 protect on", b"11 quality 80", b"12 hello", b"x"]
    lines.append(b"15 average on")
    for number, line in enumerate(lines, 2):
        script += say(line + b"\n") + shot(number, number % 11)
    return (
        script
        + say(b"13 stream off\n")
        + shot(20)
        + shot(21)
        + say(b"14 stream on\n")
        + shot(22)
        + step(CONNECTED)
        + shot(23)
    )
