"""Frames put together by hand after docs/wire-format.md: each byte of what is written, and what lies on a limit."""

import struct
import zlib
from collections import Counter

import numpy as np
import pytest
import reedsolo

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.protection.frame import claims, read_head, repaired, room, with_parity
from n6studio.link.wire.frame import (
    Refusal,
    as_sent,
    check,
    counted_as,
    encode_frame,
    judge,
    read_results,
    without_results,
)

IMAGE = b"\xff\xd8an image\xff\xd9"
NO_TIMES = struct.pack("<HH4I", 1, 16, *[0xFFFFFFFF] * 4)
NO_PEOPLE = struct.pack("<HHHH", 3, 4, 0, 0)
USUAL = NO_TIMES + NO_PEOPLE  # the fields of a frame about which there is nothing to say: 28 bytes
ROOM = 65491  # bytes of fields in the first segment: 65535 less what its head has behind the marker, 46 - 2


def told(**changes) -> FrameResults:
    values = {"sequence": 0, "device_time": 0, "model": "", "view": None, "people": nobody(0), "timings": Timings()}
    return FrameResults(version=(1, 0), **{**values, **changes})


def sealed(frame: bytes) -> bytes:
    """Return a frame with the checksum of the page: of everything but its own four bytes."""
    return frame[:12] + struct.pack("<I", zlib.crc32(frame[:12] + frame[16:])) + frame[16:]


def by_hand(
    fields=b"", more=b"", *, length=None, count=1, start=48, head=b"", number=0, clock=0, model=bytes(8), rest=IMAGE[2:]
) -> bytes:
    """Return a sealed frame; `length` is that of its first segment where it lies."""
    first = 44 + len(head) + len(fields) if length is None else length
    whole = 48 + len(head) + len(fields) + len(more) + len(rest)
    return sealed(
        b"\xff\xd8\xff\xe9" + struct.pack(">H", first) + b"N6LIVE" + bytes(4)
        + struct.pack("<IBBBB", whole, 1, 0, count, start) + struct.pack("<IIQ", number, 0, clock) + model
        + head + fields + more + rest
    )  # fmt: skip


def line(length: int) -> bytes:
    return struct.pack("<HH", 5, length) + b"x" * length


def more(index: int, fields: bytes, magic: bytes = b"N6MORE", marker: bytes = b"\xff\xe9") -> bytes:
    return marker + struct.pack(">H", 10 + len(fields)) + magic + bytes((index, 0)) + fields


# --- writing ---------------------------------------------------------------------------------------------------------


def test_every_byte_of_a_frame():
    assert encode_frame(IMAGE, told()) == by_hand(USUAL)
    view = struct.pack("<HHBxHH4f", 2, 22, 1, 256, 192, 0.25, 0.0, 0.5, 1.0)
    sent = encode_frame(
        IMAGE,
        told(
            sequence=7,
            device_time=9,
            model="0123456789abcdef",
            view=View(Resize.STRETCH, (256, 192), (0.25, 0.0, 0.5, 1.0)),
            top_score=0.5,
            log=("hi",),
            status=(("a", "b"),),
        ),
    )
    fields = NO_TIMES + view + struct.pack("<HHf", 7, 4, 0.5) + NO_PEOPLE + b"\6\0\3\0a=b" + b"\5\0\2\0hi"
    assert sent == by_hand(fields, number=7, clock=9, model=bytes.fromhex("0123456789abcdef"))
    found = read_results(sent)
    assert (found.version, found.view.size, found.top_score, found.log) == ((1, 0), (256, 192), 0.5, ("hi",))


def test_counters_wrap():
    assert encode_frame(IMAGE, told(sequence=2**32 + 5, device_time=2**64 + 6)) == by_hand(USUAL, number=5, clock=6)


