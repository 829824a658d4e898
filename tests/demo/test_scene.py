"""The scene: the same from the same seed, with a truth that fits what is drawn."""

import numpy as np
import pytest

from n6studio.demo.backdrop import PLACES
from n6studio.demo.scene import Scene, SceneFrame, still
from n6studio.domain.errors.settings import SettingInvalid

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER = range(7)


def series(count: int, size: tuple[int, int] = (160, 120)) -> list[SceneFrame]:
    return [still(77, index, size) for index in range(count)]


def same(one: SceneFrame, other: SceneFrame) -> bool:
    return (
        np.array_equal(one.image, other.image)
        and np.array_equal(one.truth.boxes, other.truth.boxes)
        and np.array_equal(one.truth.keypoints, other.truth.keypoints)
        and np.array_equal(one.areas, other.areas)
    )


def test_same_seed_gives_same_bytes_in_any_order_of_times():
    first, second = Scene(5, (256, 256)), Scene(5, (256, 256))
    late = second.frame(3.2)
    assert same(first.frame(0.4), second.frame(0.4))
    assert same(first.frame(3.2), late)
    assert same(still(9, 4, (160, 120)), still(9, 4, (160, 120)))


def test_other_seeds_indices_and_times_give_other_images():
    assert not same(still(1, 0, (96, 96)), still(1, 1, (96, 96)))
    assert not same(still(1, 0, (96, 96)), still(2, 0, (96, 96)))
    scene = Scene(3, (96, 96), people=2)
    assert not same(scene.frame(0.0), scene.frame(0.5))


@pytest.mark.parametrize("size", [(640, 480), (800, 480), (33, 400), (400, 32), (257, 191), (192, 192)])
def test_any_size(size):
    for index in range(3):
        frame = still(4, index, size)
        assert frame.image.shape == (size[1], size[0], 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous


@pytest.mark.parametrize("place", PLACES)
def test_any_place_and_number(place):
    for people in (0, 1, 6):
        assert len(Scene(1, (128, 96), people=people, place=place).frame(1.0).truth) <= people


@pytest.mark.parametrize("size", [(0, 100), (100, 31), (-5, 200), (5000, 100), (100.5, 100)])
def test_silly_sizes_are_refused(size):
    with pytest.raises(SettingInvalid) as caught:
        Scene(1, size)
    assert caught.value.values["name"] == "size"


def test_silly_number_of_people_is_refused():
    with pytest.raises(SettingInvalid):
        Scene(1, (64, 64), people=7)


def test_truth_lies_within_the_frame():
    size = (160, 120)
    for frame in series(60, size):
        boxes, points = frame.truth.boxes, frame.truth.keypoints
        assert (boxes >= 0).all()
        assert (boxes[:, 2:] <= size).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        labelled = points[..., 2] > 0
        assert (points[labelled][:, :2] >= 0).all()
        assert (points[labelled][:, :2] < size).all()
        assert (points[~labelled] == 0).all()
        assert set(np.unique(points[..., 2])) <= {0, 1, 2}
        assert (frame.truth.confidences == 1).all()


def test_keypoints_lie_in_their_boxes_and_areas_fit():
    for frame in series(60):
        for box, points, area in zip(frame.truth.boxes, frame.truth.keypoints, frame.areas, strict=True):
            labelled = points[points[:, 2] > 0, :2]
            assert (labelled >= box[:2] - 1.5).all()
            assert (labelled <= box[2:] + 1.5).all()
            assert 0 < area <= np.prod(box[2:] - box[:2] + 1)


def test_all_flags_and_all_numbers_of_people_occur():
    frames = series(80)
    flags = np.concatenate([frame.truth.keypoints[..., 2].ravel() for frame in frames])
    shares = [(flags == value).mean() for value in (0, 1, 2)]
    assert 0.6 < shares[2] < 0.95
    assert 0.05 < shares[1] < 0.4
    assert shares[0] > 0.01
    assert {0, 1, 2, 3, 4} <= {len(frame.truth) for frame in frames}


def test_visible_keypoints_show_the_person_that_owns_them():
    """Take one person out of the scene: pixels change where they are seen and nowhere else."""
    scene, empty = Scene(12, (320, 240), people=1, place="studio"), Scene(12, (320, 240), people=1, place="studio")
    empty._crowd = None
    checked = 0
    for moment in np.arange(0, 8, 0.5):
        frame, behind = scene.frame(float(moment)), empty.frame(float(moment))
        changed = np.abs(frame.image.astype(int) - behind.image).max(axis=-1) > 2
        for points in frame.truth.keypoints:
            for x, y, flag in points:
                if flag == 2:
                    checked += 1
                    assert changed[int(y), int(x)]
    assert checked > 50


def test_who_stands_in_front_hides_who_stands_behind():
    """With others added, flags of a keypoint only ever go from visible to hidden within the drawn order."""
    alone = [Scene(seed, (160, 120), people=1).frame(0.0) for seed in range(20)]
    crowds = [Scene(seed, (160, 120), people=6).frame(0.0) for seed in range(20)]

    def hidden(frames: list[SceneFrame]) -> float:
        flags = np.concatenate([frame.truth.keypoints[..., 2].ravel() for frame in frames])
        return float((flags == 1).sum() / (flags > 0).sum())

    assert hidden(crowds) > hidden(alone) + 0.03


def test_faces_look_the_way_people_face():
    """Whoever shows both eyes shows the left one, as a rule, on the image's right; from behind no eye is seen."""
    right_way, wrong_way, from_behind = 0, 0, 0
    for frame in series(90):
        for points in frame.truth.keypoints:
            if (points[[LEFT_EYE, RIGHT_EYE], 2] == 2).all():
                ordered = points[LEFT_EYE, 0] > points[RIGHT_EYE, 0]
                right_way, wrong_way = right_way + ordered, wrong_way + (not ordered)
            if (points[[LEFT_SHOULDER, RIGHT_SHOULDER], 2] == 2).all() and (
                points[LEFT_SHOULDER, 0] < points[RIGHT_SHOULDER, 0] - 3
            ):
                from_behind += 1
    assert right_way > 20 * wrong_way
    assert from_behind > 5
