"""What a SavedModel keeps of quantization-aware training: `trained_ranges.json` beside its own files."""

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from n6studio.domain.encoding import decoded, encoded
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.gates.files import LARGEST_TEXT, read_bytes

FILE = "trained_ranges.json"
_MOST_CHANNELS = 1_000_000
_SMALLEST, _LARGEST = 1e-30, 1e30  # of a step or range; both are float32 in the model


class TrainedConvolution(msgspec.Struct, frozen=True, kw_only=True):
    """A convolution whose weights are whole numbers of steps.

    Attributes:
        name: its path in the checkpoint.
        steps: of each output channel, normalisation folded in.
        codes: SHA-256 over the whole numbers, as in `digest_of`.
        input: largest value of its input that int8 was trained with; None where that is not known.
    """

    name: str
    steps: tuple[float, ...]
    codes: str
    input: float | None = None


class TrainedModel(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, and what became of the checkpoint's ranges."""

    account: TrainedRanges
    convolutions: tuple[TrainedConvolution, ...] = ()


class UnusableRanges(ValueError):
    """The file is not what an export writes; the message says why."""


def digest_of(codes: npt.NDArray[np.int8]) -> str:
    """Return the digest of codes in the order (output channels, height, width, inputs)."""
    import hashlib

    return hashlib.sha256(np.ascontiguousarray(codes, np.int8).tobytes()).hexdigest()


def write_trained(saved_model: Path, trained: TrainedModel) -> None:
    """Put the file into the folder of a SavedModel."""
    (saved_model / FILE).write_bytes(encoded(trained))


def read_trained(saved_model: Path) -> TrainedModel | None:
    """Return what a SavedModel's folder keeps; None where it has no such file.

    Raises:
        UnusableRanges: the file is damaged, or its numbers are none that training gives.
    """
    path = saved_model / FILE
    if not path.is_file():
        return None
    try:
        found: TrainedModel = decoded(read_bytes(path, LARGEST_TEXT), TrainedModel)
    except msgspec.MsgspecError as error:
        raise UnusableRanges(str(error)[:200]) from error
    if sum(len(one.steps) for one in found.convolutions) > _MOST_CHANNELS:
        raise UnusableRanges("it has more channels than any pose model")
    for one in found.convolutions:
        numbers = one.steps if one.input is None else (*one.steps, one.input)
        if not one.steps or not all(_SMALLEST < number < _LARGEST for number in numbers):
            raise UnusableRanges(f"{one.name[:60]} has a range that is not above 0")
    return found
