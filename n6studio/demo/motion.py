"""How figures move: each activity turns a time into the angles of a body.

A pose is a row of `ANGLES` numbers (radians): six for the trunk, then four for each limb. Two of them point a part of a
limb: straight down at (0, 0), sideways with `out`, to the front with `forward`.
"""

import math
from dataclasses import dataclass, field

import numpy as np

YAW, LEAN, ROLL, HEAD_YAW, HEAD_PITCH, HOP = range(6)
LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG = 6, 10, 14, 18  # each: upper out, upper forward, lower out, lower forward
ANGLES = 22

Pose = list[float]

ACTIVITIES = ("walk", "wave", "sit", "stand", "jack", "squat", "dance", "talk", "cheer", "free")
_WEIGHTS = (0.28, 0.14, 0.12, 0.08, 0.07, 0.05, 0.08, 0.08, 0.06, 0.04)


@dataclass(frozen=True)
class Activity:
    """What a figure does and how: its own tempo, phase and habits, so that no two move alike.

    Attributes:
        kind: one of `ACTIVITIES`.
        tempo: cycles per second.
        phase: where in the cycle time 0 is, radians.
        side: -1 or 1: which arm leads.
        habits: 24 numbers in -1..1 that set the small things.
    """

    kind: str
    tempo: float
    phase: float
    side: int
    habits: tuple[float, ...] = field(repr=False)


def random_activity(rng: np.random.Generator, kind: str | None = None) -> Activity:
    """Return a random activity, or a random way of doing `kind`."""
    chosen = kind or str(rng.choice(ACTIVITIES, p=_WEIGHTS))
    tempo = float(rng.uniform(0.75, 1.15)) if chosen == "walk" else float(rng.uniform(0.35, 0.8))
    habits = tuple(float(value) for value in rng.uniform(-1, 1, 24))
    return Activity(chosen, tempo, float(rng.uniform(0, 2 * math.pi)), 1 if rng.random() < 0.5 else -1, habits)


def pose(activity: Activity, seconds: float) -> Pose:
    """Return the angles of a figure at a time; YAW is left at 0 for the scene to fill in."""
    phase = activity.phase + 2 * math.pi * activity.tempo * seconds
    angles = _MOTIONS[activity.kind](activity, phase)
    habits = activity.habits
    angles[HEAD_YAW] += 0.3 * habits[0] + 0.2 * math.sin(0.37 * phase + 3 * habits[1])
    angles[HEAD_PITCH] += 0.15 * habits[2] + 0.06 * math.sin(0.53 * phase)
    angles[ROLL] += 0.05 * habits[3]
    return angles


def _still(habits: tuple[float, ...]) -> Pose:
    """Stand at ease, arms hanging; the habits decide how wide and how loosely."""
    angles = [0.0] * ANGLES
    angles[LEAN] = 0.03 + 0.05 * habits[4]
    for base, arm in ((LEFT_ARM, habits[5]), (RIGHT_ARM, habits[6])):
        angles[base : base + 4] = [0.16 + 0.08 * arm, 0.06 * arm, 0.1 + 0.06 * arm, 0.22 + 0.12 * arm]
    spread = 0.09 + 0.07 * habits[7]
    for base in (LEFT_LEG, RIGHT_LEG):
        angles[base : base + 4] = [spread, 0.03, spread * 0.8, -0.05]
    return angles


def _walk(activity: Activity, phase: float) -> Pose:
    angles = _still(activity.habits)
    stride = 0.44 + 0.1 * activity.habits[8]
    swing = 0.42 + 0.2 * activity.habits[9]
    angles[LEAN] = 0.06 + 0.04 * activity.habits[4]
    for arm, leg, turn in ((LEFT_ARM, LEFT_LEG, 0.0), (RIGHT_ARM, RIGHT_LEG, math.pi)):
        wave, lift = math.sin(phase + turn), max(0.0, math.cos(phase + turn))
        thigh = stride * wave + 0.06
        angles[leg : leg + 4] = [0.03, thigh, 0.02, thigh - 0.1 - 0.85 * lift**1.5 * (stride / 0.44)]
        upper = -swing * wave
        angles[arm : arm + 4] = [0.12, upper, 0.06, upper + 0.3 + 0.25 * max(0.0, -wave)]
    return angles


