"""Pictures for the report: people drawn as skeletons, as JPEG data URIs."""

import base64

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.domain.people import FloatArray, People
from n6studio.domain.preprocess import Image
from n6studio.domain.skeleton import Colour, Skeleton

_WIDEST, _HIGHEST = 480, 400
_QUALITY = 82
_LEAST_VISIBILITY = 0.3  # a network's points below this are left out, as they are guesses
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel, so that lines do not jump between whole ones
_BOX: Colour = (235, 235, 235)


def crop_of(size: tuple[int, int], groups: list[People]) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) in pixels of what to show: everybody, with room around them.

    Args:
        size: (width, height) of the picture.
        groups: people in its pixels.
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
    image: Image, crop: tuple[int, int, int, int], people: People, skeleton: Skeleton, marked: FloatArray | None = None
) -> str:
    """Return a JPEG data URI of the cut-out with everybody drawn on it.

    Args:
        image: (H, W, 3) RGB.
        crop: what to show, see `crop_of`.
        people: in pixels of `image`.
        skeleton: bones and colours.
        marked: (4,) box of the person to point at, or None.
    """
    left, top, right, bottom = crop
    cut = image[top:bottom, left:right]
    scale = min(_WIDEST / cut.shape[1], _HIGHEST / cut.shape[0])
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.ascontiguousarray(cv2.resize(cut, size, interpolation=method))
    offset = np.array([left, top], np.float32)
    if marked is not None:
        _rectangle(canvas, (marked.reshape(2, 2) - offset) * scale, _BOX, 1)
    for index in range(len(people)):
        points = people.keypoints[index].copy()
        points[:, :2] = (points[:, :2] - offset) * scale
        _skeleton(canvas, points, skeleton)
    done, data = cv2.imencode(".jpg", canvas[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""


def _skeleton(canvas: npt.NDArray[np.uint8], points: FloatArray, skeleton: Skeleton) -> None:
    shown = points[:, 2] > _LEAST_VISIBILITY
    extent = np.ptp(points[shown, :2], axis=0).max() if shown.any() else 0
    thick = 3 if extent > 120 else 2 if extent > 50 else 1
    # All outlines first: they must not cut through other bones. Small people would be nothing but outline.
    for outline in (True, False) if thick > 1 else (False,):
        for start, end in skeleton.bones:
            if shown[start] and shown[end]:
                colour = (0, 0, 0) if outline else _mixed(skeleton.colours[start], skeleton.colours[end])
                _line(canvas, points[start], points[end], colour, thick + 2 if outline else thick)
    for index in np.flatnonzero(shown):
        if thick > 1:
            _disc(canvas, points[index], (0, 0, 0), thick + 2)
        _disc(canvas, points[index], skeleton.colours[index], thick + 1)


def _mixed(first: Colour, second: Colour) -> Colour:
    return (first[0] + second[0]) // 2, (first[1] + second[1]) // 2, (first[2] + second[2]) // 2


def _fixed(point: FloatArray) -> tuple[int, int]:
    # Far outside the picture the numbers would overflow OpenCV's integers.
    x, y = (float(np.clip(value, -4000, 8000)) for value in point[:2])
    return round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT))


def _line(canvas: npt.NDArray[np.uint8], start: FloatArray, end: FloatArray, colour: Colour, thick: int) -> None:
    cv2.line(canvas, _fixed(start), _fixed(end), colour, thick, cv2.LINE_AA, _SHIFT)


def _disc(canvas: npt.NDArray[np.uint8], centre: FloatArray, colour: Colour, radius: int) -> None:
    cv2.circle(canvas, _fixed(centre), radius << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)


def _rectangle(canvas: npt.NDArray[np.uint8], corners: FloatArray, colour: Colour, thick: int) -> None:
    cv2.rectangle(canvas, _fixed(corners[0]), _fixed(corners[1]), (0, 0, 0), thick + 2, cv2.LINE_AA, _SHIFT)
    cv2.rectangle(canvas, _fixed(corners[0]), _fixed(corners[1]), colour, thick, cv2.LINE_AA, _SHIFT)
