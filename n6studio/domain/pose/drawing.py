"""People drawn into images as skeletons: one look for the reports and for videos of the live view."""

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.frames import pixels_of_image
from n6studio.domain.pose.people import FloatArray, ImageFractions, People
from n6studio.domain.pose.skeleton import Colour, Skeleton

Canvas = npt.NDArray[np.uint8]

LEAST_VISIBILITY = 0.3  # a network's points below this are left out, as they are guesses
BOX: Colour = (235, 235, 235)
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel, so that lines do not jump between whole ones
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_skeleton(canvas: Canvas, points: FloatArray, skeleton: Skeleton) -> None:
    """Draw one person into `canvas` (H, W, 3) uint8 RGB.

    Args:
        canvas: what is drawn on.
        points: (K, 3) in pixels of `canvas`, with visibility.
        skeleton: skeleton edges and colours.
    """
    shown = points[:, 2] > LEAST_VISIBILITY
    extent = np.ptp(points[shown, :2], axis=0).max() if shown.any() else 0
    thick = 3 if extent > 120 else 2 if extent > 50 else 1
    # All outlines first: they must not cut through other bones. Small people would be nothing but outline.
    for outline in (True, False) if thick > 1 else (False,):
        for start, end in skeleton.edges:
            if shown[start] and shown[end]:
                colour = (0, 0, 0) if outline else _mixed(skeleton.colours[start], skeleton.colours[end])
                _line(canvas, points[start], points[end], colour, thick + 2 if outline else thick)
    for index in np.flatnonzero(shown):
        if thick > 1:
            _disc(canvas, points[index], (0, 0, 0), thick + 2)
        _disc(canvas, points[index], skeleton.colours[index], thick + 1)


def draw_box(canvas: Canvas, corners: FloatArray, colour: Colour = BOX, thick: int = 1) -> None:
    """Draw a rectangle with a dark outline; `corners` is (2, 2): left, top; right, bottom in pixels of `canvas`."""
    cv2.rectangle(canvas, _fixed(corners[0]), _fixed(corners[1]), (0, 0, 0), thick + 2, cv2.LINE_AA, _SHIFT)
    cv2.rectangle(canvas, _fixed(corners[0]), _fixed(corners[1]), colour, thick, cv2.LINE_AA, _SHIFT)


def draw_text(canvas: Canvas, text: str, place: tuple[float, float], scale: float = 0.45) -> None:
    """Write bright ASCII text with a dark outline; `place` is the left end of its base line in pixels of `canvas`."""
    x, y = round(place[0]), round(place[1])
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):  # thicker letters would be wider, and no outline of these
        cv2.putText(canvas, text, (x + dx, y + dy), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(canvas, text, (x, y), _FONT, scale, BOX, 1, cv2.LINE_AA)


def draw_people(
    canvas: Canvas, people: People[ImageFractions], skeleton: Skeleton, boxes: bool = True, confidences: bool = True
) -> None:
    """Draw everybody into `canvas` (H, W, 3) uint8 RGB.

    Args:
        canvas: what is drawn on.
        people: found in the image that `canvas` shows, in whatever size.
        skeleton: skeleton edges and colours for as many keypoints as people have.
        boxes: draw boxes, too.
        confidences: write confidences, too, above the boxes.
    """
    size = canvas.shape[1], canvas.shape[0]
    placed = pixels_of_image(people, size)
    corners = placed.boxes.reshape(-1, 2, 2)
    for index in range(len(placed)):
        if boxes:
            draw_box(canvas, corners[index])
        draw_skeleton(canvas, placed.keypoints[index], skeleton)
        if confidences:
            left, top = np.clip(corners[index, 0], 0, size)
            draw_text(canvas, f"{people.confidences[index]:.2f}", (float(left), max(12.0, float(top) - 4)))


def _mixed(first: Colour, second: Colour) -> Colour:
    return (first[0] + second[0]) // 2, (first[1] + second[1]) // 2, (first[2] + second[2]) // 2


def _fixed(point: FloatArray) -> tuple[int, int]:
    # Far outside the image the numbers would overflow OpenCV's integers.
    x, y = (float(np.clip(value, -4000, 8000)) for value in point[:2])
    return round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT))


def _line(canvas: Canvas, start: FloatArray, end: FloatArray, colour: Colour, thick: int) -> None:
    cv2.line(canvas, _fixed(start), _fixed(end), colour, thick, cv2.LINE_AA, _SHIFT)


def _disc(canvas: Canvas, centre: FloatArray, colour: Colour, radius: int) -> None:
    cv2.circle(canvas, _fixed(centre), radius << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)
