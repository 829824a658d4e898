"""The stage behind ``n6studio data``: every set is read as an evaluation reads it, and every image is looked at once.

Inputs: "data", labels or a folder; "images", optional folder of the labels' images; "calibration", optional folder of
calibration images. Outputs: "check", a `DataCheck` as JSON; "ultralytics" and "coco" where the labels are written anew.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from n6studio.domain.data_check import SCHEMA, DataCheck, FileVerdict, SetFacts, findings
from n6studio.domain.encoding import encoded
from n6studio.domain.evaluation.account import Account, LeftOut
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.files import read_bytes
from n6studio.gates.images import ImageUnreadable, read_image_and_end
from n6studio.stages.calibration_health.run import perceptual_hash
from n6studio.stages.data_check.consumers import Looked, of_image, of_set
from n6studio.stages.data_check.figures import DataCheckFigures
from n6studio.stages.data_check.leaks import Print, leak
from n6studio.stages.data_check.stage import DataCheckSettings
from n6studio.stages.data_check.writing import write_coco, write_ultralytics
from n6studio.stages.datasets.load import described_by, open_dataset, parts_of, referred_folders
from n6studio.stages.datasets.model import Dataset, Item
from n6studio.stages.evaluate.all_images import core_count, in_order
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of

STEPS: tuple[str, ...] = ("read the labels", "look at images", "compare the sets", "write")
_END = b"\xff\xd9"


@dataclass(frozen=True, eq=False)
class _Seen:
    looked: Looked
    print: Print | None


def run(
    settings: DataCheckSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[DataCheckFigures]:
    """Check data, and write its labels anew where that was asked for.

    Raises:
        StudioError: labels or folders that cannot be read at all.
    """
    report.step(STEPS[0])
    sets = _sets(settings, inputs, report)
    report.step(STEPS[1])
    total, done = sum(len(dataset.items) for dataset in sets.values()), 0
    facts, verdicts, prints, seen_of = [], list[FileVerdict](), {}, {}
    for name, dataset in sets.items():
        verdicts += of_set(name, dataset)
        seen: list[_Seen] = []
        for one in in_order(_look, dataset.items, core_count()):
            seen.append(one)
            verdicts += of_image(name, one.looked, dataset.labelled)
            done += 1
            report.progress(done, total)
        prints[name] = [one.print for one in seen if one.print is not None]
        seen_of[name] = [one.looked for one in seen]
        facts.append(SetFacts(name=name, path=str(dataset.path), account=_account(dataset, seen), notes=dataset.notes))
    report.step(STEPS[2])
    names = list(sets)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :] if {a, b} != {"train", "calibration"}]
    leaks = tuple(leak((a, prints[a]), (b, prints[b])) for a, b in pairs)
    check = DataCheck(schema=SCHEMA, sets=tuple(facts), verdicts=tuple(verdicts), leaks=leaks)
    report.step(STEPS[3])
    (folder / "data_check.json").write_bytes(encoded(check, indent=1))
    outputs = {"check": "data_check.json"}
    first = next(iter(sets))
    if settings.write in ("ultralytics", "both") and sets[first].labelled:
        outputs["ultralytics"] = write_ultralytics(folder, {k: v for k, v in sets.items() if v.labelled}, seen_of)
    if settings.write in ("coco", "both") and sets[first].labelled:
        outputs["coco"] = write_coco(folder, first, sets[first], seen_of[first])
    figures = DataCheckFigures(sets=check.sets, leaks=leaks, findings=findings(check))
    watched = tuple(dict.fromkeys(place for dataset in sets.values() for place in referred_folders(dataset)))
    return StageOutcome(outputs, figures, versions=versions_of("opencv-python"), watched=watched)


def _sets(
    settings: DataCheckSettings, inputs: dict[str, tuple[InputFile, ...]], report: Reporter
) -> dict[str, Dataset]:
    """Return the parts of the data and the calibration images by name."""
    images = Path(inputs["images"][0].path) if inputs.get("images") else None
    path = described_by(Path(inputs["data"][0].path))
    found = {
        name: open_dataset(path, images, name, settings.max_images, skip_missing=True) for name in parts_of(path)
    } or {"data": open_dataset(path, images, limit=settings.max_images, skip_missing=True)}
    if inputs.get("calibration"):
        source = Path(inputs["calibration"][0].path)
        found["calibration"] = open_dataset(source, limit=settings.max_images)
    for name, dataset in found.items():
        for note in dataset.notes:
            report.warn(f"{name}: {note}")
    return found


def _look(item: Item) -> _Seen:
    try:
        image, endless = read_image_and_end(item.path)
        data = read_bytes(item.path)
    except (ImageUnreadable, OSError) as error:
        reason = error.reason if isinstance(error, ImageUnreadable) else str(error)
        return _Seen(Looked(item.path, problem=reason), None)
    height, width = image.shape[:2]
    truth = item.truth.in_pixels(width, height) if item.truth is not None else None
    trailing = data[:2] == b"\xff\xd8" and not endless and data[-2:] != _END
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    thumbnail = cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    known = Print(item.path.name, hashlib.sha256(data).hexdigest(), perceptual_hash(grey), thumbnail)
    return _Seen(Looked(item.path, "", (width, height), endless, trailing, truth), known)


def _account(dataset: Dataset, seen: list[_Seen]) -> Account:
    broken: dict[str, list[str]] = {}
    for one in seen:
        if one.looked.problem:
            broken.setdefault(one.looked.problem, []).append(one.looked.path.name)
    left_out = [*dataset.left_out]
    left_out += [
        LeftOut(count=len(names), reason=f"cannot be read: {reason}", example=names[0])
        for reason, names in broken.items()
    ]
    used = len(seen) - sum(len(names) for names in broken.values())
    truths = [one.looked.truth for one in seen if one.looked.truth is not None]
    people = sum(int(truth.counts().sum()) for truth in truths)
    others = sum(len(truth.people) for truth in truths) - people
    labels = [*dataset.labels_left_out]
    if others:
        labels.append(LeftOut(count=others, reason="crowds, or without a labelled keypoint"))
    return Account(
        images=used + sum(one.count for one in left_out),
        images_used=used,
        labels=people + sum(one.count for one in labels),
        labels_used=people,
        images_left_out=tuple(left_out),
        labels_left_out=tuple(labels),
    )
