"""What can be made of a recording: a video with drawings, a JSON line per frame, plain images.

A video has every frame of the recording at its time. One that cannot be decoded is there as a dark image that says so.
"""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from n6studio.domain.errors.files import DiskFull, NotWritable
from n6studio.domain.errors.foreign import is_full
from n6studio.domain.errors.link import RecordingUnreadable
from n6studio.domain.live import Frame
from n6studio.domain.pose.drawing import draw_people, draw_text
from n6studio.domain.pose.preprocess import Image
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.domain.texts import counted
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.recording.mp4_times import NotAsExpected, set_times
from n6studio.link.recording.recording import Recording
from n6studio.link.wire.frame import without_results
from n6studio.link.wire.frame_json import frame_values
from n6studio.system.files import make_folder, replace_bytes, replacing

Progress = Callable[[int, int], None]
"""(done, total) frames; it may raise to stop, and then nothing is left."""

_FASTEST = 120  # frames a second of a film
_DARK = 40  # grey value of an image that stands for one that cannot be decoded
_CODEC = "mp4v"  # MPEG-4 part 2, which OpenCV's own FFmpeg can write everywhere


def export_video(
    recording: Recording, target: Path, progress: Progress, skeleton: Skeleton | None = None, drawings: bool = True
) -> int:
    """Write an MP4 with every frame at its time, and return its number of frames.

    Args:
        recording: what to show.
        target: .mp4 file; replaced when all is written.
        progress: see `Progress`.
        skeleton: skeleton edges and colours; None for those that belong to the number of keypoints.
        drawings: draw boxes, skeletons and scores.

    Raises:
        RecordingUnreadable: no frame can be decoded.
        DecoderDied: the process that decodes them ended again and again.
        NotWritable, DiskFull: `target` is what it was.
    """
    rate = frame_rate(recording)
    with replacing(target, ".mp4") as part:
        try:
            written = _write_video(recording, part, rate, progress, skeleton, drawings)
        except NotWritable as error:
            if is_full(target.parent):  # OpenCV does not tell, and leaves half a file
                raise DiskFull(path=target) from error
            raise NotWritable(path=target, reason=error.reason) from error
        _check_video(part, written, target)
    return written


def frame_rate(recording: Recording) -> Fraction:
    """Return the usual number of frames/s, by which an encoder judges how much there is to say about each."""
    times = [entry.time for entry in recording.entries]
    steps = [after - before for before, after in itertools.pairwise(times) if after > before]
    usual = median(steps) if steps else 1 / 30
    return Fraction(min(_FASTEST, max(1, round(1 / usual))))


def _write_video(
    recording: Recording, part: Path, rate: Fraction, progress: Progress, skeleton: Skeleton | None, drawings: bool
) -> int:
    with contextlib.closing(JpegDecoder()) as jpegs:
        images = _images(recording, jpegs, _unheard)
        size = next((image.shape[1::-1] for _, image in images if image is not None), None)
        if size is None:
            raise RecordingUnreadable(path=recording.path, reason="none of its frames can be decoded")
        wide, high = (max(2, length - length % 2) for length in size)
        times = _write_images(_images(recording, jpegs, progress), part, rate, (wide, high), skeleton, drawings)
    _set_times(part, times, float(1 / rate))
    return len(times)


def _write_images(
    images: Iterator[tuple[Frame, Image | None]],
    part: Path,
    rate: Fraction,
    size: tuple[int, int],
    skeleton: Skeleton | None,
    drawings: bool,
) -> list[float]:
    """Write what a video shows, and return the time of every image."""
    wide, high = size
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*_CODEC), float(rate), (wide, high))
    times: list[float] = []
    try:
        if not writer.isOpened():
            raise NotWritable(path=part, reason="the video cannot be created")
        for frame, image in images:
            shown = _undecodable(frame, wide, high) if image is None else image
            if drawings and image is not None:
                shown = _drawn(frame, shown, skeleton)
            if (shown.shape[1], shown.shape[0]) != (wide, high):
                shown = np.asarray(cv2.resize(shown, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
            writer.write(shown[..., ::-1])
            times.append(frame.received)
    finally:
        writer.release()
    return times


def _set_times(part: Path, times: list[float], last: float) -> None:
    try:
        set_times(part, times, last)
    except NotAsExpected as error:
        raise NotWritable(path=part, reason=f"the times of its frames cannot be set: {error}") from error


def _unheard(done: int, total: int) -> None:
    pass


def _undecodable(frame: Frame, wide: int, high: int) -> Image:
    image = np.full((high, wide, 3), _DARK, np.uint8)
    draw_text(image, f"frame {frame.number + 1} cannot be decoded", (8.0, high / 2))
    return image


def _images(recording: Recording, jpegs: JpegDecoder, progress: Progress) -> Iterator[tuple[Frame, Image | None]]:
    total = len(recording.entries)
    for number in range(total):
        frame = recording.frame(number)
        yield frame, jpegs.decode(frame.jpeg)
        progress(number + 1, total)


def _drawn(frame: Frame, image: Image, skeleton: Skeleton | None) -> Image:
    results = frame.results
    if results is None:
        return image
    image = image.copy()
    keypoints = results.people.keypoints.shape[1]
    if len(results.people) and keypoints:
        fitting = skeleton if skeleton is not None and len(skeleton) == keypoints else for_keypoints(keypoints)
        draw_people(image, results.people, fitting)
    parts = [f"#{results.sequence}"]
    if results.timings.npu is not None:
        parts.append(f"NPU {results.timings.npu / 1e3:.1f} ms")
    if results.by_host:
        parts.append("model on this computer")
    draw_text(image, "  ".join(parts), (8.0, image.shape[0] - 8.0))
    return image


def _check_video(part: Path, written: int, target: Path) -> None:
    """OpenCV does not tell when the disk is full, so the video is counted."""
    video = cv2.VideoCapture(str(part))
    found = int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
    video.release()
    if found != written:
        if is_full(target.parent):
            raise DiskFull(path=target)
        raise NotWritable(path=target, reason=f"only {found} of {counted(written, 'frame')} written")


def export_json_lines(recording: Recording, target: Path, progress: Progress) -> int:
    """Write one JSON object a line for every frame, and return their number.

    Raises:
        NotWritable, DiskFull: `target` is what it was.
    """
    total = len(recording.entries)
    with replacing(target) as part, part.open("w", encoding="utf-8") as file:
        for number in range(total):
            frame = recording.frame(number)
            file.write(json.dumps(frame_values(frame, frame.received)) + "\n")
            progress(number + 1, total)
    return total


def export_images(recording: Recording, folder: Path, progress: Progress, every: int = 1) -> int:
    """Write frames as the JPEGs that the camera made, without results, for evaluation and calibration.

    Args:
        recording: where from.
        folder: made where it is missing; images of the same name are replaced.
        progress: see `Progress`.
        every: 1 for every frame, N for each Nth.

    Returns:
        The number of images.

    Raises:
        NotWritable, DiskFull: images written until then are whole.
    """
    make_folder(folder)
    numbers = range(0, len(recording.entries), max(1, every))
    for done, number in enumerate(numbers, 1):
        name = f"{recording.path.stem}-{number:06}.jpg"
        replace_bytes(folder / name, without_results(recording.frame(number).jpeg))
        progress(done, len(numbers))
    return len(numbers)
