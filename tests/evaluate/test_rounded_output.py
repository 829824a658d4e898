"""A model's output rounded to int8: its scale, and the images on which its range is measured, worked out by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.stages.datasets.model import Item
from n6studio.stages.model.rounded_output import RoundedModel, measured_range, scale_over
from n6studio.stages.model.runner import ModelInfo


@pytest.mark.parametrize(
    ("low", "high", "scale", "zero_point"),
    [
        (0, 1, 1 / 255, -128),
        (-1, 1.55, 0.01, -28),  # 2.55 / 255, and 100 steps up from the lowest
        (-1.004, 1.546, 0.01, -28),  # 100.4 steps
        (0.3, 0.51, 0.002, -128),
        (-0.51, -0.3, 0.002, 127),
        (0, 0, 1 / 255, -128),  # one range is as good as another
    ],
)
def test_zero_is_one_of_256_values(low, high, scale, zero_point):
    found = scale_over(low, high)
    assert found.scale == pytest.approx(scale)
    assert found.zero_point == zero_point
    assert isinstance(found.zero_point, int)


class Echo:
    """A model of 4 x 2 pixels whose output is what it sees: the red of its first pixel, as `values` has it."""

    def __init__(self, values=lambda red: [red]):
        self.info = ModelInfo(Path("model"), "tflite", (4, 2), OutputLayout(1, 17, 3))
        self.values, self.seen = values, []

    def run(self, image):
        assert (image.shape, image.dtype) == ((2, 4, 3), np.uint8)
        self.seen.append(int(image[0, 0, 0]))
        return np.array([self.values(self.seen[-1])], np.float32)


def images(folder: Path, count: int) -> list[Item]:
    """Return images of one colour each; the red of image i is i."""
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        assert cv2.imwrite(str(path), np.full((2, 4, 3), (200, 100, number), np.uint8))  # blue, green, red
        found.append(Item(path, number + 1))
    return found


@pytest.mark.parametrize(
    ("count", "looked_at"),
    [
        (0, []),
        (1, [0]),
        (5, [0, 1, 2, 3, 4]),
        (65, range(64)),
        (127, range(64)),  # every second one only from 128 on
        (130, range(0, 128, 2)),
        (193, range(0, 192, 3)),
    ],
)
def test_64_images_are_looked_at(tmp_path, count, looked_at):
    model = Echo()
    found = measured_range(model, images(tmp_path, count), "stretch")
    assert model.seen == list(looked_at)
    assert found == (0, max(looked_at, default=0))


def test_the_range_is_that_of_all_values_with_zero(tmp_path):
    few = images(tmp_path, 4)
    assert measured_range(Echo(lambda red: [red - 2, np.nan, 0.5]), few, "stretch") == (-2, 1)
    assert measured_range(Echo(lambda red: [2 - red, np.nan]), few, "stretch") == (-1, 2)
    assert measured_range(Echo(lambda red: [red + 0.25, red + 0.125]), few, "stretch") == (0, 3.25)
    assert measured_range(Echo(lambda red: [-red - 0.25, -red - 0.125]), few, "stretch") == (-3.25, 0)


def test_images_that_cannot_be_read_are_passed_over(tmp_path):
    few = images(tmp_path, 4)
    few[1].path.write_bytes(b"no image")
    few[2].path.unlink()
    model = Echo()
    assert measured_range(model, few, "stretch") == (0, 3)
    assert model.seen == [0, 3]


def test_images_are_laid_in_as_asked(tmp_path):
    """A square: with a letterbox there is grey beside it, with a crop rows are cut off above and below."""
    path = tmp_path / "square.png"
    rows = np.repeat(np.array([10, 20, 30, 40], np.uint8), 4).reshape(4, 4)
    assert cv2.imwrite(str(path), np.repeat(rows[..., None], 3, axis=2))
    seen = {}
    for resize in ("letterbox", "stretch", "crop"):
        model = Echo()
        measured_range(model, [Item(path, 1)], resize)
        (seen[resize],) = model.seen
    assert seen == {"letterbox": 114, "stretch": 15, "crop": 20}


def test_a_model_seen_through_int8():
    plain = Echo(lambda red: [0.004, 0.006, -0.3, 5])
    scale = OutputScale(0.01, -120)
    rounded = RoundedModel(plain, scale)
    assert (rounded.info.output_type, rounded.info.output_scale) == ("int8", scale)
    assert (rounded.info.size, rounded.info.format) == ((4, 2), "tflite")
    assert (plain.info.output_type, plain.info.output_scale) == ("float", None)
    # -128 is 8 steps below zero, 127 is 247 steps above
    assert rounded.run(np.zeros((2, 4, 3), np.uint8))[0] == pytest.approx([0, 0.01, -0.08, 2.47])
