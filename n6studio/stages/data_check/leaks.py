"""Images that two sets share: byte for byte, or nearly the same to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.data_check import Leak
from n6studio.stages.calibration_health.run import NEAR_BITS, NEAR_GREY

_EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class Print:
    """By what an image is known again.

    Attributes:
        name: its file.
        sha256: of the file.
        bits: of `perceptual_hash`.
        thumbnail: (256,) grey values.
    """

    name: str
    sha256: str
    bits: int
    thumbnail: npt.NDArray[np.float32]


def leak(first: tuple[str, Sequence[Print]], second: tuple[str, Sequence[Print]]) -> Leak:
    """Return what two sets share; each is its name and its images."""
    (name, images), (other_name, others) = first, second
    known = {one.sha256 for one in others}
    same = [one for one in images if one.sha256 in known]
    rest = [one for one in images if one.sha256 not in known]
    bits = np.array([one.bits for one in others], np.uint64)
    thumbnails = np.array([one.thumbnail for one in others], np.float32).reshape(len(others), -1)
    alike = [one for one in rest if _is_among(one, bits, thumbnails)]
    examples = tuple(one.name for one in [*same, *alike][:_EXAMPLES])
    return Leak(first=name, second=other_name, same=len(same), alike=len(alike), examples=examples)


def _is_among(one: Print, bits: npt.NDArray[np.uint64], thumbnails: npt.NDArray[np.float32]) -> bool:
    near = np.flatnonzero(np.bitwise_count(bits ^ np.uint64(one.bits)) <= NEAR_BITS)
    return bool(len(near)) and bool((np.abs(thumbnails[near] - one.thumbnail).mean(axis=1) <= NEAR_GREY).any())
