"""A frame on the wire: a JPEG whose first application segments say what was found in exactly this picture.

docs/wire-format.md is the specification. In short: right behind SOI lies an APP9 segment with a head of fixed layout
(checksum over the whole frame, its length, version, sequence, device time, model) and fields; what does not fit goes
into further APP9 segments. Little endian, except for the lengths that JPEG itself defines.

The checksum covers the picture as well as the results, so results can never be taken for those of another picture.
"""

import enum
import struct
import zlib
from collections import Counter

from n6studio.domain.live import FrameResults
from n6studio.link import wire_fields as fields

VERSION = (1, 0)
SOI, EOI, APP9 = b"\xff\xd8", b"\xff\xd9", b"\xff\xe9"
MAGIC, MORE = b"N6LIVE", b"N6MORE"
START = SOI + APP9  # then two bytes of length, then MAGIC

# From SOI: marker, length (big endian), magic | crc | frame length, version, segments, where fields start |
# sequence, reserved | device time | model.
_MAGIC_AT, _CRC_AT, _AFTER_CRC = 6, 12, 16
LENGTH_AT = _AFTER_CRC  # of the frame
_HEAD = struct.Struct("<IBBBB")  # at 16; these and the checksum stay where they are in every version
_BODY = struct.Struct("<IIQ8s")  # at 24
HEAD_SIZE = 48
_MORE_HEAD = 12  # marker, length, magic, index, reserved
MOST_SEGMENTS = 255
_SEGMENT_END = 2 + 0xFFFF  # marker and the longest segment


class Refusal(enum.StrEnum):
    """Why a JPEG yields no results."""

    PLAIN = "no results segment"
    LENGTH = "not as long as it says"
    CHECKSUM = "checksum"
    UNPROVED = "no results segment, where every frame has one"
    VERSION = "a version that this program does not know"
    CONTENT = "fields that contradict the specification"


DAMAGED = frozenset({Refusal.LENGTH, Refusal.CHECKSUM, Refusal.UNPROVED})


class NotAJpeg(ValueError):
    """The bytes do not run from SOI to EOI."""


def encode_frame(jpeg: bytes, results: FrameResults, *, pack_input: bool = True) -> bytes:
    """Return `jpeg` with `results` inside.

    Args:
        jpeg: one picture from SOI to EOI; results that it carries already are replaced.
        results: what to say about it. `version` is not looked at: this writes `VERSION`.
        pack_input: pack the exact input with zlib; a board that has no time for that sends it as it is.

    Raises:
        NotAJpeg: SOI or EOI is missing.
        ValueError: the results do not fit: more than 255 segments.
    """
    if jpeg[:2] != SOI or jpeg[-2:] != EOI:
        raise NotAJpeg("a picture from SOI to EOI is needed")
    rest = without_results(jpeg)[2:]
    parts = _packed(_all_fields(results, pack_input))
    more = [
        APP9 + struct.pack(">H", _MORE_HEAD - 2 + len(part)) + MORE + struct.pack("<BB", index, 0) + part
        for index, part in enumerate(parts[1:], 1)
    ]
    length = HEAD_SIZE + len(parts[0]) + sum(map(len, more)) + len(rest)
    before = START + struct.pack(">H", HEAD_SIZE - 4 + len(parts[0])) + MAGIC
    model = bytes.fromhex(results.model[:16].ljust(16, "0")) if results.model else bytes(8)
    after = b"".join(
        [
            _HEAD.pack(length, *VERSION, len(parts), HEAD_SIZE),
            _BODY.pack(results.sequence & 0xFFFFFFFF, 0, results.device_time & 0xFFFFFFFFFFFFFFFF, model),
            parts[0],
            *more,
            rest,
        ]
    )
    return before + struct.pack("<I", zlib.crc32(after, zlib.crc32(before))) + after


