"""What is known of calibration images, and what to make of it.

The facts are measured once, by the stage `calibration_health`; the findings are worked out anew whenever images are
excluded, so that the advice follows the choice without looking at any image again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import InputFractions, People
from n6studio.domain.states import Grade
from n6studio.domain.texts import counted, listed, percent, plural, size_span, span

FEWEST_IMAGES = 4  # ST's own tutorial calibrates on 4; below that, one odd image decides every range
SOUND_IMAGES = 20
DARK, BRIGHT = 45.0, 210.0  # mean luma, 0..255: a night scene without lamps, an image that is mostly burnt out
BLURRED = 60.0  # variance of the Laplacian at 320 pixels; sharp photographs have some hundred to some thousand
DISTORTED = 1.6  # how much more one direction may be squeezed than the other before people look wrong
HEAT = 24  # cells of the heat map in each direction
SEEN_SHARE = 0.1  # of the people must show a keypoint, or its range is calibrated on next to nothing


@dataclass(frozen=True)
class ImageFacts:
    """One image.

    Attributes:
        name: path below the folder, with forward slashes.
        problem: why it cannot be read; "" if it can, and only then the rest means anything.
        width, height: pixels.
        brightness: mean luma, 0..255.
        sharpness: variance of the Laplacian at 320 pixels.
        sha256: of the file.
        alike: number of the group of images that look almost the same; -1 if it is the only one.
        people: how many the float model finds; None if it was not asked.
        heights: of the people, as fractions of the input's height.
        seen: per keypoint, how many people show it.
        cells: per keypoint, the cells of the input in which it is seen, once a person; see `HEAT`.
        evaluated: True if the same file is in the evaluation data.
    """

    name: str
    problem: str = ""
    width: int = 0
    height: int = 0
    brightness: float = 0.0
    sharpness: float = 0.0
    sha256: str = ""
    alike: int = -1
    people: int | None = None
    heights: tuple[float, ...] = ()
    seen: tuple[int, ...] = ()
    cells: tuple[tuple[int, ...], ...] = ()
    evaluated: bool = False


class CalibrationFacts(msgspec.Struct, frozen=True, rename={"images": "pictures"}):  # its name in files since 0.1
    """All images of a folder.

    Attributes:
        images: sorted by name.
        keypoints: names of the network's keypoints; () without a network.
        size: (width, height) of the network's input; (0, 0) without a network.
        resize: how images are brought to it.
        evaluation: images in the evaluation data; None if there is none to compare with.
    """

    images: tuple[ImageFacts, ...]
    keypoints: tuple[str, ...] = ()
    size: tuple[int, int] = (0, 0)
    resize: str = "stretch"
    evaluation: int | None = None


@dataclass(frozen=True)
class HealthFinding:
    """One thing worth knowing about the set.

    Attributes:
        key: short name that stays the same.
        title: what was looked at.
        state: how good it is.
        reason: one sentence that says what was found and why it matters.
        images: names of the images concerned.
    """

    key: str
    title: str
    state: Grade
    reason: str
    images: tuple[str, ...] = ()


def findings(facts: CalibrationFacts, excluded: Collection[str] = ()) -> tuple[HealthFinding, ...]:
    """Return what there is to say about the images that are not excluded, in the order to read it."""
    left_out = set(excluded)
    chosen = [image for image in facts.images if image.name not in left_out]
    usable = [image for image in chosen if not image.problem]
    found = [_count(usable, len(chosen)), _unreadable(chosen)]
    if usable:
        found += [_same(usable), _alike(usable), _shape(usable, facts), _brightness(usable), _blur(usable)]
        found += [_people(usable), _coverage(usable, facts.keypoints), _leak(usable, facts.evaluation)]
    return tuple(found)


def worst(found: Sequence[HealthFinding]) -> Grade:
    """Return the gravest state among the findings."""
    states = {item.state for item in found}
    return Grade.BAD if Grade.BAD in states else Grade.WARN if Grade.WARN in states else Grade.OK


def _names(images: Sequence[ImageFacts]) -> tuple[str, ...]:
    return tuple(image.name for image in images)


def _some(count: int, singular: str, several: str) -> str:
    return f"{counted(count, 'image')} {plural(count, singular, several)}"


def _people_text(count: int) -> str:
    return counted(count, "person", "people")


def _count(usable: Sequence[ImageFacts], read: int) -> HealthFinding:
    count = len(usable)
    if not count:
        reason = f"0 of {counted(read, 'image')} can be read. Choose a folder of JPEG, PNG, BMP, TIFF or WebP images."
        return HealthFinding("count", "Number of images", Grade.BAD, reason)
    if count < FEWEST_IMAGES:
        reason = f"{counted(count, 'image')} can be used: a single outlier would set every range. Add images."
        return HealthFinding("count", "Number of images", Grade.BAD, reason)
    if count < SOUND_IMAGES:
        reason = f"{counted(count, 'image')} can be used. That works; {SOUND_IMAGES} to 300 varied images are safer."
        return HealthFinding("count", "Number of images", Grade.WARN, reason)
    return HealthFinding("count", "Number of images", Grade.OK, f"{counted(count, 'image')} can be used.")


def _unreadable(chosen: Sequence[ImageFacts]) -> HealthFinding:
    broken = [image for image in chosen if image.problem]
    if not broken:
        return HealthFinding("unreadable", "Readable", Grade.OK, "Every image can be read.")
    first = broken[0]
    if len(broken) == len(chosen):
        reason = f"No image can be read ({first.name}: {first.problem})."
        return HealthFinding("unreadable", "Readable", Grade.BAD, reason, _names(broken))
    reason = f"{counted(len(broken), 'image')} cannot be read and will be skipped ({first.name}: {first.problem})."
    return HealthFinding("unreadable", "Readable", Grade.WARN, reason, _names(broken))


def _same(usable: Sequence[ImageFacts]) -> HealthFinding:
    groups: dict[str, list[ImageFacts]] = {}
    for image in usable:
        groups.setdefault(image.sha256, []).append(image)
    spare = [image for group in groups.values() for image in group[1:]]
    if not spare:
        return HealthFinding("same", "Exact duplicates", Grade.OK, "No duplicates.")
    reason = f"{_some(len(spare), 'repeats', 'repeat')} another image byte for byte and adds nothing."
    state = Grade.BAD if len(spare) * 2 > len(usable) else Grade.WARN
    return HealthFinding("same", "Exact duplicates", state, reason, _names(spare))


def _alike(usable: Sequence[ImageFacts]) -> HealthFinding:
    distinct = list({image.sha256: image for image in reversed(usable)}.values())[::-1]
    groups: dict[int, list[ImageFacts]] = {}
    for image in distinct:
        if image.alike >= 0:
            groups.setdefault(image.alike, []).append(image)
    spare = [image for group in groups.values() for image in group[1:]]
    if not spare:
        return HealthFinding("alike", "Near duplicates", Grade.OK, "No two images look nearly the same.")
    reason = (
        f"{_some(len(spare), 'looks', 'look')} nearly like another one, like consecutive frames of a video; "
        "such scenes get too much weight."
    )
    state = Grade.BAD if len(spare) * 2 > len(usable) else Grade.WARN
    return HealthFinding("alike", "Near duplicates", state, reason, _names(spare))


def _shape(usable: Sequence[ImageFacts], facts: CalibrationFacts) -> HealthFinding:
    sizes = {(image.width, image.height) for image in usable}
    small, large = min(sizes, key=_area), max(sizes, key=_area)
    extent = f"{size_span(small, large)} px"
    if facts.size == (0, 0):
        return HealthFinding(
            "shape", "Sizes and shapes", Grade.OK, f"{extent}. Export the model to compare with its input."
        )
    width, height = facts.size
    tiny = [image for image in usable if image.width < width and image.height < height]
    if tiny:
        reason = f"{_some(len(tiny), 'is', 'are')} smaller than the input ({width} x {height}) and would be enlarged."
        return HealthFinding("shape", "Sizes and shapes", Grade.WARN, reason, _names(tiny))
    if facts.resize == "stretch":
        odd = [image for image in usable if _squeeze(image, width / height) > DISTORTED]
        if odd:
            reason = (
                f"{_some(len(odd), 'is', 'are')} distorted by more than a factor of {DISTORTED:g} when stretched to "
                f"{width} x {height}; that is right only if the board's camera image is stretched as much."
            )
            return HealthFinding("shape", "Sizes and shapes", Grade.WARN, reason, _names(odd))
    return HealthFinding("shape", "Sizes and shapes", Grade.OK, f"{extent}, all at least as large as the input.")


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _squeeze(image: ImageFacts, aspect: float) -> float:
    ratio = image.width / max(image.height, 1) / aspect
    return max(ratio, 1 / max(ratio, 1e-9))


def _brightness(usable: Sequence[ImageFacts]) -> HealthFinding:
    dark = [image for image in usable if image.brightness < DARK]
    bright = [image for image in usable if image.brightness > BRIGHT]
    if not dark and not bright:
        low, high = min(p.brightness for p in usable), max(p.brightness for p in usable)
        return HealthFinding(
            "brightness", "Brightness", Grade.OK, f"Mean brightness: {span(round(low), round(high))} of 255."
        )
    odd = [*dark, *bright]
    parts = [f"{len(dark):,} very dark"] * bool(dark) + [f"{len(bright):,} very bright"] * bool(bright)
    reason = f"{listed(parts)} of {counted(len(usable), 'image')}. Keep them if the board will see such light; "
    reason += "otherwise they do not help."
    return HealthFinding(
        "brightness", "Brightness", Grade.BAD if len(odd) * 2 > len(usable) else Grade.WARN, reason, _names(odd)
    )


def _blur(usable: Sequence[ImageFacts]) -> HealthFinding:
    blurred = sorted((p for p in usable if p.sharpness < BLURRED), key=lambda image: image.sharpness)
    if not blurred:
        return HealthFinding("blur", "Sharpness", Grade.OK, "No image is blurred.")
    reason = f"{_some(len(blurred), 'is', 'are')} blurred or without detail; activations of edge "
    reason += "detectors are smaller there than on the board."
    return HealthFinding(
        "blur", "Sharpness", Grade.BAD if len(blurred) * 2 > len(usable) else Grade.WARN, reason, _names(blurred)
    )


def _people(usable: Sequence[ImageFacts]) -> HealthFinding:
    looked = [image for image in usable if image.people is not None]
    if not looked:
        return HealthFinding("people", "People", Grade.WARN, "Not analysed yet: export the model, then check again.")
    empty = [image for image in looked if not image.people]
    total = sum(image.people or 0 for image in looked)
    mean = f"{_people_text(total)} in {counted(len(looked), 'image')}"
    if not empty:
        return HealthFinding("people", "People", Grade.OK, f"{mean}, at least one in each.")
    share = len(empty) / len(looked)
    reason = f"{mean}; {_some(len(empty), 'shows', 'show')} no people. Keypoint layers are calibrated by people only."
    state = Grade.BAD if share > 0.8 else Grade.WARN if share > 0.3 else Grade.OK
    return HealthFinding("people", "People", state, reason, _names(empty))


def coverage(usable: Sequence[ImageFacts]) -> tuple[int, ...]:
    """Return how many people show each keypoint; () where nobody was found."""
    rows = [image.seen for image in usable if image.seen]
    return tuple(sum(column) for column in zip(*rows, strict=True))


def heat(usable: Sequence[ImageFacts], keypoint: int | None = None) -> npt.NDArray[np.int64]:
    """Return how often a keypoint, or any, is seen in each cell of the input, (HEAT, HEAT), rows from the top."""
    counts = np.zeros(HEAT * HEAT, np.int64)
    for image in usable:
        chosen = image.cells if keypoint is None else image.cells[keypoint : keypoint + 1]
        for cells in chosen:
            np.add.at(counts, np.asarray(cells, np.intp), 1)
    return counts.reshape(HEAT, HEAT)


def heat_cells(people: People[InputFractions], least: float) -> tuple[tuple[int, ...], ...]:
    """Return `ImageFacts.cells` of people whose keypoints are seen from visibility `least`."""
    keypoints = people.keypoints
    place = (keypoints[..., :2] * HEAT).astype(int).clip(0, HEAT - 1)
    seen = keypoints[..., 2] > least
    flat = place[..., 1] * HEAT + place[..., 0]
    return tuple(tuple(flat[seen[:, index], index].tolist()) for index in range(keypoints.shape[1]))


def _coverage(usable: Sequence[ImageFacts], names: Sequence[str]) -> HealthFinding:
    seen, total = coverage(usable), sum(image.people or 0 for image in usable)
    if not seen or not total:
        state = Grade.WARN if all(image.people is None for image in usable) else Grade.BAD
        return HealthFinding("keypoints", "Keypoint coverage", state, "No people detected, so no keypoints either.")
    rare = [index for index, count in enumerate(seen) if count < SEEN_SHARE * total]
    if not rare:
        low = min(range(len(seen)), key=lambda index: seen[index])
        reason = f"Every keypoint is visible; least often the {names[low]}, on {seen[low]:,} of {_people_text(total)}."
        return HealthFinding("keypoints", "Keypoint coverage", Grade.OK, reason)
    text = ", ".join(names[index] for index in rare[:4]) + (" ..." if len(rare) > 4 else "")
    showing = [p for p in usable if p.seen and any(p.seen[index] for index in rare)]
    reason = (
        f"Visible on fewer than {percent(SEEN_SHARE, 0)} of {_people_text(total)}: {text}. Add images that show them."
    )
    return HealthFinding("keypoints", "Keypoint coverage", Grade.WARN, reason, _names(showing))


def _leak(usable: Sequence[ImageFacts], evaluation: int | None) -> HealthFinding:
    title = "Separate from the evaluation data"
    if evaluation is None:
        return HealthFinding("leak", title, Grade.UNKNOWN, "No evaluation data is chosen.")
    shared = [image for image in usable if image.evaluated]
    if not shared:
        return HealthFinding(
            "leak",
            title,
            Grade.OK,
            f"None of the {counted(evaluation, 'image')} of the evaluation data is in this set.",
        )
    if len(shared) == len(usable):
        reason = "All of its images are also in the evaluation data: accuracy figures would be too good."
        return HealthFinding("leak", title, Grade.BAD, reason)
    reason = f"{_some(len(shared), 'is', 'are')} also in the evaluation data: accuracy figures would be too good."
    return HealthFinding("leak", title, Grade.BAD, reason, _names(shared))
