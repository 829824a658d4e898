"""What the graph of a model amounts to, whatever the format of its file."""

from dataclasses import dataclass, field
from typing import Any

from n6studio.domain.model.facts import FloatOperation, TensorFacts
from n6studio.domain.model.numbers import Numbers
from n6studio.stages.model.layout import Trace


@dataclass(frozen=True)
class GraphFacts:
    """What the graph of a model amounts to; the fields have the meaning they have in `ModelFacts`.

    `trace` tells what the graph says of each channel of the first output.
    """

    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    parameters: int
    macs: int | None
    product_macs: int | None
    weights_bytes: int
    granularity: str
    integer_convolutions: int
    float_convolutions: int
    float_operations: tuple[FloatOperation, ...]
    output_scale: float | None
    trace: Trace
    numbers: Numbers = field(default_factory=Numbers)
    metadata: dict[str, Any] = field(default_factory=dict)
