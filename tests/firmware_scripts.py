"""Scripts for the stream in C: what a computer says, what the camera and the model give, and what the port takes."""

import random
import struct

RECEIVED, IMAGE, INPUT, RESULTS, POLL, CONNECTED, LOG, STATUS, CLOCK = range(1, 10)
ALL = 10**6


def step(what: int, number: int = 0) -> bytes:
    return struct.pack("<II", what, number)


def say(text: bytes) -> bytes:
    return step(RECEIVED, len(text)) + text + bytes(-len(text) % 4)


def shot(exposure: int, people: int = 2) -> bytes:
    return step(IMAGE, exposure) + step(INPUT, 64) + step(RESULTS, people) + step(POLL, ALL)


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
