"""From an image to a model's input and back: every number here can be worked out on paper."""

import cv2
import numpy as np
import pytest

from n6studio.domain.pose.frames import image_to_input, input_to_image
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import LETTERBOX_GREY, Resize, lay_in, letterbox_of_validation, place

# --- which part goes where -------------------------------------------------------------------------------------------

# The image's (width, height), the input's, and where the image then lies in the input: left, top, width, height.
LETTERBOXES = [
    # gain 256 / 800 = 0.32; 480 * 0.32 = 153.6 -> 154 rows; of the 102 others 51 above
    ((800, 480), (256, 256), (0, 51, 256, 154)),
    # the same on its side
    ((480, 800), (256, 256), (51, 0, 154, 256)),
    # gain 0.1; 42.7 -> 43 rows; of the 21 others the smaller half, 10, above
    ((640, 427), (64, 64), (0, 10, 64, 43)),
    ((427, 640), (64, 64), (10, 0, 43, 64)),
    # gain 0.5; 22.5 rows: a half goes to the even number, 22; of the 10 others 5 above
    ((64, 45), (32, 32), (0, 5, 32, 22)),
    # gain 0.5; 23.5 rows: to the even number again, 24; 4 above
    ((64, 47), (32, 32), (0, 4, 32, 24)),
    # gain 0.032; 0.032 rows: one at least; of the 31 others 15 above
    ((1000, 1), (32, 32), (0, 15, 32, 1)),
    ((1, 1000), (32, 32), (15, 0, 1, 32)),
    # the smaller gain is that of the width (0.5), not that of the height (0.8); 160 - 100 = 60, 30 above
    ((400, 200), (200, 160), (0, 30, 200, 100)),
    # and here that of the height (0.25): 400 * 0.25 = 100 columns; 50 left of them
    ((400, 640), (200, 160), (50, 0, 100, 160)),
    # what is smaller than the input is made larger: gain 4
    ((16, 8), (64, 64), (0, 16, 64, 32)),
    # nothing to do
    ((64, 64), (64, 64), (0, 0, 64, 64)),
    ((128, 96), (64, 48), (0, 0, 64, 48)),
    # gain 0.25; 63.75 -> 64 rows; nothing is left
    ((256, 255), (64, 64), (0, 0, 64, 64)),
    # gain 0.25; 63 rows; one is left, and it goes below
    ((256, 252), (64, 64), (0, 0, 64, 63)),
]


@pytest.mark.parametrize(("image", "size", "target"), LETTERBOXES)
def test_letterbox(image, size, target):
    placement = place(image, size, Resize.LETTERBOX)
    assert placement.target == target
    assert placement.source == (0, 0, *image)
    assert (placement.image, placement.size) == (image, size)


# The image's (width, height), the input's, and what is cut out of the image: left, top, width, height.
CROPS = [
    # ratio min(800 / 256, 480 / 256) = 1.875: 480 x 480 pixels; (800 - 480 + 1) // 2 = 160 on the left
    ((800, 480), (256, 256), (160, 0, 480, 480)),
    # 801 - 480 + 1 = 322, half of it 161: where the rest is odd, the larger half is on the left, as in ST's pipe
    ((801, 480), (256, 256), (161, 0, 480, 480)),
    # 802 - 480 + 1 = 323, half of it rounded down 161
    ((802, 480), (256, 256), (161, 0, 480, 480)),
    ((480, 801), (256, 256), (0, 161, 480, 480)),
    # ratio min(100 / 320, 75 / 192) = 0.3125: 100 x 60; (75 - 60 + 1) // 2 = 8 above
    ((100, 75), (320, 192), (0, 8, 100, 60)),
    # ratio min(333 / 192, 250 / 256) = 0.9765625: 187.5 -> 187 columns; (333 - 187 + 1) // 2 = 73
    ((333, 250), (192, 256), (73, 0, 187, 250)),
    # ratio 1 / 7: 3 / 7 of a pixel, but one at least
    ((1, 1), (3, 7), (0, 0, 1, 1)),
    ((1, 1), (7, 3), (0, 0, 1, 1)),
    ((64, 64), (64, 64), (0, 0, 64, 64)),
]