@pytest.mark.parametrize(
    ("model", "written", "read"),
    [
        ("", "0000000000000000", ""),
        ("ab", "ab00000000000000", "ab00000000000000"),
        ("0123456789abcdef" + "7" * 48, "0123456789abcdef", "0123456789abcdef"),
        ("0000000000000000", "0000000000000000", ""),
    ],
)
def test_a_model_is_its_first_eight_bytes(model, written, read):
    sent = encode_frame(IMAGE, told(model=model))
    assert sent == by_hand(USUAL, model=bytes.fromhex(written))
    assert check(sent).model == read


def test_the_exact_input_is_packed_unless_that_is_not_wanted():
    image = np.zeros((2, 4, 3), np.uint8)
    raw = USUAL + struct.pack("<HHHHBBII", 4, 14 + 24, 4, 2, 3, 0, 24, 0) + bytes(24)
    assert encode_frame(IMAGE, told(exact_input=image), pack_input=False) == by_hand(raw)
    coding = encode_frame(IMAGE, told(exact_input=image))[48 + 28 + 4 + 5]
    assert coding == 1


def test_a_segment_is_filled_to_its_last_byte():
    fits, too_long = ROOM - 28 - 4, ROOM - 28 - 4 + 1
    sent = encode_frame(IMAGE, told(log=("x" * fits,)))
    assert sent == by_hand(USUAL + line(fits))
    assert sent[4:6] == b"\xff\xff"
    assert encode_frame(IMAGE, told(log=("x" * too_long,))) == by_hand(USUAL, more(1, line(too_long)), count=2)


def test_a_further_segment_is_filled_to_its_last_byte():
    """65535 bytes from its length on: 10 are its head's, and 65525 are for fields."""
    first, second = 65000, 65525 - 65004 - 4
    sent = encode_frame(IMAGE, told(log=("x" * 65500, "x" * first, "x" * second)))
    both = more(2, line(first) + line(second))
    assert both[2:4] == b"\xff\xff"
    assert sent == by_hand(USUAL, more(1, line(65500)) + both, count=3)
    split = more(2, line(first)) + more(3, line(second + 1))
    assert encode_frame(IMAGE, told(log=("x" * 65500, "x" * first, "x" * (second + 1)))) == by_hand(
        USUAL, more(1, line(65500)) + split, count=4
    )


def test_a_frame_has_255_segments_at_most():
    lines = ("x" * 40_000,) * 256  # each needs a segment of its own, and the first has room for one
    assert encode_frame(IMAGE, told(log=lines[:255]))[22] == 255
    with pytest.raises(ValueError, match=r"results need 256 segments, a frame has 255 at most"):
        encode_frame(IMAGE, told(log=lines))


def test_only_segments_of_ours_are_taken_out():
    """What another program wrote stays: an APP9 of its own, and another marker in front of our words."""
    foreign = more(0, b"", b"THEIRS")
    other = more(1, b"", marker=b"\xff\xe1")
    for rest in (foreign, other, foreign + more(1, b""), other + more(1, b"")):
        assert without_results(by_hand(rest=rest + IMAGE[2:])) == b"\xff\xd8" + rest + IMAGE[2:]
    ours = more(1, USUAL) + more(0, bytes(16), b"N6RSCP") + by_hand(USUAL)[2:76]
    assert without_results(by_hand(USUAL, ours)) == IMAGE
    assert without_results(IMAGE) == IMAGE


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_frame_may_consist_of_its_head_alone():
    """The last two bytes of its model are those of EOI, and there is no field."""
    alone = by_hand(model=bytes.fromhex("112233445566ffd9"), rest=b"")
    assert len(alone) == 48
    found = check(alone)
    assert (found.model, found.log) == ("112233445566ffd9", ())
    assert check(alone[:47]) is Refusal.LENGTH


def test_a_frame_that_does_not_end_with_eoi_breaks_a_rule_and_is_read():
    for rest, rule in (
        (b"an image\xff\xd8", "no EOI"),
        (b"an image\xff\xd9", ""),
        (b"an image\xff\xd9\0", "bytes behind EOI"),
    ):
        found, broken = judge(by_hand(USUAL, rest=rest))
        assert (found.sequence, broken) == (0, rule)


def test_which_rule_a_field_breaks_is_told():
    found, rule = judge(by_hand(start=49))
    assert found is Refusal.CONTENT
    assert rule == "an invalid segment"


