"""Camera images become the right MCUs, and JPEGs as good as OpenCV's."""

import struct

import numpy as np
import pytest
from firmware_builders import CODEC, MCUS, SOFTWARE_JPEG
from firmware_images import (
    RGB565,
    RGB888,
    as_565,
    by_opencv,
    expected_mcus,
    from_565,
    from_mcus,
    image_payload,
    noise,
    opened,
    photo,
    psnr,
)

SIZES = [(16, 16), (64, 48), (1, 1), (17, 15), (31, 33), (240, 16), (50, 2)]


@pytest.mark.parametrize("kind", [RGB565, RGB888])
def test_mcus_are_exactly_those_of_the_planes(host_harness, kind):
    images = [make(width, height, width) for width, height in SIZES for make in (photo, noise)]
    payloads = [image_payload(image, kind, padding) for padding in (0, 6) for image in images]
    expected = [expected_mcus(image, kind) for image in images] * 2
    assert host_harness(MCUS, payloads) == expected


@pytest.mark.parametrize("kind", [RGB565, RGB888])
def test_colours_are_those_of_jfif(host_harness, kind):
    """Every corner of the colour cube, greys, and colours between."""
    cube = np.stack(np.meshgrid(*[np.linspace(0, 255, 16).astype(np.uint8)] * 3), axis=-1).reshape(64, 64, 3)
    flat = cube.repeat(2, 0).repeat(2, 1)  # no chroma is averaged over two colours
    seen = from_565(as_565(flat)) if kind == RGB565 else flat
    red, green, blue = (seen[..., i].astype(float) for i in range(3))
    exact = np.stack([
        0.299 * red + 0.587 * green + 0.114 * blue,
        128 - 0.168736 * red - 0.331264 * green + 0.5 * blue,
        128 + 0.5 * red - 0.418688 * green - 0.081312 * blue,
    ])  # fmt: skip
    (answer,) = host_harness(MCUS, [image_payload(flat, kind)])
    assert np.abs(from_mcus(answer, 128, 128) - exact).max() < 1.6


def jpeg_payload(image, kind, quality, capacity=1 << 20):
    return struct.pack("<II", quality, capacity) + image_payload(image, kind)


@pytest.mark.parametrize(("kind", "loss"), [(RGB565, 0.35), (RGB888, 0.15)])
@pytest.mark.parametrize("quality", [10, 50, 80, 95])
def test_jpegs_are_as_good_as_opencvs_and_no_longer(host_harness, kind, loss, quality):
    images = [photo(256, 192, seed) for seed in range(3)] + [photo(131, 77, 3), noise(64, 64, 4)]
    jpegs = host_harness(SOFTWARE_JPEG, [jpeg_payload(image, kind, quality) for image in images])
    for image, jpeg in zip(images, jpegs, strict=True):
        seen = from_565(as_565(image)) if kind == RGB565 else image
        theirs = by_opencv(seen, quality)
        assert opened(jpeg).shape == image.shape
        assert psnr(opened(jpeg), seen) > psnr(opened(theirs), seen) - loss
        assert len(jpeg) < 1.03 * len(theirs) + 16


def test_every_quality_and_flat_or_extreme_blocks_can_be_opened(host_harness):
    checks = np.indices((48, 48)).sum(0) % 2 * 255
    stripes = np.indices((48, 48))[1] % 2 * 255
    images = [np.repeat(plane[..., None], 3, 2).astype(np.uint8) for plane in (checks, stripes, checks * 0)]
    images += [noise(48, 48, 1), np.where(checks[..., None] > 0, [255, 0, 0], [0, 255, 255]).astype(np.uint8)]
    payloads = [jpeg_payload(image, RGB888, quality) for quality in range(1, 101) for image in images]
    for number, jpeg in enumerate(host_harness(SOFTWARE_JPEG, payloads)):
        image, quality = images[number % len(images)], number // len(images) + 1
        theirs = by_opencv(image, quality)
        assert psnr(opened(jpeg), image) > psnr(opened(theirs), image) - 0.8, (number, quality)


def test_what_does_not_fit_is_refused_and_nothing_is_written_behind_the_buffer(host_harness):
    image = noise(64, 64, 2)
    (whole,) = host_harness(SOFTWARE_JPEG, [jpeg_payload(image, RGB888, 90)])
    rooms = [0, 1, 622, 623, 700, 2000, len(whole) - 1, len(whole), len(whole) + 520]
    answers = host_harness(SOFTWARE_JPEG, [jpeg_payload(image, RGB888, 90, room) for room in rooms])
    assert answers == [b""] * 8 + [whole]
    assert host_harness(SOFTWARE_JPEG, [jpeg_payload(image, RGB888, quality) for quality in (0, 101)]) == [b"", b""]


def codec_payload(image, output, quality=70, capacity=4096, stick=0):
    kind_and_size, pixels = image_payload(image, RGB565)[:16], image_payload(image, RGB565)[16:]
    head = struct.pack("<IIII", quality, capacity, stick, len(output))
    return head + kind_and_size + output + bytes(-len(output) % 4) + pixels


def test_the_codec_is_fed_row_by_row_and_its_end_is_found(host_harness):
    image = photo(40, 50, 5)
    jpeg = by_opencv(image, 50)
    outputs = [
        jpeg,
        jpeg + b"\0" * 3,
        jpeg + b"\x12" * 16,
        jpeg[:-1] + b"\0\0\0",
        jpeg + b"\x12" * 17,
        b"\0\0" + jpeg[2:],
    ]
    answers = host_harness(CODEC, [codec_payload(image, output) for output in outputs])
    for number, answer in enumerate(answers):
        inits, aborts, width, height, quality, taken = struct.unpack_from("<6I", answer)
        assert (inits, aborts, width, height, quality) == (1, 0, 40, 50, 70)
        assert answer[24 : 24 + taken] == expected_mcus(image, RGB565)
        assert answer[24 + taken :] == (jpeg if number < 3 else b"")


def test_a_codec_that_sticks_is_started_anew_and_a_full_buffer_is_no_image(host_harness):
    image = photo(40, 50, 5)
    jpeg = by_opencv(image, 50)
    room = len(jpeg) // 4 * 4
    payloads = [
        codec_payload(image, jpeg, stick=1),
        codec_payload(image, jpeg),
        codec_payload(image, jpeg, capacity=room),
        codec_payload(image, jpeg, capacity=room // 8 * 4),
        codec_payload(image, jpeg, capacity=room + 4),
        codec_payload(image, jpeg, capacity=3),
    ]
    answers = host_harness(CODEC, payloads)
    found = [answer[24 + struct.unpack_from("<I", answer, 20)[0] :] for answer in answers]
    assert [struct.unpack_from("<II", answer) for answer in answers] == [(1, 1)] + [(2, 1)] * 5
    assert found == [b"", jpeg, b"", b"", jpeg, b""]
