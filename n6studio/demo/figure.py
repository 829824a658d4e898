"""Drawing people: rounded limbs, clothes and faces, nearest part last, with a map of who covers which pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.demo import body
from n6studio.demo.body import Bodies
from n6studio.demo.look import Colour, Look, Points, shade

Image = npt.NDArray[np.uint8]

# Parts of a body in the map of owners; a pixel holds person * PARTS + part, 0 is scenery.
PARTS = 16
TORSO, HEADPART, NECK, L_UPPER, L_FORE, R_UPPER, R_FORE, L_THIGH, L_SHIN, R_THIGH, R_SHIN, SKIRT, HAIR, BAG = range(
    1, 15
)
MAX_PEOPLE = 15  # person 0..14: 15 * 16 still fits a byte

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing
_ONE = 1 << _SHIFT
_ARC = np.linspace(0, np.pi, 7)
_ROUND = np.stack((np.cos(np.linspace(0, 2 * np.pi, 20, False)), np.sin(np.linspace(0, 2 * np.pi, 20, False))), -1)
_LIGHT = np.array((-0.5, -0.6))

# Limb segments: first joint, second joint, radii in standing heights, part.
_SEGMENTS = (
    (body.L_HIP, body.L_KNEE, 0.058, 0.042, L_THIGH), (body.R_HIP, body.R_KNEE, 0.058, 0.042, R_THIGH),
    (body.L_KNEE, body.L_ANKLE, 0.041, 0.026, L_SHIN), (body.R_KNEE, body.R_ANKLE, 0.041, 0.026, R_SHIN),
    (body.L_ANKLE, body.L_TOE, 0.031, 0.025, L_SHIN), (body.R_ANKLE, body.R_TOE, 0.031, 0.025, R_SHIN),
    (body.L_SHOULDER, body.L_ELBOW, 0.037, 0.028, L_UPPER), (body.R_SHOULDER, body.R_ELBOW, 0.037, 0.028, R_UPPER),
    (body.L_ELBOW, body.L_WRIST, 0.027, 0.02, L_FORE), (body.R_ELBOW, body.R_WRIST, 0.027, 0.02, R_FORE),
    (body.L_WRIST, body.L_HAND, 0.021, 0.024, L_FORE), (body.R_WRIST, body.R_HAND, 0.021, 0.024, R_FORE),
    (body.CHEST, body.HEAD, 0.034, 0.034, NECK),
)  # fmt: skip
_FROM = np.array([segment[0] for segment in _SEGMENTS])
_TO = np.array([segment[1] for segment in _SEGMENTS])
_RADII = np.array([segment[2:4] for segment in _SEGMENTS])
_CODES = tuple(segment[4] for segment in _SEGMENTS)
_SHOES, _UPPER, _FOREARM, _HANDS, _NECK = (4, 5), (6, 7), (8, 9), (10, 11), 12

# The trunk, from below the hips to the neck: height along the spine, half width and half depth.
_LEVELS = np.array(
    ((-0.16, 0.088, 0.078), (0.05, 0.094, 0.078), (0.4, 0.08, 0.064), (0.78, 0.1, 0.074), (0.98, 0.104, 0.058),
     (1.08, 0.055, 0.042), (1.14, 0.03, 0.03))
)  # fmt: skip


@dataclass
class Shape:
    """One polygon: what it covers in the map, how near it is, and its paint."""

    key: float
    part: int
    points: npt.NDArray[np.int32]
    colour: Colour
    inner: npt.NDArray[np.int32] | None = None  # the lit inside, drawn over it
    inner_colour: Colour = (0, 0, 0)


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    return (points * _ONE).round().astype(np.int32)


def capsules(first: Points, second: Points, radii: Points) -> Points:
    """Return (..., 14, 2) outlines of limbs from `first` to `second`, (..., 2), with radii (..., 2) at their ends."""
    along = second - first
    angle = np.arctan2(along[..., 1], along[..., 0])[..., None]
    one = angle + (_ARC + np.pi / 2)
    two = angle + (_ARC - np.pi / 2)
    start = first[..., None, :] + radii[..., 0, None, None] * np.stack((np.cos(one), np.sin(one)), -1)
    stop = second[..., None, :] + radii[..., 1, None, None] * np.stack((np.cos(two), np.sin(two)), -1)
    return np.concatenate((start, stop), -2)


class Painter:
    """Draws people into an image and the map of owners.

    Args:
        image: (H, W, 3) uint8 RGB, drawn on.
        owners: (H, W) uint8, drawn on: see `PARTS`.
    """

    def __init__(self, image: Image, owners: Image) -> None:
        self.image, self.owners = image, owners

    def fill(self, points: npt.NDArray[np.int32], colour: Colour) -> None:
        """Fill a convex polygon given in sixteenths of a pixel."""
        cv2.fillConvexPoly(self.image, points, colour, cv2.LINE_AA, _SHIFT)

    def prepare(self, bodies: Bodies, looks: tuple[Look, ...]) -> None:
        """Work out the limbs of everyone at once; then call `person` for each, the farthest first."""
        girth = np.array([look.girth for look in looks]) * bodies.scale
        radii = _RADII * girth[:, None, None]
        first, second = bodies.xy[:, _FROM], bodies.xy[:, _TO]
        shifted = _LIGHT * (radii.min(-1, keepdims=True) * 0.16)
        self._bodies, self._looks = bodies, looks
        self._limbs = _fixed(capsules(first, second, radii))
        self._lit = _fixed(capsules(first + shifted, second + shifted, radii * 0.76))

    def person(self, index: int) -> Points:
        """Draw one of the prepared people and return (4,) left, top, right, bottom of the body in pixels."""
        bodies, look = self._bodies, self._looks[index]
        shapes = limbs(bodies, index, look, self._limbs[index], self._lit[index])
        shapes += trunk(bodies, index, look)
        shapes += hair_behind(bodies, index, look)
        shapes.sort(key=lambda shape: shape.key)
        self._person(bodies, index, look, shapes)
        points = np.concatenate([shape.points.reshape(-1, 2) for shape in shapes if shape.part])
        ball = _ball(bodies, index, 1.06)
        low = np.minimum(points.min(0) / _ONE, ball.min(0))
        high = np.maximum(points.max(0) / _ONE, ball.max(0))
        return np.concatenate((low, high))

    def _person(self, bodies: Bodies, index: int, look: Look, shapes: list[Shape]) -> None:
        base = index * PARTS
        head_done = False
        head_key = float(bodies.z[index, body.HEAD]) + 0.03
        for shape in shapes:
            if not head_done and shape.key > head_key:
                self._head(bodies, index, look)
                head_done = True
            self.fill(shape.points, shape.colour)
            if shape.inner is not None:
                self.fill(shape.inner, shape.inner_colour)
            if shape.part:
                cv2.fillConvexPoly(self.owners, shape.points, base + shape.part, cv2.LINE_8, _SHIFT)
        if not head_done:
            self._head(bodies, index, look)

    def _head(self, bodies: Bodies, index: int, look: Look) -> None:
        head_xy, head_z = bodies.head_xy[index], bodies.head_z[index]
        code = index * PARTS + HEADPART
        ears = [] if look.ears_covered else [body.L_EAR, body.R_EAR]
        size = bodies.head_size[index, 1]
        for ear in ears:
            if head_z[ear] <= 0.25:
                self._ear(head_xy[ear], size, look, code)
        covered = look.hair != "bald"
        skull = _fixed(_ball(bodies, index, {"afro": 1.3, "bald": 1.0}.get(look.hair, 1.06)))
        colour = look.hair_colour if covered else look.skin
        self.fill(skull, colour)
        cv2.fillConvexPoly(self.owners, skull, code, cv2.LINE_8, _SHIFT)
        if covered and head_z[body.FACE].max() > 0.05:
            self.fill(_fixed(head_xy[body.FACE]), look.skin)
        if look.beard and head_z[body.BEARD].max() > 0.05:
            self.fill(_fixed(head_xy[body.BEARD]), look.hair_colour)
        self._face(head_xy, head_z, size, look)
        for ear in ears:
            if head_z[ear] > 0.25:
                self._ear(head_xy[ear], size, look, code)
        if look.hair in ("cap", "beanie"):
            self._hat(bodies, index, look)

    def _ear(self, centre: Points, size: float, look: Look, code: int) -> None:
        ear = _fixed(centre + _ROUND * (0.15 * size, 0.22 * size))
        self.fill(ear, shade(look.skin, 0.86))
        cv2.fillConvexPoly(self.owners, ear, code, cv2.LINE_8, _SHIFT)

    def _face(self, xy: Points, z: Points, size: float, look: Look) -> None:
        dark = (28, 22, 22)
        for eye, brow in ((body.L_EYE, (body.L_BROW, body.L_BROW_IN)), (body.R_EYE, (body.R_BROW, body.R_BROW_IN))):
            if z[eye] < 0.12:
                continue
            narrow = min(1.0, 0.35 + z[eye])
            if size > 9:
                self.fill(_fixed(xy[eye] + _ROUND * (0.17 * size * narrow, 0.13 * size)), (250, 250, 250))
            self.fill(_fixed(xy[eye] + _ROUND * (0.09 * size * narrow, 0.105 * size)), dark)
            if size > 7:
                self._stroke(xy[list(brow)], shade(look.hair_colour, 0.8), size * 0.07)
            if look.glasses:
                rim = _fixed(xy[eye] + _ROUND * (0.27 * size * narrow, 0.22 * size))
                cv2.polylines(self.image, [rim], True, (36, 36, 44), max(1, round(size * 0.05)), cv2.LINE_AA, _SHIFT)
        if z[body.NOSE] > -0.05:
            tip = xy[body.NOSE]
            self.fill(_fixed(tip + _ROUND * (0.11 * size, 0.13 * size)), shade(look.skin, 0.8))
        if z[body.L_MOUTH] + z[body.R_MOUTH] > 0.3:
            self._stroke(xy[[body.L_MOUTH, body.R_MOUTH]], (150, 60, 60), size * 0.09)

    def _stroke(self, ends: Points, colour: Colour, width: float) -> None:
        first, second = _fixed(ends)
        cv2.line(self.image, first.tolist(), second.tolist(), colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)

    def _hat(self, bodies: Bodies, index: int, look: Look) -> None:
        xy, z = bodies.head_xy[index], bodies.head_z[index]
        centre = bodies.xy[index, body.HEAD]
        rim = _fixed(centre + (xy[body.HAT] - centre) * 1.12)
        self.fill(cv2.convexHull(rim), look.second_colour)
        if look.hair == "cap" and z[body.BRIM] > -0.2:
            size = bodies.head_size[index, 1]
            brim = centre + (xy[body.BRIM] - centre) * 0.95
            self.fill(_fixed(brim + _ROUND * (0.62 * size, 0.17 * size)), shade(look.second_colour, 0.7))


def _ball(bodies: Bodies, index: int, factor: float) -> Points:
    cos, sin = np.cos(bodies.tilt[index]), np.sin(bodies.tilt[index])
    flat = _ROUND * (bodies.head_size[index] * factor)
    turn = np.array(((cos, sin), (-sin, cos)))
    outline: Points = flat @ turn + bodies.xy[index, body.HEAD]
    return outline


def segment_colours(look: Look) -> list[Colour]:
    """Return the colour of each limb segment, in the order of the table above."""
    sleeve = look.second_colour if look.shirt == "jacket" and look.sleeve == "short" else look.shirt_colour
    thigh = look.skin if look.legs in ("skirt", "dress") else look.legs_colour
    shin = look.legs_colour if look.legs == "trousers" else look.skin
    upper = look.skin if look.sleeve == "none" else sleeve
    fore = sleeve if look.sleeve == "long" else look.skin
    shoe = look.shoe_colour
    return [thigh, thigh, shin, shin, shoe, shoe, upper, upper, fore, fore, look.skin, look.skin, look.skin]


def limbs(
    bodies: Bodies, index: int, look: Look, outlines: npt.NDArray[np.int32], insides: npt.NDArray[np.int32]
) -> list[Shape]:
    """Return the shapes of arms, legs and neck of one person."""
    z = bodies.z[index]
    keys = ((z[_FROM] + z[_TO]) * 0.5).tolist()
    shapes = []
    for segment, (colour, key) in enumerate(zip(segment_colours(look), keys, strict=True)):
        far = min(1.0, max(0.78, 1 + 1.3 * key))
        lit = shade(colour, far)
        if segment >= _UPPER[0]:
            key += 0.045 if segment != _NECK else -0.02  # arms hang in front of the clothes, the neck behind the chin
        else:
            key -= 0.03 if segment not in _SHOES else 0.035
        if segment in _HANDS:
            key += 0.001
        shapes.append(Shape(key, _CODES[segment], outlines[segment], shade(lit, 0.8), insides[segment], lit))
    return shapes


def trunk(bodies: Bodies, index: int, look: Look) -> list[Shape]:
    """Return the shapes of hips, shirt and skirt of one person."""
    scale, xy = bodies.scale[index], bodies.xy[index]
    cos, sin = float(np.cos(bodies.yaw[index])), float(np.sin(bodies.yaw[index]))
    pelvis, chest = xy[body.PELVIS], xy[body.CHEST]
    spine = chest - pelvis
    length = float(np.hypot(*spine))
    up = spine / length if length > 0.12 * scale else np.array((0.0, -1.0))
    side = np.array((-up[1], up[0]))
    widths = np.hypot(_LEVELS[:, 1] * cos, _LEVELS[:, 2] * sin) * (scale * look.girth)
    centres = pelvis + _LEVELS[:, :1] * spine
    right, left = centres + side * widths[:, None], centres - side * widths[:, None]
    lower = look.legs_colour if look.legs != "dress" else look.shirt_colour
    hips = np.concatenate((right[:2], left[1::-1]))
    shapes = [Shape(-0.02, TORSO, cv2.convexHull(_fixed(hips)), shade(lower, 0.9))]
    shirt = cv2.convexHull(_fixed(np.concatenate((right[1:], left[:0:-1]))))
    shrink = np.array((0.86, 0.86, 0.86, 0.86, 0.86, 0.8))[:, None]
    lit = centres[1:] + _LIGHT * (0.006 * scale)
    half = side * (widths[1:, None] * shrink)
    inner = cv2.convexHull(_fixed(np.concatenate((lit + half, (lit - half)[::-1]))))
    shapes.append(Shape(0.0, TORSO, shirt, shade(look.shirt_colour, 0.8), inner, look.shirt_colour))
    shapes += _pattern(look, centres, side, widths, _LEVELS[:, 2] * (scale * look.girth), cos, sin)
    if look.legs in ("skirt", "dress"):
        shapes.append(_skirt(bodies, index, look, right, left))
    if look.backpack:
        shapes.append(_bag(look, centres, side, widths, scale, cos, sin))
    return shapes


def _skirt(bodies: Bodies, index: int, look: Look, right: Points, left: Points) -> Shape:
    xy, scale = bodies.xy[index], bodies.scale[index]
    corners = [right[2:3] * 0.7 + right[1:2] * 0.3, left[2:3] * 0.7 + left[1:2] * 0.3, right[:2], left[:2]]
    for hip, knee in ((body.L_HIP, body.L_KNEE), (body.R_HIP, body.R_KNEE)):
        end = xy[hip] + (xy[knee] - xy[hip]) * 0.82
        corners.append(end + _ROUND[::2] * (0.066 * scale * look.girth))
    hull = cv2.convexHull(_fixed(np.concatenate(corners)))
    nearest = max(0.004, float(bodies.z[index, [body.L_KNEE, body.R_KNEE]].max()) * 0.5 + 0.02)
    return Shape(nearest, SKIRT, hull, shade(look.legs_colour, 0.92))


def _pattern(
    look: Look, centres: Points, side: Points, widths: Points, depths: Points, cos: float, sin: float
) -> list[Shape]:
    """Return what is on the shirt: bands around the body, or something on its front."""

    def at(height: float, across: float) -> Points:
        """A point of the front: `height` along the spine, `across` in half widths from its middle."""
        middle = np.array([np.interp(height, _LEVELS[:, 0], centres[:, axis]) for axis in (0, 1)])
        width = np.interp(height, _LEVELS[:, 0], widths)
        forward = np.interp(height, _LEVELS[:, 0], depths) * sin
        return np.asarray(middle + side * (across * width + forward))

    def band(low: float, high: float) -> Shape:
        ends = [(low, -0.97), (low, 0.97), (high, 0.97), (high, -0.97)]
        around = np.array(
            [at(height, across) - side * np.interp(height, _LEVELS[:, 0], depths) * sin for height, across in ends]
        )
        return Shape(0.001, 0, cv2.convexHull(_fixed(around)), look.second_colour)

    if look.shirt == "stripes":
        return [band(low, low + 0.09) for low in (0.12, 0.32, 0.52, 0.72)]
    if look.shirt == "band":
        return [band(0.48, 0.74)]
    if cos < 0.15:
        return []
    wide = {"jacket": 0.3 * cos, "buttons": 0.06, "print": 0.45 * cos}.get(look.shirt, 0.0)
    if wide == 0.0:
        return []
    low, high = (0.45, 0.8) if look.shirt == "print" else (0.06, 1.04)
    corners = np.array([at(low, -wide), at(low, wide), at(high, wide), at(high, -wide)])
    return [Shape(0.002, 0, _fixed(corners), look.second_colour)]


def _bag(look: Look, centres: Points, side: Points, widths: Points, scale: float, cos: float, sin: float) -> Shape:
    """Return a rucksack: over the back when that is seen, behind the body otherwise."""
    offset = -side * (sin * 0.1 * scale)
    half = side * (0.075 * abs(cos) + 0.05 * abs(sin)) * scale
    top, bottom = centres[4] + offset, centres[2] + offset
    corners = _fixed(np.stack((top - half * 0.8, top + half * 0.8, bottom + half, bottom - half)))
    return Shape(0.003 if cos < -0.2 else -0.05, BAG, corners, shade(look.second_colour, 0.8))


def hair_behind(bodies: Bodies, index: int, look: Look) -> list[Shape]:
    """Return the hair that hangs or sticks out behind the head."""
    if look.hair not in ("long", "bun", "ponytail"):
        return []
    head_xy, head_z = bodies.head_xy[index], bodies.head_z[index]
    size = bodies.head_size[index, 1]
    centre = bodies.xy[index, body.HEAD]
    which = {"long": body.HAIR, "bun": body.BUN, "ponytail": body.TAIL}[look.hair]
    end = head_xy[which]
    if look.hair == "bun":
        outline = end + _ROUND * (0.42 * size)
    else:
        start = head_xy[body.BUN] if look.hair == "ponytail" else centre
        radii = np.array((0.3, 0.2)) if look.hair == "ponytail" else np.array((1.0, 0.72))
        outline = capsules(start, end, radii * size)
    key = float(bodies.z[index, body.HEAD]) + float(head_z[which]) * look.head
    key = min(key, -0.08) if head_z[which] < -0.2 else max(key, float(bodies.z[index, body.HEAD]) + 0.04)
    return [Shape(key, HAIR, _fixed(outline), shade(look.hair_colour, 0.85))]
