"""What is behind the people: rooms, parks, streets and plain painted shapes, drawn once per scene from a seed."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.demo.look import Colour, Points, cloth, shade

Image = npt.NDArray[np.uint8]
Rng = np.random.Generator


def clouds(rng: Rng, width: int, height: int, cells: int) -> Points:
    """Return (height, width) of smooth noise in about -1..1, with `cells` bumps across the longer side."""
    longer = max(width, height)
    grid = rng.standard_normal((max(2, cells * height // longer + 2), max(2, cells * width // longer + 2)))
    field: Points = cv2.resize(grid.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return field


def texture(rng: Rng, image: Image, strength: float, cells: int) -> None:
    """Make `image` lighter and darker in patches, in place; `strength` is in grey levels."""
    height, width = image.shape[:2]
    patches = (clouds(rng, width, height, cells) * strength).clip(-90, 90)
    lighter = cv2.merge([patches.clip(0, 255).astype(np.uint8)] * 3)
    darker = cv2.merge([(-patches).clip(0, 255).astype(np.uint8)] * 3)
    cv2.add(image, lighter, dst=image)
    cv2.subtract(image, darker, dst=image)


def gradient(image: Image, top: int, bottom: int, upper: Colour, lower: Colour) -> None:
    """Fill the rows top..bottom of `image` from one colour to another, in place."""
    top, bottom = max(0, top), min(image.shape[0], bottom)
    if bottom <= top:
        return
    share = np.linspace(0, 1, bottom - top)[:, None]
    rows = np.array(upper) * (1 - share) + np.array(lower) * share
    image[top:bottom] = rows[:, None].astype(np.uint8)


def _pale(rng: Rng, low: int = 150, high: int = 240) -> Colour:
    base, tint = int(rng.integers(low, high)), rng.integers(-28, 16, 3)
    red, green, blue = (int(np.clip(base + value, 0, 255)) for value in tint)
    return (red, green, blue)


def _box(image: Image, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    cv2.rectangle(image, (int(left), int(top)), (int(right), int(bottom)), colour, -1)


def _room(rng: Rng, image: Image, floor: int) -> None:
    """A wall with things on it, a skirting board and a floor of boards or tiles."""
    height, width = image.shape[:2]
    wall = _pale(rng) if rng.random() < 0.75 else cloth(rng)
    gradient(image, 0, floor, shade(wall, 0.85), wall)
    ground = (int(rng.integers(90, 190)), int(rng.integers(70, 150)), int(rng.integers(50, 130)))
    gradient(image, floor, height, shade(ground, 0.75), ground)
    _boards(rng, image, floor, shade(ground, 0.8))
    _box(image, 0, floor - height * 0.02, width, floor, shade(wall, 1.35))
    for _ in range(int(rng.integers(1, 5))):
        x, y = rng.uniform(0, width * 0.9), rng.uniform(0, floor * 0.5)
        wide, tall = width * rng.uniform(0.06, 0.22), floor * rng.uniform(0.15, 0.5)
        kind = rng.integers(4)
        if kind == 0:
            _window(rng, image, x, y, wide * 1.4, tall * 1.2)
        elif kind == 1:
            _box(image, x, y, x + wide, y + tall, (60, 48, 40))
            _box(image, x + 2, y + 2, x + wide - 2, y + tall - 2, cloth(rng))
            cv2.circle(
                image, (int(x + wide / 2), int(y + tall / 2)), int(min(wide, tall) / 4), cloth(rng), -1, cv2.LINE_AA
            )
        elif kind == 2:
            _shelf(rng, image, x, floor - tall * 1.6, wide * 1.3, tall * 1.6)
        else:
            _lamp(rng, image, x, floor, height)


def _boards(rng: Rng, image: Image, floor: int, colour: Colour) -> None:
    height, width = image.shape[:2]
    vanish = width * rng.uniform(0.3, 0.7)
    for x in np.linspace(-width, 2 * width, int(rng.integers(8, 26))):
        start = (int(vanish + (x - vanish) * 0.55), floor)
        cv2.line(image, start, (int(x), height), colour, max(1, height // 240), cv2.LINE_AA)


def _window(rng: Rng, image: Image, x: float, y: float, wide: float, tall: float) -> None:
    frame = (236, 234, 228) if rng.random() < 0.7 else (90, 66, 48)
    _box(image, x, y, x + wide, y + tall, frame)
    edge = max(1.0, wide * 0.05)
    sky = (int(rng.integers(120, 210)), int(rng.integers(170, 225)), 240)
    for column in (0, 1):
        for row in (0, 1):
            left, top = x + edge + column * wide / 2, y + edge + row * tall / 2
            _box(
                image,
                left,
                top,
                left + wide / 2 - 2 * edge,
                top + tall / 2 - 2 * edge,
                sky if row == 0 else shade(sky, 0.9),
            )


def _shelf(rng: Rng, image: Image, x: float, y: float, wide: float, tall: float) -> None:
    wood = (int(rng.integers(70, 190)), int(rng.integers(50, 130)), int(rng.integers(30, 90)))
    _box(image, x, y, x + wide, y + tall, wood)
    rows = int(rng.integers(2, 5))
    for row in range(rows):
        top = y + row * tall / rows + 2
        _box(image, x + 2, top, x + wide - 2, top + tall / rows - 4, shade(wood, 0.55))
        left = x + 3.0
        while left < x + wide - 5:
            thick, high = wide * rng.uniform(0.04, 0.1), tall / rows * rng.uniform(0.5, 0.85)
            if rng.random() < 0.8:
                _box(image, left, top + tall / rows - 4 - high, left + thick, top + tall / rows - 4, cloth(rng))
            left += thick + 1


def _lamp(rng: Rng, image: Image, x: float, floor: int, height: int) -> None:
    top = floor - height * rng.uniform(0.3, 0.42)
    cv2.line(image, (int(x), int(floor + height * 0.03)), (int(x), int(top)), (60, 56, 52), max(1, height // 120))
    half = height * 0.05
    shade_points = np.array(
        ((x - half * 0.6, top), (x + half * 0.6, top), (x + half, top + half), (x - half, top + half))
    )
    cv2.fillConvexPoly(image, shade_points.astype(np.int32), (250, 232, 170), cv2.LINE_AA)


def _park(rng: Rng, image: Image, floor: int) -> None:
    """Sky, clouds, hills, trees and grass, perhaps with a path."""
    height, width = image.shape[:2]
    sky = (int(rng.integers(90, 190)), int(rng.integers(150, 215)), int(rng.integers(210, 250)))
    gradient(image, 0, floor, sky, shade(sky, 1.45))
    for _ in range(int(rng.integers(0, 6))):
        centre = np.array((rng.uniform(0, width), rng.uniform(0, floor * 0.5)))
        for _ in range(4):
            at = (centre + rng.normal(0, 0.035, 2) * (width, height * 0.4)).astype(int).tolist()
            axes = (int(width * rng.uniform(0.03, 0.08)), int(height * rng.uniform(0.015, 0.035)))
            cv2.ellipse(image, at, axes, 0, 0, 360, (244, 246, 250), -1, cv2.LINE_AA)
    green = (int(rng.integers(60, 130)), int(rng.integers(110, 170)), int(rng.integers(40, 90)))
    for layer in (1.5, 1.15):
        at = (int(rng.uniform(0, width)), int(floor + height * 0.12))
        axes = (int(width * rng.uniform(0.5, 0.9)), int(height * rng.uniform(0.16, 0.3)))
        cv2.ellipse(image, at, axes, 0, 0, 360, shade(green, layer if layer > 1.2 else 0.95), -1, cv2.LINE_AA)
    gradient(image, floor, height, shade(green, 0.8), green)
    for _ in range(int(rng.integers(0, 6))):
        _tree(
            rng, image, rng.uniform(0, width), floor + height * rng.uniform(-0.01, 0.05), height * rng.uniform(0.2, 0.5)
        )
    if rng.random() < 0.5:
        middle, half = width * rng.uniform(0.2, 0.8), width * rng.uniform(0.08, 0.2)
        path = np.array(
            ((middle, floor), (middle + half * 0.2, floor), (middle + half * 3, height), (middle - half * 2, height))
        )
        cv2.fillConvexPoly(image, path.astype(np.int32), (196, 182, 152), cv2.LINE_AA)


def _tree(rng: Rng, image: Image, x: float, y: float, tall: float) -> None:
    trunk = (int(rng.integers(70, 110)), int(rng.integers(50, 80)), int(rng.integers(30, 60)))
    _box(image, x - tall * 0.04, y - tall * 0.5, x + tall * 0.04, y, trunk)
    leaf = (int(rng.integers(40, 120)), int(rng.integers(90, 150)), int(rng.integers(30, 80)))
    for _ in range(5):
        at = (int(x + rng.normal(0, tall * 0.12)), int(y - tall * rng.uniform(0.5, 0.85)))
        cv2.circle(image, at, int(tall * rng.uniform(0.12, 0.22)), shade(leaf, rng.uniform(0.8, 1.15)), -1, cv2.LINE_AA)


def _street(rng: Rng, image: Image, floor: int) -> None:
    """Houses with lit and dark windows, a pavement and a road."""
    height, width = image.shape[:2]
    sky = _pale(rng, 160, 235)
    gradient(image, 0, floor, shade(sky, 0.9), shade(sky, 1.3))
    x = -width * rng.uniform(0, 0.2)
    while x < width:
        wide, tall = width * rng.uniform(0.14, 0.34), floor * rng.uniform(0.55, 1.1)
        wall = _pale(rng, 90, 200)
        _box(image, x, floor - tall, x + wide, floor, wall)
        columns, rows = int(rng.integers(2, 5)), int(rng.integers(2, 6))
        for column in range(columns):
            for row in range(rows):
                left, top = x + wide * (column + 0.25) / columns, floor - tall + tall * (row + 0.2) / rows
                pane = (250, 226, 150) if rng.random() < 0.2 else shade(wall, 0.45)
                _box(image, left, top, left + wide * 0.5 / columns, top + tall * 0.5 / rows, pane)
        x += wide * rng.uniform(1.0, 1.1)
    pavement = _pale(rng, 120, 190)
    gradient(image, floor, height, shade(pavement, 0.8), pavement)
    road = floor + int((height - floor) * rng.uniform(0.3, 0.7))
    _box(image, 0, road, width, height, _pale(rng, 60, 100))
    _box(image, 0, road - height * 0.012, width, road, shade(pavement, 1.4))
    for post in range(int(rng.integers(0, 3))):
        left = width * (post + rng.uniform(0, 1)) / 2
        cv2.line(image, (int(left), road), (int(left), int(floor * 0.2)), (52, 56, 60), max(1, width // 110))


def _brick(rng: Rng, image: Image, floor: int) -> None:
    """A wall of bricks or tiles above a plain floor."""
    height, width = image.shape[:2]
    brick = (int(rng.integers(120, 200)), int(rng.integers(70, 150)), int(rng.integers(60, 140)))
    image[:floor] = shade(brick, 0.75 if rng.random() < 0.5 else 1.4)
    tall = max(4, int(height * rng.uniform(0.02, 0.07)))
    wide = int(tall * rng.uniform(1.0, 2.6))
    for row in range(floor // tall + 1):
        for column in range(-1, width // wide + 1):
            x, y = column * wide + (row % 2) * wide // 2, row * tall
            colour = shade(brick, 0.88 + 0.2 * float(rng.random()))
            cv2.rectangle(image, (x, y), (x + wide - 2, min(floor, y + tall) - 2), colour, -1)
    gradient(image, floor, height, _pale(rng, 70, 150), _pale(rng, 90, 180))


def _studio(rng: Rng, image: Image, floor: int) -> None:
    """A plain backdrop that runs smoothly into the floor."""
    height = image.shape[0]
    colour = _pale(rng, 90, 235) if rng.random() < 0.6 else cloth(rng)
    gradient(image, 0, floor, colour, shade(colour, 1.12))
    gradient(image, floor, height, shade(colour, 1.12), shade(colour, 0.8))


def _workshop(rng: Rng, image: Image, floor: int) -> None:
    """Benches, cupboards and machines with small lights."""
    height, width = image.shape[:2]
    gradient(image, 0, floor, _pale(rng, 130, 210), _pale(rng, 150, 220))
    gradient(image, floor, height, _pale(rng, 80, 130), _pale(rng, 110, 170))
    x = 0.0
    while x < width:
        wide, tall = width * rng.uniform(0.1, 0.3), height * rng.uniform(0.08, 0.34)
        body = _pale(rng, 60, 220) if rng.random() < 0.6 else cloth(rng)
        _box(image, x, floor - tall, x + wide, floor + height * 0.02, body)
        _box(image, x + wide * 0.1, floor - tall * 0.9, x + wide * 0.9, floor - tall * 0.55, shade(body, 0.6))
        for _ in range(3):
            at = (int(x + wide * rng.uniform(0.15, 0.85)), int(floor - tall * rng.uniform(0.1, 0.45)))
            cv2.circle(image, at, max(1, height // 110), cloth(rng), -1)
        x += wide * rng.uniform(1.0, 1.5)


def _abstract(rng: Rng, image: Image, floor: int) -> None:
    """Colours and shapes that mean nothing, so that a model learns people and not places."""
    height, width = image.shape[:2]
    gradient(image, 0, height, cloth(rng), cloth(rng))
    for _ in range(int(rng.integers(4, 18))):
        at = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        size = height * rng.uniform(0.02, 0.2)
        kind = rng.integers(3)
        if kind == 0:
            cv2.circle(image, at, int(size), cloth(rng), -1, cv2.LINE_AA)
        elif kind == 1:
            corners = cv2.boxPoints((at, (size * 2, size * rng.uniform(0.3, 2)), rng.uniform(0, 180)))
            cv2.fillConvexPoly(image, corners.astype(np.int32), cloth(rng), cv2.LINE_AA)
        else:
            angle = rng.uniform(0, math.pi)
            end = (int(at[0] + 3 * size * math.cos(angle)), int(at[1] + 3 * size * math.sin(angle)))
            cv2.line(image, at, end, cloth(rng), max(1, int(size * 0.25)), cv2.LINE_AA)


_PLACES: tuple[Callable[[Rng, Image, int], None], ...] = (_room, _park, _street, _brick, _studio, _workshop, _abstract)
_WEIGHTS = (0.3, 0.18, 0.14, 0.08, 0.12, 0.12, 0.06)
PLACES = tuple(place.__name__.strip("_") for place in _PLACES)


def backdrop(rng: Rng, width: int, height: int, floor: int, place: str | None = None) -> Image:
    """Return a (height, width, 3) uint8 RGB background.

    Args:
        rng: where the choices come from.
        width: pixels.
        height: pixels.
        floor: the row where the ground begins, 1..height.
        place: one of `PLACES`, or None for a random one.
    """
    image = np.zeros((height, width, 3), np.uint8)
    which = PLACES.index(place) if place else int(rng.choice(len(_PLACES), p=_WEIGHTS))
    _PLACES[which](rng, image, floor)
    texture(rng, image, float(rng.uniform(2, 10)), int(rng.integers(3, 10)))
    texture(rng, image, float(rng.uniform(1, 5)), int(rng.integers(60, 160)))
    if rng.random() < 0.4:  # a background out of focus
        size = 2 * int(rng.uniform(0.002, 0.008) * height) + 1
        image = np.asarray(cv2.GaussianBlur(image, (size, size), 0), np.uint8)
    return image