def test_the_number_of_a_frame_is_known_where_its_fields_break_a_rule():
    assert counted_as(by_hand(start=49)) == (0, 0)
    later = bytearray(by_hand(USUAL))
    later[20] = 2
    assert counted_as(bytes(later)) is None


def test_fields_start_behind_the_head():
    """Four zeros are a field of no type and no length, so where they are, reading could begin."""
    assert check(by_hand(start=44)) is Refusal.CONTENT
    assert check(by_hand(start=48)).model == ""
    assert check(by_hand(USUAL, head=b"12345678", start=56)).timings == Timings()
    assert check(by_hand(start=49)) is Refusal.CONTENT, "behind the end of its segment"


def test_a_segment_that_leads_out_of_the_frame_is_refused():
    to_the_end = struct.pack("<HH", 0x7001, 10)  # a field of no known type; the image's 10 bytes are its payload
    assert check(by_hand(to_the_end, length=44 + 14 + 1)) is Refusal.CONTENT, "one byte too far"
    assert check(by_hand(to_the_end, length=44 + 14)).sequence == 0, "to the last byte"


def test_every_segment_says_what_it_is():
    good = more(1, line(3))
    assert check(by_hand(USUAL, good, count=2)).log == ("xxx",)
    assert check(by_hand(USUAL, more(1, line(3), b"N6RSCP"), count=2)) is Refusal.CONTENT
    assert check(by_hand(USUAL, more(1, line(3), marker=b"\xff\xe1"), count=2)) is Refusal.CONTENT
    assert check(by_hand(USUAL, more(2, line(3)), count=2)) is Refusal.CONTENT
    assert check(by_hand(USUAL, more(1, b""), count=2)).log == (), "it may be empty"


def test_a_model_with_zeros_in_it_is_told():
    assert check(by_hand(USUAL, model=bytes(7) + b"\1")).model == "0000000000000001"


def test_what_is_refused_is_counted():
    counts = Counter()
    assert read_results(by_hand(USUAL), counts).sequence == 0
    assert read_results(by_hand(start=44), counts) is None
    assert read_results(IMAGE, counts) is None
    assert read_results(IMAGE) is None
    assert counts == {Refusal.CONTENT: 1, Refusal.PLAIN: 1}


# --- protection ------------------------------------------------------------------------------------------------------

THEIRS = reedsolo.RSCodec(16, nsize=255, fcr=0, prim=0x11D, generator=2)


def parity_of(message: bytes) -> bytes:
    return bytes(THEIRS.encode(message))[len(message) :]


