"""The fields of a segment put together by hand after docs/wire-format.md ("Fields"), and what lies on their limits."""

import struct
import zlib

import numpy as np
import pytest

from n6studio.domain.live import Timings
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.wire import fields as wire
from n6studio.link.wire.fields import FieldError, Fields, read_field, split_fields

TIMINGS, VIEW, PEOPLE, EXACT, LOG, STATUS, TOP_SCORE = 1, 2, 3, 4, 5, 6, 7
FULL = 65521  # bytes of payload: 65535 from its length on, less 2 + 8 of the segment's head and 4 of the field's


def read(kind: int, *payloads: bytes) -> Fields:
    found = Fields()
    for payload in payloads:
        read_field(kind, memoryview(payload), found)
    return found


def refused(kind: int, *payloads: bytes) -> None:
    """The last of them is one too many."""
    found = read(kind, *payloads[:-1])
    with pytest.raises(FieldError):
        read_field(kind, memoryview(payloads[-1]), found)


# --- one after the other ---------------------------------------------------------------------------------------------


def test_fields_follow_on_each_other():
    data = b"\5\0\2\0hi" + b"\x01\x90\3\0abc" + b"\7\0\0\0"
    assert [(kind, bytes(payload)) for kind, payload in split_fields(memoryview(data))] == [
        (5, b"hi"),
        (0x9001, b"abc"),
        (7, b""),  # at the very end, without a byte of payload
    ]
    assert list(split_fields(memoryview(b""))) == []


@pytest.mark.parametrize("data", [b"\5", b"\5\0\2", b"\5\0\3\0hi", b"\5\0\2\0hi" + b"\5\0\3\0hi", b"\5\0\0\0\5\0\0"])
def test_a_field_is_whole_within_its_segment(data):
    with pytest.raises(FieldError):
        list(split_fields(memoryview(data)))


def test_unknown_types_are_skipped():
    for kind in (0, 11, 0x8000):
        assert read(kind, b"anything") == Fields()


@pytest.mark.parametrize(("kind", "least"), [(TIMINGS, 16), (VIEW, 22), (PEOPLE, 4), (EXACT, 14), (TOP_SCORE, 4)])
def test_too_short_is_refused(kind, least):
    refused(kind, bytes(least - 1))


def test_bytes_behind_what_is_known_are_skipped():
    assert read(TIMINGS, struct.pack("<4I", 1, 2, 3, 4) + b"more").timings == Timings(1, 2, 3, 4)
    assert read(TOP_SCORE, struct.pack("<f", 0.25) + b"more").top_score == 0.25
    assert len(read(PEOPLE, struct.pack("<HH5f", 1, 0, *[0.5] * 5) + b"more").all_people()) == 1


# --- timings, view, top score ----------------------------------------------------------------------------------------


def test_timings():
    payload = struct.pack("<4I", 0, 0xFFFFFFFE, 0xFFFFFFFF, 7)
    assert read(TIMINGS, payload).timings == Timings(0, 0xFFFFFFFE, None, 7)
    assert wire.timings_field(Timings(0, 0xFFFFFFFF, None, 7)) == b"\1\0\x10\0" + payload, "longer than can be told"
    assert wire.timings_field(Timings(1, 2**40, 3, 4))[8:12] == b"\xfe\xff\xff\xff"


def view(resize=1, width=256, height=192, part=(0.25, 0.0, 0.5, 1.0)) -> bytes:
    return struct.pack("<BxHH4f", resize, width, height, *part)


@pytest.mark.parametrize(("number", "resize"), [(0, Resize.LETTERBOX), (1, Resize.STRETCH), (2, Resize.CROP)])
def test_views(number, resize):
    told = View(resize, (256, 192), (0.25, 0.0, 0.5, 1.0))
    assert read(VIEW, view(number)).view == told
    assert wire.view_field(told) == b"\2\0\x16\0" + view(number)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4096, 4096), (1, 4096), (4096, 1)])
def test_a_view_of_any_size_up_to_4096(width, height):
    assert read(VIEW, view(width=width, height=height)).view.size == (width, height)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (4097, 1), (1, 4097), (65535, 65535)])
def test_a_view_of_another_size_is_refused(width, height):
    refused(VIEW, view(width=width, height=height))


def test_there_are_three_ways_to_resize():
    refused(VIEW, view(3))
    refused(VIEW, view(255))


@pytest.mark.parametrize("part", [(8, 8, 8, 8), (-8, -8, 0.125, 0.125)])
def test_a_part_up_to_eight_frames_away(part):
    assert read(VIEW, view(part=part)).view.part == part


