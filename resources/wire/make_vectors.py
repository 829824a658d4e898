"""Writes the test vectors of the wire format: frames, and vectors.json with what a reader must find in them.

``python resources/wire/make_vectors.py`` writes beside itself. The contents are fixed; a test makes them again and
compares. plain.jpg and other.jpg are images of ours, made once.
"""

import dataclasses
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.live import Answer, FrameResults, RawOutput, Timings
from n6studio.domain.pose.people import ImageFractions, People, nobody
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link import layout as wire_layout
from n6studio.link.protection import frame as protection
from n6studio.link.wire import fields as wire_fields
from n6studio.link.wire import frame as wire
from n6studio.link.wire.frame_json import results_values
from n6studio.link.wire.jpeg import read_header
from n6studio.link.wire.parser import StreamParser

HERE = Path(__file__).resolve().parent
MODEL = "0123456789abcdef"
EXPECTATIONS = "vectors.json"
PACKED = "exact_packed.jpg"  # compressors may differ, so of this one only what it says is compared


def people(count: int, keypoints: int) -> People[ImageFractions]:
    """Return people whose coordinates are exact in binary."""
    person = np.arange(count, dtype=np.float32)[:, None]
    left = 0.125 + 0.25 * (person % 3)
    boxes = np.concatenate([left, left * 0 + 0.25, left + 0.1875, left * 0 + 0.875], axis=1)
    number = np.arange(keypoints, dtype=np.float32)[None, :]
    points = np.stack([left + number / 128, 0.25 + number / 32 + 0 * left, 1 - number / 64 + 0 * left], axis=2)
    scores = (0.90625 - 0.125 * person[:, 0]).clip(0.0625)
    return People(boxes.astype(np.float32), scores.astype(np.float32), points.astype(np.float32))


