"""A frame on the wire: a JPEG whose first application segments say what was found in exactly this image.

docs/wire-format.md is the specification. In short: right behind SOI lies an APP9 segment with a head of fixed layout
(checksum over the whole frame, its length, version, sequence, device time, model) and fields; what does not fit goes
into further APP9 segments. Little endian, except for the lengths that JPEG itself defines.

The checksum covers the image as well as the results, so results can never be taken for those of another image.
For links that flip bytes a frame can carry parity, too: `n6studio.link.protection.frame`.
"""

import enum
from collections import Counter

from n6studio.domain.live import FrameResults
from n6studio.link import layout
from n6studio.link.layout import has_results
from n6studio.link.protection import frame as protection
from n6studio.link.wire import fields

VERSION = (1, 0)  # what a frame needs of its reader; a protected one says `protection.MINOR`
MOST_SEGMENTS = 255
_ALIKE = 4  # of the six bytes of the magic
_OURS = (layout.MAGIC, layout.MORE, layout.PARITY_MAGIC)


class Refusal(enum.StrEnum):
    """Why a JPEG yields no results, or no image that can be shown."""

    PLAIN = "no results segment"
    LENGTH = "length does not match the header"
    CHECKSUM = "checksum"
    UNPROVED = "results segment missing"
    VERSION = "an unknown version"
    CONTENT = "fields that violate the specification"
    CODING = "a JPEG coding that is not supported"
    TOO_LARGE = "more pixels than are supported"
    NO_IMAGE = "no readable JPEG header"


class Blame(enum.StrEnum):
    """Whose fault it is that a frame is not shown, or not with its results."""

    DAMAGED = "damaged on the way"
    NOT_SENT = "not sent"
    UNSUPPORTED = "not supported"
    SENDER = "the sender violates the format"
    SLOW = "this computer is too slow"


BLAMES = {
    Refusal.LENGTH: Blame.DAMAGED,
    Refusal.CHECKSUM: Blame.DAMAGED,
    Refusal.PLAIN: Blame.NOT_SENT,
    Refusal.UNPROVED: Blame.SENDER,
    Refusal.VERSION: Blame.UNSUPPORTED,
    Refusal.CODING: Blame.UNSUPPORTED,
    Refusal.TOO_LARGE: Blame.UNSUPPORTED,
    Refusal.CONTENT: Blame.SENDER,
    Refusal.NO_IMAGE: Blame.SENDER,
}
TRAILING, NO_EOI = "bytes behind EOI", "no EOI"  # rules that a sender may break without harm
DAMAGED = frozenset({Refusal.LENGTH, Refusal.CHECKSUM})
REPAIRABLE = frozenset({Refusal.PLAIN, Refusal.LENGTH, Refusal.CHECKSUM})  # a protected frame looks like this


class NotAJpeg(ValueError):
    """The bytes do not run from SOI to EOI."""


def encode_frame(jpeg: bytes, results: FrameResults, *, pack_input: bool = True, protect: bool = False) -> bytes:
    """Return `jpeg` with `results` inside.

    Args:
        jpeg: one image from SOI to EOI; results that it carries already are replaced.
        results: what to say about it. `version` is not looked at: this writes what the frame needs.
        pack_input: pack the exact input with zlib; a board that has no time for that sends it as it is.
        protect: add parity, so that flipped bytes can be repaired; a frame too large for it (1 MB) goes without.

    Raises:
        NotAJpeg: SOI or EOI is missing.
        ValueError: the results do not fit: more than 255 segments.
    """
    if jpeg[:2] != layout.SOI or jpeg[-2:] != layout.EOI:
        raise NotAJpeg("an image from SOI to EOI is needed")
    rest = without_results(jpeg)[2:]
    size = protection.HEAD_SIZE if protect else layout.HEAD_SIZE
    parts = _packed(_all_fields(results, pack_input), size)
    body = b"".join([parts[0], *(_segment(layout.MORE, index, part) for index, part in enumerate(parts[1:], 1))])
    room = protection.room(len(body) + len(rest)) if protect else b""
    if protect and not room:
        return encode_frame(jpeg, results, pack_input=pack_input)
    parity = _segment(layout.PARITY_MAGIC, 0, room) if protect else b""
    version = (VERSION[0], protection.MINOR) if protect else VERSION
    model = bytes.fromhex(results.model[:16].ljust(16, "0")) if results.model else bytes(8)
    frame = b"".join(
        [
            layout.START + (size - 4 + len(parts[0])).to_bytes(2, "big") + layout.MAGIC + bytes(4),
            layout.HEAD.pack(size + len(body) + len(parity) + len(rest), *version, len(parts), size),
            layout.BODY.pack(results.sequence & 0xFFFFFFFF, 0, results.device_time & 0xFFFFFFFFFFFFFFFF, model),
            bytes(size - layout.HEAD_SIZE),
            body,
            parity,
            rest,
        ]
    )
    if protect:
        frame = protection.with_parity(frame, size + len(body) + layout.SEGMENT_HEAD)
    return layout.with_checksum(frame)


def sealed(frame: bytes | bytearray) -> bytes:
    """Return a frame that was changed with its parity, if it has any, and its checksum computed anew."""
    return layout.with_checksum(protection.with_parity(frame) if protection.claims(frame) else frame)


def _segment(magic: bytes, index: int, payload: bytes) -> bytes:
    length = layout.SEGMENT_HEAD - 2 + len(payload)
    return layout.APP9 + length.to_bytes(2, "big") + magic + bytes((index, 0)) + payload


