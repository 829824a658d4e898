"""Moving people before a background, with the truth about every keypoint.

`Scene` is a place with people who go on living as time passes; `still` makes independent images for data sets. Both
depend on nothing but their arguments: the same seed, size and time give the same bytes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.demo import body
from n6studio.demo.backdrop import backdrop
from n6studio.demo.body import Bodies
from n6studio.demo.cast import Actor, Stage, cast, stage, whereabouts
from n6studio.demo.figure import Image, Painter
from n6studio.demo.look import Points
from n6studio.demo.props import Prop, draw_prop, draw_seat, draw_shadow, random_prop
from n6studio.demo.truth import truth
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.people import FloatArray, ImagePixels, People, nobody

SMALLEST, LARGEST = 32, 4096  # pixels, either side
_NOISE_MARGIN = 64


@dataclass(frozen=True, eq=False)
class SceneFrame:
    """One image and what is in it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        truth: everyone who can be made out. Boxes hold the body as far as it is in the image, hidden parts included.
            Keypoints are COCO's 17 with flags 2 visible, 1 hidden behind something or by the own body, 0 outside the
            image (x = y = 0 then).
        areas: (P,) float32: pixels of the image that belong to each one, COCO's `area`.
    """

    image: Image
    truth: People[ImagePixels]
    areas: FloatArray


class Scene:
    """A place with people in it.

    Args:
        seed: an integer of at least 0, or several.
        size: (width, height) of the frames, 32..4096 pixels each.
        people: how many there are, 0..6; None leaves it to the seed.
        place: one of `backdrop.PLACES`; None leaves it to the seed.

    Raises:
        SettingInvalid: for a size or a number outside these ranges.
    """

    def __init__(
        self,
        seed: int | Sequence[int],
        size: tuple[int, int] = (640, 480),
        people: int | None = None,
        place: str | None = None,
    ) -> None:
        check_size(size)
        if people is not None and not 0 <= people <= 6:
            raise SettingInvalid(name="people", value=people, allowed="0..6")
        self.size = size
        width, height = size
        rng = np.random.default_rng(seed)
        self._stage: Stage = stage(rng, width, height)
        self._actors: list[Actor] = cast(rng, self._stage, people)
        self._background = backdrop(rng, width, height, self._stage.floor, place)
        self._crowd = body.crowd([actor.look for actor in self._actors]) if self._actors else None
        self._prop: Prop | None = random_prop(rng, self._stage)
        self._light = _light(rng, width, height)
        self._blur = float(rng.choice((0.0, 0.0, 0.5, 0.8)))
        self._noise = _noise(rng, width, height)

    def frame(self, seconds: float) -> SceneFrame:
        """Return the scene at a time; any time, in any order."""
        image, owners = self._background.copy(), np.zeros(self._background.shape[:2], np.uint8)
        bodies, extents = None, np.zeros((0, 4))
        if self._crowd is not None:
            bodies, extents = self._people(image, owners, seconds)
        image = self._camera(image, seconds)
        if bodies is None or self._crowd is None:
            return SceneFrame(image, nobody(17), np.zeros(0, np.float32))
        people, areas = truth(bodies, extents, owners, self._crowd.looks)
        return SceneFrame(image, people, areas)

    def _people(self, image: Image, owners: Image, seconds: float) -> tuple[Bodies, Points]:
        assert self._crowd is not None
        poses, feet, scale = whereabouts(self._actors, self._stage, seconds)
        bodies = body.project(self._crowd, poses, feet, scale, self._stage.pitch)
        painter = Painter(image, owners)
        order = np.argsort(feet[:, 1], kind="stable").tolist()
        for index in order:
            draw_shadow(image, feet[index], float(scale[index]))
        seats = {index for index, actor in enumerate(self._actors) if actor.activity.kind == "sit"}
        prop = self._prop
        painter.prepare(bodies, self._crowd.looks)
        extents = np.zeros((len(order), 4))
        for index in order:
            if prop is not None and feet[index, 1] > prop.ground:
                draw_prop(image, owners, prop)
                prop = None
            if index in seats:
                draw_seat(image, owners, bodies, index, feet[index], self._actors[index].look.second_colour)
            extents[index] = painter.person(index)
        if prop is not None:
            draw_prop(image, owners, prop)
        return bodies, extents

    def _camera(self, image: Image, seconds: float) -> Image:
        """Return what a camera makes of it: light, a little blur, noise."""
        cv2.multiply(image, self._light, dst=image, scale=1 / 160)
        if self._blur:
            cv2.GaussianBlur(image, (3, 3), self._blur, dst=image)
        height, width = image.shape[:2]
        step = round(seconds * 1000) * 7919 % (_NOISE_MARGIN * _NOISE_MARGIN)
        top, left = divmod(step, _NOISE_MARGIN)
        lighter, darker = (table[top : top + height, left : left + width] for table in self._noise)
        cv2.add(image, lighter, dst=image)
        cv2.subtract(image, darker, dst=image)
        return image


def still(seed: int, index: int, size: tuple[int, int] = (640, 480)) -> SceneFrame:
    """Return image `index` (at least 0) of the endless series `seed`: other people in another place each time."""
    return Scene((seed, index), size).frame(float(index % 97) * 0.37)


def check_size(size: tuple[int, int]) -> None:
    """Raise `SettingInvalid` unless both sides are whole numbers that an image can have."""
    if len(size) != 2 or not all(isinstance(side, int | np.integer) and SMALLEST <= side <= LARGEST for side in size):
        raise SettingInvalid(name="size", value=list(size), allowed=f"{SMALLEST}..{LARGEST} pixels each way")


def _light(rng: np.random.Generator, width: int, height: int) -> Image:
    """Return (H, W, 3) uint8, 160 for "as painted": colour, brightness, and a slope across the image."""
    tint = rng.uniform(0.88, 1.08, 3)
    level = rng.uniform(0.7, 1.2)
    angle, slope = rng.uniform(0, 2 * math.pi), rng.uniform(0, 0.28)
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    field = level * (1 + slope * (math.cos(angle) * x + math.sin(angle) * y) - 0.08 * (x * x + y * y))
    light: Image = cv2.merge([(field * (160 * float(one))).clip(0, 255).astype(np.uint8) for one in tint])
    return light


def _noise(rng: np.random.Generator, width: int, height: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return what is added to and what is taken from the pixels; each frame looks at another corner of it."""
    strength = float(rng.choice((1.0, 2.0, 3.0, 5.0)))
    shape = (height + _NOISE_MARGIN, width + _NOISE_MARGIN, 3)
    noise = np.empty(shape, np.int8)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    cv2.randn(noise, 0, strength)
    return np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8)


__all__ = ["LARGEST", "SMALLEST", "Scene", "SceneFrame", "check_size", "still"]
