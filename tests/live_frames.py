"""Live frames to test with: images, people in them, and what a board would say about both."""

import time

import cv2
import numpy as np

from n6studio.domain.live import Frame, FrameResults, Timings
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View

SIZE = (160, 96)


def drawn_image(number: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return (H, W, 3) uint8 BGR: a bright disc on grey, at another place for every number."""
    width, height = size
    image = np.full((height, width, 3), 90, np.uint8)
    image[:, :, 1] += (np.arange(width) * 60 // width).astype(np.uint8)[None]
    cv2.circle(image, (20 + 7 * number % (width - 40), height // 2), 12, (40, 200, 250), -1)
    return image


def jpeg(number: int = 0, size: tuple[int, int] = SIZE) -> bytes:
    done, data = cv2.imencode(".jpg", drawn_image(number, size), [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    return data.tobytes()


def people(count: int = 2, keypoints: int = 17, shift: float = 0.0) -> People:
    """Return people side by side, as fractions of the frame; every third point is one the network is not sure of."""
    boxes = np.zeros((count, 4), np.float32)
    points = np.zeros((count, keypoints, 3), np.float32)
    for person in range(count):
        left = (person + 0.15) / max(1, count) + shift
        right = (person + 0.85) / max(1, count) + shift
        boxes[person] = left, 0.1, right, 0.9
        points[person, :, 0] = left + (right - left) * (np.arange(keypoints) * 5 % 7 / 7 + 0.07)
        points[person, :, 1] = 0.12 + 0.76 * np.arange(keypoints) / keypoints
        points[person, :, 2] = np.where(np.arange(keypoints) % 3 == 2, 0.2, 0.9)
    return People(boxes, np.linspace(0.9, 0.6, count).astype(np.float32), points)


def results(number: int = 0, found: People | None = None, model: str = "0123456789abcdef", **more) -> FrameResults:
    """Return what a board would say about frame `number` of a stream at 30 frames/s."""
    return FrameResults(
        version=(1, 0),
        sequence=number,
        device_time=1_000_000 + 33_333 * number,
        timings=Timings(2000, 24000, 900, 3100),
        model=model,
        view=View(Resize.STRETCH, (256, 256)),
        people=people() if found is None else found,
        **more,
    )


def frame(number: int = 0, said: FrameResults | None = None, size: tuple[int, int] = SIZE) -> Frame:
    """Return a frame that has just been received."""
    return Frame(jpeg(number, size), said, time.monotonic(), number, size)