def _all_fields(results: FrameResults, pack_input: bool) -> list[bytes]:
    found = [fields.timings_field(results.timings)]
    if results.view is not None:
        found.append(fields.view_field(results.view))
    if results.top_score is not None:
        found.append(fields.top_score_field(results.top_score))
    found += fields.people_fields(results.people)
    found += [fields.status_field(key, value) for key, value in results.status]
    found += [fields.log_field(line) for line in results.log]
    if results.answer is not None:
        found.append(fields.evaluation_field(results.answer))
        found += fields.raw_output_fields(results.answer.outputs)
    if results.exact_input is not None:
        found += fields.exact_input_fields(results.exact_input, pack_input)
    return found


def _packed(all_fields: list[bytes], head_size: int) -> list[bytes]:
    """Distribute whole fields over as few segments as they need; the first has less room for its larger head."""
    parts: list[list[bytes]] = [[]]
    room = 2 + layout.LONGEST_SEGMENT + 2 - head_size
    for one in all_fields:
        if len(one) > room:
            parts.append([])
            room = 2 + layout.LONGEST_SEGMENT - layout.SEGMENT_HEAD
        parts[-1].append(one)
        room -= len(one)
    if len(parts) > MOST_SEGMENTS:
        raise ValueError(f"results need {len(parts)} segments, a frame has {MOST_SEGMENTS} at most")
    return [b"".join(part) for part in parts]


def without_results(jpeg: bytes) -> bytes:
    """Return the image as its encoder made it."""
    if not has_results(jpeg):
        return jpeg
    at = 2
    while jpeg[at : at + 2] == layout.APP9 and jpeg[at + 4 : at + 10] in _OURS:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return layout.SOI + jpeg[at:]


def as_sent(jpeg: bytes) -> bytes:
    """Return a frame repaired by its parity; as it is where nothing is wrong with it or nothing can be done."""
    if check(jpeg) not in REPAIRABLE:
        return jpeg
    return protection.repaired(jpeg) or jpeg


def read_results(jpeg: bytes, refused: Counter[Refusal] | None = None) -> FrameResults | None:
    """Return what a frame says about itself, or None; the reason is counted in `refused`. Raises nothing.

    Args:
        jpeg: one image from SOI to EOI.
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
    return judge(jpeg)[0]


def judge(jpeg: bytes) -> tuple[FrameResults | Refusal, str]:
    """Return the results of one frame, or why there are none, and which rule its sender breaks, '' for none.

    A frame whose checksum agrees is as it was sent. Bytes behind EOI, and an EOI that is missing, do no harm then.
    """
    if not has_results(jpeg):
        return Refusal.PLAIN, ""
    if len(jpeg) < layout.HEAD_SIZE:
        return Refusal.LENGTH, ""
    length, major, minor, segments, start = layout.HEAD.unpack_from(jpeg, layout.AFTER_CHECKSUM)
    if length != len(jpeg):
        return Refusal.LENGTH, ""
    if not layout.checksum_agrees(jpeg):
        return Refusal.CHECKSUM, ""
    if major != VERSION[0]:
        return Refusal.VERSION, ""
    rule = "" if jpeg[-2:] == layout.EOI else TRAILING if layout.EOI in jpeg else NO_EOI
    try:
        return _results(memoryview(jpeg), (major, minor), segments, start), rule
    except fields.FieldError as error:
        return Refusal.CONTENT, str(error)


def counted_as(jpeg: bytes) -> tuple[int, int] | None:
    """Return (sequence, device time) of a frame whose checksum agrees; None where its version is not known."""
    major = jpeg[layout.VERSION_AT]
    if major != VERSION[0] or len(jpeg) < layout.HEAD_SIZE:
        return None
    sequence, _, device_time, _ = layout.BODY.unpack_from(jpeg, layout.AFTER_CHECKSUM + layout.HEAD.size)
    return sequence, device_time


def is_remains(jpeg: bytes) -> bool:
    """Return whether a JPEG without a results segment is what is left of a frame that had one.

    Its first segment then is of our kind, or most of its first bytes are those of a results segment.
    """
    magic = jpeg[layout.MAGIC_AT : layout.CHECKSUM_AT]
    alike = sum(one == other for one, other in zip(magic, layout.MAGIC, strict=False))
    return jpeg[2:4] == layout.APP9 or alike >= _ALIKE


def _results(frame: memoryview, version: tuple[int, int], segments: int, start: int) -> FrameResults:
    if start < layout.HEAD_SIZE or segments == 0:
        raise fields.FieldError("an invalid header")
    sequence, _, device_time, model = layout.BODY.unpack_from(frame, layout.AFTER_CHECKSUM + layout.HEAD.size)
    found = fields.Fields()
    at = 2
    for index in range(segments):
        end = at + 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
        head_end = start if index == 0 else at + layout.SEGMENT_HEAD
        head = bytes(frame[at:head_end])
        if end < head_end or end > len(frame) or head[:2] != layout.APP9:
            raise fields.FieldError("an invalid segment")
        if index and (head[4:10] != layout.MORE or head[10] != index):
            raise fields.FieldError("segments are missing or out of order")
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
        exact_input=None if found.exact is None else found.exact.image(),
        log=tuple(found.log),
        status=tuple(found.status),
        answer=found.answer(),
    )