@pytest.mark.parametrize("wrong", [8.5, -8.5, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(4))
def test_a_part_further_away_is_refused(place, wrong):
    refused(VIEW, view(part=[wrong if place == number else 1.0 for number in range(4)]))


@pytest.mark.parametrize("part", [(0, 0, 0, 1), (0, 0, 1, 0), (0, 0, -1, 1), (0, 0, 1, -1)])
def test_a_part_has_width_and_height(part):
    refused(VIEW, view(part=part))


@pytest.mark.parametrize(
    ("told", "found"), [(0.25, 0.25), (0, 0), (1, 1), (1.25, 1), (1.5, 1), (-0.5, 0), (np.nan, None), (np.inf, None)]
)
def test_top_scores(told, found):
    assert read(TOP_SCORE, struct.pack("<f", told)).top_score == found
    assert wire.top_score_field(told) == b"\7\0\4\0" + struct.pack("<f", told)


def test_the_last_one_counts():
    assert read(VIEW, view(0), view(2)).view.resize is Resize.CROP
    assert read(TOP_SCORE, struct.pack("<f", 1), struct.pack("<f", np.nan)).top_score is None
    assert read(TIMINGS, struct.pack("<4I", 1, 2, 3, 4), struct.pack("<4I", 5, 6, 7, 8)).timings == Timings(5, 6, 7, 8)


# --- people ----------------------------------------------------------------------------------------------------------


def people(count: int, keypoints: int, values=()) -> bytes:
    values = values or [0.5] * (count * (5 + 3 * keypoints))
    return struct.pack(f"<HH{len(values)}f", count, keypoints, *values)


def test_two_people_with_two_keypoints():
    first = [0, 0.125, 0.25, 0.375, 0.75, 0.5, 0.625, 1, -1, 1.5, 0.25]
    second = [1, 2, 3, 4, 0.25, 5, 6, 0, 7, 8, 1]
    found = read(PEOPLE, people(2, 2, first + second)).all_people()
    assert found.boxes.tolist() == [first[:4], second[:4]]
    assert found.confidences.tolist() == [0.75, 0.25]
    assert found.keypoints.tolist() == [[[0.5, 0.625, 1], [-1, 1.5, 0.25]], [[5, 6, 0], [7, 8, 1]]]
    assert [array.dtype for array in (found.boxes, found.confidences, found.keypoints)] == [np.float32] * 3
    assert wire.people_fields(found) == [b"\3\0\x5c\0" + people(2, 2, first + second)]


def test_what_is_too_far_away_is_moved():
    """To 8 frames outside: -8 or 9; scores and visibilities to 0..1."""
    far = read(PEOPLE, people(1, 2, [-99] * 4 + [-9] + [-99, -99, -9] + [99, 99, 9])).all_people()
    assert (far.boxes.tolist(), far.confidences.tolist()) == ([[-8] * 4], [0])
    assert far.keypoints.tolist() == [[[-8, -8, 0], [9, 9, 1]]]
    other = read(PEOPLE, people(1, 2, [99] * 4 + [9] + [99, 99, 9] + [-99, -99, -9])).all_people()
    assert (other.boxes.tolist(), other.confidences.tolist()) == ([[9] * 4], [1])
    assert other.keypoints.tolist() == [[[9, 9, 1], [-8, -8, 0]]]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_left_out(wrong):
    rows = [[0.5] * 11 for _ in range(8)]
    for place in range(5):
        rows[place][place] = wrong  # one number of the box, or the score
    for row, place in ((5, 5), (6, 9)):
        rows[row][place] = wrong  # x of the first keypoint, y of the second
    found = read(PEOPLE, people(8, 2, [value for row in rows for value in row])).all_people()
    seen, hidden = [0.5, 0.5, 0.5], [0, 0, 0]
    assert found.keypoints.tolist() == [[hidden, seen], [seen, hidden], [seen, seen]]
    assert found.boxes.tolist() == [[0.5] * 4] * 3
    assert found.confidences.tolist() == [0.5] * 3


def test_a_thousand_people_in_all_fields_and_a_thousand_keypoints():
    assert len(read(PEOPLE, people(1000, 0)).all_people()) == 1000
    refused(PEOPLE, people(1001, 0))
    assert len(read(PEOPLE, people(600, 0), people(300, 0), people(100, 0)).all_people()) == 1000
    refused(PEOPLE, people(600, 0), people(300, 0), people(101, 0))
    assert read(PEOPLE, people(1, 1000)).all_people().keypoints.shape == (1, 1000, 3)
    refused(PEOPLE, people(1, 1001))
    refused(PEOPLE, people(0, 1001))


def test_fewer_people_than_counted_are_refused():
    refused(PEOPLE, people(2, 2)[:-1])
    refused(PEOPLE, struct.pack("<HH", 1, 0))


def test_people_of_several_fields_are_one_list():
    found = read(PEOPLE, people(1, 1, [0.125] * 8), people(0, 5), people(2, 1, [0.25] * 8 + [0.75] * 8)).all_people()
    assert found.confidences.tolist() == [0.125, 0.25, 0.75]
    with pytest.raises(FieldError):
        read(PEOPLE, people(1, 1), people(1, 2)).all_people()


def test_nobody_has_as_many_keypoints_as_the_first_field_says():
    assert Fields().all_people().keypoints.shape == (0, 0, 3)
    assert read(PEOPLE, people(0, 4)).all_people().keypoints.shape == (0, 4, 3)
    assert read(PEOPLE, people(0, 4), people(0, 5)).all_people().keypoints.shape == (0, 4, 3)


def crowd(count: int, keypoints: int) -> People:
    numbers = np.arange(count, dtype=np.float32)
    return People(np.zeros((count, 4), np.float32), numbers, np.zeros((count, keypoints, 3), np.float32))


@pytest.mark.parametrize(
    ("count", "keypoints", "counts"),
    [
        (0, 17, [0]),
        # 65521 - 4 bytes are 292 times 4 * (5 + 3 * 17) = 224, and 109 left
        (292, 17, [292]),
        (293, 17, [292, 1]),
        (584, 17, [292, 292]),
        # 65517 bytes are 3275 times 20, and 17 left
        (3276, 0, [3275, 1]),
        # and 1169 times 56, and 53 left
        (1170, 3, [1169, 1]),
        # 4 * (5 + 3 * 2729) = 32768: one fits, two do not
        (1, 2729, [1]),
        (2, 2729, [1, 1]),
    ],
)
def test_a_field_has_as_many_people_as_fit_into_a_segment(count, keypoints, counts):
    made = wire.people_fields(crowd(count, keypoints))
    assert [struct.unpack_from("<HHHH", field) for field in made] == [
        (3, 4 + one * 4 * (5 + 3 * keypoints), one, keypoints) for one in counts
    ]
    scores = [
        struct.unpack_from("<f", field, 8 + 4 * (5 + 3 * keypoints) * person + 16)[0]
        for field, one in zip(made, counts, strict=True)
        for person in range(one)
    ]
    assert scores == list(range(count))


# --- the exact input -------------------------------------------------------------------------------------------------

PIXELS = bytes(range(12))  # of 2 x 2 pixels


def exact(piece=PIXELS, *, width=2, height=2, channels=3, coding=0, total=12, start=0) -> bytes:
    return struct.pack("<HHBBII", width, height, channels, coding, total, start) + piece


def test_an_exact_input_in_pieces():
    found = read(EXACT, exact(PIXELS[:5]), exact(PIXELS[5:6], start=5), exact(PIXELS[6:], start=6)).exact.image()
    assert found.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    wide = read(EXACT, exact(PIXELS, width=4, height=1)).exact.image()
    assert wide.shape == (1, 4, 3)


def test_an_exact_input_may_be_packed():
    packed = zlib.compress(PIXELS)
    found = read(EXACT, exact(packed, coding=1, total=len(packed))).exact.image()
    assert found.tobytes() == PIXELS


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4096, 1), (1, 4096)])
def test_an_exact_input_of_any_size_up_to_4096(width, height):
    data = bytes(3 * width * height)
    assert read(EXACT, exact(data, width=width, height=height, total=len(data))).exact.image().shape[:2] == (
        height,
        width,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0}, {"height": 0}, {"width": 4097}, {"height": 4097}, {"channels": 2}, {"channels": 4}, {"coding": 2},
        {"total": 12 + 4097},
    ],
)  # fmt: skip
def test_an_impossible_input_is_refused(changes):
    refused(EXACT, exact(b"", **changes))