def _all_fields(results: FrameResults, pack_input: bool) -> list[bytes]:
    found = [fields.timings_field(results.timings)]
    if results.view is not None:
        found.append(fields.view_field(results.view))
    if results.top_score is not None:
        found.append(fields.top_score_field(results.top_score))
    found += fields.people_fields(results.people)
    found += [fields.status_field(key, value) for key, value in results.status]
    found += [fields.log_field(line) for line in results.log]
    if results.exact_input is not None:
        found += fields.exact_input_fields(results.exact_input, pack_input)
    return found


def _packed(all_fields: list[bytes]) -> list[bytes]:
    """Distribute whole fields over as few segments as they need; the first has less room for its larger head."""
    parts: list[list[bytes]] = [[]]
    room = _SEGMENT_END + 2 - HEAD_SIZE
    for one in all_fields:
        if len(one) > room:
            parts.append([])
            room = _SEGMENT_END - _MORE_HEAD
        parts[-1].append(one)
        room -= len(one)
    if len(parts) > MOST_SEGMENTS:
        raise ValueError(f"results need {len(parts)} segments, a frame has {MOST_SEGMENTS} at most")
    return [b"".join(part) for part in parts]


def has_results(jpeg: bytes) -> bool:
    """Return whether the picture starts with a results segment, whatever that is worth."""
    return jpeg[:4] == START and jpeg[_MAGIC_AT:_CRC_AT] == MAGIC


def without_results(jpeg: bytes) -> bytes:
    """Return the picture as its encoder made it."""
    if not has_results(jpeg):
        return jpeg
    at = 2
    while jpeg[at : at + 2] == APP9 and jpeg[at + 4 : at + 10] in (MAGIC, MORE):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return SOI + jpeg[at:]


def read_results(jpeg: bytes, refused: Counter[Refusal] | None = None) -> FrameResults | None:
    """Return what a frame says about itself, or None; the reason is counted in `refused`. Raises nothing.

    Args:
        jpeg: one picture from SOI to EOI.
        refused: counts by reason, or None.
    """
    found = check(jpeg)
    if not isinstance(found, Refusal):
        return found
    if refused is not None:
        refused[found] += 1
    return None


def check(jpeg: bytes) -> FrameResults | Refusal:
    """Return the results of one frame, or why there are none. Raises nothing."""
    if not has_results(jpeg):
        return Refusal.PLAIN
    if len(jpeg) < HEAD_SIZE or jpeg[-2:] != EOI:
        return Refusal.LENGTH
    length, major, minor, segments, start = _HEAD.unpack_from(jpeg, _AFTER_CRC)
    if length != len(jpeg):
        return Refusal.LENGTH
    view = memoryview(jpeg)
    if zlib.crc32(view[_AFTER_CRC:], zlib.crc32(view[:_CRC_AT])) != int.from_bytes(view[_CRC_AT:_AFTER_CRC], "little"):
        return Refusal.CHECKSUM
    if major != VERSION[0]:
        return Refusal.VERSION
    try:
        return _results(view, (major, minor), segments, start)
    except fields.FieldError:
        return Refusal.CONTENT


def _results(frame: memoryview, version: tuple[int, int], segments: int, start: int) -> FrameResults:
    if start < HEAD_SIZE or segments == 0:
        raise fields.FieldError("an impossible head")
    sequence, _, device_time, model = _BODY.unpack_from(frame, _AFTER_CRC + _HEAD.size)
    found = fields.Fields()
    at = 2
    for index in range(segments):
        end = at + 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
        head_end = start if index == 0 else at + _MORE_HEAD
        head = bytes(frame[at:head_end])
        if end < head_end or end > len(frame) or head[:2] != APP9:
            raise fields.FieldError("an impossible segment")
        if index and (head[4:10] != MORE or head[10] != index):
            raise fields.FieldError("segments are missing or in another order")
        for kind, payload in fields.split_fields(frame[head_end:end]):
            fields.read_field(kind, payload, found)
        at = end
    return FrameResults(
        version=version,
        sequence=sequence,
        device_time=device_time,
        timings=found.timings,
        model=model.hex() if any(model) else "",
        view=found.view,
        people=found.all_people(),
        top_score=found.top_score,
        exact_input=None if found.exact is None else found.exact.picture(),
        log=tuple(found.log),
        status=tuple(found.status),
    )