def protected_by_hand(fields: bytes, rest: bytes) -> bytes:
    """Return a protected frame: its head is 28 bytes longer, its parity in a segment behind the fields."""
    data = fields + bytes(12) + rest  # 12: the head of the parity's segment
    count = -(-len(data) // 239)
    segment = b"\xff\xe9" + struct.pack(">H", 10 + 16 * count) + b"N6RSCP\0\0"
    message = fields + segment + rest
    # byte i of the message, counted from its end, is in column -1 - i modulo n; zeros stand before its first
    padded = bytes(-len(message) % count) + message
    words = [parity_of(padded[column::count]) for column in range(count)]
    parity = bytes(words[column][row] for row in range(16) for column in range(count))
    behind = fields + segment + parity + rest
    head = (
        b"\xff\xd8\xff\xe9" + struct.pack(">H", 72 + len(fields)) + b"N6LIVE"
        + struct.pack("<IBBBB", 76 + len(behind), 1, 1, 1, 76) + bytes(24)
        + struct.pack("<IIB3x", zlib.crc32(behind), 76 + len(fields) + 12, 1)
    )  # fmt: skip
    return sealed(head[:12] + bytes(4) + head[12:] + parity_of(head) + behind)


@pytest.mark.parametrize(
    "length",
    [
        199,  # 28 + 12 + 199 = 239 bytes: one codeword, full
        200,  # one byte more: two
        438,  # two, full
        439,
        1000,
    ],
)
def test_every_byte_of_a_protected_frame(length):
    rest = bytes(number * 7 % 251 for number in range(length - 2)) + b"\xff\xd9"
    sent = encode_frame(b"\xff\xd8" + rest, told(), protect=True)
    assert sent == protected_by_hand(USUAL, rest)
    assert check(sent).version == (1, 1)
    assert without_results(sent) == b"\xff\xd8" + rest
    for place in (0, 12, 20, 60, 76, 76 + 28 + 12, len(sent) - 1):
        came = bytearray(sent)
        came[place] ^= 0x41
        assert as_sent(bytes(came)) == sent, place


def test_what_cannot_be_repaired_stays_as_it_came():
    sent = encode_frame(IMAGE, told(), protect=True)
    assert as_sent(sent) == sent
    worse = sent[:-9] + bytes(value ^ 0x41 for value in sent[-9:])
    assert as_sent(worse) == worse
    for other in (IMAGE, by_hand(USUAL), by_hand(start=44), by_hand(USUAL)[:-3] + b"\xff\xd9"):
        assert as_sent(other) == other


def test_what_is_too_long_for_parity_goes_without():
    """4095 codewords of 239 bytes, of which 28 are fields and 12 the head of the parity's segment."""
    longest = 4095 * 239 - 28 - 12
    image = b"\xff\xd8" + bytes(longest - 2) + b"\xff\xd9"
    sent = encode_frame(image, told(), protect=True)
    assert (sent[21], sent[23], len(sent)) == (1, 76, 76 + 28 + 12 + 4095 * 16 + longest)
    too_long = b"\xff\xd8" + bytes(longest - 1) + b"\xff\xd9"
    assert encode_frame(too_long, told(), protect=True) == by_hand(USUAL, rest=too_long[2:])


def test_packing_is_asked_for_where_parity_is_not_possible_too():
    image = np.zeros((2, 4, 3), np.uint8)
    too_long = b"\xff\xd8" + bytes(4095 * 239) + b"\xff\xd9"
    sent = encode_frame(too_long, told(exact_input=image), protect=True, pack_input=False)
    assert sent == encode_frame(too_long, told(exact_input=image), pack_input=False)


def head_by_hand(length: int, parity_at: int, *, kind=1, size=76, start=b"\xff\xd8\xff\xe9", magic=b"N6LIVE") -> bytes:
    """Return a head that agrees with its parity, with a checksum of the frame that belongs to nothing."""
    covered = (
        start + b"\0\x64" + magic + struct.pack("<IBBBB", length, 1, 1, 1, size) + bytes(range(24))
        + struct.pack("<IIB3x", 0x11223344, parity_at, kind)
    )  # fmt: skip
    return covered[:12] + b"sum!" + covered[12:] + parity_of(covered)


@pytest.mark.parametrize(
    ("length", "parity_at", "possible"),
    [
        # one codeword: the parity's 16 bytes are all that is behind the 12 of its segment's head
        (104, 88, True),
        (104, 87, False),
        (104, 89, False),
        (103, 88, False),
        # 76 + 255 bytes are one codeword still, one more are two: 32 bytes of parity
        (331, 331 - 16, True),
        (331, 331 - 15, False),
        (332, 332 - 32, True),
        (332, 332 - 31, False),
        # 4095 codewords, whose parity is 65520 bytes
        (76 + 4095 * 255, 88, True),
        (76 + 4095 * 255, 76 + 4095 * 255 - 65520, True),
        (76 + 4095 * 255 + 1, 88, False),
        (76, 88, False),
        (0, 0, False),
    ],
)
def test_where_a_parity_can_stand(length, parity_at, possible):
    head = head_by_hand(length, parity_at)
    for came in (head, head[:20] + b"\xff" + head[21:], head[:-8] + bytes(value ^ 0x41 for value in head[-8:])):
        found = read_head(b"before" + came + b"behind", 6)
        assert (found and (found.data, found.length)) == ((head, length) if possible else None)
    assert read_head(head[:75]) is None
    assert (read_head(head) is not None) is possible, "nothing has to follow"


@pytest.mark.parametrize(
    "changes", [{"kind": 2}, {"kind": 0}, {"size": 48}, {"magic": b"N6MORE"}, {"start": b"\xff\xd8\xff\xe1"}]
)
def test_a_head_of_another_kind_is_none(changes):
    assert read_head(head_by_hand(104, 88)) is not None
    assert read_head(head_by_hand(104, 88, **changes)) is None


def test_a_head_has_eight_bytes_repaired_and_not_nine():
    head = head_by_hand(104, 88)
    for wrong, found in ((8, head), (9, None)):
        came = bytearray(head)
        for place in range(20, 20 + wrong):
            came[place] ^= 0x41
        answer = read_head(came)
        assert (answer and answer.data) == found
    came = bytearray(head)
    came[12:16] = b"1234"  # the frame's checksum is no part of the codeword
    assert read_head(came).data == bytes(came)


def test_room_for_parity():
    """12 bytes for the segment's head are added; 239 bytes are one codeword, with 16 bytes of parity."""
    assert [len(room(length)) for length in (0, 227, 228, 466, 467)] == [16, 16, 32, 32, 48]
    assert (len(room(4095 * 239 - 12)), room(4095 * 239 - 11)) == (65520, b"")
    assert set(room(500)) == {0}


def test_the_size_of_the_head_is_its_24th_byte():
    assert claims(bytes(23) + b"\x4c")
    assert claims(bytes(30) + b"\x4c", 7)
    assert not claims(bytes(23) + b"\x30" + b"\x4c" * 9)


REST = bytes(number * 11 % 251 for number in range(700)) + b"\xff\xd9"
SOUND = protected_by_hand(USUAL, REST)  # 28 + 12 + 702 = 742 bytes: four codewords


def wrong_at(places) -> bytes:
    came = bytearray(SOUND)
    for place in places:
        came[place] ^= 0x41
    return bytes(came)


def test_a_frame_is_repaired_up_to_eight_bytes_of_a_codeword():
    last = range(len(SOUND) - 1, 0, -4)  # every fourth byte from the end is in one codeword
    assert repaired(SOUND) == SOUND
    assert repaired(wrong_at(last[:8])) == SOUND
    assert repaired(wrong_at(range(len(SOUND) - 32, len(SOUND)))) == SOUND, "eight in each of the four"
    assert repaired(wrong_at(range(76, 76 + 32))) == SOUND
    assert repaired(wrong_at(range(116, 116 + 32))) == SOUND, "of the parity itself"
    assert repaired(wrong_at(last[:9])) is None
    assert repaired(wrong_at((12, 13, 14, 15))) == SOUND, "the checksum is computed anew"


def test_a_frame_has_the_length_that_its_head_says():
    assert repaired(SOUND[:-1]) is None
    assert repaired(SOUND + b"\0") is None
    assert repaired(SOUND[:75]) is None
    assert repaired(wrong_at(range(20, 29))) is None, "nine of the head are too many"


def test_a_head_that_is_known_already_is_not_looked_for():
    assert repaired(wrong_at(range(20, 60)), read_head(SOUND)) == SOUND


def test_what_is_repaired_agrees_with_the_checksum_inside():
    """Head and body are sound each, but of two frames."""
    other = protected_by_hand(USUAL, REST[:5] + b"!" + REST[6:])
    assert repaired(other) == other
    assert repaired(SOUND[:76] + other[76:]) is None
    assert repaired(SOUND[:76] + other[76:-1] + b"\0") is None, "which is repaired to the other's body"


def test_parity_is_computed_anew_where_it_stands():
    changed = SOUND[:-3] + b"\x17" + SOUND[-2:]
    wanted = protected_by_hand(USUAL, REST[:-3] + b"\x17" + REST[-2:])
    made = with_parity(changed)
    assert made[:12] + made[16:] == wanted[:12] + wanted[16:]
    assert made[12:16] == SOUND[12:16], "the checksum of all is not touched"
    assert with_parity(changed, 116) == made, "28 of fields and 12 behind the head"
