"""What a figure looks like: proportions of the body, hair, clothes and colours, drawn once from a seed."""

import colorsys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]
Points = npt.NDArray[np.float64]

_SKINS = (
    (255, 224, 196),
    (241, 194, 160),
    (224, 172, 128),
    (198, 140, 98),
    (160, 106, 72),
    (122, 78, 52),
    (88, 56, 40),
)
_HAIRS = ((30, 24, 22), (58, 40, 30), (96, 62, 38), (146, 98, 54), (206, 164, 96), (172, 78, 40), (170, 168, 166),
          (226, 224, 220), (60, 70, 120), (150, 60, 110))  # fmt: skip
_DENIM = ((44, 62, 98), (70, 96, 140), (34, 36, 44), (120, 110, 92), (86, 88, 92), (176, 158, 120), (60, 48, 42))
_HAIR_STYLES = ("short", "short", "short", "bald", "long", "long", "bun", "ponytail", "afro", "cap", "beanie")
_SHIRTS = ("plain", "plain", "plain", "stripes", "band", "jacket", "buttons", "print")
_LEGS = ("trousers", "trousers", "trousers", "shorts", "skirt", "dress")


@dataclass(frozen=True)
class Look:
    """One person's body and clothes.

    Lengths are fractions of the standing height; colours are (red, green, blue) in 0..255.

    Attributes:
        shoulder: half the distance between the shoulder joints.
        hip: half the distance between the hip joints.
        torso: hip centre to shoulder centre.
        arm: upper arm, forearm and hand.
        leg: thigh and shin.
        girth: factor on all thicknesses, about 0.85..1.3.
        head: half the height of the head.
        sleeve: "long", "short" or "none".
        legs: "trousers", "shorts", "skirt" or "dress".
        shirt: the pattern of what is worn above.
        hair: the hair style or headgear.
        face_angle: half the opening angle of the face seen from the middle of the head, in radians.
    """

    shoulder: float
    hip: float
    torso: float
    arm: tuple[float, float, float]
    leg: tuple[float, float]
    girth: float
    head: float
    sleeve: str
    legs: str
    shirt: str
    hair: str
    face_angle: float
    beard: bool
    glasses: bool
    backpack: bool
    skin: Colour
    hair_colour: Colour
    shirt_colour: Colour
    second_colour: Colour
    legs_colour: Colour
    shoe_colour: Colour

    @property
    def ears_covered(self) -> bool:
        """Whether hair or a hat hides both ears."""
        return self.hair in ("long", "afro", "beanie")


def shade(colour: Colour, factor: float) -> Colour:
    """Return `colour` made darker (factor below 1) or lighter (above 1)."""
    if factor <= 1:
        return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))
    rest = min(1.0, factor - 1)
    return (
        int(colour[0] + (255 - colour[0]) * rest),
        int(colour[1] + (255 - colour[1]) * rest),
        int(colour[2] + (255 - colour[2]) * rest),
    )


def cloth(rng: np.random.Generator) -> Colour:
    """Return the colour of a random piece of clothing: mostly full colours, sometimes white, grey or black."""
    kind = rng.random()
    if kind < 0.15:
        grey = int(rng.integers(28, 246))
        return (grey, grey, min(255, grey + 6))
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.25, 0.9), rng.uniform(0.3, 0.95))
    return (int(red * 255), int(green * 255), int(blue * 255))


def random_look(rng: np.random.Generator) -> Look:
    """Return a random person: adults of all builds, and now and then a child with a larger head and shorter legs."""
    child = rng.random() < 0.15
    girth = float(rng.uniform(0.9, 1.2) * (1.12 if rng.random() < 0.15 else 1.0))
    leg = 0.228 if child else float(rng.uniform(0.236, 0.252))
    legs = str(rng.choice(_LEGS))
    skin = _vary(_SKINS[rng.integers(len(_SKINS))], rng, 8)
    hair = str(rng.choice(_HAIR_STYLES))
    shirt_colour = cloth(rng)
    legs_colour = shirt_colour if legs == "dress" else _DENIM[rng.integers(len(_DENIM))]
    if legs != "dress" and rng.random() < 0.4:
        legs_colour = cloth(rng)
    return Look(
        shoulder=float(rng.uniform(0.098, 0.116)) * (0.93 if legs in ("skirt", "dress") else 1.0),
        hip=float(rng.uniform(0.054, 0.062)),
        torso=float(rng.uniform(0.285, 0.305)),
        arm=(float(rng.uniform(0.152, 0.166)), float(rng.uniform(0.138, 0.15)), 0.045),
        leg=(leg, leg * 0.98),
        girth=girth,
        head=0.112 if child else float(rng.uniform(0.085, 0.099)),
        sleeve=str(rng.choice(("long", "short", "short", "none"))),
        legs=legs,
        shirt=str(rng.choice(_SHIRTS)),
        hair=hair,
        face_angle=float(rng.uniform(0.95, 1.12)),
        beard=bool(not child and legs not in ("skirt", "dress") and rng.random() < 0.22),
        glasses=bool(rng.random() < 0.18),
        backpack=bool(rng.random() < 0.12),
        skin=skin,
        hair_colour=_vary(_HAIRS[rng.integers(len(_HAIRS))], rng, 10),
        shirt_colour=shirt_colour,
        second_colour=cloth(rng),
        legs_colour=legs_colour,
        shoe_colour=cloth(rng) if rng.random() < 0.5 else (40, 36, 36),
    )


def _vary(colour: Colour, rng: np.random.Generator, amount: int) -> Colour:
    red, green, blue = (int(np.clip(value + rng.integers(-amount, amount + 1), 0, 255)) for value in colour)
    return (red, green, blue)
