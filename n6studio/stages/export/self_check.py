"""After an export: does the float model find the people that the checkpoint finds?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.models import PixelOutputs
from n6studio.domain.errors.stages import SelfCheckFailed
from n6studio.domain.metrics.oks import object_areas, oks_matrix
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.people import FloatArray, InputPixels, People, together
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.domain.requests import InputFile
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.checkpoint.load import LoadedCheckpoint
from n6studio.stages.datasets.images import list_images
from n6studio.stages.export.figures import SelfCheck
from n6studio.stages.export.stage import ExportSettings
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter

OKS_NEEDED = 0.99
CONFIDENCE = 0.25
MOST_POINTS = 1000  # that are kept for drawing
CANDIDATES = 20  # best candidates that are compared where the checkpoint finds nobody


@dataclass(frozen=True)
class _Comparison:
    image: str
    people: int
    oks: float
    pixels: float
    points: tuple[tuple[float, float], ...] = ()  # x, then y, of the checkpoint's keypoints and of the exported ones


def self_check(
    checkpoint: LoadedCheckpoint,
    tflite: Path,
    settings: ExportSettings,
    images: tuple[InputFile, ...],
    report: Reporter,
) -> SelfCheck:
    """Compare the checkpoint with the float TFLite on real images and return the figures.

    People are matched one to one. Where the checkpoint finds nobody in any image (an untrained model, other
    bodies), the best candidates of its raw output are compared instead, and `compared` says so.

    Args:
        checkpoint: as loaded.
        tflite: the exported float model.
        settings: `imgsz`, and how many images to use.
        images: folder of images; empty for the two that Ultralytics brings along.
        report: progress.

    Raises:
        PixelOutputs: the installed Ultralytics no longer lets its head be normalised.
        NoImages: no image could be read.
        SelfCheckFailed: some person's OKS is below 0.99, or a person is missing.
    """
    size = settings.imgsz
    model = open_model(tflite, threads=2)
    if not model.info.layout.normalised:
        raise PixelOutputs(path=tflite, largest=f"{max(size)} and more")
    keypoints, dims = checkpoint.keypoint_shape
    # The checkpoint speaks in pixels, whatever the exported network does.
    layout = OutputLayout(len(checkpoint.names), keypoints, dims, normalised=False)
    skeleton = for_keypoints(keypoints)
    files = _images(images, settings.check_images)
    pairs: list[tuple[str, FloatArray, FloatArray]] = []
    for done, path in enumerate(files, 1):
        try:
            image = read_image(path)
        except ImageUnreadable:
            continue
        laid = lay_in(image, place((image.shape[1], image.shape[0]), size, Resize.LETTERBOX))
        pairs.append((path.name, _run_checkpoint(checkpoint, laid), model.run(laid)))
        report.progress(done, len(files))
    if not pairs:
        raise NoImages(path=images[0].path if images else "Ultralytics' images", seen=len(files))
    found = [
        _compare_people(name, decode(a, layout, size, CONFIDENCE), b, model.info.layout, size, skeleton)
        for name, a, b in pairs
    ]
    compared: Literal["people", "best candidates"] = "people"
    if not any(item.people for item in found):
        compared = "best candidates"
        found = [_compare_candidates(name, a, b, layout, model.info.layout, size, skeleton) for name, a, b in pairs]
    return _judged(found, compared)


def _judged(found: list[_Comparison], compared: Literal["people", "best candidates"]) -> SelfCheck:
    """Return the figures of all images, unless a single one is too far off."""
    worst, pixels = min(found, key=lambda item: item.oks), max(item.pixels for item in found)
    if not worst.oks >= OKS_NEEDED:
        raise SelfCheckFailed(
            where="SavedModel and TFLite", oks=worst.oks, needed=OKS_NEEDED, pixels=pixels, image=worst.image
        )
    return SelfCheck(
        images=len(found),
        compared=compared,
        people=sum(item.people for item in found),
        oks_min=round(worst.oks, 6),
        pixels_max=round(pixels, 4),
        files=tuple(item.image for item in found),
        points=_some_points(found),
    )


def _some_points(found: list[_Comparison]) -> tuple[tuple[int, float, float], ...]:
    """Return [image, coordinate of the checkpoint, of the TFLite] in pixels of the input; of many, evenly chosen."""
    every = tuple((place, *pair) for place, item in enumerate(found) for pair in item.points)
    return every[:: -(-len(every) // MOST_POINTS) or 1]


def _coordinates(wanted: FloatArray, got: FloatArray) -> tuple[tuple[float, float], ...]:
    """Return pairs of x, then y, of keypoints (P, K, 2) that belong together."""
    pairs = np.stack([wanted.reshape(-1, 2).T.ravel(), got.reshape(-1, 2).T.ravel()], axis=1)
    return tuple((round(float(first), 2), round(float(second), 2)) for first, second in pairs)


def _images(images: tuple[InputFile, ...], most: int) -> list[Path]:
    for item in images:
        return list_images(Path(item.path))[:most]
    from ultralytics.utils import ASSETS

    return sorted(Path(ASSETS).glob("*.jpg"))[:most]


def _run_checkpoint(checkpoint: LoadedCheckpoint, image: Image) -> FloatArray:
    """Return the checkpoint's own output, (channels, N), coordinates in pixels of the input."""
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float() / 255
    with torch.inference_mode():
        output = checkpoint.model(tensor)
    while isinstance(output, list | tuple):
        output = output[0]
    return np.asarray(output[0].numpy(), np.float32)