def test_packed_data_may_be_a_little_longer():
    assert read(EXACT, exact(b"", total=12 + 4096)).exact is not None
    assert read(EXACT, exact(b"", width=100, height=100, total=30_000 + 4096)).exact is not None
    refused(EXACT, exact(b"", width=100, height=100, total=30_000 + 4097))


@pytest.mark.parametrize(
    "changes",
    [{"start": 4}, {"start": 6}, {"start": 0}, {"width": 1}, {"height": 1}, {"total": 13}, {"coding": 1}],
)
def test_pieces_fit_together(changes):
    refused(EXACT, exact(PIXELS[:5]), exact(PIXELS[5:], **{"start": 5, **changes}))


def test_the_first_piece_goes_to_the_beginning():
    refused(EXACT, exact(start=1))


def test_more_than_announced_is_refused():
    assert read(EXACT, exact(PIXELS)).exact is not None
    refused(EXACT, exact(PIXELS + b"!"))
    refused(EXACT, exact(PIXELS[:5]), exact(PIXELS[5:] + b"!", start=5))


def no_image(*payloads: bytes) -> None:
    found = read(EXACT, *payloads)
    with pytest.raises(FieldError):
        found.exact.image()


def test_pieces_that_are_missing():
    no_image(exact(PIXELS[:11]))
    no_image(exact(PIXELS, total=13))  # which would be enough for the pixels
    packed = zlib.compress(PIXELS)
    no_image(exact(packed[:-1], coding=1, total=len(packed)))  # likewise, without the last byte of its checksum