@pytest.mark.parametrize(("image", "size", "source"), CROPS)
def test_crop(image, size, source):
    placement = place(image, size, Resize.CROP)
    assert placement.source == source
    assert placement.target == (0, 0, *size)
    assert (placement.image, placement.size) == (image, size)


@pytest.mark.parametrize(("image", "size"), [((800, 480), (256, 192)), ((33, 17), (64, 32))])
def test_stretch_takes_all_to_all(image, size):
    placement = place(image, size, Resize.STRETCH)
    assert placement.source == (0, 0, *image)
    assert placement.target == (0, 0, *size)
    assert (placement.image, placement.size) == (image, size)


# The way of one coordinate: input = image * scale + offset.
WAYS = [
    # 64 / 640 = 0.1 across, 43 / 427 down (not 0.1: whole rows), 10 rows of padding above
    ((640, 427), (64, 64), Resize.LETTERBOX, (0.1, 43 / 427), (0, 10)),
    # 256 / 480 both ways; the 160 pixels that were cut off are 160 * 256 / 480 = 85.33 of the input
    ((800, 480), (256, 256), Resize.CROP, (256 / 480, 256 / 480), (-160 * 256 / 480, 0)),
    # 192 / 187 across, 256 / 250 down; 73 pixels were cut off
    ((333, 250), (192, 256), Resize.CROP, (192 / 187, 256 / 250), (-73 * 192 / 187, 0)),
    # 320 / 100 across, 192 / 60 down: 3.2 both; 8 rows were cut off above
    ((100, 75), (320, 192), Resize.CROP, (3.2, 3.2), (0, -25.6)),
    ((800, 480), (256, 192), Resize.STRETCH, (0.32, 0.4), (0, 0)),
]


@pytest.mark.parametrize(("image", "size", "resize", "scale", "offset"), WAYS)
def test_scale_and_offset(image, size, resize, scale, offset):
    placement = place(image, size, resize)
    assert placement.scale == pytest.approx(scale)
    assert placement.offset == pytest.approx(offset)


# Ultralytics' validation: (width, height) of image, input and first resize; where the second puts it; the scale.
VALIDATIONS = [
    # the longer side to 64, rows rounded up: 64 x 42.7 -> 43; of the 21 others 10 above. A square needs no second one
    ((640, 427), (64, 64), None, (0, 10, 64, 43), (0.1, 43 / 427)),
    # the longer side to 160: 160 x 106.75 -> 107; by 96 / 107 to 143.55 -> 144 x 96; of the 16 others 8 on the left
    ((640, 427), (160, 96), (160, 107), (8, 0, 144, 96), (160 / 640 * 96 / 107, 107 / 427 * 96 / 107)),
    # the longer side, though here it is the height, to 160: 106.75 -> 107 x 160; by 0.6 to 64.2 -> 64 x 96
    ((427, 640), (160, 96), (107, 160), (48, 0, 64, 96), (107 / 427 * 0.6, 0.25 * 0.6)),
    # the longer side to 160: 160 x 96 exactly
    ((1000, 600), (160, 96), (160, 96), (0, 0, 160, 96), (0.16, 0.16)),
    # an input on its side: 160 x 80, by 0.6 to 96 x 48; of the 112 others 56 above
    ((320, 160), (96, 160), (160, 80), (0, 56, 96, 48), (0.3, 0.3)),
]


@pytest.mark.parametrize(("image", "size", "first", "target", "scale"), VALIDATIONS)
def test_letterbox_of_validation(image, size, first, target, scale):
    placement = letterbox_of_validation(image, size)
    assert (placement.first, placement.target, placement.source) == (first, target, (0, 0, *image))
    assert placement.scale == pytest.approx(scale)
    assert placement.offset == pytest.approx(target[:2])
    assert (placement.image, placement.size) == (image, size)


