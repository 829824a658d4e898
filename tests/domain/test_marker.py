"""A moment drawn into an image, read from it after JPEG and scaling."""

import cv2
import numpy as np
import pytest

from n6studio.domain.pose import marker


def brightness(image: np.ndarray, scale: float) -> np.ndarray:
    """The middle of each square in an image that was scaled."""
    middles = ((np.arange(marker.CELLS) + 0.5) * marker.CELL * scale).astype(int)
    return image[int(marker.CELL * scale / 2), middles].mean(axis=1).astype(np.float64)


@pytest.mark.parametrize("scale", [0.5, 0.73, 1.0, 1.31, 2.0])
@pytest.mark.parametrize("quality", [20, 90])
@pytest.mark.parametrize("moment", [0, 1, 123_456, 2**24 - 1, 0xAAAAAA])
def test_a_moment_survives_jpeg_and_scaling(scale, quality, moment):
    noise = np.random.default_rng(1).integers(0, 256, (96, 320, 3), np.uint8)
    drawn = marker.draw(noise, moment)
    assert (drawn[marker.CELL :] == noise[marker.CELL :]).all()
    assert (noise[: marker.CELL] != drawn[: marker.CELL]).any(), "a copy"
    sent = cv2.imdecode(cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    shown = cv2.resize(sent, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    assert marker.read(brightness(shown, scale)) == moment


def test_by_hand():
    drawn = marker.cells(0x123456)
    text = "".join("1" if one else "0" for one in drawn)
    # the groups are 1 to 6, their sum is 21, modulo 16 is 5, exclusive or 1001 is 1100
    assert text == "1010" + "0001" + "0010" + "0011" + "0100" + "0101" + "0110" + "1100"


def test_what_is_no_marker():
    assert marker.read(np.full(marker.CELLS, 255.0)) is None
    assert marker.read(np.zeros(marker.CELLS)) is None
    good = np.where(marker.cells(77), 200.0, 30.0)
    assert marker.read(good) == 77
    for place in range(marker.CELLS):
        wrong = good.copy()
        wrong[place] = 230 - wrong[place]
        assert marker.read(wrong) is None, place
    small = np.zeros((96, marker.WIDTH - 1, 3), np.uint8)
    assert marker.draw(small, 5) is small


def test_ages():
    assert marker.age(1000, 1250) == 250
    assert marker.age(2**24 - 10, 20) == 30, "the count began anew"
    assert marker.age(1000, 900) is None, "another clock"
    assert marker.age(0, 60_001) is None
    assert 0 <= marker.age(marker.moment(), marker.moment()) < 1000
