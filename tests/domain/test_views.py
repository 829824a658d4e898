"""Coordinates as fractions of a frame, and how far two results are apart."""

import numpy as np
import pytest

from n6studio.domain.pose.frames import fractions_to_input, input_to_fractions, input_to_image
from n6studio.domain.pose.parity import compare
from n6studio.domain.pose.people import People, nobody
from n6studio.domain.pose.preprocess import Resize, place
from n6studio.domain.pose.views import View, view_of

SIZES = [((800, 480), (256, 256)), ((480, 800), (192, 256)), ((2592, 1944), (320, 320)), ((33, 17), (64, 32))]


def someone(size, count=3):
    rng = np.random.default_rng(1)
    corners = np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1) * size
    points = np.concatenate([rng.uniform(0, 1, (count, 17, 2)) * size, rng.uniform(0, 1, (count, 17, 1))], axis=2)
    return People(
        corners.reshape(count, 4).astype(np.float32),
        np.linspace(0.9, 0.5, count).astype(np.float32),
        points.astype(np.float32),
    )


@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize(("image", "size"), SIZES)
def test_fractions_are_the_pixels_of_evaluation(image, size, resize):
    placement = place(image, size, resize)
    people = someone(size)
    fractions, pixels = input_to_fractions(people, view_of(placement, resize)), input_to_image(people, placement)
    assert fractions.keypoints[..., :2] * image == pytest.approx(pixels.keypoints[..., :2], abs=2e-3)
    assert fractions.boxes * (*image, *image) == pytest.approx(pixels.boxes, abs=2e-3)
    assert np.array_equal(fractions.keypoints[..., 2], people.keypoints[..., 2])


@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize(("image", "size"), SIZES)
def test_there_and_back(image, size, resize):
    view = view_of(place(image, size, resize), resize)
    people = someone(size)
    back = fractions_to_input(input_to_fractions(people, view), view)
    assert back.keypoints == pytest.approx(people.keypoints, abs=1e-3)


def test_what_is_seen_of_the_frame():
    crop = view_of(place((800, 480), (256, 256), Resize.CROP), Resize.CROP)
    letterbox = view_of(place((800, 480), (256, 256), Resize.LETTERBOX), Resize.LETTERBOX)
    assert crop.part == pytest.approx((0.2, 0, 0.6, 1))
    assert letterbox.part[0] == pytest.approx(0)
    assert letterbox.part[1] < 0, "the padding lies outside the frame"
    assert letterbox.part[3] > 1
    assert all(np.float32(value) == value for value in (*crop.part, *letterbox.part))


# What the network saw, as left, top, width, height in fractions of the frame, and a way through it on paper: pixels of
# the input, and what they are as fractions of the frame.
PARTS = [
    # 480 of 800 columns from column 160; x 64 of 256 is a quarter of them: 0.2 + 0.25 * 0.6
    ((800, 480), (256, 256), Resize.CROP, (0.2, 0, 0.6, 1), (64, 64), (0.35, 0.25)),
    # 187 of 333 columns from column 73; x 96 of 192 is half of them: (73 + 93.5) / 333
    ((333, 250), (192, 256), Resize.CROP, (73 / 333, 0, 187 / 333, 1), (96, 64), (0.5, 0.25)),
    # 60 of 75 rows from row 8; y 48 of 192 is a quarter of them: (8 + 15) / 75
    ((100, 75), (320, 192), Resize.CROP, (0, 8 / 75, 1, 0.8), (80, 48), (0.25, 23 / 75)),
    # 154 of 256 rows are the frame, from row 51: the input is 256 / 154 frames high and begins 51 / 154 above it
    ((800, 480), (256, 256), Resize.LETTERBOX, (0, -51 / 154, 1, 256 / 154), (64, 51), (0.25, 0)),
    # 43 of 64 rows from row 10, of a frame of 640 x 427
    ((640, 427), (64, 64), Resize.LETTERBOX, (0, -10 / 43, 1, 64 / 43), (32, 53), (0.5, 1)),
    # 43 of 64 columns from column 10
    ((427, 640), (64, 64), Resize.LETTERBOX, (-10 / 43, 0, 64 / 43, 1), (31.5, 16), (0.5, 0.25)),
    # a letterbox without padding
    ((128, 96), (64, 48), Resize.LETTERBOX, (0, 0, 1, 1), (16, 36), (0.25, 0.75)),
    ((800, 480), (256, 192), Resize.STRETCH, (0, 0, 1, 1), (64, 144), (0.25, 0.75)),
]


@pytest.mark.parametrize(("image", "size", "resize", "part", "pixel", "fraction"), PARTS)
def test_parts_and_points_by_hand(image, size, resize, part, pixel, fraction):
    view = view_of(place(image, size, resize), resize)
    assert view.part == pytest.approx(part, abs=1e-6)
    assert (view.resize, view.size) == (resize, size)
    box = (*pixel, *size)
    people = People(np.array([box], np.float32), np.ones(1, np.float32), np.array([[(*pixel, 0.5)]], np.float32))
    fractions = input_to_fractions(people, view)
    assert fractions.keypoints[0, 0].tolist() == pytest.approx((*fraction, 0.5), abs=1e-5)
    assert fractions.boxes[0, :2].tolist() == pytest.approx(fraction, abs=1e-5)
    right, bottom = min(1, part[0] + part[2]), min(1, part[1] + part[3])  # the input's corner, at most the frame's
    assert fractions.boxes[0, 2:].tolist() == pytest.approx((right, bottom), abs=1e-5)
    assert fractions_to_input(fractions, view).keypoints[0, 0].tolist() == pytest.approx((*pixel, 0.5), abs=1e-3)


