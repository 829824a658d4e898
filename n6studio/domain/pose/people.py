"""People as every room passes them on: boxes, scores and keypoints of one picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class People:
    """All people found (or labelled) in one picture, best score first where they were found by a network.

    Attributes:
        boxes: (P, 4) float32: left, top, right, bottom.
        scores: (P,) float32 in 0..1; 1 for labels.
        keypoints: (P, K, 3) float32: x, y and visibility. From a network visibility is a probability in 0..1; in
            labels it is COCO's 0 not labelled, 1 labelled but hidden, 2 visible.

    Coordinates are pixels of the picture the object belongs to (its documentation says which).
    """

    boxes: FloatArray
    scores: FloatArray
    keypoints: FloatArray

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> "People":
        return People(self.boxes[index], self.scores[index], self.keypoints[index])


def nobody(keypoint_count: int) -> People:
    """Return an empty `People` for skeletons of `keypoint_count` points."""
    return People(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, keypoint_count, 3), np.float32))
