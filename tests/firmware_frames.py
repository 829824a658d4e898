"""Frames for the firmware's writer and commands for its parser, with what the program's own code makes of them."""

import random
import struct
from types import SimpleNamespace

import numpy as np

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.session.commands import CommandError, CommandName, parse_command
from n6studio.link.wire import frame as wire
from n6studio.virtual.commands import Commander
from n6studio.virtual.eye import Thresholds


def results(rng: np.random.Generator, count: int, keypoints: int, exact: tuple[int, int] | None) -> FrameResults:
    people = People(
        rng.random((count, 4), np.float32), np.sort(rng.random(count, np.float32))[::-1],
        rng.random((count, keypoints, 3), np.float32),
    )  # fmt: skip
    part = tuple(float(value) for value in rng.random(4, np.float32))
    pixels = None if exact is None else rng.integers(0, 256, (exact[1], exact[0], 3), dtype=np.uint8)
    return FrameResults(
        version=wire.VERSION,
        sequence=int(rng.integers(2**32)),
        device_time=int(rng.integers(2**48)),
        timings=Timings(*(int(rng.integers(2**20)) for _ in range(3)), None),
        model=rng.bytes(8).hex(),
        view=View(Resize.STRETCH, (256, 192), part),
        people=people,
        top_score=float(rng.random(dtype=np.float32)),
        exact_input=pixels,
        log=("camera started",),
        status=(("confidence", "0.5"),),
    )


def frame_payload(jpeg: bytes, told: FrameResults, protect: bool) -> bytes:
    times = [0xFFFFFFFF if value is None else value for value in vars(told.timings).values()]
    people = told.people
    count, keypoints = people.keypoints.shape[:2]
    rows = np.concatenate(
        [people.boxes, people.confidences[:, None], people.keypoints.reshape(count, 3 * keypoints)], 1
    )
    exact = told.exact_input
    size = (0, 0) if exact is None else (exact.shape[1], exact.shape[0])
    return b"".join([
        struct.pack("<IQI4I2I", told.sequence, told.device_time, protect, *times, *told.view.size),
        struct.pack("<4ffII", *told.view.part, told.top_score, count, keypoints), rows.astype("<f4").tobytes(),
        struct.pack("<3I", *size, len(jpeg)), bytes.fromhex(told.model), jpeg,
        b"" if exact is None else exact.tobytes(),
    ])  # fmt: skip


def expected_frame(jpeg: bytes, told: FrameResults, protect: bool) -> bytes:
    return wire.encode_frame(jpeg, told, pack_input=False, protect=protect)


# --- commands --------------------------------------------------------------------------------------------------------

TEXTS = """Hello on off ON 0.5 .5 5. 1 0 100 101 80 80.9 1.0 . 1.2.3 -1 1e-3 nan 0.1 0.123456 0.999999999999999
1.00000000000001 00000000000000.5 000000000000000.5 99999 65535 65536 123456 007 fault2"""
WORDS = [*CommandName, *TEXTS.split(), "é", "١", "\0", "5\0", "0.3\x0b", "a\x1cb", "x" * 30]
GOOD = [
    "hello",
    "confidence 0.25",
    "iou .5",
    "average on",
    "quality 80",
    "stream off",
    "exact_input",
    "protect on",
    "confidence 1.",
    "evaluate on",
    "raw_output off",
    "input 196608",
    "input 8388607",
    "input 8388608",
    "input 0",
]
BLANKS = [" ", " ", " ", "  ", "\t", "\r", "\x0b", "\x0c", "\x1c", "\x1f", "\xa0"]


def random_lines(seed: int, count: int) -> bytes:
    """Return lines that are commands, nearly commands, or bytes of any kind."""
    rng = random.Random(seed)
    lines = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.15:
            words = [str(rng.randrange(65536)), *rng.choice(GOOD).split()]
        elif kind < 0.45:
            number = str(rng.choice([rng.randrange(70000), 7]))
            words = [number, rng.choice(list(CommandName)), *([rng.choice(WORDS)] if rng.random() < 0.7 else [])]
        elif kind < 0.8:
            words = [rng.choice([str(rng.randrange(70000)), *WORDS]) for _ in range(rng.randrange(6))]
        elif kind < 0.9:
            words = ["3", "hello", "x" * rng.randrange(60, 90)]
        else:
            lines.append(
                bytes(rng.choice([9, 32, 48, 49, 0, 255, rng.randrange(256)]) for _ in range(rng.randrange(120)))
            )
            continue
        text = (rng.choice(BLANKS) if rng.random() < 0.2 else "") + "".join(word + rng.choice(BLANKS) for word in words)
        lines.append(
            (text if rng.random() < 0.2 else text.rstrip()).encode(
                "utf-8" if rng.random() < 0.5 else "latin-1", "replace"
            )
        )
    return b"\n".join(lines) + b"\n"


def expected_answers(data: bytes) -> list[tuple[str, int, float]]:
    """Return (reply, command or -1, value) for each line, from the virtual board's own commander and parser."""
    sender = SimpleNamespace(replies=[], tell_status=lambda: None, exact_wanted=SimpleNamespace(set=lambda: None))
    pipeline = SimpleNamespace(thresholds=Thresholds())
    evaluation = SimpleNamespace(obey=lambda command: "", take=lambda data: data)  # what is obeyed is tested elsewhere
    commander = Commander(pipeline, sender, lambda text: None, evaluation)
    answers: list[tuple[str, int, float]] = []
    line = bytearray()
    for byte in data:
        before = len(sender.replies)
        commander.feed(bytes([byte]))  # one by one, as a line that is too long is cut while it comes
        if len(sender.replies) > before:
            name, value = -1, 0.0
            try:
                command = parse_command(bytes(line[:81]))
                name, value = list(CommandName).index(command.name), float(np.float32(command.value or 0))
            except CommandError:
                pass
            answers.append((sender.replies[-1][1], name, value))
        line.append(byte)
        if byte == ord("\n"):
            line.clear()
    return answers