@pytest.mark.parametrize("size", [11, 13, 24])
def test_pixels_are_as_many_as_claimed(size):
    data = bytes(size)
    no_image(exact(data, total=size))
    packed = zlib.compress(data)
    no_image(exact(packed, coding=1, total=len(packed)))


def test_what_cannot_be_unpacked_is_refused():
    no_image(exact(PIXELS, coding=1))


def test_an_exact_input_as_it_is_written():
    image = np.frombuffer(bytes(range(24)), np.uint8).reshape(2, 4, 3)
    assert wire.exact_input_fields(image, packed=False) == [
        b"\4\0\x26\0" + exact(bytes(range(24)), width=4, height=2, total=24)
    ]
    (packed,) = wire.exact_input_fields(image, packed=True)
    data = packed[18:]
    assert packed == struct.pack("<HH", 4, 14 + len(data)) + exact(data, width=4, height=2, coding=1, total=len(data))
    assert zlib.decompress(data) == bytes(range(24))
    assert data[:2] == b"\x78\x01", "RFC 1950: the fastest, a board has little time"


def test_pieces_are_as_long_as_a_segment_allows():
    room = FULL - 14
    image = np.random.default_rng(0).integers(0, 256, (13, 5039, 3), np.uint8)  # 13 * 5039 = 65507: three full pieces
    data = image.tobytes()
    assert wire.exact_input_fields(image, packed=False) == [
        struct.pack("<HH", 4, FULL) + exact(data[at : at + room], width=5039, height=13, total=3 * room, start=at)
        for at in (0, room, 2 * room)
    ]


# --- texts -----------------------------------------------------------------------------------------------------------


def test_texts():
    assert read(LOG, b"one\ttwo\nthree\x1b", "é".encode(), b"\xff").log == [
        "one\ttwo three ",
        "é",
        "\N{REPLACEMENT CHARACTER}",
    ]
    assert read(STATUS, b"key=value=more", b"empty=").status == [("key", "value=more"), ("empty", "")]
    assert wire.log_field("é") == b"\5\0\2\0\xc3\xa9"
    assert wire.log_field("\ud800") == b"\5\0\1\0?"
    assert wire.status_field("key", "é\ud800") == b"\6\0\7\0key=\xc3\xa9?"


@pytest.mark.parametrize("payload", [b"", b"=", b"=value", b"key"])
def test_a_status_has_a_key_and_an_equals_sign(payload):
    refused(STATUS, payload)


def test_a_thousand_texts():
    assert len(read(LOG, *[b"x"] * 1000).log) == 1000
    refused(LOG, *[b"x"] * 1001)
    assert len(read(STATUS, *[b"x=1"] * 1000).status) == 1000
    refused(STATUS, *[b"x=1"] * 1001)


def test_texts_are_cut_to_what_a_segment_holds():
    assert wire.log_field("x" * FULL) == struct.pack("<HH", 5, FULL) + b"x" * FULL
    assert wire.log_field("x" * (FULL + 1)) == struct.pack("<HH", 5, FULL) + b"x" * FULL
    assert wire.status_field("k", "x" * FULL) == struct.pack("<HH", 6, FULL) + b"k=" + b"x" * (FULL - 2)
