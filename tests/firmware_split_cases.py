"""Outputs of models with a split head that a board might see, with what N6 Studio finds in them."""

import struct
from dataclasses import dataclass, replace

import numpy as np
from firmware_decode_cases import rows_of

from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.split_decode import shares, sigmoids, whole_output
from n6studio.domain.pose.split_head import BOX_CODES, Level, Scale, SplitHead
from n6studio.domain.pose.views import View


@dataclass(frozen=True)
class SplitCase:
    """Outputs and how they are to be read."""

    split: SplitHead
    outputs: tuple[np.ndarray, ...]  # (cells, channels) int8 each
    confidence: float
    iou: float
    most: int
    view: View
    capacity: int = 4096
    average: bool = False

    def payload(self) -> bytes:
        split = self.split
        levels = b"".join(
            struct.pack("<I", one.stride)
            + b"".join(struct.pack("<fi", part.scale, part.zero_point) for part in (one.box, one.score, one.keypoints))
            for one in split.levels
        )
        return (
            struct.pack("<I", len(split.levels)) + levels
            + struct.pack("<6I", split.classes, split.keypoints, split.dims, *split.size, len(split.factors))
            + np.array(split.factors, "<f4").tobytes()
            + struct.pack(
                "<ffIII4f", self.confidence, self.iou, self.most, self.average, self.capacity, *self.view.part
            )
            + b"".join(one.tobytes() for one in self.outputs)
        )  # fmt: skip

    @property
    def layout(self) -> OutputLayout:
        return OutputLayout(self.split.classes, self.split.keypoints, self.split.dims, normalised=False)

    def expected(self) -> tuple[np.ndarray, np.ndarray, float]:
        """People in pixels of the input and in fractions of the frame, as rows of the wire format; the top score."""
        output = whole_output(self.split, self.outputs)
        limits = (self.confidence, self.iou, self.most)
        people = decode(output, self.layout, self.split.size, *limits, average=self.average)
        top = float(output[4 : 4 + self.split.classes].max())
        return rows_of(people), rows_of(input_to_fractions(people, self.view)), top


def random_case(rng: np.random.Generator, size: tuple[int, int] | None = None, classes: int | None = None) -> SplitCase:
    """Return a case in which people's boxes overlap and confidences are equal."""
    size = size or (32 * int(rng.integers(2, 8)), 32 * int(rng.integers(2, 8)))
    keypoints, dims = int(rng.choice([1, 5, 17, 133], p=[0.1, 0.2, 0.6, 0.1])), int(rng.choice([2, 3]))
    classes = classes or int(rng.choice([1, 3, 80], p=[0.7, 0.2, 0.1]))
    strides = [(8, 16, 32), (16, 32), (4, 8, 16, 32)][int(rng.choice(3, p=[0.8, 0.1, 0.1]))]
    levels = tuple(
        Level(stride, _codes(rng, 0.02, 0.3), _codes(rng, 0.02, 0.12), _codes(rng, 0.005, 0.08)) for stride in strides
    )
    factors = () if rng.random() < 0.3 else tuple(float(one) for one in rng.uniform(0.1, 3, 2 * keypoints).astype("f4"))
    split = SplitHead(levels, classes, keypoints, dims, size, factors)
    part = tuple(float(np.float32(value)) for value in (rng.uniform(-0.2, 0.3), 0.0, rng.uniform(0.3, 1.5), 1.0))
    share = float(rng.choice([0.0, 0.005, 0.05]))  # of cells with somebody
    outputs = [one for level in levels for one in _outputs(rng, split, level, share)]
    return SplitCase(
        split, tuple(outputs), float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])),
        float(rng.choice([0.0, 0.3, 0.5, 0.7, 1.0])), int(rng.choice([1, 10, 300])), View(Resize.CROP, size, part),
        average=bool(rng.random() < 0.5),
    )  # fmt: skip


def _codes(rng: np.random.Generator, least: float, most: float) -> Scale:
    return Scale(float(np.float32(rng.uniform(least, most))), int(rng.integers(-128, 128)))


def _outputs(rng: np.random.Generator, split: SplitHead, level: Level, share: float) -> list[np.ndarray]:
    cells = (split.size[0] // level.stride) * (split.size[1] // level.stride)
    box = rng.integers(-128, 60, (cells, BOX_CODES))
    peaks = rng.integers(0, 16, (cells, 4))
    box[np.arange(cells)[:, None], np.arange(4) * 16 + peaks] = rng.integers(40, 128, (cells, 4))
    low = min(0, level.score.zero_point - 20)
    score = rng.integers(-128, max(low, -127), (cells, split.classes))
    somebody = rng.random(cells) < share
    score[somebody] = rng.integers(-40, 128, (int(somebody.sum()), split.classes))
    points = rng.integers(-128, 128, (cells, split.keypoints * split.dims))
    return [one.astype(np.int8) for one in (box, score, points)]


def camera_case(side: int) -> SplitCase:
    """Return a usual camera image's: three people, each in eight cells."""
    rng = np.random.default_rng(side)
    split = SplitHead(
        tuple(
            Level(stride, Scale(0.09, -10), Scale(0.08, 90), Scale(0.06, 3)) for stride in (8, 16, 32)
        ), 1, 17, 3, (side, side),
    )  # fmt: skip
    outputs = [one for level in split.levels for one in _outputs(rng, split, level, 0.0)]
    for person in range(3):
        cells = slice(40 + 20 * person, 48 + 20 * person)
        outputs[4][cells] = rng.integers(92, 125, (8, 1))
    return SplitCase(split, tuple(outputs), 0.5, 0.5, 10, View(Resize.STRETCH, split.size), 512)


def averaged_case() -> SplitCase:
    """Return that of 256 x 256 with three people whose eight candidates each have nearly the same box, averaged."""
    case = camera_case(256)
    boxes = case.outputs[3].copy()
    for person in range(3):
        boxes[40 + 20 * person : 48 + 20 * person] = np.where(np.arange(BOX_CODES) % 16 == 15, 127, -128)
    return replace(case, outputs=(*case.outputs[:3], boxes, *case.outputs[4:]), average=True)


def differences(case: SplitCase, payload: bytes) -> list[str]:
    """Return in what an answer differs from the program's own, bit for bit."""
    count, dropped, top = struct.unpack_from("<IIf", payload)
    inside, framed, best = case.expected()
    if count != len(inside) or dropped:
        return [f"{count} people where {len(inside)} are, {dropped} candidates dropped"]
    found = [] if np.float32(top) == np.float32(best) else [f"top score {top} instead of {best}"]
    rows = np.frombuffer(payload, np.float32, 2 * count * inside.shape[1], 12).reshape(2, count, inside.shape[1])
    for name, ours, theirs in (("input", rows[0], inside), ("frame", rows[1], framed)):
        same = ours.view(np.uint32) == theirs.view(np.uint32)
        if not same.all():
            found.append(f"{(~same).sum()} numbers differ in the {name}: {ours[~same][:3]} for {theirs[~same][:3]}")
    at = 12 + rows.nbytes
    if struct.unpack_from("<I", payload, at)[0] != whole_output(case.split, case.outputs).shape[1]:
        found.append("another number of candidates")
    tables = np.frombuffer(payload, np.uint32, offset=at + 4).reshape(len(case.split.levels), 3, 256)
    ours = [
        np.stack([sigmoids(one.score), sigmoids(one.keypoints), shares(one.box)]).view(np.uint32)
        for one in case.split.levels
    ]
    return found if np.array_equal(tables, ours) else [*found, "tables differ"]
