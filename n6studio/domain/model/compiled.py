"""A compiled model: what it takes, and how it is computed: on the NPU, on the processor, or on both."""

from dataclasses import dataclass

from n6studio.domain.model.speed import Epoch, PoolLife


@dataclass(frozen=True)
class Epochs:
    """How many of a compiled model's steps are computed where.

    Attributes:
        total: all of them.
        hardware: on the NPU alone.
        software: on the processor alone.
        hybrid: on both.
        blobs: how many command blobs the hardware's steps are packed into; None where not told.
    """

    total: int
    hardware: int
    software: int
    hybrid: int
    blobs: int | None = None


@dataclass(frozen=True)
class CompiledModel:
    """What the compiler says of a model; None where it does not say.

    Attributes:
        compiler: which one, with its version.
        macc: multiply-accumulates of one inference.
        weights_bytes, activations_bytes: memory that it takes.
        epochs: how it is computed.
        steps: each of them, in order; () where the compiler's files do not say.
        pools: how full each memory is at each step, likewise.
    """

    compiler: str
    macc: int | None
    weights_bytes: int | None
    activations_bytes: int | None
    epochs: Epochs | None
    steps: tuple[Epoch, ...] = ()
    pools: tuple[PoolLife, ...] = ()
