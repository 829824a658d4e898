"""Frames of a video as calibration images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import setting
from n6studio.domain.stage import Kind, Stage

if TYPE_CHECKING:
    from n6studio.stages.video_frames.figures import VideoFramesFigures


@dataclass(frozen=True)
class VideoFramesSettings:
    """Which frames of a video become calibration images."""

    every: int = setting(30, "Frame interval", "take every Nth frame", minimum=1, maximum=100_000)
    max_frames: int = setting(200, "Max frames", "max frames to extract", minimum=1, maximum=10_000, formerly=("most",))


VIDEO_FRAMES: "Stage[VideoFramesSettings, VideoFramesFigures]" = Stage(
    name="video_frames",
    title="Frame extraction",
    settings=VideoFramesSettings,
    found="VideoFramesFigures",
    kind=Kind.ASKED,
    tools=("opencv-python",),
    reads=("video",),
)
