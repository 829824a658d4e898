"""Calibration images: which ones, and how each becomes the model's float input. They stream; none is kept."""

import hashlib
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.evaluation.account import Account, LeftOut
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.gates.files import read_bytes
from n6studio.gates.folders import file_count
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.datasets.images import list_images, other_formats

FAKE_IMAGES = 5  # as many as ST's script draws


@dataclass(frozen=True)
class CalibrationSet:
    """The images that a quantization is calibrated on.

    Attributes:
        files: the chosen images, all of them readable; empty for fake calibration.
        skipped: (path, reason) of those that could not be read.
        size: (width, height) of the model's input.
        resize: how images are brought to that size.
        scale: pixel values 0..255 are divided by this...
        offset: ...and this is added.
        seed: for fake calibration.
        account: what became of all images of the folder; None for fake calibration.
    """

    files: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]
    size: tuple[int, int]
    resize: Resize
    scale: float
    offset: float
    seed: int
    account: Account | None = None

    def __len__(self) -> int:
        return len(self.files) or FAKE_IMAGES

    def images(self) -> Iterator[Image]:
        """Yield each image laid into the input: (height, width, 3) uint8, RGB. Nothing for fake calibration."""
        for path in self.files:
            image = read_image(path)
            yield lay_in(image, place((image.shape[1], image.shape[0]), self.size, self.resize))

    def tensors(self) -> Iterator[FloatArray]:
        """Yield each image as the float model's input: (1, height, width, 3) float32."""
        if not self.files:
            noise = np.random.RandomState(self.seed)  # the generator ST's script seeds, so that fakes agree with its
            for _ in range(FAKE_IMAGES):
                yield noise.rand(1, self.size[1], self.size[0], 3).astype(np.float32)
            return
        for image in self.images():
            yield (image / self.scale + self.offset).astype(np.float32)[None]

    def digest(self) -> str:
        """Return a hex SHA-256 over the names and contents of the chosen images, in order."""
        digest = hashlib.sha256()
        for path in self.files:
            digest.update(f"{path.name}\0".encode("utf-8", "surrogateescape"))
            digest.update(hashlib.sha256(read_bytes(path)).digest())
        return digest.hexdigest()


def account_of(folder: Path, chosen: Collection[Path], skipped: Collection[tuple[Path, str]]) -> Account:
    """Return what became of all images of `folder`, of which some were chosen and some could not be read."""
    formats = [one for _, one in other_formats(folder)]
    found = list_images(folder)
    by_reason: dict[str, list[Path]] = {}
    for path, reason in skipped:
        by_reason.setdefault(reason, []).append(path)
    left_out = [*formats]
    for reason, paths in by_reason.items():
        left_out.append(LeftOut(count=len(paths), reason=f"cannot be read: {reason}", example=paths[0].name))
    rest = len(found) - len(chosen) - len(skipped)
    if rest:
        left_out.append(LeftOut(count=rest, reason="excluded, or beyond the number that was asked for"))
    total = len(found) + sum(one.count for one in formats)
    return Account(images=total, images_used=len(chosen), images_left_out=tuple(left_out))


def choose_images(
    folder: Path, count: int, seed: int, exclude: Collection[str] = ()
) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return up to `count` readable images of `folder` (all if 0), sorted, and those that could not be read.

    Images whose path below `folder` (with forward slashes) is in `exclude` are passed over.

    Every chosen image is opened once: a damaged one must not stop the calibration half-way.

    Raises:
        NoImages: not a single one can be used.
    """
    left_out = set(exclude)
    found = [path for path in list_images(folder) if path.relative_to(folder).as_posix() not in left_out]
    order = list(found)
    if count and count < len(found):
        random.Random(seed).shuffle(order)
    chosen: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for path in order:
        if count and len(chosen) == count:
            break
        try:
            read_image(path)
        except ImageUnreadable as error:
            skipped.append((path, error.reason))
        else:
            chosen.append(path)
    if not chosen:
        raise NoImages(path=folder, seen=file_count(folder))
    return sorted(chosen), skipped
