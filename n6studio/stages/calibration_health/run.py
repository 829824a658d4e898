"""The stage behind the calibration page's health panel: looks at every image once and writes down what it sees.

Images stream; of each only numbers and a thumbnail of 16 x 16 grey values are kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from n6studio.domain.calibration.facts import CalibrationFacts, ImageFacts, findings, heat_cells
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import fractions_of_input
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.files import read_bytes
from n6studio.gates.folders import file_count
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.calibration_health.figures import CalibrationHealthFigures, HealthFinding
from n6studio.stages.calibration_health.stage import CalibrationHealthSettings
from n6studio.stages.datasets.images import list_images
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.evaluate.all_images import core_count, in_order
from n6studio.stages.model.runner import Model, open_model
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of

STEPS: tuple[str, ...] = ("look at images", "find duplicates", "compare with evaluation data", "look for people")

SIDE = 320  # pixels of the longer side at which sharpness is measured, so that a large image is not sharper
CONFIDENCE = 0.25
VISIBLE = 0.5  # visibility from which a keypoint counts as seen
# Of 63 bits, how many may differ between images that look alike. Re-encoding and scaling change 0 to 4, the next
# frame of a calm video as many; two different photographs differ in about 30.
NEAR_BITS = 6
NEAR_GREY = 10.0  # mean difference of the thumbnails, 0..255: what the hash cannot tell, such as flat images

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class _Look:
    """What one look at an image yields; `thumbnail` is (256,) float32."""

    facts: ImageFacts
    bits: int
    thumbnail: npt.NDArray[np.float32]


def run(
    settings: CalibrationHealthSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[CalibrationHealthFigures]:
    """Examine the images of the role "calibration".

    With the role "model" (a float model) people are looked for, too; with "data" (and "images", as for evaluation)
    images are found that are in both sets. Outputs: "facts", a `CalibrationFacts` as JSON.

    Raises:
        NoImages: the folder has no image.
    """
    source = Path(inputs["calibration"][0].path)
    report.step("look at images")
    files = list_images(source)
    if not files:
        raise NoImages(path=source, seen=file_count(source))
    looks = _looked(files, source, report)
    report.step("find duplicates")
    groups = near_groups(looks, report)
    images = [replace(look.facts, alike=group) for look, group in zip(looks, groups, strict=True)]
    report.step("compare with evaluation data")
    evaluation = None
    if "data" in inputs:
        images, evaluation = _with_overlap(files, images, inputs, report)
    report.step("look for people")
    facts = CalibrationFacts(tuple(images), resize=settings.resize, evaluation=evaluation)
    if "network" in inputs:
        model = open_model(Path(inputs["network"][0].path), threads=core_count())
        facts = _with_people(facts, files, model, settings, report)
    target = folder / "calibration_facts.json"
    target.write_bytes(encoded(facts))
    found = tuple(HealthFinding(key=one.key, state=one.state, reason=one.reason) for one in findings(facts))
    return StageOutcome(
        relative_outputs(folder, {"facts": target}),
        CalibrationHealthFigures(images=len(files), findings=found),
        versions=versions_of("opencv-python", "ai-edge-litert"),
    )


def _looked(files: Sequence[Path], source: Path, report: Reporter) -> list[_Look]:
    looks = []
    for look in in_order(lambda path: _look(path, source), files, core_count()):
        looks.append(look)
        report.progress(len(looks), len(files))
    return looks


def _look(path: Path, source: Path) -> _Look:
    name = path.relative_to(source).as_posix() if path != source else path.name
    try:
        image = read_image(path)
        digest = hashlib.sha256(read_bytes(path)).hexdigest()
    except (ImageUnreadable, OSError) as error:
        reason = error.reason if isinstance(error, ImageUnreadable) else reason_of(error)
        return _Look(ImageFacts(name, problem=reason), 0, np.zeros(256, np.float32))
    grey = np.asarray(cv2.cvtColor(_shrunk(image), cv2.COLOR_RGB2GRAY), np.uint8)
    facts = ImageFacts(
        name,
        width=image.shape[1],
        height=image.shape[0],
        brightness=round(float(grey.mean()), 1),
        sharpness=round(float(cv2.Laplacian(grey, cv2.CV_64F).var()), 1),
        sha256=digest,
    )
    thumbnail = cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    return _Look(facts, perceptual_hash(grey), thumbnail)


def _shrunk(image: Image) -> Image:
    factor = SIDE / max(image.shape[:2])
    if factor >= 1:
        return image
    width, height = (max(1, round(n * factor)) for n in (image.shape[1], image.shape[0]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def perceptual_hash(grey: npt.NDArray[np.uint8]) -> int:
    """Return 63 bits that hardly change when an image is scaled, re-encoded or brightened.

    The signs, about their median, of the lowest 8 x 8 frequencies of a 32 x 32 version, without the constant one.
    """
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()[1:]
    bits = low > np.median(low)
    return int(np.packbits(np.concatenate([[False], bits])).view(">u8")[0])


def near_groups(looks: Sequence[_Look], report: Reporter) -> list[int]:
    """Return for each image the number of its group of lookalikes, or -1; groups count from 0."""
    readable = np.array([index for index, look in enumerate(looks) if not look.facts.problem], np.intp)
    bits: Bits = np.array([looks[index].bits for index in readable], np.uint64)
    thumbnails = np.array([looks[index].thumbnail for index in readable], np.float32).reshape(len(readable), -1)
    parent = np.arange(len(looks))
    for place_, index in enumerate(readable):
        later = np.flatnonzero(np.bitwise_count(bits[place_ + 1 :] ^ bits[place_]) <= NEAR_BITS) + place_ + 1
        if len(later):
            difference = np.abs(thumbnails[later] - thumbnails[place_]).mean(axis=1)
            for other in readable[later[difference <= NEAR_GREY]]:
                parent[_root(parent, int(other))] = _root(parent, int(index))
        report.progress(place_ + 1, len(readable))
    roots = [_root(parent, index) for index in range(len(looks))]
    numbers = {root: number for number, root in enumerate(sorted(_repeated(roots)))}
    return [numbers.get(root, -1) for root in roots]


def _root(parent: npt.NDArray[np.intp], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index


def _repeated(roots: Sequence[int]) -> set[int]:
    values, counts = np.unique(np.array(roots), return_counts=True)
    return {int(value) for value in values[counts > 1]}


def _with_overlap(
    files: Sequence[Path], all_facts: list[ImageFacts], inputs: dict[str, tuple[InputFile, ...]], report: Reporter
) -> tuple[list[ImageFacts], int]:
    """Mark all_facts that the evaluation data has, too. Only files of a size that occurs in both sets are read."""
    folder = Path(inputs["images"][0].path) if "images" in inputs else None
    items = open_dataset(Path(inputs["data"][0].path), folder, skip_missing=True).items
    sizes = {path.stat().st_size for path, facts in zip(files, all_facts, strict=True) if not facts.problem}
    known = set()
    for done, item in enumerate(items, 1):
        if item.path.is_file() and item.path.stat().st_size in sizes:
            known.add(hashlib.sha256(read_bytes(item.path)).hexdigest())
        report.progress(done, len(items))
    return [replace(facts, evaluated=facts.sha256 in known) for facts in all_facts], len(items)


def _with_people(
    facts: CalibrationFacts,
    files: Sequence[Path],
    model: Model,
    settings: CalibrationHealthSettings,
    report: Reporter,
) -> CalibrationFacts:
    """Look for people on the images, or on so many of them, evenly spread."""
    info, images = model.info, list(facts.images)
    readable = [index for index, one in enumerate(images) if not one.problem]
    if settings.people_images and len(readable) > settings.people_images:
        spread = np.linspace(0, len(readable) - 1, settings.people_images).round().astype(int)
        readable = [readable[index] for index in spread]
    for done, index in enumerate(readable, 1):
        image = read_image(files[index])
        laid = lay_in(image, place((image.shape[1], image.shape[0]), info.size, Resize(settings.resize)))
        people = fractions_of_input(decode(model.run(laid), info.layout, info.size, CONFIDENCE), info.size)
        heights = people.boxes[:, 3] - people.boxes[:, 1]
        seen = (people.keypoints[..., 2] > VISIBLE).sum(axis=0)
        images[index] = replace(
            images[index],
            people=len(people),
            heights=tuple(round(float(height), 3) for height in heights),
            seen=tuple(int(count) for count in seen),
            cells=heat_cells(people, VISIBLE),
        )
        report.progress(done, len(readable))
    names = for_keypoints(info.layout.keypoints).names
    return msgspec.structs.replace(facts, images=tuple(images), keypoints=names, size=info.size)
