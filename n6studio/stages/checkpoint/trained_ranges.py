"""The int8 ranges that quantization-aware training left in a checkpoint of Ultralytics (`train quantize=8`).

Ultralytics has NVIDIA's ModelOpt insert quantizers and saves the plain model with their ranges beside it, under
"modelopt", "ranges": the largest magnitude of every output channel of a convolution's weights, and of its input. They
are tensors with names; ModelOpt's own state beside them is not looked at. What does not fit the model is left out and
counted: a checkpoint without usable ranges is one trained in float.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np

from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.pose.people import FloatArray
from n6studio.stages.checkpoint.architecture import entries_of, tensor_of
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.tensors import TensorPlace, TensorReader, UnreadableTensor

IN_FLOAT = "of the last convolutions, which were trained in float"
NO_CONVOLUTION = "of no convolution of this model"
WRONG_LENGTH = "of another length than the convolution has channels"
NOT_POSITIVE = "negative, not finite or 0"
UNREADABLE = "not readable"
OTHER_WEIGHTS = "that do not fit the convolution's weights"
WITHOUT_WEIGHTS = "of inputs of convolutions whose weights have no usable range"

LARGEST_CODE = 127
_LARGEST_CHANGE = 0.1  # of a convolution's weights by rounding, root mean square; int8 changes them by 0.01
_MOST_RANGES = 20_000  # two for each convolution; the largest pose models have 300 of these
_NAME = re.compile(r"(?P<path>model\.\d+(?:\.\w+)*)\.(?P<kind>input|weight)_quantizer\._amax")


@dataclass(frozen=True, eq=False)
class QuantizedTraining:
    """What quantization-aware training chose, by the paths of convolutions below the model.

    Attributes:
        weights: path -> (output channels,) largest magnitude that an int8 weight of the channel stands for, before
            normalisation is folded in.
        inputs: path -> largest magnitude of the convolution's input.
        account: what was read, used and left out.
    """

    weights: dict[str, FloatArray] = field(default_factory=dict)
    inputs: dict[str, float] = field(default_factory=dict)
    account: TrainedRanges = field(default_factory=lambda: TrainedRanges(read=0))


def places_of_ranges(modelopt: object) -> dict[str, TensorPlace | None] | None:
    """Return where the ranges of a checkpoint's entry "modelopt" lie, None for what is no tensor.

    Returns:
        None where the checkpoint was not trained with quantizers.
    """
    if modelopt is None or modelopt is False:
        return None
    found: dict[str, TensorPlace | None] = {}
    for name, value in list(entries_of(entries_of(modelopt).get("ranges")).items())[:_MOST_RANGES]:
        try:
            found[name] = tensor_of(value)
        except Undescribed:
            found[name] = None
    return found


def read_ranges(
    places: Mapping[str, TensorPlace | None], kernels: Mapping[str, FloatArray], last: int, reader: TensorReader
) -> QuantizedTraining:
    """Return the ranges that fit the model.

    Args:
        places: from `places_of_ranges`.
        kernels: path of each convolution of the model -> its weights, (output channels, ...).
        last: number of the model's last layer, its head.
        reader: of the checkpoint.
    """
    weights: dict[str, FloatArray] = {}
    inputs: dict[str, float] = {}
    left: Counter[str] = Counter()
    for name, place in places.items():
        match = _NAME.fullmatch(name)
        path = match["path"] if match else ""
        if match is None or path not in kernels:
            left[NO_CONVOLUTION] += 1
        elif _in_float(path, last):
            left[IN_FLOAT] += 1
        elif match["kind"] == "weight":
            values = _of_weights(place, kernels[path], reader)
            if isinstance(values, str):
                left[values] += 1
            else:
                weights[path] = values
        else:
            values = _values(place, 1, reader)
            if isinstance(values, str):
                left[values] += 1
            else:
                inputs[path] = float(values[0])
    kept = {path: value for path, value in inputs.items() if path in weights}
    if len(kept) < len(inputs):
        left[WITHOUT_WEIGHTS] += len(inputs) - len(kept)
    account = TrainedRanges(read=len(places), weights=len(weights), inputs=len(kept), left_out=dict(left))
    return QuantizedTraining(weights, kept, account)


def codes_of(weights: FloatArray, largest: FloatArray) -> FloatArray:
    """Return weights (output channels, ...) as whole numbers of their channels' steps, -127 to 127."""
    steps = (largest / LARGEST_CODE).reshape(-1, *[1] * (weights.ndim - 1))
    return np.asarray(np.clip(np.round(weights / steps), -LARGEST_CODE, LARGEST_CODE), np.float32)


def _in_float(path: str, last: int) -> bool:
    """Return whether Ultralytics trains a convolution in float: those of the head that have no normalisation."""
    return path.startswith(f"model.{last}.") and (not path.endswith(".conv") or ".dfl." in path)


def _of_weights(place: TensorPlace | None, kernel: FloatArray, reader: TensorReader) -> FloatArray | str:
    """Return the range of each output channel, (channels,), or why it cannot be used."""
    values = _values(place, len(kernel), reader)
    if isinstance(values, str):
        return values
    steps = (values / LARGEST_CODE).reshape(-1, *[1] * (kernel.ndim - 1))
    change = np.square(codes_of(kernel, values) * steps - kernel, dtype=np.float64).mean()
    fits = change <= _LARGEST_CHANGE**2 * np.square(kernel, dtype=np.float64).mean()
    return values if fits else OTHER_WEIGHTS


def _values(place: TensorPlace | None, wanted: int, reader: TensorReader) -> FloatArray | str:
    """Return a range's numbers, (wanted,), or why they cannot be used."""
    if place is None:
        return UNREADABLE
    if prod(place.shape) != wanted:
        return WRONG_LENGTH
    try:
        values = np.asarray(reader.read(place), np.float32).reshape(-1)
    except UnreadableTensor:
        return UNREADABLE
    return values if np.isfinite(values).all() and (values > 0).all() else NOT_POSITIVE
