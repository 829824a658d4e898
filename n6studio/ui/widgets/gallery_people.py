"""Skeletons on thumbnails, drawn in the thread that reads the image."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from n6studio.domain.pose.people import FrameT, People
from n6studio.domain.pose.skeleton import Skeleton

LEAST_VISIBILITY = 0.3  # points below this are guesses
_WIDTH = 1.6


def drawn_people(
    skeleton: Skeleton, known: Mapping[Path, tuple[tuple[int, int], People[FrameT]]], path: Path, image: QImage
) -> None:
    """Draw the people of an image on its thumbnail.

    Args:
        skeleton: how.
        known: of each image (width, height) and the people in it, in units of that size.
        path: which image it is.
        image: its thumbnail.
    """
    if path not in known or image.isNull():
        return
    (wide, high), people = known[path]
    across, down = image.width() / max(1, wide), image.height() / max(1, high)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for points in people.keypoints:
        places = [QPointF(float(x) * across, float(y) * down) for x, y, _ in points]
        for start, end in skeleton.edges:
            if points[start, 2] > LEAST_VISIBILITY and points[end, 2] > LEAST_VISIBILITY:
                painter.setPen(
                    QPen(QColor(*skeleton.colours[start]), _WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
                )
                painter.drawLine(places[start], places[end])
    painter.end()
