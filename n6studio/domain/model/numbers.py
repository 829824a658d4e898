"""With which numbers a model computes, as far as the NPU asks: their widths, ranges and scales."""

from dataclasses import dataclass

from n6studio.domain.model.operators import OperatorUse


@dataclass(frozen=True)
class Numbers:
    """What inspection found of a model's numbers; empty where it is not known or all is floating point.

    Attributes:
        activations: types of the values that convolutions and products take in, each once: 'int8', 'float'...
        weights: types of their weights, each once.
        input_range: what the smallest and the largest integer of the input stand for; None where not quantized.
        uneven_weights: tensors of weights with a scale per channel whose zero points are not all 0.
        float_between: operations in floating point from which a convolution in integers still takes values.
        operators: which operations there are, and where they run; () for a float model.
    """

    activations: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    input_range: tuple[float, float] | None = None
    uneven_weights: int = 0
    float_between: int = 0
    operators: tuple[OperatorUse, ...] = ()


def is_unit_range(low: float, high: float) -> bool:
    """Return whether an input's range is that of images divided by 255."""
    return abs(low) < 0.05 and 0.9 <= high <= 1.1


def is_signed_range(low: float, high: float) -> bool:
    """Return whether an input's range is that of images divided by 127.5, less 1."""
    return abs(low + 1) < 0.1 and abs(high - 1) < 0.1
