import threading

import cv2
import numpy as np
import pytest

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import Progressed
from n6studio.domain.project import Project
from n6studio.engine.chain.requests import Ask
from n6studio.engine.chain.run import run_to
from n6studio.engine.chain.states import Caller, states_of
from n6studio.engine.jobs.hashing import HashCache
from n6studio.stages.video_frames.stage import VIDEO_FRAMES, VideoFramesSettings


def write_video(path, frames, size=(64, 48)):
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, size)
    assert video.isOpened()
    for number in range(frames):
        video.write(np.full((size[1], size[0], 3), number * 2 % 256, np.uint8))
    video.release()
    return path


@pytest.fixture
def project(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"not looked at")
    return Project(tmp_path / "a.n6", tmp_path / "a.pt")


def take(project, video, on_message=lambda message: None, cancel=None, **settings):
    ask = Ask(VideoFramesSettings(**settings), {"video": (video,)})
    return run_to(project, VIDEO_FRAMES, Caller(on_message, cancel or threading.Event()), ask)[VIDEO_FRAMES.name]


def test_every_so_manieth_frame_is_written_and_kept_for_the_next_time(project, tmp_path):
    video = write_video(tmp_path / "größe 1.avi", 100)
    result = take(project, video, every=10)
    frames = sorted(result.outputs["frames"].iterdir())
    assert [path.name for path in frames[:2]] == ["größe 1_0000000.jpg", "größe 1_0000010.jpg"]
    assert result.figures.frames == len(frames) == 10
    means = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR).mean() for path in frames]
    assert means == pytest.approx([20 * number for number in range(10)], abs=3)
    assert take(project, video, every=10).fresh
    assert take(project, video, every=10, max_frames=3).figures.frames == 3
    state = states_of(project, HashCache(), [VIDEO_FRAMES])["video_frames"]
    assert state.result is not None
    assert state.stale == ()


def test_cancelling_leaves_nothing(project, tmp_path):
    video = write_video(tmp_path / "long.avi", 3000)
    cancel, seen = threading.Event(), []

    def stop(message):
        if isinstance(message, Progressed):
            seen.append(message)
            cancel.set()

    with pytest.raises(Cancelled):
        take(project, video, stop, cancel, every=1, max_frames=3000)
    assert seen[0].total == 3000
    assert not list((project.folder / "runs" / "video_frames").rglob("*.jpg"))


def test_what_is_no_video_is_refused_with_a_reason(project, tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("shopping list")
    with pytest.raises(VideoUnreadable):
        take(project, text)
    with pytest.raises(FileMissing):
        take(project, tmp_path / "gone.mp4")
    whole = write_video(tmp_path / "whole.avi", 50).read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) // 2])
    assert 0 < take(project, cut, every=1).figures.frames < 50
