"""What can be seen of whom: COCO keypoints, flags, boxes and areas from the drawn bodies and the map of owners."""

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.demo import body, figure
from n6studio.demo.body import Bodies
from n6studio.demo.figure import PARTS
from n6studio.demo.look import Look, Points
from n6studio.domain.pose.people import FloatArray, ImagePixels, People, nobody

# COCO keypoints 5..16 are joints; 0..4 are points of the head in the same order.
_JOINTS = np.array(
    (body.L_SHOULDER, body.R_SHOULDER, body.L_ELBOW, body.R_ELBOW, body.L_WRIST, body.R_WRIST, body.L_HIP, body.R_HIP,
     body.L_KNEE, body.R_KNEE, body.L_ANKLE, body.R_ANKLE)
)  # fmt: skip
# Which parts may lie on top of a keypoint of the same body while it still counts as visible: its own flesh and clothes.
_OWN = (
    *(((figure.HEADPART,),) * 5),
    (figure.TORSO, figure.L_UPPER, figure.NECK), (figure.TORSO, figure.R_UPPER, figure.NECK),
    (figure.L_UPPER, figure.L_FORE), (figure.R_UPPER, figure.R_FORE), (figure.L_FORE,), (figure.R_FORE,),
    (figure.TORSO, figure.L_THIGH, figure.SKIRT), (figure.TORSO, figure.R_THIGH, figure.SKIRT),
    (figure.L_THIGH, figure.L_SHIN, figure.SKIRT), (figure.R_THIGH, figure.R_SHIN, figure.SKIRT),
    (figure.L_SHIN,), (figure.R_SHIN,),
)  # fmt: skip
_ALLOWED = np.zeros((17, PARTS), bool)
for _point, _parts in enumerate(_OWN):
    _ALLOWED[_point, list(_parts)] = True
# How far a point of the head must face the camera (on the unit ball) to be seen; the nose stands out, ears do too.
_FACING = np.array((-0.05, 0.12, 0.12, -0.25, -0.25))
_FAR_SIDE = -0.55  # share of the half width by which a shoulder or hip lies behind the body's middle: about 33 degrees

FEWEST_VISIBLE = 3  # people of whom less is seen are not labelled, as no annotator would
_LEAST_SHARE = 0.025  # of the squared height; a whole body covers about 0.2


def truth(
    bodies: Bodies, extents: Points, owners: npt.NDArray[np.uint8], looks: tuple[Look, ...]
) -> tuple[People[ImagePixels], FloatArray]:
    """Return everyone who can be made out, and their visible areas in pixels.

    Args:
        bodies: P people as drawn.
        extents: (P, 4) left, top, right, bottom of the drawn bodies, hidden parts included.
        owners: (H, W) map of who covers which pixel.
        looks: P looks.
    """
    height, width = owners.shape
    points = (
        np.concatenate((bodies.head_xy[:, :5], bodies.xy[:, _JOINTS]), 1) + 0.5
    )  # drawing counts from pixel centres
    inside = ((points >= 0) & (points < (width, height))).all(-1)
    column = points[..., 0].clip(0, width - 1).astype(np.intp)
    row = points[..., 1].clip(0, height - 1).astype(np.intp)
    top = owners[row, column]
    person = np.arange(len(looks))[:, None]
    own = (top // PARTS == person) & _ALLOWED[np.arange(17), top % PARTS]
    seen = own & _towards_camera(bodies, looks)
    flags = np.where(inside, np.where(seen, 2, 1), 0)
    pixels = cv2.calcHist([owners], [0], None, [256], [0, 256]).reshape(-1, PARTS)
    counts = pixels[: len(looks), 1:].sum(1)  # part 0 of person 0 is the background
    boxes = (extents + 0.5).reshape(-1, 2, 2).clip(0, (width, height)).reshape(-1, 4)
    enough = counts >= np.maximum(12, _LEAST_SHARE * bodies.scale**2 * _part_inside(extents, boxes))
    keep = (seen & inside).sum(1) >= FEWEST_VISIBLE
    keep &= enough
    if not keep.any():
        return nobody(17), np.zeros(0, np.float32)
    keypoints = np.where(inside[..., None], points, 0)
    labels = np.concatenate((keypoints, flags[..., None]), -1)[keep].astype(np.float32)
    scores = np.ones(len(labels), np.float32)
    return People(boxes[keep].astype(np.float32), scores, labels), counts[keep].astype(np.float32)


def _part_inside(extents: Points, boxes: Points) -> Points:
    """Return (P,) which share of each whole body's box is in the image."""
    whole = np.prod(extents[:, 2:] - extents[:, :2], axis=1)
    part: Points = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) / whole.clip(1)
    return part


def _towards_camera(bodies: Bodies, looks: tuple[Look, ...]) -> npt.NDArray[np.bool_]:
    """Return (P, 17) whether the own body's shape lets a point be seen: no eyes from behind, no far shoulder."""
    facing = np.ones((len(looks), 17), bool)
    facing[:, :5] = bodies.head_z[:, :5] > _FACING
    covered = np.array([look.ears_covered for look in looks])
    facing[:, 3:5] &= ~covered[:, None]
    left_depth = np.sin(-bodies.yaw)  # z of the direction "to the person's left"
    for left, right in ((5, 6), (11, 12)):
        facing[:, left] = left_depth > _FAR_SIDE
        facing[:, right] = -left_depth > _FAR_SIDE
    return facing
