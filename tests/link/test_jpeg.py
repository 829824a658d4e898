"""Headers of JPEGs put together by hand after ITU-T T.81, annex B: markers, lengths, sizes, what lies on a limit."""

import struct

import cv2
import numpy as np
import pytest

from n6studio.link.wire.jpeg import Header, decode_jpeg, encode_jpeg, image_size, in_segment, read_header

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(kind: int, payload: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, 2 + len(payload) if length is None else length) + payload


def start(width: int, height: int, kind: int = 0xC0, components: int = 1) -> bytes:
    """Return the start of a frame: 8 bits, the size, and three bytes of each component."""
    return segment(kind, struct.pack(">BHHB", 8, height, width, components) + bytes(3 * components))


SCAN = segment(0xDA, bytes(6))
WHOLE = SOI + start(16, 9) + SCAN  # 2 + 13 + 10 bytes
INCOMPLETE, IMPOSSIBLE = True, False


def header(data: bytes, at: int = 0) -> tuple:
    found = read_header(data, at)
    return found.size, found.data_at, found.markers, found.possible


def none(markers: int, possible: bool) -> tuple:
    return (0, 0), 0, markers, possible


def test_a_header():
    assert read_header(WHOLE) == Header((16, 9), 25, 2, True)
    assert read_header(bytearray(b"before" + WHOLE + b"\1\2"), 6) == Header((16, 9), 31, 2, True)
    assert image_size(WHOLE) == (16, 9)


def test_sizes_have_two_bytes():
    """4660 = 0x1234; 2576 and 3 make fewer pixels than the limit."""
    assert image_size(SOI + start(0x1234, 3) + SCAN) == (0x1234, 3)
    assert image_size(SOI + start(3, 0x1234) + SCAN) == (3, 0x1234)
    assert image_size(SOI + start(0xFFFF, 256) + SCAN) == (0xFFFF, 256)


def test_what_has_not_arrived_leaves_it_incomplete():
    """The start of the frame needs its 9 bytes up to the size, every other marker its 4."""
    for length in range(2, 6):
        assert header(WHOLE[:length]) == none(1, INCOMPLETE), length
    for length in range(6, 11):
        assert header(WHOLE[:length]) == none(1, INCOMPLETE), length
    for length in range(11, 19):
        assert header(WHOLE[:length]) == none(2, INCOMPLETE), length
    assert header(WHOLE[:19]) == ((16, 9), 25, 2, True), "where the data will start is known before it is there"


def test_nine_bytes_of_a_frames_start_are_looked_at():
    bad = SOI + segment(0xC0, struct.pack(">BHHB", 8, 0, 16, 1) + bytes(3))
    assert header(bad[:10]) == none(1, INCOMPLETE)
    assert header(bad[:11]) == none(1, IMPOSSIBLE)


def test_four_bytes_of_a_marker_are_looked_at():
    bad = SOI + segment(0xC8, b"reserved")
    assert header(bad[:5]) == none(1, INCOMPLETE)
    assert header(bad[:6]) == none(1, IMPOSSIBLE)


@pytest.mark.parametrize("kind", [0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)])
def test_markers_that_are_passed_over(kind):
    data = SOI + segment(kind, b"12345") + start(16, 9) + segment(kind, b"") + SCAN
    assert header(data) == ((16, 9), len(data), 4, True)


def test_markers_that_no_image_of_ours_has():
    known = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD, 0xFE, 0xFF, *range(0xE0, 0xF0)} - {0xC8}
    for kind in set(range(256)) - known:
        assert header(SOI + segment(kind, bytes(20)) + start(16, 9) + SCAN) == none(1, IMPOSSIBLE), kind


@pytest.mark.parametrize("kind", [0xC0, 0xC1, 0xC2, 0xC9, 0xCA])
def test_starts_of_frames(kind):
    assert image_size(SOI + start(16, 9, kind) + SCAN) == (16, 9)
    assert read_header(SOI + start(16, 9, kind) + SCAN).supported


@pytest.mark.parametrize("kind", [0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF])
def test_codings_that_no_decoder_reads(kind):
    found = read_header(SOI + start(16, 9, kind) + SCAN)
    assert (found.size, found.possible, found.supported) == ((16, 9), True, False)


def test_a_marker_begins_with_255():
    data = bytearray(WHOLE)
    data[2] = 0xFE
    assert header(bytes(data)) == none(1, IMPOSSIBLE)
    data = bytearray(SOI + segment(0xE0, b"") + b"\0" + WHOLE[2:])
    assert header(bytes(data)) == none(2, IMPOSSIBLE)
    assert header(SOI + b"\xfe\xff\xff\xc0" + WHOLE[4:]) == none(1, IMPOSSIBLE), "what is before a fill byte, too"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_bytes_of_255_may_precede_a_marker(count):
    data = SOI + b"\xff" * count + start(16, 9) + SCAN
    assert header(data) == ((16, 9), len(data), count + 2, True)


@pytest.mark.parametrize(("length", "possible"), [(0, False), (1, False), (2, True)])
def test_a_segment_is_as_long_as_its_length_at_least(length, possible):
    data = SOI + segment(0xE1, b"", length) + start(16, 9) + SCAN
    assert header(data) == (((16, 9), len(data), 3, True) if possible else none(1, IMPOSSIBLE))


