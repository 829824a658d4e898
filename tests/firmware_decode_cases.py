"""Outputs of models that a board might see, with what N6 Studio's own decoder finds in them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from n6studio.domain.pose.decode import OutputLayout, candidate_count, decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View

FLOAT, INT8, UINT8 = 0, 1, 2
LIMITS = {INT8: (-128, 127, np.int8), UINT8: (0, 255, np.uint8)}


@dataclass(frozen=True)
class DecodeCase:
    """One output and how it is to be read."""

    data: np.ndarray  # (channels, N) float32, int8 or uint8; (rows, channels) for end-to-end models
    kind: int
    scale: float
    zero: int
    layout: OutputLayout
    size: tuple[int, int]
    candidates_first: bool
    confidence: float
    iou: float
    most: int
    view: View
    capacity: int = 4096
    average: bool = False

    def payload(self) -> bytes:
        layout, e2e = self.layout, self.layout.end_to_end
        count = self.data.shape[0] if e2e else self.data.shape[1]
        transposed = self.candidates_first and not e2e
        data = np.ascontiguousarray(self.data.T if transposed else self.data)
        return struct.pack(
            "<IfiIIIIIIIIIffIII4f",
            self.kind, self.scale, self.zero, count, layout.classes, layout.keypoints, layout.dims, layout.normalised,
            e2e, *self.size, self.candidates_first or e2e, self.confidence, self.iou, self.most, self.average,
            self.capacity, *self.view.part,
        ) + data.tobytes()  # fmt: skip

    def floats(self) -> np.ndarray:
        """The output as the program's runner hands it on."""
        if self.kind == FLOAT:
            return self.data
        return np.asarray((self.data.astype(np.float32) - self.zero) * np.float32(self.scale), np.float32)

    def expected(self) -> tuple[np.ndarray, np.ndarray]:
        """People in pixels of the input and in fractions of the frame, as rows of the wire format."""
        with np.errstate(all="ignore"):
            limits = (self.confidence, self.iou, self.most)
            people = decode(self.floats(), self.layout, self.size, *limits, average=self.average)
            framed = input_to_fractions(people, self.view)
        return rows_of(people), rows_of(framed)

    def top_score(self) -> float:
        output = self.floats()
        scores = output[:, 4] if self.layout.end_to_end else output[4 : 4 + self.layout.classes]
        finite = scores[np.isfinite(scores)]
        return float(finite.max()) if finite.size else 0.0


def rows_of(people) -> np.ndarray:
    count = len(people)
    return np.concatenate(
        [people.boxes, people.confidences[:, None], people.keypoints.reshape(count, 3 * people.keypoints.shape[1])],
        axis=1,
    ).astype(np.float32)


def random_case(rng: np.random.Generator, damaged: bool = False) -> DecodeCase:
    """Return a case in which boxes overlap, confidences are equal, and, if damaged, numbers are none."""
    keypoints = int(rng.choice([1, 2, 5, 17, 21, 133], p=[0.1, 0.1, 0.2, 0.4, 0.1, 0.1]))
    classes = int(rng.choice([1, 2, 7, 80], p=[0.6, 0.2, 0.1, 0.1]))
    layout = OutputLayout(
        classes, keypoints, int(rng.choice([2, 3])), bool(rng.random() < 0.6), bool(rng.random() < 0.2)
    )
    size = (32 * int(rng.integers(2, 7)), 32 * int(rng.integers(2, 7)))
    count = int(rng.integers(0, 60)) if layout.end_to_end else candidate_count(*size)
    values = _plausible(rng, layout, size, count)
    if damaged:
        worst = np.array([np.nan, np.inf, -np.inf, 1e38, -1e38, 1e-42, -0.0], np.float32)
        hit = rng.random(values.shape) < rng.choice([0.0005, 0.01, 0.3])
        values = np.where(hit, rng.choice(worst, values.shape), values)
    kind, scale, zero, data = FLOAT, 0.0, 0, values
    if not damaged and rng.random() < 0.5:
        kind = int(rng.choice([INT8, UINT8]))
        low, high, dtype = LIMITS[kind]
        zero = int(rng.integers(low, low + 60))
        scale = float(np.float32(rng.uniform(0.5, 1.5) * max(1e-3, np.abs(values).max(initial=1e-3)) / 200))
        data = np.clip(np.rint(values / scale + zero), low, high).astype(dtype)
    elif not damaged and rng.random() < 0.3:
        data = (np.round(values * 32) / 32).astype(np.float32)  # ties
    part = tuple(float(np.float32(value)) for value in (rng.uniform(-0.2, 0.3), 0.0, rng.uniform(0.3, 1.5), 1.0))
    return DecodeCase(
        data, kind, scale, zero, layout, size, bool(rng.random() < 0.5), float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.9])),
        float(rng.choice([0.0, 0.3, 0.5, 0.7, 1.0])), int(rng.choice([1, 10, 300])), View(Resize.CROP, size, part),
        average=bool(rng.random() < 0.5),
    )  # fmt: skip


