"""Images for the report: people drawn as skeletons, as JPEG data URIs."""

import base64

import cv2
import numpy as np

from n6studio.domain.pose.drawing import draw_box, draw_skeleton
from n6studio.domain.pose.frames import pixels_of_cutout
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.preprocess import Image
from n6studio.domain.pose.skeleton import Skeleton

_WIDEST, _HIGHEST = 480, 400
_QUALITY = 82


def crop_of(size: tuple[int, int], groups: list[People[ImagePixels]]) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) in pixels of what to show: everybody, with room around them.

    Args:
        size: (width, height) of the image, pixels.
        groups: people in it.
    """
    width, height = size
    boxes = np.concatenate([np.zeros((0, 4), np.float32), *(group.boxes for group in groups)])
    if len(boxes) == 0:
        return 0, 0, width, height
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    room = 0.12 * max(right - left, bottom - top) + 0.03 * max(width, height)
    return (
        max(0, int(left - room)),
        max(0, int(top - room)),
        min(width, max(int(right + room), int(left) + 8)),
        min(height, max(int(bottom + room), int(top) + 8)),
    )


def drawn(
    image: Image,
    crop: tuple[int, int, int, int],
    people: People[ImagePixels],
    skeleton: Skeleton,
    marked: People[ImagePixels] | None = None,
) -> str:
    """Return a JPEG data URI of the cut-out with everybody drawn on it.

    Args:
        image: (H, W, 3) RGB.
        crop: what to show, see `crop_of`.
        people: found in `image`.
        skeleton: edges and colours.
        marked: whoever gets a box around, or None.
    """
    left, top, right, bottom = crop
    cut = image[top:bottom, left:right]
    scale = min(_WIDEST / cut.shape[1], _HIGHEST / cut.shape[0])
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.ascontiguousarray(cv2.resize(cut, size, interpolation=method))
    if marked is not None:
        for box in pixels_of_cutout(marked, (left, top), scale).boxes:
            draw_box(canvas, box.reshape(2, 2))
    for points in pixels_of_cutout(people, (left, top), scale).keypoints:
        draw_skeleton(canvas, points, skeleton)
    done, data = cv2.imencode(".jpg", canvas[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""
