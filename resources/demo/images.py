# SPDX-License-Identifier: AGPL-3.0-only
"""Training images for the demo model: rendered while it trains, laid into the model's input, varied, shuffled."""

import contextlib
import multiprocessing
from dataclasses import dataclass
from queue import Full

import cv2
import numpy as np

from n6studio.demo.scene import Scene
from n6studio.domain.pose.frames import image_to_input
from n6studio.domain.pose.people import InputPixels, People
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.domain.pose.skeleton import COCO

_ASPECTS = (4 / 3, 5 / 3, 16 / 9, 3 / 4, 1.0)
_FRAMES_PER_SCENE = 4  # a background costs more than a frame


@dataclass(frozen=True)
class Sample:
    """A model input (S, S, 3) uint8, boxes (P, 4) and keypoints (P, 17, 3) in pixels of it."""

    image: Image
    boxes: np.ndarray
    keypoints: np.ndarray


def samples_of_one_scene(rng: np.random.Generator, seed: tuple[int, int], size: int) -> list[Sample]:
    """Return a few moments of one scene, each brought to a square of `size` pixels in one of the ways users do it."""
    mode, frame = Resize.LETTERBOX, (size, size)
    if rng.random() > 0.35:
        mode = Resize(rng.choice(("letterbox", "stretch", "crop"), p=(0.65, 0.2, 0.15)))
        aspect = float(rng.choice(_ASPECTS, p=(0.45, 0.25, 0.1, 0.08, 0.12)))
        longer = size * float(rng.choice((1.0, 1.3, 1.7, 2.5, 3.4), p=(0.3, 0.3, 0.22, 0.1, 0.08)))
        frame = (int(longer), int(longer / aspect)) if aspect > 1 else (int(longer * aspect), int(longer))
    if frame == (size, size) and rng.random() < 0.2:
        frame = (size * 2, size * 2)
    scene = Scene(seed, frame)
    placement = place(frame, (size, size), mode)
    moments = rng.uniform(0, 60, _FRAMES_PER_SCENE)
    out = []
    for moment in moments:
        shot = scene.frame(float(moment))
        out.append(_inside(lay_in(shot.image, placement), image_to_input(shot.truth, placement), size))
    return out


def _inside(image: Image, people: People[InputPixels], size: int) -> Sample:
    """Clip to the input: what lies outside is flagged 0, and who is nearly all outside goes."""
    points = people.keypoints.copy()
    inside = ((points[..., :2] >= 0) & (points[..., :2] < size)).all(-1)
    points[~inside] = 0
    boxes = people.boxes.clip(0, size)
    keep = ((points[..., 2] == 2).sum(1) >= 3) & ((boxes[:, 2:] - boxes[:, :2]).min(1, initial=size) > 3)
    return Sample(np.ascontiguousarray(image), boxes[keep], points[keep])


def varied(rng: np.random.Generator, sample: Sample) -> Sample:
    """Return the sample perhaps mirrored, in other light and colours, or after JPEG."""
    image, boxes, points = sample.image, sample.boxes, sample.keypoints
    size = image.shape[1]
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes = np.stack((size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]), 1)
        points = points[:, list(COCO.mirror)].copy()
        points[..., 0] = np.where(points[..., 2] > 0, size - points[..., 0], 0)
    if rng.random() < 0.4:
        gain, shift = rng.uniform(0.85, 1.15, 3) * rng.uniform(0.85, 1.15), rng.uniform(-12, 12)
        table = (np.arange(256)[:, None] * gain + shift).clip(0, 255).astype(np.uint8)
        image = cv2.LUT(image, table[:, None])
    if rng.random() < 0.04:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.15:
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 95))])[1], 1)
    return Sample(image, boxes, points)


def _batch(samples: list[Sample], size: int) -> dict[str, np.ndarray]:
    """Return what Ultralytics' loss wants: images (B, 3, S, S) uint8, and normalised centre boxes and keypoints."""
    index = np.concatenate([np.full(len(one.boxes), number) for number, one in enumerate(samples)])
    corners = np.concatenate([one.boxes for one in samples]) / size
    points = np.concatenate([one.keypoints for one in samples])
    points[..., :2] /= size
    boxes = np.concatenate(((corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]), 1)
    return {
        "img": np.stack([one.image for one in samples]).transpose(0, 3, 1, 2),
        "batch_idx": index.astype(np.float32),
        "cls": np.zeros((len(index), 1), np.float32),
        "bboxes": boxes.astype(np.float32),
        "keypoints": points.astype(np.float32),
    }


class _Pool:
    """Keeps images of one size; each is used about twice, far apart, before a new one takes its place."""

    def __init__(self, rng: np.random.Generator, seed: int, size: int, capacity: int) -> None:
        self._rng, self._seed, self._size, self._capacity = rng, seed, size, capacity
        self._scenes = 0
        self._samples: list[Sample] = []

    def batch(self, count: int) -> dict[str, np.ndarray]:
        wanted = max(count // 2, 1) if len(self._samples) >= self._capacity else count
        while wanted > 0:
            fresh = samples_of_one_scene(self._rng, (self._seed, self._scenes), self._size)
            self._scenes += 1
            for sample in fresh:
                if len(self._samples) < self._capacity:
                    self._samples.append(sample)
                else:
                    self._samples[self._rng.integers(self._capacity)] = sample
            wanted -= len(fresh)
        picks = self._rng.integers(len(self._samples), size=count)
        return _batch([varied(self._rng, self._samples[pick]) for pick in picks], self._size)


def _serve(queue: "multiprocessing.Queue[dict[str, np.ndarray]]", seed: int, size: int, count: int) -> None:
    """Fill the queue with batches of `count` images for as long as the trainer lives."""
    cv2.setNumThreads(1)
    pool = _Pool(np.random.default_rng(seed), seed, size, 1500)
    trainer = multiprocessing.parent_process()
    while True:
        batch = pool.batch(count)
        while True:
            with contextlib.suppress(Full):
                queue.put(batch, timeout=5)
                break
            if trainer is None or not trainer.is_alive():
                return


def start(
    seed: int, size: int, count: int
) -> tuple["multiprocessing.Queue[dict[str, np.ndarray]]", multiprocessing.Process]:
    """Start the process that renders inputs of `size` pixels; end it with `terminate()`."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(maxsize=6)
    process = context.Process(target=_serve, args=(queue, seed, size, count), daemon=True)
    process.start()
    return queue, process
