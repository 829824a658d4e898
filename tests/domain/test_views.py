"""Coordinates as fractions of a frame, and how far two results are apart."""

import numpy as np
import pytest

from n6studio.domain.pose.parity import compare
from n6studio.domain.pose.people import People, nobody
from n6studio.domain.pose.preprocess import Resize, place, to_picture
from n6studio.domain.pose.views import to_fractions, to_input_pixels, view_of

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
@pytest.mark.parametrize(("picture", "size"), SIZES)
def test_fractions_are_the_pixels_of_evaluation(picture, size, resize):
    placement = place(picture, size, resize)
    people = someone(size)
    fractions, pixels = to_fractions(people, view_of(placement, resize)), to_picture(people, placement)
    assert fractions.keypoints[..., :2] * picture == pytest.approx(pixels.keypoints[..., :2], abs=2e-3)
    assert fractions.boxes * (*picture, *picture) == pytest.approx(pixels.boxes, abs=2e-3)
    assert np.array_equal(fractions.keypoints[..., 2], people.keypoints[..., 2])


@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize(("picture", "size"), SIZES)
def test_there_and_back(picture, size, resize):
    view = view_of(place(picture, size, resize), resize)
    people = someone(size)
    back = to_input_pixels(to_fractions(people, view), view)
    assert back.keypoints == pytest.approx(people.keypoints, abs=1e-3)


def test_what_is_seen_of_the_frame():
    crop = view_of(place((800, 480), (256, 256), Resize.CROP), Resize.CROP)
    letterbox = view_of(place((800, 480), (256, 256), Resize.LETTERBOX), Resize.LETTERBOX)
    assert crop.part == pytest.approx((0.2, 0, 0.6, 1))
    assert letterbox.part[0] == pytest.approx(0)
    assert letterbox.part[1] < 0, "the padding lies outside the frame"
    assert letterbox.part[3] > 1
    assert all(np.float32(value) == value for value in (*crop.part, *letterbox.part))


VIEW = view_of(place((800, 480), (256, 256), Resize.STRETCH), Resize.STRETCH)


def moved(people, dx=0.0, score=0.0):
    keypoints = people.keypoints.copy()
    keypoints[0, 5, 0] += dx
    return People(people.boxes, people.scores - np.float32(score), keypoints)


def test_largest_difference():
    people = to_fractions(someone((256, 256)), VIEW)
    assert compare(people, people, VIEW).keypoints == 0
    found = compare(people, moved(people, 10 / 256, 0.125), VIEW)
    assert found.keypoints == pytest.approx(10, rel=1e-4)
    assert (found.scores, found.visibilities, found.people, found.unmatched) == (0.125, 0, 3, 0)


def test_order_does_not_matter_and_missing_people_are_counted():
    people = to_fractions(someone((256, 256)), VIEW)
    found = compare(people, people[np.array([2, 0])], VIEW)
    assert (found.keypoints, found.people, found.unmatched) == (0, 2, 1)
    assert compare(nobody(17), people, VIEW).unmatched == 3
    assert compare(nobody(17), nobody(17), VIEW).unmatched == 0


def test_what_is_no_number_is_infinitely_far():
    people = to_fractions(someone((256, 256)), VIEW)
    found = compare(people, moved(people, np.nan), VIEW)
    assert found.keypoints == np.inf