# --- pixels ----------------------------------------------------------------------------------------------------------


def grey_rows(*rows):
    """Return an image (H, W, 3) of given grey values."""
    return np.repeat(np.array(rows, np.uint8)[..., None], 3, axis=2)


def laid_in(image, size, resize):
    made = lay_in(image, place((image.shape[1], image.shape[0]), size, resize))
    assert made.shape == (size[1], size[0], 3)
    assert made.dtype == np.uint8
    return made


def test_what_the_image_does_not_fill_is_grey_114():
    made = laid_in(grey_rows([200] * 4, [100] * 4), (4, 5), Resize.LETTERBOX)
    # 2 of 5 rows, so 3 are left: one above, two below
    assert made[..., 0].tolist() == [[114] * 4, [200] * 4, [100] * 4, [114] * 4, [114] * 4]
    assert (made == made[..., :1]).all()
    assert LETTERBOX_GREY == 114


def test_padding_at_the_sides():
    made = laid_in(grey_rows([200], [100]), (4, 2), Resize.LETTERBOX)
    assert made[..., 1].tolist() == [[114, 200, 114, 114], [114, 100, 114, 114]]


def test_values_between_two_pixels_are_on_the_line_between_them():
    """The centres of 4 pixels over 2: (0.5, 1.5, 2.5, 3.5) / 2 - 0.5 = -0.25, 0.25, 0.75 and 1.25."""
    assert laid_in(grey_rows([0, 100]), (4, 1), Resize.STRETCH)[0, :, 0].tolist() == [0, 25, 75, 100]
    assert laid_in(grey_rows([0], [100]), (1, 4), Resize.STRETCH)[:, 0, 0].tolist() == [0, 25, 75, 100]


def test_making_smaller_looks_at_two_pixels_only():
    """The centres of 2 pixels over 8: (0.5, 1.5) * 4 - 0.5 = 1.5 and 5.5, so of eight pixels four count."""
    made = laid_in(grey_rows([255, 10, 20, 255, 255, 60, 80, 255]), (2, 1), Resize.STRETCH)
    assert made[0, :, 0].tolist() == [15, 70]


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(6, 2, (3, 2)), (4, 2, (4, 4)), (2, 4, (4, 4)), (2, 3, (3, 3))],  # one side fits already, or is as many as colours
)
def test_both_sides_are_looked_at(width, height, size):
    grey = laid_in(grey_rows(*[[50] * width] * height), size, Resize.STRETCH)
    assert (grey == 50).all()


def test_a_crop_is_cut_out_of_the_middle():
    image = grey_rows(*[[10 * row + column for column in range(6)] for row in range(4)])
    # ratio min(6 / 2, 4 / 2) = 2: 4 x 4 pixels from column (6 - 4 + 1) // 2 = 1; each new pixel lies between four
    assert laid_in(image, (4, 4), Resize.CROP)[..., 0].tolist() == image[:, 1:5, 0].tolist()
    # 3 x 4 of 6 x 4: ratio 1, from column (6 - 3 + 1) // 2 = 2
    assert laid_in(image, (3, 4), Resize.CROP)[..., 0].tolist() == image[:, 2:5, 0].tolist()
    # 6 x 2: ratio 1, from row (4 - 2 + 1) // 2 = 1
    assert laid_in(image, (6, 2), Resize.CROP)[..., 0].tolist() == image[1:3, :, 0].tolist()


def test_colours_stay_in_their_order():
    image = np.array([[[10, 20, 30], [10, 20, 30]]], np.uint8)
    for resize in Resize:
        assert laid_in(image, (4, 2), resize)[1, 1].tolist() == [10, 20, 30]


def test_an_image_of_the_right_size_is_only_made_contiguous():
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)[:, ::-1]
    made = laid_in(image, (6, 4), Resize.LETTERBOX)
    assert np.array_equal(made, image)
    assert made.flags["C_CONTIGUOUS"]


# --- people ----------------------------------------------------------------------------------------------------------


