"""What quantization costs in every layer: the form of the stage `layer_errors`' result."""

from dataclasses import dataclass

import msgspec

HINT_DB = 10.0  # below this signal-to-noise ratio, Hailo's guide advises to give a layer more bits


@dataclass(frozen=True)
class LayerError:
    """One tensor that both models compute.

    Attributes:
        name: the tensor's name, shortened to what tells layers apart.
        kind: operation that computes it.
        shape: of the tensor.
        type: its type in the quantized model: 'int8', 'float'...
        squashed: True for what only a sigmoid or x * sigmoid(x) reads. Its large negative values are cut off on
            purpose where ranges are tuned, so its ratios look worse than what is computed from it.
        snr: dB of the quantized model's values against the float model's; None where the signal is all zero.
        own_snr: dB if only this tensor were rounded to its int8 steps; None where it stays in float.
        low, high: smallest and largest value in the float model.
        int8_low, int8_high: what its int8 steps reach; equal to low and high where it stays in float.
        scale, zero_point: of the tensor; 0 where it stays in float.
        first, last: outer edges of the histograms.
        weight_low, weight_high: per output channel, smallest and largest weight; () where the operation has none.
        float_counts, int8_counts: 64 bins of equal width each, as shares that add up to 1.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    type: str
    squashed: bool
    snr: float | None
    own_snr: float | None
    low: float
    high: float
    int8_low: float
    int8_high: float
    scale: float
    zero_point: int
    first: float
    last: float
    float_counts: tuple[float, ...]
    int8_counts: tuple[float, ...]
    weight_low: tuple[float, ...] = ()
    weight_high: tuple[float, ...] = ()


class LayerErrors(msgspec.Struct, frozen=True, rename={"images": "pictures"}):  # its name in files since 0.1
    """All layers in the order in which the model computes them, and on how many images they were measured."""

    images: int
    layers: tuple[LayerError, ...]