def test_boxes_end_at_the_frame_and_keypoints_do_not():
    view = view_of(place((800, 480), (256, 256), Resize.STRETCH), Resize.STRETCH)
    box, points = (-64, -128, 320, 384), [(-64, 384, 1)]
    people = People(np.array([box], np.float32), np.ones(1, np.float32), np.array([points], np.float32))
    fractions = input_to_fractions(people, view)
    assert fractions.boxes.tolist() == [[0, 0, 1, 1]]
    assert fractions.keypoints.tolist() == [[[-0.25, 1.5, 1]]]
    back = People(np.array([(-0.25, 0, 1.25, 1)], np.float32), people.confidences, fractions.keypoints)
    assert fractions_to_input(back, view).boxes.tolist() == [[-64, 0, 320, 256]], "this way nothing is clipped"
    assert people.keypoints.tolist() == [[list(points[0])]], "what was given stays as it was"


VIEW = view_of(place((800, 480), (256, 256), Resize.STRETCH), Resize.STRETCH)


def moved(people, dx=0.0, score=0.0):
    keypoints = people.keypoints.copy()
    keypoints[0, 5, 0] += dx
    return People(people.boxes, people.confidences - np.float32(score), keypoints)


def test_largest_difference():
    people = input_to_fractions(someone((256, 256)), VIEW)
    assert compare(people, people, VIEW).keypoints == 0
    found = compare(people, moved(people, 10 / 256, 0.125), VIEW)
    assert found.keypoints == pytest.approx(10, rel=1e-4)
    assert (found.confidences, found.visibilities, found.people, found.unmatched) == (0.125, 0, 3, 0)


def test_order_does_not_matter_and_missing_people_are_counted():
    people = input_to_fractions(someone((256, 256)), VIEW)
    found = compare(people, people[np.array([2, 0])], VIEW)
    assert (found.keypoints, found.people, found.unmatched) == (0, 2, 1)
    assert compare(nobody(17), people, VIEW).unmatched == 3
    assert compare(nobody(17), nobody(17), VIEW).unmatched == 0


def test_what_is_no_number_is_infinitely_far():
    people = input_to_fractions(someone((256, 256)), VIEW)
    found = compare(people, moved(people, np.nan), VIEW)
    assert found.keypoints == np.inf


def test_the_nearest_are_one_person_whatever_their_visibility():
    """Everybody stands on one point of the frame; who is certain of what plays no part in who is who."""

    def people(*places):
        points = np.array([[[x, 0.5, seen]] for x, seen in places], np.float32)
        boxes = np.array([[x, 0.25, x + 0.125, 0.75] for x, _ in places], np.float32)
        return People(boxes, np.full(len(places), 0.5, np.float32), points)

    found = compare(people((0.25, 0.0), (0.5, 1.0)), people((0.5, 0.0), (0.25, 1.0)), VIEW)
    assert (found.keypoints, found.boxes, found.visibilities, found.people) == (0, 0, 1, 2)
    alone = compare(people((0.25, 1.0), (0.5, 1.0), (0.75, 1.0)), people((0.5, 1.0)), VIEW)
    assert (alone.keypoints, alone.people, alone.unmatched) == (0, 1, 2)
    # 0.125 of 256 pixels across: 32
    moved_right = compare(people((0.25, 1.0)), people((0.375, 1.0)), VIEW)
    assert (moved_right.keypoints, moved_right.boxes) == (32, 32)


def test_visibility_does_not_outweigh_half_a_pixel():
    """Half a pixel apart (1 / 512 of 256), and certain of each other's point: still the places decide."""
    near, far = 0.25, 0.25 + 1 / 512

    def people(*points):
        keypoints = np.array([[[x, 0.5, seen]] for x, seen in points], np.float32)
        return People(np.zeros((len(points), 4), np.float32), np.ones(len(points), np.float32), keypoints)

    found = compare(people((near, 0), (far, 1)), people((far, 0), (near, 1)), VIEW)
    assert (found.keypoints, found.visibilities, found.people) == (0, 1, 2)


def test_nobody_is_paired_twice():
    people = input_to_fractions(someone((256, 256)), VIEW)
    one = people[np.array([1])]
    for found in (compare(one, people, VIEW), compare(people, one, VIEW)):
        assert (found.keypoints, found.people, found.unmatched) == (0, 1, 2)
    assert compare(people, nobody(17), VIEW).unmatched == 3


def test_a_view_is_of_the_whole_image_unless_said_otherwise():
    assert View(next(iter(Resize)), (4, 4)).part == (0.0, 0.0, 1.0, 1.0)
