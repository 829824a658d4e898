"""What the virtual board sees."""

import cv2
import numpy as np
import pytest
from builders import photograph, write_image

from n6studio.demo.scene import Scene
from n6studio.domain.errors.datasets import NoImages, VideoUnreadable
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.link import CameraUnavailable
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose import marker
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.cameras import open_camera


def camera(what, **settings):
    return open_camera(VirtualBoardSettings(camera=str(what), **settings))


def red(value):
    return np.full((48, 64, 3), (0, 0, value), np.uint8)


@pytest.fixture
def video(tmp_path):
    """Twenty images at 10 a second, the redder the later."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(20):
        writer.write(red(10 * number + 20))
    writer.release()
    return path


def test_scene():
    seen = camera("scene:5", width=320, height=200, people=2)
    assert np.array_equal(seen.image(1.5), Scene(5, (320, 200), 2).frame(1.5).image)
    assert camera("scene").image(0.0).shape == (480, 800, 3)


def test_folder_goes_round_and_leaves_damaged_images_out(tmp_path):
    for number, value in enumerate((50, 150, 250)):
        write_image(tmp_path / f"{number}.png", red(value))
    (tmp_path / "1b.jpg").write_bytes(b"\xff\xd8 not a picture")
    seen = camera(tmp_path, hold=0.5)
    assert [int(seen.image(seconds)[0, 0, 0]) for seconds in (0, 0.4, 0.6, 1.1, 1.6)] == [50, 50, 150, 250, 50]


def test_video_plays_at_its_own_speed_and_again(video):
    seen = camera(video)
    shown = [int(seen.image(seconds)[0, 0, 0]) for seconds in (0, 0.05, 0.5, 1.9, 2.0, 2.3)]
    assert shown == pytest.approx([20, 20, 70, 210, 20, 50], abs=6)
    seen.close()


def test_chosen_size_fills_the_image(tmp_path):
    write_image(tmp_path / "wide.png", photograph(300, 100))
    assert camera(tmp_path, width=80, height=80).image(0).shape == (80, 80, 3)
    assert camera(tmp_path, height=50).image(0).shape == (50, 300, 3)
    assert camera(tmp_path).image(0).shape == (100, 300, 3)


def test_what_is_no_camera_is_told(tmp_path):
    with pytest.raises(FileMissing):
        camera(tmp_path / "missing.mp4")
    with pytest.raises(NoImages):
        camera(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    with pytest.raises(NoImages) as failure:
        camera(tmp_path)
    assert failure.value.values["seen"] == 1
    (tmp_path / "film.mp4").write_bytes(b"nothing")
    with pytest.raises(VideoUnreadable):
        camera(tmp_path / "film.mp4")
    with pytest.raises(CameraUnavailable):
        camera("webcam:97")
    for wrong in ("scene:x", "webcam:-1"):
        with pytest.raises(SettingInvalid):
            camera(wrong)
    with pytest.raises(SettingInvalid):
        camera("scene", width=16, height=16)


def test_the_moment_is_drawn_into_the_image():
    before = marker.moment()
    with_it, without = (camera("scene:1", marker=wanted).image(1.0) for wanted in (True, False))
    middles = (np.arange(marker.CELLS) * marker.CELL + marker.CELL // 2).astype(int)
    age = marker.age(before, marker.read(with_it[marker.CELL // 2, middles].mean(axis=1).astype(np.float64)))
    assert 0 <= age < 30_000
    assert (with_it[marker.CELL :] == without[marker.CELL :]).all()
