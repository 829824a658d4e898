"""People drawn over a live image: skeleton edges, points, names, boxes and scores, in screen coordinates.

At 30 and more frames/s every call counts, so lines go to Qt in bundles of one pen and points and words are
drawn once and then copied. Lines have flat ends: Qt's raster engine draws those more than ten times faster than
round ones, and the points cover the joints.

From `CROWD` people on everybody is drawn plainly: thin lines without outline, squares for points, no names, and the
confidence of the first few. The first `MOST_DRAWN` are drawn at all; they are those of the highest confidence.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QStaticText

from n6studio.domain.pose.people import ImageFractions, People
from n6studio.domain.pose.skeleton import Colour, Skeleton

CROWD, MOST_DRAWN = 16, 200  # people
_LABELLED = 20  # people of a crowd whose confidence is written
FAINTEST = 0.05  # visibility below which a point says nothing at all
FARTHEST = 30_000.0  # pixels; Qt's raster engine counts in fixed point, and a wild coordinate must not overflow it
_OUTLINE = QColor(24, 24, 24)  # opaque: blending 190 lines takes ten times as long
_BOX = QColor(240, 240, 240)
_HOST_BOX = QColor(255, 214, 92)
_PLATE = QColor(0, 0, 0, 150)
_SIZES = ((160.0, 3.0), (60.0, 2.0), (0.0, 1.2))  # (a person's extent in pixels, line width)


@dataclass(frozen=True)
class OverlayOptions:
    """What is drawn.

    Attributes:
        points, names, skeleton edges, boxes, scores: whether these are.
        sure: visibility (0..1) from which a point is drawn in full; below, as a ring with thin lines.
    """

    points: bool = True
    names: bool = False
    edges: bool = True
    boxes: bool = True
    scores: bool = True
    sure: float = 0.5


@dataclass(frozen=True)
class Place:
    """Where the image lies in the widget, in logical pixels.

    Attributes:
        left, top, width, height: the image's rectangle.
        mirrored: left and right are exchanged, as in a mirror.
    """

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False

    @property
    def rectangle(self) -> QRectF:
        """The same as Qt has it."""
        return QRectF(self.left, self.top, self.width, self.height)

    def xy(self, fractions: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return (..., 2) fractions of the image in pixels of the widget; what is no number lies far away."""
        across = 1.0 - fractions[..., 0] if self.mirrored else fractions[..., 0]
        placed = np.stack([across * self.width + self.left, fractions[..., 1] * self.height + self.top], axis=-1)
        far = np.nan_to_num(placed.astype(np.float64), nan=-FARTHEST, posinf=FARTHEST, neginf=-FARTHEST)
        return np.asarray(np.clip(far, -FARTHEST, FARTHEST), np.float64)

    def fraction(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the widget in fractions of the image."""
        across = (x - self.left) / self.width
        return (1.0 - across if self.mirrored else across), (y - self.top) / self.height


class Overlay:
    """Draws the people of one skeleton; keeps what it has drawn before. Each thread needs one of its own."""

    def __init__(self, skeleton: Skeleton, ratio: float = 1.0) -> None:
        """Make an overlay for screens with `ratio` device pixels a pixel."""
        self.skeleton, self.ratio = skeleton, ratio
        count = len(skeleton)
        sound = [edge for edge in skeleton.edges if max(edge) < count]
        self._edges = np.array(sound or np.zeros((0, 2)), np.intp).reshape(-1, 2)
        self._edge_colours = [_mixed(skeleton.colours[start], skeleton.colours[end]) for start, end in sound]
        self._names = [QStaticText(name) for name in skeleton.names]
        self._confidence_texts: dict[tuple[int, bool], QStaticText] = {}

    def paint(
        self, painter: QPainter, people: People[ImageFractions], place: Place, options: OverlayOptions, by_host: bool
    ) -> None:
        """Draw people; boxes of the host's are dashed."""
        if not len(people):
            return
        if len(people) >= CROWD:
            self._paint_crowd(painter, people[:MOST_DRAWN], place, options, by_host)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        spots = place.xy(people.keypoints[..., :2])
        sureness = np.nan_to_num(people.keypoints[..., 2])
        corners = place.xy(people.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        widths = [_line_width(box) for box in corners]
        if options.boxes:
            _paint_boxes(painter, corners, by_host)
        if options.edges:
            self._paint_edges(painter, spots, sureness, widths, options.sure)
        if options.points:
            self._paint_points(painter, spots, sureness, widths, options.sure)
        if options.names:
            self._paint_names(painter, spots, sureness, options.sure)
        if options.scores:
            self._paint_confidences(painter, corners, people.confidences, by_host)
        painter.restore()

    def _paint_crowd(
        self, painter: QPainter, people: People[ImageFractions], place: Place, options: OverlayOptions, by_host: bool
    ) -> None:
        """Draw many people, each in a fraction of the time."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        spots = place.xy(people.keypoints[..., :2])
        sureness = np.nan_to_num(people.keypoints[..., 2])
        corners = place.xy(people.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        if options.boxes:
            pen = _flat(_HOST_BOX if by_host else _BOX, 1)
            if by_host:
                pen.setDashPattern([5, 4])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRects([QRectF(x, y, right - x, bottom - y) for x, y, right, bottom in corners.tolist()])
        if options.edges:
            for edge, colour in zip(self._edges, self._edge_colours, strict=True):
                known = sureness[:, edge].min(axis=1) >= options.sure
                ends = spots[:, edge].reshape(len(spots), 4)[known]
                painter.setPen(QPen(QColor(*colour), 0))
                painter.drawLines([QLineF(*four) for four in ends.tolist()])
        if options.points:
            painter.setPen(Qt.PenStyle.NoPen)
            for point, colour in enumerate(self.skeleton.colours):
                seen = spots[:, point][sureness[:, point] >= options.sure]
                painter.setBrush(QColor(*colour))
                painter.drawRects([QRectF(x - 1, y - 1, 3, 3) for x, y in seen.tolist()])
        if options.scores:
            self._paint_confidences(painter, corners[:_LABELLED], people.confidences[:_LABELLED], by_host)
        painter.restore()

    def _paint_edges(
        self, painter: QPainter, spots: npt.NDArray[np.float64], sureness: npt.NDArray[np.float32],
        widths: list[float], sure: float,
    ) -> None:  # fmt: skip
        if not len(self._edges):
            return
        ends = spots[:, self._edges].reshape(len(spots), -1, 4).tolist()
        weakest = sureness[:, self._edges].min(axis=2)
        bundles: dict[tuple[Colour, float], list[QLineF]] = {}
        for person, width in enumerate(widths):
            for edge, weak in enumerate(weakest[person].tolist()):
                if weak >= FAINTEST:
                    thick = width if weak >= sure else 0.8
                    bundles.setdefault((self._edge_colours[edge], thick), []).append(QLineF(*ends[person][edge]))
        outlines: dict[float, list[QLineF]] = {}
        for (_, thick), lines in bundles.items():
            outlines.setdefault(thick, []).extend(lines)
        for thick, lines in outlines.items():
            if thick >= 1.0:
                painter.setPen(_flat(_OUTLINE, thick + 2))
                painter.drawLines(lines)
        for (colour, thick), lines in bundles.items():
            painter.setPen(_flat(QColor(*colour), thick))
            painter.drawLines(lines)

    def _paint_points(
        self, painter: QPainter, spots: npt.NDArray[np.float64], sureness: npt.NDArray[np.float32],
        widths: list[float], sure: float,
    ) -> None:  # fmt: skip
        for person, (points, known) in enumerate(zip(spots.tolist(), sureness.tolist(), strict=True)):
            radius = widths[person] + 1.5
            for index, ((x, y), value) in enumerate(zip(points, known, strict=True)):
                if value >= FAINTEST:
                    dot = _dot(self.skeleton.colours[index], radius, value >= sure, self.ratio)
                    half = radius + 1
                    painter.drawImage(QPointF(x - half, y - half), dot)

    def _paint_names(
        self, painter: QPainter, spots: npt.NDArray[np.float64], sureness: npt.NDArray[np.float32], sure: float
    ) -> None:
        painter.setFont(_font(painter, 11))
        for offset, colour in ((1.0, QColor(0, 0, 0)), (0.0, QColor(255, 255, 255))):
            painter.setPen(colour)
            for points, known in zip(spots.tolist(), sureness.tolist(), strict=True):
                for name, (x, y), value in zip(self._names, points, known, strict=True):
                    if value >= sure:
                        painter.drawStaticText(QPointF(x + 6 + offset, y - 7 + offset), name)

    def _paint_confidences(
        self, painter: QPainter, corners: npt.NDArray[np.float64], confidences: npt.NDArray[np.float32], by_host: bool
    ) -> None:
        font = _font(painter, 12, bold=True)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        high = metrics.height()
        for (left, top, right, _), value in zip(corners.tolist(), np.nan_to_num(confidences).tolist(), strict=True):
            text = self._confidence_text(round(100 * value), by_host)
            wide = metrics.horizontalAdvance(text.text()) + 8
            y = top - high if top >= high else top
            painter.fillRect(QRectF(min(left, right), y, wide, high), _PLATE)
            painter.setPen(_HOST_BOX if by_host else _BOX)
            painter.drawStaticText(QPointF(min(left, right) + 4, y), text)

    def _confidence_text(self, percent: int, by_host: bool) -> QStaticText:
        key = (percent, by_host)
        if key not in self._confidence_texts:
            self._confidence_texts[key] = QStaticText(f"{percent} % host" if by_host else f"{percent} %")
        return self._confidence_texts[key]


def _paint_boxes(painter: QPainter, corners: npt.NDArray[np.float64], by_host: bool) -> None:
    lines = []
    for left, top, right, bottom in corners.tolist():
        lines += [
            QLineF(left, top, right, top), QLineF(right, top, right, bottom),
            QLineF(right, bottom, left, bottom), QLineF(left, bottom, left, top),
        ]  # fmt: skip
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(_flat(_OUTLINE, 3))
    painter.drawLines(lines)
    pen = _flat(_HOST_BOX if by_host else _BOX, 1)
    if by_host:
        pen.setDashPattern([5, 4])
    painter.setPen(pen)
    painter.drawLines(lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _line_width(box: npt.NDArray[np.float64]) -> float:
    extent = max(abs(box[2] - box[0]), abs(box[3] - box[1]))
    return next(width for least, width in _SIZES if extent >= least)


def _mixed(first: Colour, second: Colour) -> Colour:
    return (first[0] + second[0]) // 2, (first[1] + second[1]) // 2, (first[2] + second[2]) // 2


def _flat(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def _font(painter: QPainter, pixels: int, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


@lru_cache(maxsize=256)
def _dot(colour: Colour, radius: float, full: bool, ratio: float) -> QImage:
    """Return a point as a picture: a disc, or a ring for one that the network is not sure of."""
    side = round(2 * (radius + 1) * ratio)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre, reach = QPointF(radius + 1, radius + 1), radius
    painter.setPen(QPen(_OUTLINE, 1))
    painter.setBrush(QColor(*colour) if full else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(centre, reach, reach)
    if not full:
        painter.setPen(QPen(QColor(*colour), 1.4))
        painter.drawEllipse(centre, reach - 1, reach - 1)
    painter.end()
    return image