def somebody(box, *points):
    return People(np.array([box], np.float32), np.array([0.5], np.float32), np.array([points], np.float32))


def values(people):
    assert people.boxes.dtype == people.keypoints.dtype == np.float32
    assert people.confidences.tolist() == [0.5]
    return people.boxes[0].tolist(), people.keypoints[0].tolist()


# A placement, what the network saw in its pixels, and the same in those of the image.
SEEN = [
    (
        # across / 0.1; down (y - 10) * 427 / 43: 31.5 -> 21.5 * 427 / 43 = 213.5, 20.75 -> 106.75, 42.25 -> 320.25
        place((640, 427), (64, 64), Resize.LETTERBOX),
        ([16, 20.75, 48, 42.25], [32, 31.5, 0.75]),
        ([160, 106.75, 480, 320.25], [320, 213.5, 0.75]),
    ),
    (
        # x * 480 / 256 + 160: 32 -> 60 + 160, 64 -> 120 + 160; y * 480 / 256
        place((800, 480), (256, 256), Resize.CROP),
        ([32, 16, 64, 128], [0, 256, 0.25]),
        ([220, 30, 280, 240], [160, 480, 0.25]),
    ),
    (
        # x / 0.32, y / 0.4
        place((800, 480), (256, 192), Resize.STRETCH),
        ([32, 16, 64, 96], [128, 48, 1]),
        ([100, 40, 200, 240], [400, 120, 1]),
    ),
]


@pytest.mark.parametrize(("placement", "seen", "wanted"), SEEN)
def test_people_go_to_the_image_and_back(placement, seen, wanted):
    (box, point), (image_box, image_point) = seen, wanted
    found_box, found_points = values(input_to_image(somebody(box, point), placement))
    assert found_box == pytest.approx(image_box, abs=1e-3)
    assert found_points[0] == pytest.approx(image_point, abs=1e-3)
    back_box, back_points = values(image_to_input(somebody(image_box, image_point), placement))
    assert back_box == pytest.approx(box, abs=1e-3)
    assert back_points[0] == pytest.approx(point, abs=1e-3)


def test_boxes_end_where_the_image_ends_and_keypoints_do_not():
    placement = place((800, 480), (256, 192), Resize.STRETCH)
    box, points = values(input_to_image(somebody([-32, -4, 288, 200], [-32, -4, 0.5], [288, 200, 0.5]), placement))
    assert box == pytest.approx([0, 0, 800, 480])
    assert points == [pytest.approx([-100, -10, 0.5]), pytest.approx([900, 500, 0.5])]


def test_on_the_way_to_the_input_nothing_is_clipped():
    placement = place((800, 480), (256, 256), Resize.CROP)  # what lies left of column 160 is not seen
    box, points = values(image_to_input(somebody([10, 0, 320, 480], [10, 0, 0.5]), placement))
    assert box == pytest.approx([-80, 0, 256 / 3, 256], abs=1e-3)  # (10 - 160) * 256 / 480, (320 - 160) * 256 / 480
    assert points[0] == pytest.approx([-80, 0, 0.5], abs=1e-3)


def test_people_who_are_passed_on_are_not_changed():
    placement = place((800, 480), (256, 256), Resize.CROP)
    people = somebody([32, 16, 64, 128], [0, 256, 0.25])
    input_to_image(people, placement)
    image_to_input(people, placement)
    assert values(people) == ([32, 16, 64, 128], [[0, 256, 0.25]])


def test_an_input_that_is_no_square_is_resized_twice():
    image = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    made = lay_in(image, letterbox_of_validation((48, 64), (32, 16)))  # to 24 x 32, then by 0.5
    twice = cv2.resize(cv2.resize(image, (24, 32)), (12, 16))
    assert np.array_equal(made[:, 10:22], twice)
    assert (made[:, :10] == LETTERBOX_GREY).all()
    assert (made[:, 22:] == LETTERBOX_GREY).all()
    assert not np.array_equal(twice, cv2.resize(image, (12, 16)))
