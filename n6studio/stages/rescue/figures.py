"""What came of a rescue."""

import msgspec


class RescueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The checkpoint that was made.

    Attributes:
        tensors: how many of the file's tensors it holds.
        keypoints: K.
        keypoint_dims: values per keypoint.
        classes: how many.
    """

    tensors: int
    keypoints: int
    keypoint_dims: int
    classes: int
