"""Things that people cast, sit on and stand behind: shadows, seats, and furniture in front of them."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.demo import body
from n6studio.demo.body import Bodies
from n6studio.demo.cast import Stage
from n6studio.demo.look import Colour, Points, cloth, shade

Image = npt.NDArray[np.uint8]
SCENERY = 255  # in the map of owners: something in front of people

_DISC = np.hypot(*np.meshgrid(np.linspace(-1, 1, 48), np.linspace(-1, 1, 48)))
_SHADOW = (255 - 105 * (1.25 - 1.25 * _DISC).clip(0, 1)).astype(np.uint8)


@dataclass(frozen=True)
class Prop:
    """A piece of furniture that hides what is behind it.

    Attributes:
        kind: "counter", "crate", "hedge" or "post".
        left: pixels; so are `right`, `top` and `ground`, the row where it stands.
    """

    kind: str
    left: int
    right: int
    top: int
    ground: int
    colour: Colour


def random_prop(rng: np.random.Generator, where: Stage) -> Prop | None:
    """Return something to stand behind, in about one scene of eight."""
    if rng.random() > 0.12 or where.close:
        return None
    kind = str(rng.choice(("counter", "crate", "hedge", "post")))
    scale = where.height * float(rng.uniform(0.45, 0.8))
    ground = where.horizon + where.ratio * scale
    wide = {"counter": 0.9, "crate": 0.4, "hedge": 0.8, "post": 0.06}[kind] * scale * float(rng.uniform(0.7, 1.2))
    tall = {"counter": 0.42, "crate": 0.3, "hedge": 0.38, "post": 1.3}[kind] * scale * float(rng.uniform(0.7, 1.1))
    left = float(rng.uniform(-0.1, 0.95)) * where.width
    colour = (58, 112, 52) if kind == "hedge" else cloth(rng)
    return Prop(kind, int(left), int(left + wide), int(ground - tall), int(ground), colour)


def draw_prop(image: Image, owners: Image, prop: Prop) -> None:
    """Draw `prop` into the image and the map of owners."""
    cv2.rectangle(image, (prop.left, prop.top), (prop.right, prop.ground), shade(prop.colour, 0.8), -1)
    cv2.rectangle(owners, (prop.left, prop.top), (prop.right, prop.ground), SCENERY, -1)
    tall = prop.ground - prop.top
    if prop.kind == "hedge":
        radius = max(2, tall // 7)
        for step, x in enumerate(range(prop.left, prop.right + 1, radius)):
            at = (x, prop.top + (step * 5 % 3) * radius // 4)
            cv2.circle(image, at, radius, shade(prop.colour, 0.85 + 0.1 * (step % 3)), -1, cv2.LINE_AA)
            cv2.circle(owners, at, radius, SCENERY, -1)
        return
    edge = max(1, tall // 12)
    cv2.rectangle(image, (prop.left, prop.top), (prop.right, prop.top + edge), shade(prop.colour, 1.3), -1)
    if prop.kind == "crate":
        for y in range(prop.top + 3 * edge, prop.ground, 3 * edge):
            cv2.line(image, (prop.left, y), (prop.right, y), shade(prop.colour, 0.6), max(1, edge // 3))


def draw_seat(image: Image, owners: Image, bodies: Bodies, index: int, feet: Points, colour: Colour) -> None:
    """Draw the stool under someone who sits, over what is behind it."""
    scale = float(bodies.scale[index])
    x, y = bodies.xy[index, body.PELVIS]
    half, top = 0.14 * scale, y + 0.03 * scale
    corners = np.array(((x - half, top), (x + half, top), (x + half * 0.9, feet[1]), (x - half * 0.9, feet[1])))
    fixed = (corners * 16).round().astype(np.int32)
    cv2.fillConvexPoly(image, fixed, shade(colour, 0.6), cv2.LINE_AA, 4)
    cv2.fillConvexPoly(owners, fixed, 0, cv2.LINE_8, 4)
    lid = (np.array(((x - half * 1.1, top - 0.02 * scale), (x + half * 1.1, top + 0.02 * scale))) * 16).astype(int)
    cv2.rectangle(image, lid[0].tolist(), lid[1].tolist(), shade(colour, 0.9), -1, cv2.LINE_AA, 4)


def draw_shadow(image: Image, feet: Points, scale: float) -> None:
    """Darken the ground under someone, in place."""
    half_w, half_h = max(2, int(0.2 * scale)), max(1, int(0.05 * scale))
    left, top = int(feet[0]) - half_w, int(feet[1]) - half_h
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], left + 2 * half_w), min(image.shape[0], top + 2 * half_h)
    if x1 <= x0 or y1 <= y0:
        return
    disc = cv2.resize(_SHADOW, (2 * half_w, 2 * half_h))[y0 - top : y1 - top, x0 - left : x1 - left]
    patch = image[y0:y1, x0:x1]
    patch[:] = cv2.multiply(patch, cv2.merge([disc, disc, disc]), scale=1 / 255)