def test_lengths_have_two_bytes():
    data = SOI + segment(0xE2, bytes(0x0203)) + start(16, 9) + SCAN
    assert header(data) == ((16, 9), len(data), 3, True)


@pytest.mark.parametrize(("length", "possible"), [(10, False), (11, True), (17, True)])
def test_a_start_has_one_component_at_least(length, possible):
    data = SOI + segment(0xC0, struct.pack(">BHHB", 8, 9, 16, 1) + bytes(length - 8)) + SCAN
    assert header(data) == (((16, 9), len(data), 2, True) if possible else none(1, IMPOSSIBLE))


@pytest.mark.parametrize(
    ("width", "height", "possible"),
    [
        (1, 1, True),
        (0, 1, False),
        (1, 0, False),
        (4096, 4096, True),
        (4096, 4097, False),
        (65535, 256, True),
        (65535, 257, False),
        (0xFFFF, 0xFFFF, False),
    ],
)
def test_an_image_has_pixels_and_no_more_than_16_million(width, height, possible):
    data = SOI + start(width, height) + SCAN
    assert image_size(data) == ((width, height) if possible else (0, 0))
    if width * height:
        assert header(data) == ((width, height), len(data), 2, True)
        assert read_header(data).too_large is not possible
    else:
        assert header(data) == none(1, IMPOSSIBLE)


def test_data_without_a_size_is_impossible():
    assert header(SOI + SCAN) == ((0, 0), 12, 1, False)
    assert image_size(SOI + SCAN) == (0, 0)


def test_600_markers_are_looked_at():
    few, many = SOI + segment(0xE0, b"") * 598, SOI + segment(0xE0, b"") * 599
    assert header(few + start(16, 9) + SCAN)[2:] == (600, True)
    assert header(many + start(16, 9) + SCAN) == none(600, IMPOSSIBLE)
    assert header(many) == none(600, INCOMPLETE)


# --- pixels ----------------------------------------------------------------------------------------------------------


def half_red() -> np.ndarray:
    """Return 16 x 32 pixels: red above, blue below."""
    image = np.zeros((32, 16, 3), np.uint8)
    image[:16, :, 0], image[16:, :, 2] = 250, 250
    return image


def test_pixels_come_back_in_their_colours():
    made = encode_jpeg(half_red())
    assert (made[:2], made[-2:], image_size(made)) == (SOI, EOI, (16, 32))
    again = decode_jpeg(made)
    assert (again.shape, again.dtype) == ((32, 16, 3), np.uint8)
    inner = np.r_[:12, 20:32]  # where one colour is not mixed with the other
    assert np.abs(again.astype(int) - half_red())[inner].max() < 4


def test_a_note_of_the_orientation_is_not_followed():
    """Exif says: turn it by 90 degrees. The coordinates of the people are those of the image as it is stored."""
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHIHxx", 0x0112, 3, 1, 6) + bytes(4)
    made = encode_jpeg(half_red())
    turned = SOI + segment(0xE1, exif) + made[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (16, 32, 3), "others follow it"
    assert np.array_equal(decode_jpeg(turned), decode_jpeg(made))


def test_the_quality_is_95_unless_said_otherwise():
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    # the first value of its quantization table: 16 of annex K, times 200 - 2 * quality in percent, rounded: 16 * 0.1
    for made, wanted in ((encode_jpeg(image), 2), (encode_jpeg(image, 75), 8), (encode_jpeg(image, 100), 1)):
        assert made[made.index(b"\xff\xdb") + 5] == wanted


def test_what_cannot_be_decoded_is_none():
    made = encode_jpeg(half_red())
    assert decode_jpeg(b"") is None
    assert decode_jpeg(SOI + EOI) is None
    assert decode_jpeg(WHOLE) is None
    at = made.index(b"\xff\xc0") + 5
    larger = made[:at] + struct.pack(">HH", 4096, 4097) + made[at + 4 :]
    assert cv2.imdecode(np.frombuffer(larger, np.uint8), cv2.IMREAD_COLOR).shape == (4096, 4097, 3), "others do it"
    assert decode_jpeg(larger) is None
    with pytest.raises(ValueError, match="no JPEG can be made"):
        encode_jpeg(np.zeros((1, 65536, 3), np.uint8))  # wider than a JPEG can say


def test_places_inside_segments():
    data = SOI + segment(0xE1, b"0123456789") + b"\xff" + start(16, 9) + SCAN + bytes(20)
    inside = [in_segment(data, 0, place)[0] for place in range(6, len(data))]
    first, frame = range(6, 16), range(21, 30)
    assert [place + 6 for place, held in enumerate(inside) if held] == [*first, *frame]
    assert in_segment(data, 0, 8) == (True, 1)
    assert in_segment(b"xy" + data, 2, 24) == (True, 3)
    assert not in_segment(SOI + segment(0xDA, bytes(9)), 0, 9)[0]
    assert not in_segment(SOI + b"ab" + bytes(40), 0, 20)[0]
