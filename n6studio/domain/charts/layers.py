"""Charts of single layers: what each loses, and how its values and weights are spread in float and in int8."""

from collections.abc import Sequence

from n6studio.domain.charts.axis import FRACTION, Axis, round_above
from n6studio.domain.charts.chart import Table, Threshold
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.histogram import Group, Histogram, even_edges
from n6studio.domain.model.layer_errors import HINT_DB, LayerError
from n6studio.domain.texts import minus

_LOW_DB = -5.0
_TOP_DB = 60.0  # ratios beyond are drawn as this: such a layer loses nothing that matters
_CHOOSE = "Click a column above, or choose a layer, to see its values and weights."


def layer_losses(layers: Sequence[LayerError], chosen: int = -1) -> Columns:
    """Return the signal-to-noise ratio of every layer, in the order of computation."""
    lowest = min((layer.snr for layer in layers if layer.snr is not None), default=0.0)
    headers = ("layer", "operation", "type", "SNR (dB)", "SNR of this layer alone (dB)")
    alone = tuple(layer.own_snr for layer in layers)
    return Columns(
        title="SNR per layer",
        x=Axis("layer in execution order", "number", -0.5, max(1, len(layers)) - 0.5, whole=True),
        y=Axis("SNR, more is better", "dB", min(0.0, max(lowest, _LOW_DB)), _TOP_DB),
        nothing="" if layers else "The models share no layer.",
        ranges=tuple((0.0, layer.snr or 0.0) for layer in layers),
        name="everything quantized",
        colour="int8_colour",
        notes=tuple(layer_text(layer) for layer in layers),
        data=Table(headers, tuple((la.name, la.kind, la.type, la.snr, la.own_snr) for la in layers)),
        points=alone,
        points_name="this layer alone",
        thresholds=(Threshold(HINT_DB, f"{HINT_DB:g} dB", "bad", upright=False),),
        chosen=chosen,
    )


def layer_text(layer: LayerError) -> str:
    """Return a layer's name and ratios in one line."""
    alone = "stays in float" if layer.own_snr is None else f"alone {layer.own_snr:.1f} dB"
    ratio = "no signal" if layer.snr is None else f"{layer.snr:.1f} dB"
    return f"{layer.name} ({layer.kind.lower()}): {ratio}, {alone}"


def layer_values(layer: LayerError | None) -> Histogram:
    """Return how a layer's values are spread, in float and in int8."""
    first, last = (layer.first, layer.last) if layer else (0.0, 1.0)
    floats, ints = (layer.float_counts, layer.int8_counts) if layer else ((), ())
    reach = (layer.int8_low, layer.int8_high) if layer and layer.scale else ()
    return Histogram(
        title="Value distribution",
        x=Axis("value", "dimensionless", first, last),
        y=Axis("share, square-root scale", FRACTION, 0, round_above([*floats, *ints]), root=True),
        nothing="" if layer else _CHOOSE,
        edges=even_edges(first, last, max(1, len(floats))),
        groups=(Group("float", "float_colour", floats), Group("int8", "int8_colour", ints)),
        overlaid=True,
        thresholds=tuple(Threshold(value, "int8 range") for value in reach),
    )


def layer_weights(layer: LayerError | None) -> Columns:
    """Return the range of a layer's weights by channel, and what one scale for all channels would have to hold."""
    low, high = (layer.weight_low, layer.weight_high) if layer else ((), ())
    ends = (min(low, default=0.0), max(high, default=0.0))
    reach = max(abs(ends[0]), abs(ends[1]), 1e-9) * 1.05
    old = "This layer has no weights, or the comparison is of an earlier release."
    rows = tuple(zip(range(len(low)), low, high, strict=True))
    return Columns(
        title="Weights per channel",
        x=Axis("output channel", "number", -0.5, max(1, len(low)) - 0.5, whole=True),
        y=Axis("weight", "dimensionless", -reach, reach),
        nothing="" if low else old if layer else _CHOOSE,
        ranges=tuple(zip(low, high, strict=True)),
        name="range of each channel",
        colour="accent",
        notes=tuple(minus(f"channel {place}: {first:.4g} to {last:.4g}") for place, first, last in rows),
        data=Table(("channel", "smallest", "largest"), rows),
        thresholds=tuple(Threshold(end, "range of all channels", upright=False) for end in ends),
    )
