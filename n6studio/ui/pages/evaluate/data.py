"""What an evaluation wrote, read once into frozen objects. No Qt: this runs in a pool thread."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.charts.evaluation.data import Evaluated, ImageOks, Model, read_models
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.pose.people import ImagePixels, People, nobody
from n6studio.domain.pose.skeleton import Skeleton, generic

SCHEMA = 1
Interval = tuple[float, float]
ROLES = ("int8", "float")  # the chain judges the int8 model against the float one


class ResultsUnusable(Exception):
    """The files of an evaluation cannot be shown; the message is a sentence for people."""


@dataclass(frozen=True)
class Comparison:
    """The judged network against the reference; see docs/results.md."""

    ap_difference: float | None
    ap_interval: Interval | None
    ap50_interval: Interval | None
    oks_lost_mean: float | None
    oks_lost_interval: Interval | None
    agreement: Mapping[str, float | None]


@dataclass(frozen=True, eq=False)
class Group:
    """People of one picture from one source, with the OKS of the best for each labelled person and who that is."""

    people: People[ImagePixels]
    oks: tuple[float, ...] = ()
    who: tuple[int | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: who is labelled (None without labels), who was found by each network, and what is lost."""

    path: Path
    size: tuple[int, int]
    truth: People[ImagePixels] | None
    groups: tuple[Group, ...]
    agreement: tuple[float, ...]
    lost: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything the page shows. `pictures_missing` says why there are no pictures, "" where there are."""

    name: str
    path: str
    kind: str
    images: int
    people: int
    unreadable: tuple[tuple[str, str], ...]
    area_source: str | None
    settings: Mapping[str, Any]
    speed: Mapping[str, Any]
    warnings: tuple[str, ...]
    skeleton: Skeleton
    sigmas: tuple[float, ...]
    models: tuple[Model, ...]
    comparison: Comparison | None
    pictures: tuple[Picture, ...]
    pictures_missing: str
    report: Path | None

    @property
    def labelled(self) -> bool:
        """Whether anybody is labelled, so that there is accuracy to tell."""
        return self.people > 0

    def charted(self) -> Evaluated:
        """Return what charts are drawn from."""
        return Evaluated(
            models=self.models,
            keypoints=self.skeleton.names,
            people=self.people,
            threshold=float(self.settings.get("operating_confidence", 0.25)),
            images=tuple(
                ImageOks(one.path.name, tuple(group.oks for group in one.groups), one.agreement)
                for one in self.pictures
            ),
            images_missing=self.pictures_missing,
        )


def load_evaluation(outputs: Mapping[str, Path]) -> Evaluation:
    """Read the files of a finished evaluation.

    Args:
        outputs: role -> path: results, people, report.

    Raises:
        ResultsUnusable: they are missing, damaged or of a later release.
    """
    path = outputs.get("results")
    if path is None:
        raise ResultsUnusable("The evaluation left no results. Evaluate again.")
    content = _json(path)
    if content.get("schema") != SCHEMA:
        raise ResultsUnusable(
            f"{path.name} has schema {content.get('schema')}, this release reads {SCHEMA}. Evaluate again to get one."
        )
    try:
        skeleton, pictures, missing = _pictures(outputs.get("people"), content)
        return _evaluation(content, skeleton, pictures, missing, outputs.get("report"))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ResultsUnusable(f"{path} does not hold what an evaluation writes. Evaluate again.") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (
            "is not there any more" if isinstance(error, FileNotFoundError) else f"cannot be read: {reason_of(error)}"
        )
        raise ResultsUnusable(f"{path} {reason}. Evaluate again.") from error
    except ValueError as error:
        raise ResultsUnusable(f"{path} is damaged or cut short. Evaluate again.") from error
    if not isinstance(content, dict):
        raise ResultsUnusable(f"{path} does not hold what an evaluation writes. Evaluate again.")
    return content


def _evaluation(
    content: dict[str, Any], skeleton: Skeleton, pictures: tuple[Picture, ...], missing: str, report: Path | None
) -> Evaluation:
    data = content["data"]
    return Evaluation(
        name=str(data["name"]),
        path=str(data["path"]),
        kind=str(data["kind"]),
        images=int(data["images_read"]),
        people=int(data["people"]),
        unreadable=tuple((str(one["path"]), str(one["reason"])) for one in data["unreadable"]),
        area_source=data["area_source"],
        settings=dict(content["settings"]),
        speed=dict(content["speed"]),
        warnings=tuple(str(text) for text in content["warnings"]),
        skeleton=skeleton,
        sigmas=tuple(float(sigma) for sigma in data["sigmas"]),
        models=read_models(content["models"], ROLES),
        comparison=_comparison(content["comparison"][0]) if content["comparison"] else None,
        pictures=pictures,
        pictures_missing=missing,
        report=report,
    )


def _comparison(entry: dict[str, Any]) -> Comparison:
    return Comparison(
        _number(entry["ap_difference"]),
        _interval(entry["ap_interval"]),
        _interval(entry.get("ap50_interval")),  # younger than the schema
        _number(entry["oks_lost_mean"]),
        _interval(entry["oks_lost_interval"]),
        {name: _number(value) for name, value in entry["agreement"].items()},
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _interval(value: Any) -> Interval | None:
    return None if value is None else (float(value[0]), float(value[1]))


def _pictures(path: Path | None, content: dict[str, Any]) -> tuple[Skeleton, tuple[Picture, ...], str]:
    """Return how to draw, the pictures, and why there are none: figures are worth showing without them."""
    plain = generic(len(content["data"]["keypoints"]), tuple(content["data"]["keypoints"]))
    if path is None:
        return plain, (), "This evaluation was made by an earlier release, which kept no people. Evaluate again."
    try:
        with path.open(encoding="utf-8") as file:
            heading = json.loads(next(file))
            skeleton = _skeleton(heading)
            return skeleton, tuple(_picture(json.loads(line), len(skeleton)) for line in file), ""
    except OSError:
        return plain, (), f"{path} cannot be read. Evaluate again to see the pictures."
    except (ValueError, KeyError, TypeError, IndexError, StopIteration):
        return plain, (), f"{path} is damaged or cut short. Evaluate again to see the pictures."


def _skeleton(heading: dict[str, Any]) -> Skeleton:
    plain = generic(len(heading["keypoints"]), tuple(heading["keypoints"]))
    bones = tuple((int(first), int(second)) for first, second in heading["bones"])
    colours = tuple((int(red), int(green), int(blue)) for red, green, blue in heading["colours"])
    return Skeleton(plain.names, bones, plain.mirror, plain.sigmas, colours, plain.sigmas_known)


def _picture(line: dict[str, Any], keypoints: int) -> Picture:
    groups = tuple(
        Group(_people(one, keypoints), tuple(one.get("oks", ())), tuple(one.get("who", ()))) for one in line["models"]
    )
    truth = None if line["truth"] is None else _people(line["truth"], keypoints)
    width, height = line["size"]
    agreement = tuple(line.get("agreement", ()))
    return Picture(Path(line["image"]), (int(width), int(height)), truth, groups, agreement, float(line["lost"]))


def _people(content: dict[str, Any], keypoints: int) -> People[ImagePixels]:
    if not content["boxes"]:
        return nobody(keypoints)
    count = len(content["boxes"])
    return People(
        np.array(content["boxes"], np.float32).reshape(count, 4),
        np.array(content.get("scores", [1.0] * count), np.float32).reshape(count),
        np.array(content["keypoints"], np.float32).reshape(count, keypoints, 3),
    )
