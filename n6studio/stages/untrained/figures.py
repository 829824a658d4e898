"""What building a model by name yields."""

import msgspec


class UntrainedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A model with random weights.

    Attributes:
        parameters: number of weights and biases.
        keypoints: K.
    """

    parameters: int
    keypoints: int