def _wave(activity: Activity, phase: float) -> Pose:
    angles = _still(activity.habits)
    arm = LEFT_ARM if activity.side > 0 else RIGHT_ARM
    lift = 1.35 + 0.55 * activity.habits[8]
    angles[arm : arm + 4] = [lift, 0.25, 2.55 + 0.45 * math.sin(2 * phase), 0.1]
    angles[ROLL] = 0.04 * activity.side * math.sin(2 * phase)
    if activity.habits[9] > 0.5:
        _hand_on_hip(angles, RIGHT_ARM if activity.side > 0 else LEFT_ARM)
    return angles


def _hand_on_hip(angles: Pose, arm: int) -> None:
    angles[arm : arm + 4] = [0.85, -0.15, -0.75, 0.35]


def _sit(activity: Activity, phase: float) -> Pose:
    habits = activity.habits
    angles = _still(habits)
    angles[LEAN] = 0.08 + 0.15 * habits[8]
    for base, habit in ((LEFT_LEG, habits[9]), (RIGHT_LEG, habits[10])):
        angles[base : base + 4] = [0.14 + 0.1 * habit, 1.42 + 0.1 * habit, 0.08 * habit, 0.12 + 0.3 * habits[11]]
    for base, habit in ((LEFT_ARM, habits[12]), (RIGHT_ARM, habits[13])):
        gesture = 0.25 * math.sin(phase + 3 * habit) if habit > 0 else 0.0
        angles[base : base + 4] = [0.15, 0.35 + 0.1 * habit, -0.1, 1.25 + 0.3 * habit + gesture]
    return angles


def _stand(activity: Activity, phase: float) -> Pose:
    habits = activity.habits
    angles = _still(habits)
    sway = 0.03 * math.sin(phase)
    angles[ROLL] = sway
    if habits[8] > 0.3:  # arms folded
        angles[LEFT_ARM : LEFT_ARM + 4] = [0.22, 0.35, -1.1, 1.2]
        angles[RIGHT_ARM : RIGHT_ARM + 4] = [0.22, 0.35, -1.15, 1.05]
    elif habits[8] > -0.2:  # looks at a telephone
        arm = LEFT_ARM if activity.side > 0 else RIGHT_ARM
        angles[arm : arm + 4] = [0.15, 0.45, -0.25, 1.9]
        angles[HEAD_PITCH] = 0.35
    elif habits[8] > -0.6:
        _hand_on_hip(angles, LEFT_ARM)
        _hand_on_hip(angles, RIGHT_ARM)
    return angles


def _jack(activity: Activity, phase: float) -> Pose:
    angles = _still(activity.habits)
    opening = 0.5 - 0.5 * math.cos(phase * 2)
    for base in (LEFT_ARM, RIGHT_ARM):
        angles[base : base + 4] = [0.2 + 2.35 * opening, 0.1, 0.2 + 2.6 * opening, 0.15]
    for base in (LEFT_LEG, RIGHT_LEG):
        angles[base : base + 4] = [0.05 + 0.38 * opening, 0.08, 0.05 + 0.36 * opening, -0.1]
    angles[HOP] = 0.05 * math.sin(phase * 2) ** 2
    return angles


def _squat(activity: Activity, phase: float) -> Pose:
    angles = _still(activity.habits)
    depth = 0.5 - 0.5 * math.cos(phase)
    angles[LEAN] = 0.08 + 0.55 * depth
    for base in (LEFT_LEG, RIGHT_LEG):
        angles[base : base + 4] = [0.15 + 0.15 * depth, 0.05 + 1.3 * depth, 0.12, -0.05 - 0.6 * depth]
    for base in (LEFT_ARM, RIGHT_ARM):
        angles[base : base + 4] = [0.12, 0.1 + 1.25 * depth, 0.05, 0.25 + 1.2 * depth]
    return angles


