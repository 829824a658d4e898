"""A model that does not run again on what it has seen."""

import numpy as np

from n6studio.stages.quantize.remembered import MOST, Remembered


class Counting:
    """A model whose output is its image's mean, and that counts how often it ran."""

    info = None

    def __init__(self):
        self.runs = 0

    def run(self, image):
        self.runs += 1
        return np.full((2, 3), image.mean(), np.float32)


def test_an_image_is_run_once_and_answered_as_before():
    model = Counting()
    remembered = Remembered(model)
    images = [np.full((4, 4, 3), number, np.uint8) for number in range(3)]
    for image in (*images, *images):
        answer = remembered.run(image)
        assert answer[0, 0] == image[0, 0, 0]
        answer[:] = -1  # a reader that writes into its answer changes no later one
    assert model.runs == 3


def test_only_the_first_images_are_kept():
    model = Counting()
    remembered = Remembered(model)
    images = [np.full((1, 1, 3), number, np.uint8) for number in range(MOST + 2)]
    for image in (*images, *images):
        assert remembered.run(image)[0, 0] == image[0, 0, 0]
    assert model.runs == MOST + 2 + 2
