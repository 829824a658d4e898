"""Who is in a scene, how large, where, and where each one goes as time passes."""

import math
from dataclasses import dataclass

import numpy as np

from n6studio.demo.look import Look, Points, random_look
from n6studio.demo.motion import YAW, Activity, pose, random_activity


@dataclass(frozen=True)
class Stage:
    """How the camera looks at the ground.

    A person `s` pixels tall stands at row ``horizon + ratio * s``: the taller, the nearer, the lower.

    Attributes:
        width: pixels.
        height: pixels.
        horizon: row of the horizon.
        ratio: height of the camera in standing heights.
        pitch: how far the camera looks down, radians.
        floor: row where wall and ground meet.
        close: whether the image is a close-up that cuts the legs off.
    """

    width: int
    height: int
    horizon: float
    ratio: float
    pitch: float
    floor: int
    close: bool


@dataclass(frozen=True)
class Actor:
    """One person of a scene: looks, doings and place.

    Attributes:
        look: the body.
        activity: what it does.
        x: middle of its place, pixels.
        scale: pixels per standing height there.
        yaw: where it faces, radians; walkers face where they go.
        reach: how far it walks to either side, pixels.
        depth: how much larger it gets on its way, as a share of its scale; 0 for walking across.
        behind: whether it turns its back to the camera when it turns round.
    """

    look: Look
    activity: Activity
    x: float
    scale: float
    yaw: float
    reach: float
    depth: float
    behind: bool


def stage(rng: np.random.Generator, width: int, height: int) -> Stage:
    """Return a random camera for images of this size."""
    horizon = height * float(rng.uniform(0.37, 0.46))
    ratio = float(rng.uniform(0.57, 0.64))
    pitch = float(rng.uniform(0.0, 0.22))
    floor = int(min(height - 2, horizon + ratio * 0.3 * height * float(rng.uniform(0.2, 0.9))))
    return Stage(width, height, horizon, ratio, pitch, max(1, floor), bool(rng.random() < 0.08))


def cast(rng: np.random.Generator, where: Stage, people: int | None = None) -> list[Actor]:
    """Return the people of a scene; few and large, or more and smaller."""
    count = int(rng.choice(7, p=(0.04, 0.34, 0.3, 0.17, 0.08, 0.04, 0.03))) if people is None else people
    if where.close and people is None:
        count = min(count, 2)
    largest, smallest = {0: (0.95, 0.5), 1: (0.97, 0.5), 2: (0.95, 0.48), 3: (0.8, 0.45)}.get(count, (0.62, 0.38))
    base = min(where.height, where.width * 1.5)
    slots = rng.permutation(count)
    return [_actor(rng, where, base, (largest, smallest), (int(slot) + 0.5) / count) for slot in slots]


def _actor(rng: np.random.Generator, where: Stage, base: float, share: tuple[float, float], slot: float) -> Actor:
    scale = base * float(rng.uniform(share[1], share[0]))
    if where.close:
        scale = base * float(rng.uniform(1.05, 1.6))
    activity = random_activity(rng)
    if where.close and activity.kind in ("walk", "sit", "squat", "free"):
        activity = random_activity(rng, str(rng.choice(("wave", "stand", "talk", "dance"))))
    x = where.width * float(np.clip(slot + rng.normal(0, 0.05), 0.08, 0.92))
    facing = rng.random()
    yaw = float(rng.normal(0, 0.5) if facing < 0.6 else rng.uniform(-math.pi, math.pi))
    reach = where.width * float(rng.uniform(0.1, 0.4))
    depth = float(rng.uniform(0.1, 0.3)) if rng.random() < 0.35 else 0.0
    return Actor(random_look(rng), activity, x, scale, yaw, reach, depth, bool(rng.random() < 0.5))


def whereabouts(actors: list[Actor], where: Stage, seconds: float) -> tuple[Points, Points, Points]:
    """Return poses (P, ANGLES), feet (P, 2) in pixels and scales (P,) of everyone at a time."""
    rows, feet, scales = [], [], []
    for actor in actors:
        angles = pose(actor.activity, seconds)
        x, scale, angles[YAW] = actor.x, actor.scale, actor.yaw
        if actor.activity.kind == "walk":
            x, scale, angles[YAW] = _stroll(actor, where, seconds)
        else:
            angles[YAW] += 0.35 * math.sin(0.4 * seconds + actor.activity.phase)
        ground = where.horizon + where.ratio * scale
        if where.close:
            ground = where.height * (0.1 + 0.12 * actor.activity.habits[20] ** 2) + 1.02 * scale
        elif actor.activity.kind == "sit":
            ground -= 0.02 * scale
        rows.append(angles)
        feet.append((x, ground))
        scales.append(scale)
    return np.array(rows), np.array(feet), np.array(scales)


def _stroll(actor: Actor, where: Stage, seconds: float) -> tuple[float, float, float]:
    """Return x, scale and yaw of someone who walks to and fro, turning round at either end."""
    speed = 0.75 * actor.activity.tempo * actor.scale
    if actor.depth:  # towards the camera and back again
        path = math.pi / 2 * 0.75 * actor.activity.tempo * 0.35
        turn = path * seconds + actor.activity.phase
        share = math.asin(0.985 * math.sin(turn)) * 2 / math.pi
        heading = math.tanh(4 * math.cos(turn))
        slant = 0.5 * actor.activity.habits[21]
        turned = math.pi * (0.5 - 0.5 * heading) * (1 if actor.behind else -1)
        scale = actor.scale * (1 - 0.5 * actor.depth + 0.5 * actor.depth * share)
        return actor.x + share * slant * actor.scale, scale, turned + slant
    turn = math.pi * speed / (2 * actor.reach) * seconds + actor.activity.phase
    share = math.asin(0.985 * math.sin(turn)) * 2 / math.pi
    heading = math.pi / 2 * math.tanh(4 * math.cos(turn))
    x = min(max(actor.x, where.width * 0.25), where.width * 0.75) + share * actor.reach
    return x, actor.scale, math.pi - heading if actor.behind else heading
