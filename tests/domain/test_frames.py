"""Frames of coordinates: the type checker refuses to mix them, and the ways between them that need no placement."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from n6studio.domain.pose.frames import fractions_of_image, fractions_of_input, pixels_of_cutout, pixels_of_image
from n6studio.domain.pose.people import People, nobody, together

ROOT = Path(__file__).parents[2]
REFUSED = "  # refused"
SNIPPET = f"""\
from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose import frames
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.people import (
    FloatArray, ImageFractions, ImagePixels, InputFractions, InputPixels, People, nobody, together,
)
from n6studio.domain.pose.preprocess import Resize, place
from n6studio.domain.pose.views import view_of

def mixed(output: FloatArray, layout: OutputLayout) -> People[ImagePixels]:
    placement = place((800, 480), (256, 256), Resize.CROP)
    view = view_of(placement, Resize.CROP)
    found = decode(output, layout, (256, 256))
    image = frames.input_to_image(found, placement)
    fractions = frames.input_to_fractions(found, view)
    frames.image_to_input(image[:1], placement)
    frames.fractions_to_input(fractions, view)
    together([image, frames.pixels_of_image(fractions, (800, 480))])
    FrameResults((1, 0), 0, 0, Timings(), "", view, fractions)
    FrameResults((1, 0), 0, 0, Timings(), "", view, nobody(17))

    frames.input_to_image(image, placement){REFUSED}
    frames.image_to_input(found, placement){REFUSED}
    frames.input_to_fractions(fractions, view){REFUSED}
    frames.fractions_to_input(image, view){REFUSED}
    frames.pixels_of_image(image, (800, 480)){REFUSED}
    frames.fractions_of_image(found, (256, 256)){REFUSED}
    frames.fractions_of_input(image, (800, 480)){REFUSED}
    together([image, found]){REFUSED}
    FrameResults((1, 0), 0, 0, Timings(), "", view, found[:1]){REFUSED}
    guess = People(found.boxes, found.confidences, found.keypoints){REFUSED}
    wrong: People[ImageFractions] = frames.fractions_of_input(found, (256, 256)){REFUSED}
    return found{REFUSED}

def unsaid(people: People) -> None: ...{REFUSED}
"""


def test_the_type_checker_refuses_to_mix_frames(tmp_path):
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET, encoding="utf-8")
    # The project's own cache, and its settings, so that strict is what strict is there.
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    refused = {int(number) for number in re.findall(r"snippet\.py:(\d+): error", said.stdout)}
    wanted = {number for number, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith(REFUSED)}
    assert refused == wanted, said.stdout + said.stderr


def somebody():
    box, points = [[80, 120, 160, 480]], [[[40, 240, 0.5], [840, -48, 0]]]
    return People(np.array(box, np.float32), np.array([0.5], np.float32), np.array(points, np.float32))


def values(people):
    assert people.boxes.dtype == people.keypoints.dtype == np.float32
    return people.boxes.tolist(), people.keypoints.tolist()


def test_fractions_and_pixels_by_hand():
    wanted = ([[0.125, 0.25, 0.25, 1.0]], [[[0.0625, 0.5, 0.5], [1.3125, -0.1, 0]]])
    for made in (fractions_of_image(somebody(), (640, 480)), fractions_of_input(somebody(), (640, 480))):
        assert np.allclose(made.boxes, wanted[0], atol=1e-7)
        assert np.allclose(made.keypoints, wanted[1], atol=1e-7)
        assert made.confidences.tolist() == [0.5]
    # In another size of the same image: everything half as wide and a quarter as high.
    smaller = pixels_of_image(fractions_of_image(somebody(), (640, 480)), (320, 120))
    assert np.allclose(smaller.boxes, [[40, 30, 80, 120]], atol=1e-4)
    assert np.allclose(smaller.keypoints, [[[20, 60, 0.5], [420, -12, 0]]], atol=1e-4)


def test_a_cutout_begins_at_its_corner_and_is_scaled():
    assert values(pixels_of_cutout(somebody(), (72, 100), 2.0)) == (
        [[16, 40, 176, 760]],
        [[[-64, 280, 0.5], [1536, -296, 0]]],
    )


def test_what_is_converted_stays_as_it_was():
    people = somebody()
    for _ in (fractions_of_image(people, (640, 480)), pixels_of_cutout(people, (72, 100), 2.0)):
        assert values(people) == values(somebody())


def test_people_together_keep_their_order():
    both = together([somebody(), nobody(2), fractions_of_image(somebody(), (80, 120))])
    assert both.boxes[:, 0].tolist() == [80, 1]
    assert both.keypoints.shape == (2, 2, 3)
