"""From angles to points: joints of several people at once, projected into the image.

Body frame: x to the person's left, y up, z to the front, in standing heights. Camera frame: x right, y up, z towards
the camera. A yaw of 0 faces the camera, so that the person's left is on the image's right; +90 degrees faces right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.demo.look import Look, Points
from n6studio.demo.motion import HEAD_PITCH, HEAD_YAW, HOP, LEAN, ROLL, YAW

# Joints in the order of `Bodies.xy`.
PELVIS, CHEST, HEAD = 0, 1, 2
L_SHOULDER, L_ELBOW, L_WRIST, L_HAND, R_SHOULDER, R_ELBOW, R_WRIST, R_HAND = range(3, 11)
L_HIP, L_KNEE, L_ANKLE, L_TOE, R_HIP, R_KNEE, R_ANKLE, R_TOE = range(11, 19)
JOINTS = 19

# Points of the head in the order of `Bodies.head_xy`, on a unit ball.
NOSE, L_EYE, R_EYE, L_EAR, R_EAR, L_MOUTH, R_MOUTH, L_BROW, L_BROW_IN, R_BROW_IN, R_BROW = range(11)
BRIM, BUN, TAIL, HAIR = range(11, 15)
_LANDMARKS = (
    (0, -0.12, 1.1), (0.37, 0.12, 0.92), (-0.37, 0.12, 0.92), (1.0, -0.02, -0.1), (-1.0, -0.02, -0.1),
    (0.26, -0.5, 0.83), (-0.26, -0.5, 0.83), (0.56, 0.36, 0.78), (0.2, 0.38, 0.9), (-0.2, 0.38, 0.9),
    (-0.56, 0.36, 0.78), (0, 0.42, 1.25), (0, 0.75, -0.85), (0, -0.55, -1.35), (0, -0.75, -0.55),
)  # fmt: skip
RING = 20
FACE = slice(15, 15 + RING)
HAT = slice(FACE.stop, FACE.stop + RING)
BEARD = slice(HAT.stop, HAT.stop + RING)

ANKLE_HEIGHT = 0.042
_NECK = 0.038
_SIDES = np.array((1.0, -1.0))
_LIMBS = np.arange(6, 22)


def ring(axis: tuple[float, float, float], angle: float) -> Points:
    """Return (RING, 3) points of the circle that cuts a cap of half-angle `angle` (radians) out of the unit ball."""
    front = np.array(axis) / math.dist(axis, (0, 0, 0))
    across = np.array((1.0, 0.0, 0.0))
    along = np.cross(front, across)
    turn = np.linspace(0, 2 * math.pi, RING, endpoint=False)[:, None]
    circle: Points = front * math.cos(angle) + math.sin(angle) * (across * np.cos(turn) + along * np.sin(turn))
    return circle


def head_template(look: Look) -> Points:
    """Return (T, 3) points of the unit head: landmarks, then the rims of face, hat and beard."""
    face = ring((0, -0.3, 0.95), look.face_angle)
    return np.concatenate((_LANDMARKS, face, ring((0, 0.9, -0.3), 1.12), ring((0, -0.72, 0.7), 0.62)))


@dataclass(frozen=True)
class Crowd:
    """The unchanging measures of P people as arrays, ready for `project`."""

    looks: tuple[Look, ...]
    lengths: Points  # (P, 8): shoulder, hip, torso, upper arm, forearm, hand, thigh, shin
    heads: Points  # (P, 3): half width, half height, half depth
    templates: Points  # (P, T, 3)


def crowd(looks: Sequence[Look]) -> Crowd:
    """Return the measures of `looks` (at least one)."""
    lengths = np.array([(one.shoulder, one.hip, one.torso, *one.arm, *one.leg) for one in looks])
    heads = np.array([(one.head * 0.8, one.head, one.head * 0.9) for one in looks])
    return Crowd(tuple(looks), lengths, heads, np.stack([head_template(one) for one in looks]))


@dataclass(frozen=True)
class Bodies:
    """P people in the image, in pixels; z is in standing heights, larger is nearer to the camera.

    Attributes:
        xy: (P, JOINTS, 2) joints.
        z: (P, JOINTS) depths relative to the body's middle.
        head_xy: (P, T, 2) points of the head.
        head_z: (P, T) on the unit ball, so above 0 is the half that faces the camera.
        head_size: (P, 2) half width and half height of the head as seen, pixels.
        tilt: (P,) radians that the head is tilted in the image.
        yaw: (P,) radians.
        scale: (P,) pixels per standing height.
    """

    xy: Points
    z: Points
    head_xy: Points
    head_z: Points
    head_size: Points
    tilt: Points
    yaw: Points
    scale: Points


def _limb(angles: Points, first: int) -> Points:
    """Return (P, 2 sides, 3) directions of one segment; `angles` is (P, 2, 4) and `first` 0 (upper) or 2 (lower)."""
    out, forward = angles[..., first], angles[..., first + 1]
    cos_out = np.cos(out)
    return np.stack((_SIDES * np.sin(out), -cos_out * np.cos(forward), cos_out * np.sin(forward)), -1)


def _joints(people: Crowd, poses: Points) -> Points:
    """Return (P, JOINTS, 3) joints in the body frame, feet on y = 0."""
    count = len(poses)
    shoulder, hip, torso, upper, fore, hand, thigh, shin = (people.lengths[:, index, None] for index in range(8))
    lean, roll = poses[:, LEAN, None], poses[:, ROLL, None]
    spine = np.concatenate((np.sin(roll) * np.cos(lean), np.cos(roll) * np.cos(lean), np.sin(lean)), 1)
    side = np.concatenate((np.cos(roll), -np.sin(roll), np.zeros_like(roll)), 1)
    arms, legs = poses[:, _LIMBS].reshape(count, 2, 2, 4).transpose(1, 0, 2, 3)
    points = np.empty((count, JOINTS, 3))
    points[:, PELVIS] = 0
    points[:, CHEST] = spine * torso
    points[:, HEAD] = spine * (torso + _NECK + people.heads[:, 1, None]) + (0, 0, 0.012)
    shoulders = points[:, CHEST, None] + (_SIDES * shoulder)[..., None] * side[:, None]
    shoulders -= 0.012 * spine[:, None]
    elbows = shoulders + upper[..., None] * _limb(arms, 0)
    lower = _limb(arms, 2)
    wrists = elbows + fore[..., None] * lower
    hips = np.zeros((count, 2, 3))
    hips[..., 0] = _SIDES * hip
    knees = hips + thigh[..., None] * _limb(legs, 0)
    ankles = knees + shin[..., None] * _limb(legs, 2)
    pitch = 0.7 * legs[..., 3].clip(-1.6, 0.9)
    toes = ankles + np.stack((_SIDES * np.full_like(pitch, 0.02), np.sin(pitch) * 0.1 - 0.028, np.cos(pitch) * 0.1), -1)
    for index, pair in enumerate((shoulders, elbows, wrists, wrists + hand[..., None] * lower)):
        points[:, L_SHOULDER + index], points[:, R_SHOULDER + index] = pair[:, 0], pair[:, 1]
    for index, pair in enumerate((hips, knees, ankles, toes)):
        points[:, L_HIP + index], points[:, R_HIP + index] = pair[:, 0], pair[:, 1]
    lowest = np.minimum(ankles[..., 1].min(1) - ANKLE_HEIGHT, toes[..., 1].min(1) - 0.02)
    points[..., 1] += (poses[:, HOP] - lowest)[:, None]
    return points


def project(people: Crowd, poses: Points, feet: Points, scale: Points, pitch: float) -> Bodies:
    """Return where everything is in the image.

    Args:
        people: P people.
        poses: (P, ANGLES) radians, YAW filled in.
        feet: (P, 2) pixels: where each one stands.
        scale: (P,) pixels per standing height.
        pitch: how far the camera looks down, radians, about 0..0.4.
    """
    points = _joints(people, poses)
    yaw = poses[:, YAW]
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x = points[..., 0] * cos + points[..., 2] * sin
    z = points[..., 2] * cos - points[..., 0] * sin
    y = points[..., 1] * math.cos(pitch) - z * math.sin(pitch)
    factor = scale[:, None]
    xy = np.stack((feet[:, :1] + x * factor, feet[:, 1:] - y * factor), -1)
    depth = z * math.cos(pitch) + points[..., 1] * math.sin(pitch)
    depth -= depth[:, PELVIS, None] * 0.5 + depth[:, CHEST, None] * 0.5
    head_xy, head_z, head_size, tilt = _heads(people, poses, xy[:, HEAD], scale, pitch)
    return Bodies(xy, depth, head_xy, head_z, head_size, tilt, yaw, scale)


def _heads(
    people: Crowd, poses: Points, centres: Points, scale: Points, pitch: float
) -> tuple[Points, Points, Points, Points]:
    yaw = poses[:, YAW] + poses[:, HEAD_YAW]
    nod = poses[:, HEAD_PITCH] + 0.4 * poses[:, LEAN]
    cos_n, sin_n = np.cos(nod)[:, None], np.sin(nod)[:, None]
    cos_y, sin_y = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    ball = people.templates
    y1 = ball[..., 1] * cos_n - ball[..., 2] * sin_n
    z1 = ball[..., 2] * cos_n + ball[..., 1] * sin_n
    x = ball[..., 0] * cos_y + z1 * sin_y
    z2 = z1 * cos_y - ball[..., 0] * sin_y
    y = y1 * math.cos(pitch) - z2 * math.sin(pitch)
    z = z2 * math.cos(pitch) + y1 * math.sin(pitch)
    hidden = z[:, FACE.start :] < 0  # the far part of a rim shows as the outline of the ball
    length = np.sqrt(x[:, FACE.start :] ** 2 + y[:, FACE.start :] ** 2).clip(1e-6)
    x[:, FACE.start :] /= np.where(hidden, length, 1.0)
    y[:, FACE.start :] /= np.where(hidden, length, 1.0)
    wide = np.sqrt((people.heads[:, :1] * cos_y) ** 2 + (people.heads[:, 2:] * sin_y) ** 2)
    size = np.concatenate((wide, people.heads[:, 1:2]), 1) * scale[:, None]
    tilt = poses[:, ROLL] * np.cos(poses[:, YAW]) + 0.5 * poses[:, LEAN] * np.sin(poses[:, YAW])
    cos_t, sin_t = np.cos(tilt)[:, None], np.sin(tilt)[:, None]
    across, up = x * size[:, :1], y * size[:, 1:]
    xy = np.stack((across * cos_t + up * sin_t, across * sin_t - up * cos_t), -1) + centres[:, None]
    return xy, z, size, tilt