def _dance(activity: Activity, phase: float) -> Pose:
    habits = activity.habits
    angles = _still(habits)
    beat = math.sin(2 * phase)
    angles[ROLL] = 0.14 * beat
    for base, sign in ((LEFT_ARM, 1.0), (RIGHT_ARM, -1.0)):
        reach = math.sin(phase + sign * (0.6 + habits[8]))
        angles[base : base + 4] = [0.95 + 0.75 * reach, 0.35, 1.5 + 0.9 * math.sin(phase * 2 + sign + habits[9]), 0.3]
    for base, sign in ((LEFT_LEG, 1.0), (RIGHT_LEG, -1.0)):
        bend = 0.3 + 0.3 * max(0.0, sign * beat)
        angles[base : base + 4] = [0.16, bend, 0.08, -bend]
    return angles


def _talk(activity: Activity, phase: float) -> Pose:
    habits = activity.habits
    angles = _still(habits)
    for base, shift in ((LEFT_ARM, 0.0), (RIGHT_ARM, 2.0)):
        gesture = math.sin(phase * 1.3 + shift + habits[8])
        if habits[9] > 0 or (base == LEFT_ARM) == (activity.side > 0):
            angles[base : base + 4] = [0.3, 0.25 + 0.1 * gesture, 0.15 + 0.35 * gesture, 1.45 + 0.35 * gesture]
    if habits[10] > 0.4:  # points at something far away
        arm = LEFT_ARM if activity.side > 0 else RIGHT_ARM
        angles[arm : arm + 4] = [1.3, 0.3, 1.42 + 0.1 * math.sin(phase), 0.3]
    return angles


def _cheer(activity: Activity, phase: float) -> Pose:
    angles = _still(activity.habits)
    for base, habit in ((LEFT_ARM, activity.habits[8]), (RIGHT_ARM, activity.habits[9])):
        wave = 0.2 * math.sin(2 * phase + habit)
        angles[base : base + 4] = [2.45 + 0.25 * habit + wave, 0.15, 2.85 + 0.25 * habit + wave, 0.15]
    angles[HOP] = 0.06 * max(0.0, math.sin(2 * phase))
    return angles


def _free(activity: Activity, phase: float) -> Pose:
    """Wander through poses that no other activity has, every joint at its own slow rhythm."""
    habits = activity.habits
    angles = _still(habits)

    def drift(index: int, low: float, high: float) -> float:
        wave = math.sin(phase * (0.55 + 0.25 * habits[index]) + 4 * habits[(index + 9) % 24])
        return low + (high - low) * (0.5 + 0.5 * wave)

    angles[LEAN] = drift(8, -0.1, 0.5)
    angles[ROLL] = drift(9, -0.22, 0.22)
    for base, index in ((LEFT_ARM, 10), (RIGHT_ARM, 14)):
        out, forward = drift(index, 0.05, 2.2), drift(index + 1, -0.4, 1.1)
        angles[base : base + 4] = [
            out,
            forward,
            out + drift(index + 2, -0.7, 1.0),
            forward + drift(index + 3, 0.1, 1.3),
        ]
    for base, index in ((LEFT_LEG, 18), (RIGHT_LEG, 20)):
        thigh = drift(index, -0.25, 0.75)
        angles[base : base + 4] = [drift(index + 1, 0.03, 0.35), thigh, 0.1, thigh - drift(index, 0.05, 0.9)]
    return angles


_MOTIONS = {
    "walk": _walk, "wave": _wave, "sit": _sit, "stand": _stand, "jack": _jack, "squat": _squat, "dance": _dance,
    "talk": _talk, "cheer": _cheer, "free": _free,
}  # fmt: skip