def pixels(width: int, height: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return an (H, W, 3) pattern."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((3 * x + 5 * y + 85 * c) % 251).astype(np.uint8)


def results(**changes: Any) -> FrameResults:
    """Return the results of vector two_people, or others that differ in `changes`."""
    base = FrameResults(
        version=wire.VERSION,
        sequence=4660,
        device_time=1_234_567_890_123,
        timings=Timings(21_000, 34_320, 850, None),
        model=MODEL,
        view=View(Resize.CROP, (256, 256), (0.1875, 0.0, 0.625, 1.0)),
        people=people(2, 17),
        top_score=0.90625,
        log=("camera started",),
        status=(("confidence", "0.5"),),
    )
    return dataclasses.replace(base, **changes)


EMPTY = FrameResults(wire.VERSION, 0, 0, Timings(), "", None, nobody(0))


def sealed(frame: bytes) -> bytes:
    """Return the frame with its length and checksum put right."""
    changed = bytearray(frame)
    struct.pack_into("<I", changed, 16, len(changed))
    return wire.sealed(changed)


def with_fields(frame: bytes, fields: bytes, head: bytes = b"", minor: int = 0) -> bytes:
    """Return the frame with `fields` behind those of its only segment, and `head` behind what its head has today."""
    length = int.from_bytes(frame[4:6], "big")
    first, rest = frame[: 4 + length], frame[4 + length :]
    changed = bytearray(first[: wire_layout.HEAD_SIZE] + head + first[wire_layout.HEAD_SIZE :] + fields)
    struct.pack_into(">H", changed, 4, len(changed) - 4)
    changed[21], changed[23] = minor, wire_layout.HEAD_SIZE + len(head)
    return sealed(bytes(changed) + rest)


def field(kind: int, payload: bytes) -> bytes:
    """Return one field."""
    return wire_fields.FIELD_HEAD.pack(kind, len(payload)) + payload


def hit(protected: bytes, errors: int) -> bytes:
    """Return a protected frame with so many wrong bytes in its head, and in each of its codewords."""
    changed = bytearray(protected)
    count = -(-(len(protected) - protection.HEAD_SIZE) // 255)
    for number in range(errors):
        changed[number * 7] ^= 1 + number
        for word in range(count):
            changed[protection.HEAD_SIZE + 3 * number * count + word] ^= 0x80 >> number % 8
    return bytes(changed)


def with_segment(image: bytes, inside: bytes) -> bytes:
    """Return an image with something in a segment of its header, as cameras put thumbnails there."""
    return image[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(inside)) + inside + image[2:]


def coded(image: bytes, coding: int) -> bytes:
    """Return an image whose header says that it is coded otherwise: the third byte of its SOF marker."""
    return image.replace(b"\xff\xc0", bytes((0xFF, coding)), 1)


def answer(order: bool = False, floats: bool = False) -> Answer:
    """Return an answer with a raw output of 8 channels and 40 candidates, of floats with 4500, which are two pieces."""
    shape = (8, 4500 if floats else 40)
    values = np.arange(shape[0] * shape[1]).reshape(shape) % 251 - 125
    stored = values.astype(np.float32) / 8 if floats else values.astype(np.int8)
    stored = np.ascontiguousarray(stored.T) if order else stored
    return Answer(65535, 0xCBF43926, (RawOutput(stored, order, *((1.0, 0) if floats else (0.0078125, -3))),))


def answer_of_parts() -> Answer:
    """Return an answer with three outputs, the second of which is in two pieces."""
    shapes, found = ((40, 64), (70_000, 1), (10, 51)), list[RawOutput]()
    for number, shape in enumerate(shapes):
        values = (np.arange(shape[0] * shape[1]) * (number + 2) % 251 - 125).astype(np.int8)
        found.append(RawOutput(values.reshape(shape), True, 0.125 * (number + 1), number - 5))
    return Answer(3, 0x12345678, tuple(found))


def two_fields(reverse: bool) -> bytes:
    """Return fields of people: one with the second of two, and one with the first, who is the more confident."""
    both = people(2, 5)
    parts = [wire_fields.people_fields(both[number : number + 1])[0] for number in range(2)]
    return b"".join(reversed(parts) if reverse else parts)


def not_a_number() -> People[ImageFractions]:
    """Return three people: a box that is none, a keypoint that is none, coordinates far outside."""
    everybody = people(3, 5)
    everybody.boxes[0, 2] = np.nan
    everybody.keypoints[1, 2, 0] = np.inf
    everybody.keypoints[2, 0] = (1e30, -1e30, 7.0)
    everybody.confidences[2] = 2.0
    return everybody


def outside() -> People[ImageFractions]:
    """Return somebody who is half outside the frame."""
    somebody = people(1, 5)
    somebody.boxes[0] = (-0.25, 0.5, 0.125, 1.25)
    somebody.keypoints[0, :, :2] = ((-0.125, 0.75), (0.0, 1.125), (0.0625, 1.0), (-1.5, 0.5), (0.125, 2.5))
    return somebody


def vectors() -> dict[str, bytes]:
    """Return every frame by the name of its file."""
    plain, other = ((HERE / name).read_bytes() for name in ("plain.jpg", "other.jpg"))
    two = wire.encode_frame(plain, results())
    empty = wire.encode_frame(plain, EMPTY)
    flipped = bytearray(two)
    flipped[-100] ^= 0x10
    text = results(log=("Kamera läuft", '"quoted"', ""), status=(("name", "µC = N6"), ("reply", "7 ok")))
    spliced = two[: len(two) - len(plain) + 2] + other[2:]
    agreeing = spliced[:16] + struct.pack("<I", len(spliced)) + spliced[20:]
    protected = wire.encode_frame(plain, results(), protect=True)
    thumbnail = with_segment(plain, wire.encode_frame(other, results(sequence=1)))
    asked = results(
        status=(("reply", "7 ok"), ("reply", "8 error not possible"), ("camera_fps", "30"), ("aspect", "crop"),
                ("dropped", "3"), ("skipped", "12"), ("faults", "")),
        log=(),
    )  # fmt: skip
    too_wide = struct.pack("<HHBBII", 4097, 1, 3, 0, 3 * 4097, 0) + bytes(3 * 4097)
    longer = field(wire_fields.TOP_SCORE, struct.pack("<fI", 0.75, 1)) + field(0x7001, b"what is this?")
    return {
        "empty.jpg": empty,
        "two_people.jpg": two,
        "outside.jpg": wire.encode_frame(plain, results(people=outside())),
        "many_people.jpg": wire.encode_frame(plain, results(people=people(300, 17))),
        "text.jpg": wire.encode_frame(plain, text),
        "exact_raw.jpg": wire.encode_frame(plain, results(exact_input=pixels(160, 160)), pack_input=False),
        PACKED: wire.encode_frame(plain, results(exact_input=pixels(64, 32))),
        "not_a_number.jpg": wire.encode_frame(plain, results(people=not_a_number())),
        "later_minor.jpg": with_fields(empty, longer, head=b"\x01\x02\x03\x04\x05\x06\x07\x08", minor=7),
        "other_major.jpg": sealed(two[:20] + b"\x02\x00" + two[22:]),
        "flipped.jpg": bytes(flipped),
        "cut.jpg": two[:-40] + wire_layout.EOI,
        "spliced.jpg": spliced,
        "spliced_length_right.jpg": agreeing,
        "protected.jpg": protected,
        "protected_raw.jpg": wire.encode_frame(
            plain, results(exact_input=pixels(160, 160)), pack_input=False, protect=True
        ),
        "repairable.jpg": hit(protected, 8),
        "unrepairable.jpg": hit(protected, 9),
        "thumbnail.jpg": wire.encode_frame(thumbnail, results(sequence=2)),
        "behind_eoi.jpg": sealed(two + bytes(40)),
        "without_eoi.jpg": sealed(two[:-2]),
        "progressive.jpg": wire.encode_frame(coded(plain, 0xC2), EMPTY),
        "arithmetic.jpg": wire.encode_frame(coded(plain, 0xC9), EMPTY),
        "lossless.jpg": wire.encode_frame(coded(plain, 0xC3), EMPTY),
        "people_order.jpg": with_fields(empty, two_fields(reverse=True)),
        "replies.jpg": wire.encode_frame(plain, asked),
        "reserved.jpg": sealed(two[:28] + b"\xaa\xbb\xcc\xdd" + two[32:]),
        "reserved_protected.jpg": wire.sealed(protected[:28] + b"\xaa\xbb\xcc\xdd" + protected[32:]),
        "answer.jpg": wire.encode_frame(plain, results(answer=answer())),
        "answer_float.jpg": wire.encode_frame(plain, results(answer=answer(order=True, floats=True))),
        "answer_parts.jpg": wire.encode_frame(plain, results(answer=answer_of_parts())),
        "exact_too_wide.jpg": with_fields(empty, field(wire_fields.EXACT_INPUT, too_wide)),
        "impossible_count.jpg": with_fields(
            empty, field(wire_fields.PEOPLE, struct.pack("<HH", 0xFFFF, 17) + bytes(64))
        ),
        "field_too_long.jpg": with_fields(empty, struct.pack("<HH", wire_fields.LOG, 500) + b"short"),
    }


def stream(frames: dict[str, bytes]) -> bytes:
    """Return a stream of good and bad frames with garbage around them."""
    garbage = bytes(range(256)) * 3
    order = (
        "two_people",
        "flipped",
        "empty",
        "cut",
        "spliced",
        "spliced_length_right",
        "exact_raw",
        "other_major",
        "text",
        "protected",
        "repairable",
        "unrepairable",
        "protected_raw",
    )
    parts = [garbage]
    for place, name in enumerate(order):
        between = b"" if name in ("protected", "repairable") else garbage[: 13 * place]
        parts += [frames[f"{name}.jpg"], between]
    return b"".join([*parts, frames["two_people.jpg"][:-300]])


def sequences(plain: bytes) -> bytes:
    """Return frames whose numbers and times tell something: see vectors.json for what."""
    told = ((5, 500), (6, 600), (9, 900), (9, 900), (8, 950), (10, 1000), (0, 10), (1, 110))
    return b"".join(
        wire.encode_frame(plain, dataclasses.replace(EMPTY, sequence=number, device_time=1000 * time))
        for number, time in told
    )


def expectation(frame: bytes) -> dict[str, Any]:
    """Return what a reader must find."""
    found = wire.check(wire.as_sent(frame))
    if isinstance(found, wire.Refusal):
        return {"refused": found.name.lower()}
    values = results_values(found)
    if wire.as_sent(frame) != frame:
        values["repaired_crc32"] = zlib.crc32(wire.as_sent(frame))
    if len(found.people) > 10:
        values["people"] = {"count": len(found.people), "boxes_crc32": zlib.crc32(found.people.boxes.tobytes())}
    if found.answer is not None:
        values["answer"] = {"number": found.answer.number, "checksum": found.answer.checksum}
    if found.answer is not None and found.answer.outputs:
        told = [
            {
                "type": raw.stored.dtype.name, "shape": list(raw.stored.shape),
                "candidates_first": raw.candidates_first, "scale": raw.scale, "zero": raw.zero,
                "crc32": zlib.crc32(raw.stored.tobytes()),
            }
            for raw in found.answer.outputs
        ]  # fmt: skip
        values["answer"] |= {"raw": told[0]} if len(told) == 1 else {"parts": told}
    rule = wire.judge(wire.as_sent(frame))[1]
    if rule:
        values["violates"] = rule
    if not read_header(wire.as_sent(frame)).supported:
        values["image"] = "not supported"
    replies = [value for key, value in found.status if key == "reply"]
    if replies:
        values["replies"] = replies
    if found.exact_input is not None:
        values["exact_input_crc32"] = zlib.crc32(found.exact_input.tobytes())
    return values


def stream_expectation(data: bytes) -> dict[str, Any]:
    """Return what a parser must count."""
    parser = StreamParser()
    sequences = [None if frame.results is None else frame.results.sequence for frame in parser.feed(data, 0.0)]
    parser.end()
    counts = parser.counts
    told = {
        "undelivered": {reason.name.lower(): count for reason, count in counts.undelivered.items()},
        "violates": dict(counts.rules),
        "events": {kind.name.lower(): count for kind, count in counts.events.items()},
    }
    return {
        "sequences": sequences,
        "frames": counts.frames,
        "damaged": counts.damaged,
        "repaired": counts.repaired,
        "skipped_bytes": counts.skipped_bytes,
        "without_results": {reason.name.lower(): count for reason, count in counts.refused.items()},
        "lost": counts.lost,
        **{name: values for name, values in told.items() if values},
    }


def all_files() -> dict[str, bytes]:
    """Return everything that this writes, by file name."""
    frames = vectors()
    plain = (HERE / "plain.jpg").read_bytes()
    unusual = ("thumbnail", "behind_eoi", "without_eoi", "progressive", "lossless", "answer", "reserved_protected")
    streams = {
        "stream.mjpeg": stream(frames),
        "unusual.mjpeg": b"".join(frames[f"{name}.jpg"] for name in unusual) + frames["two_people.jpg"],
        "sequences.mjpeg": sequences(plain),
    }
    told = {"plain.jpg": {"refused": "plain"}, **{name: expectation(frame) for name, frame in frames.items()}}
    expectations = {"frames": told, "streams": {name: stream_expectation(data) for name, data in streams.items()}}
    text = json.dumps(expectations, indent=1, ensure_ascii=False) + "\n"
    return {**frames, **streams, EXPECTATIONS: text.encode()}


if __name__ == "__main__":
    for file_name, content in all_files().items():
        (HERE / file_name).write_bytes(content)
