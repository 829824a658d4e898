"""What a comparison of layers finds in short; every layer is in a `LayerErrors` in a file."""

import msgspec


class WorstLayer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer that loses much.

    Attributes:
        name: of its tensor, shortened.
        kind: operation that computes it.
        snr: signal-to-noise ratio against the float model, dB.
    """

    name: str
    kind: str
    snr: float


class LayerErrorsFigures(msgspec.Struct, frozen=True, kw_only=True, rename={"images": "pictures"}):
    """Figures of a comparison of layers.

    Attributes:
        images: how many were run through both models.
        layers: how many tensors both models compute.
        below_hint: how many of them have less than 10 dB.
        median_snr: dB; None where there is nothing to rate.
        worst: the five that lose most, the worst first.
        step_seconds: step -> seconds that it took.
    """

    images: int
    layers: int
    below_hint: int = 0
    median_snr: float | None = None
    worst: tuple[WorstLayer, ...] = ()
    step_seconds: dict[str, float] = {}