def _plausible(rng, layout, size, count) -> np.ndarray:
    """Candidates in a few clusters, as a model gives them: (channels, N), or rows of end-to-end models."""
    centres = rng.uniform(0.1, 0.9, (int(rng.integers(1, 12)), 2))
    own = centres[rng.integers(0, len(centres), count)] + rng.normal(0, 0.02, (count, 2))
    extent = np.abs(rng.normal(0.25, 0.08, (count, 2)))
    scores = rng.random((count, layout.classes)) ** rng.choice([1, 8, 40])
    points = np.concatenate(
        [own[:, None] + rng.normal(0, 0.1, (count, layout.keypoints, 2)), rng.random((count, layout.keypoints, 1))],
        axis=2,
    )[..., : layout.dims]
    if not layout.normalised:
        own, extent = own * size, extent * size
        points[..., :2] *= size
    if layout.end_to_end:
        boxes = np.concatenate([own - extent / 2, own + extent / 2, scores[:, :1], np.zeros((count, 1))], axis=1)
        return np.concatenate([boxes, points.reshape(count, layout.keypoints * layout.dims)], axis=1).astype(np.float32)
    columns = np.concatenate([own, extent, scores, points.reshape(count, layout.keypoints * layout.dims)], axis=1)
    return np.ascontiguousarray(columns.T).astype(np.float32)


def camera_cases() -> Iterator[tuple[int, DecodeCase]]:
    """Yield (candidates, case) of a usual camera image at three sizes: a few people, float output."""
    for side in (192, 256, 320):
        rng = np.random.default_rng(side)
        layout, size = OutputLayout(1, 17), (side, side)
        values = _plausible(rng, layout, size, candidate_count(*size))
        values[4] *= 0.02
        for person in range(3):
            near = np.argsort(np.abs(values[0] - 0.2 - 0.3 * person))[:8]
            values[4, near] = rng.uniform(0.55, 0.9, 8)
        view = View(Resize.STRETCH, size)
        yield values.shape[1], DecodeCase(values, FLOAT, 0.0, 0, layout, size, False, 0.5, 0.5, 10, view, 512)


def averaged_case() -> DecodeCase:
    """Return that of 256 x 256 with three people whose eight candidates each have nearly the same box, averaged."""
    _, case = list(camera_cases())[1]
    values = case.data.copy()
    for candidates in np.split(np.flatnonzero(values[4] > case.confidence), 3):
        values[:4, candidates] = values[:4, candidates[:1]] * np.linspace(1, 1.02, len(candidates), dtype=np.float32)
    return replace(case, data=values, average=True)


def differences(case: DecodeCase, payload: bytes) -> list[str]:
    """Return in what an answer differs from the program's own decoder, bit for bit."""
    count, dropped, top = struct.unpack_from("<IIf", payload)
    inside, framed = case.expected()
    found = []
    if count != len(inside) or dropped:
        return [f"{count} people where {len(inside)} are, {dropped} candidates dropped"]
    if np.float32(top) != np.float32(case.top_score()):
        found.append(f"top score {top} instead of {case.top_score()}")
    rows = np.frombuffer(payload, np.float32, offset=12).reshape(2, count, inside.shape[1])
    for name, ours, theirs in (("input", rows[0], inside), ("frame", rows[1], framed)):
        same = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
        if not same.all():
            found.append(f"{(~same).sum()} numbers differ in the {name}: {ours[~same][:3]} for {theirs[~same][:3]}")
    return found