def _compare_people(
    name: str,
    wanted: People[InputPixels],
    output: FloatArray,
    layout: OutputLayout,
    size: tuple[int, int],
    skeleton: Skeleton,
) -> _Comparison:
    # A person right at the threshold may fall on either side of it: look for each a little below.
    got = decode(output, layout, size, CONFIDENCE * 0.9)
    if not len(wanted):
        return _Comparison(name, 0, 1.0, 0.0)
    if not len(got):
        return _Comparison(name, len(wanted), 0.0, float(max(size)))
    similarity = oks_matrix(wanted.keypoints, got.keypoints, _areas(wanted), skeleton.sigmas)
    partner = similarity.argmax(axis=1)
    there = got.keypoints[partner, :, :2]
    distance = np.abs(wanted.keypoints[..., :2] - there)
    points = _coordinates(wanted.keypoints[..., :2], there)
    return _Comparison(name, len(wanted), float(similarity.max(axis=1).min()), float(distance.max()), points)


def _compare_candidates(
    name: str,
    wanted: FloatArray,
    got: FloatArray,
    wanted_layout: OutputLayout,
    got_layout: OutputLayout,
    size: tuple[int, int],
    skeleton: Skeleton,
) -> _Comparison:
    best = np.argsort(-wanted[4 : 4 + wanted_layout.classes].max(axis=0), kind="stable")[:CANDIDATES]
    first = _as_people(wanted[:, best], wanted_layout, size)
    second = _as_people(got[:, best], got_layout, size)
    similarity = np.diag(oks_matrix(first.keypoints, second.keypoints, _areas(first), skeleton.sigmas))
    distance = np.abs(first.keypoints[..., :2] - second.keypoints[..., :2])
    points = _coordinates(first.keypoints[..., :2], second.keypoints[..., :2])
    return _Comparison(name, len(best), float(similarity.min()), float(distance.max()), points)


def _as_people(candidates: FloatArray, layout: OutputLayout, size: tuple[int, int]) -> People[InputPixels]:
    """Return every candidate as a person, in the order given."""
    return together([decode(candidates[:, [i]], layout, size, confidence=-1.0) for i in range(candidates.shape[1])])


def _areas(people: People[InputPixels]) -> npt.NDArray[np.float64]:
    """A candidate that nobody would call a person can have no extent at all; then a pixel's error counts in full."""
    return np.maximum(object_areas(people.boxes), 1.0)
