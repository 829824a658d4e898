"""What to make of the layers that lose most: one sentence each, from figures that were measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from n6studio.domain.model.layer_errors import HINT_DB, LayerError

MOST = 5  # layers that are named
INHERITED_DB = 10.0  # so much better alone: the error comes from before
UNEVEN = 30.0  # between the widest and the median channel's weights
TAIL = 0.001  # share of values that is worth a wider range to nobody


@dataclass(frozen=True)
class Suggestion:
    """`place` of the layer among those given, and what to do about it."""

    place: int
    text: str


def suggestions(layers: Sequence[LayerError], granularity: str, ranges: str) -> tuple[Suggestion, ...]:
    """Return what can be said of a model's layers; () where none is below 2 x 10 dB.

    First of the layer that ends up worst, then of those that add most noise themselves: there it can be mended.

    Args:
        layers: in the order of computation.
        granularity: of the weights, 'per_channel' or 'per_tensor'.
        ranges: 'tuned' or 'extremes', as they were used.
    """
    low = [place for place, layer in enumerate(layers) if layer.snr is not None and layer.snr < 2 * HINT_DB]
    if not low:
        return ()
    worst = min(low, key=lambda place: layers[place].snr or 0.0)
    noisy = [place for place, layer in enumerate(layers) if layer.own_snr is not None]
    noisy.sort(key=lambda place: layers[place].own_snr or 0.0)
    found = [Suggestion(worst, _of_worst(layers[worst]))]
    return (*found, *(Suggestion(place, _of_noisy(layers[place], granularity, ranges)) for place in noisy[:MOST]))


def _of_worst(layer: LayerError) -> str:
    begin = f"Worst: {layer.name}, {layer.snr:.1f} dB"
    if layer.own_snr is None:
        return f"{begin}. It stays in float; its error comes from earlier layers."
    if layer.own_snr - (layer.snr or 0.0) >= INHERITED_DB:
        return f"{begin}. Alone it would have {layer.own_snr:.1f} dB: the noise of earlier layers accumulates here."
    return f"{begin}. Its own rounding causes this: alone it has {layer.own_snr:.1f} dB."


def _of_noisy(layer: LayerError, granularity: str, ranges: str) -> str:
    begin = f"Adds noise: {layer.name}, {layer.own_snr:.1f} dB alone"
    spread = _unevenness(layer)
    if granularity == "per_tensor" and spread is not None and spread > UNEVEN:
        return f"{begin}. Its widest channel's weights reach {spread:.0f} times the median's: use per channel."
    used = _used_share(layer)
    if used is not None and used < 0.5:
        how = "use tuned ranges" if ranges == "extremes" else "check the images with the most extreme values"
        return f"{begin}. 99.9 % of its values use {used:.0%} of the int8 range: {how}, or calibrate on more images."
    return f"{begin}. Its values use the int8 range well; only more bits would help."


def _unevenness(layer: LayerError) -> float | None:
    widths = sorted(max(high, -low) for low, high in zip(layer.weight_low, layer.weight_high, strict=True))
    median = widths[len(widths) // 2] if widths else 0.0
    return widths[-1] / median if median > 0 else None


def _used_share(layer: LayerError) -> float | None:
    """Return which share of int8's reach all but `TAIL` of the float values fill."""
    reach, count = layer.int8_high - layer.int8_low, len(layer.float_counts)
    if reach <= 0 or not count:
        return None
    left, first = TAIL / 2, 0
    while first < count - 1 and layer.float_counts[first] < left:
        left -= layer.float_counts[first]
        first += 1
    right, last = TAIL / 2, count - 1
    while last > first and layer.float_counts[last] < right:
        right -= layer.float_counts[last]
        last -= 1
    return (last + 1 - first) * (layer.last - layer.first) / count / reach
