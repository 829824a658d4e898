"""Skeletons as plain values, for YAML and JSON: our own form, and what Ultralytics' data YAML says of keypoints.

Ours names things, so that people can read and mend it::

    keypoints:
    - {name: left ear, sigma: 0.035, mirror: right ear, colour: '#ff8000'}
    - {name: right ear, sigma: 0.035, mirror: left ear, colour: '#3399ff'}
    edges:
    - [left ear, right ear]
    sigmas_known: true
"""

import math
from typing import Any

from n6studio.domain.pose.skeleton import Colour, Skeleton, described, side_colour, stand_in_sigmas
from n6studio.domain.pose.skeleton_edits import LARGEST_SIGMA, LONGEST_NAME
from n6studio.domain.texts import counted

MOST_KEYPOINTS = 1000


class NotASkeleton(ValueError):
    """The values describe no skeleton; the message says in words what is wrong, without a full stop."""


def skeleton_values(skeleton: Skeleton) -> dict[str, Any]:
    """Return a skeleton as plain values; `skeleton_from_values` reads them."""
    return {
        "keypoints": [
            {"name": name, "sigma": sigma, "mirror": skeleton.names[mirror], "colour": hex_colour(colour)}
            for name, sigma, mirror, colour in zip(
                skeleton.names, skeleton.sigmas, skeleton.mirror, skeleton.colours, strict=True
            )
        ],
        "bones": [[skeleton.names[first], skeleton.names[second]] for first, second in skeleton.edges],
        "sigmas_known": skeleton.sigmas_known,
    }


def hex_colour(colour: Colour) -> str:
    """Return a colour as '#rrggbb'."""
    return "#" + bytes(colour).hex()


def skeleton_from_values(values: Any) -> Skeleton:
    """Return the checked skeleton of plain values.

    `sigma`, `mirror` and `colour` of a keypoint, and `edges`, may be left out: 1/K, itself, by its side, none.

    Raises:
        NotASkeleton.
    """
    rows = values.get("keypoints") if isinstance(values, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_KEYPOINTS or not all(isinstance(r, dict) for r in rows):
        raise NotASkeleton("a skeleton needs a list 'keypoints' with a name in each entry")
    names = _names(rows)
    place = {name.lower(): index for index, name in enumerate(names)}
    mirror = tuple(
        index if row.get("mirror") is None else _place(place, row["mirror"], f"mirror of {names[index]}")
        for index, row in enumerate(rows)
    )
    for index, partner in enumerate(mirror):
        if mirror[partner] != index:
            raise NotASkeleton(
                f"the partner of {names[index]} is {names[partner]}, whose partner is {names[mirror[partner]]}"
            )
    stand_in = stand_in_sigmas(len(rows))[0]
    sigmas = tuple(_sigma(row.get("sigma", stand_in), names[index]) for index, row in enumerate(rows))
    given = all("sigma" in row for row in rows)
    known = values.get("sigmas_known", given)
    if not isinstance(known, bool):
        raise NotASkeleton(f"sigmas_known is {known} and should be true or false")
    colours = tuple(
        side_colour(names[index]) if row.get("colour") is None else colour_from_text(str(row["colour"]), names[index])
        for index, row in enumerate(rows)
    )
    return Skeleton(names, _edges(values.get("bones") or [], place), mirror, sigmas, colours, known and given)


def _names(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    names = tuple(str(row.get("name") or "").strip() for row in rows)
    for index, name in enumerate(names):
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise NotASkeleton(f"keypoint {index} needs a name of 1 to {LONGEST_NAME} characters")
        if name.lower() in [other.lower() for other in names[:index]]:
            raise NotASkeleton(f"two keypoints have the name {name}")
    return names


def _place(place: dict[str, int], name: Any, where: str) -> int:
    found = place.get(str(name).strip().lower())
    if found is None:
        raise NotASkeleton(f"the {where} is {name}, which is no keypoint")
    return found


def _sigma(value: Any, name: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and 0 < value <= LARGEST_SIGMA):
        raise NotASkeleton(f"the sigma of {name} is {value} and should be above 0 and at most {LARGEST_SIGMA:g}")
    return float(value)


def colour_from_text(value: str, name: str) -> Colour:
    """Return the colour of '#rrggbb', for the keypoint of that name.

    Raises:
        NotASkeleton.
    """
    text = value.removeprefix("#")
    if len(text) != 6 or any(sign not in "0123456789abcdefABCDEF" for sign in text):
        raise NotASkeleton(f"the colour of {name} is {value} and should look like '#ff8000'")
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def _edges(rows: Any, place: dict[str, int]) -> tuple[tuple[int, int], ...]:
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 2 for row in rows):
        raise NotASkeleton("skeleton edges should be pairs of names")
    edges = tuple(
        (_place(place, a, "end of a skeleton edge"), _place(place, b, "end of a skeleton edge")) for a, b in rows
    )
    if any(first == second for first, second in edges):
        raise NotASkeleton("a skeleton edge joins a keypoint to itself")
    return edges


def skeleton_of_document(data: Any) -> Skeleton:
    """Return the skeleton of a YAML document: ours, a project's section of it, or Ultralytics' data YAML.

    Raises:
        NotASkeleton.
    """
    if isinstance(data, dict) and isinstance(data.get("skeleton"), dict):
        return skeleton_from_values(data["skeleton"])
    if isinstance(data, dict) and "keypoints" in data:
        return skeleton_from_values(data)
    if isinstance(data, dict) and "kpt_shape" in data:
        return _of_ultralytics(data)
    raise NotASkeleton("it has neither 'kpt_shape' (Ultralytics' data YAML) nor 'keypoints' (N6 Studio's)")


def _of_ultralytics(data: dict[str, Any]) -> Skeleton:
    shape, flip = data["kpt_shape"], data.get("flip_idx")
    if not (isinstance(shape, list) and shape and isinstance(shape[0], int) and 1 <= shape[0] <= MOST_KEYPOINTS):
        raise NotASkeleton(f"kpt_shape should be [keypoints, 2 or 3] and is {shape}")
    count = shape[0]
    if flip is not None and not _are_pairs(flip, count):
        raise NotASkeleton(
            f"flip_idx should list the left/right partner of each of the {counted(count, 'keypoint')}, and is {flip}"
        )
    names = ultralytics_names(data)
    if names is not None and (len(names) != count or len({str(name).lower() for name in names}) != count):
        raise NotASkeleton(f"kpt_names should be {count} different names and are {len(names)}: {names}")
    sigmas = data.get("kpt_oks_sigmas")
    if sigmas is not None:
        if not isinstance(sigmas, list) or len(sigmas) != count:
            raise NotASkeleton(f"kpt_oks_sigmas should be {count} numbers")
        sigmas = [_sigma(value, f"keypoint {index}") for index, value in enumerate(sigmas)]
    return described(count, names, flip, sigmas)


def _are_pairs(flip: Any, count: int) -> bool:
    if not isinstance(flip, list) or len(flip) != count or not all(isinstance(one, int) for one in flip):
        return False
    return all(0 <= one < count for one in flip) and all(flip[one] == index for index, one in enumerate(flip))


def ultralytics_names(data: dict[str, Any]) -> list[str] | None:
    """Return the keypoints' names of an Ultralytics data YAML, which keeps them by class; None where there are none."""
    names = data.get("kpt_names")
    first = next(iter(names.values()), None) if isinstance(names, dict) else names
    return first if isinstance(first, list) else None
