"""The stage that takes calibration images out of a video: every so manieth frame, as JPEG."""

import math
from pathlib import Path
from typing import Any

import cv2

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.domain.texts import counted
from n6studio.gates.videos import open_video
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of
from n6studio.stages.video_frames.figures import VideoFramesFigures
from n6studio.stages.video_frames.stage import VideoFramesSettings

STEPS: tuple[str, ...] = ("open", "take frames")
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]


def run(
    settings: VideoFramesSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[VideoFramesFigures]:
    """Write every `every`-th frame of the role "video" into the output "frames", a folder; at most `most` of them.

    Raises:
        VideoUnreadable: no video, or not one frame can be decoded.
    """
    path = Path(inputs["video"][0].path)
    report.step("open")
    video = open_video(path)
    try:
        return _take(video, path, settings, folder, report)
    finally:
        video.release()


def _take(
    video: Any, path: Path, settings: VideoFramesSettings, folder: Path, report: Reporter
) -> StageOutcome[VideoFramesFigures]:
    promised = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))  # 0 where the file does not say
    wanted = min(settings.max_frames, math.ceil(promised / settings.every)) if promised else settings.max_frames
    report.step("take frames")
    target = folder / "frames"
    target.mkdir()
    number = taken = 0
    while taken < settings.max_frames and video.grab():
        if number % settings.every == 0:
            done, frame = video.retrieve()
            if done and frame is not None and _write(target / f"{path.stem}_{number:07d}.jpg", frame):
                taken += 1
                report.progress(min(taken, wanted), wanted, "frames")
        number += 1
        report.check_cancelled()
    if not taken:
        raise VideoUnreadable(path=path, reason="none of its frames can be decoded")
    if promised and number < promised and taken < wanted:
        report.warn(f"The video ends after {number} of {counted(promised, 'frame')}; it may be truncated.")
    return StageOutcome(
        {"frames": "frames"}, VideoFramesFigures(frames=taken, looked_at=number), versions=versions_of("opencv-python")
    )


def _write(path: Path, frame: Any) -> bool:
    done, data = cv2.imencode(".jpg", frame, _QUALITY)
    if done:
        path.write_bytes(data.tobytes())  # imwrite knows neither full disks nor names with foreign letters
    return bool(done)
