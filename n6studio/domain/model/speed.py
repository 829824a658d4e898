"""How long a model will take on the board, part by part, before anything is flashed.

Nothing here is a measurement. The NPU's part is the compiler's own estimate of cycles where a report has one, else a
rate taken from ST's published figures. The processor's part is the number of values that pass through it times cycles
a value, taken from one published profile of YOLOv8n on a NUCLEO-N657X0-Q (github.com/Magnus3327/
stm32n6-edge-ai-benchmarks, yolov8n_micro_224, ST Edge AI Core 4.0.1): right to a factor of two or three.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from n6studio.domain.model.facts import FloatOperation, ModelFacts
from n6studio.domain.model.operators import Unit
from n6studio.domain.model.published import PUBLISHED, estimate, macs_of

NPU_MHZ, CPU_MHZ = 1000.0, 800.0  # as ST's pose applications set the clocks of both boards
_NPU_LOW, _NPU_HIGH = 0.75, 1.5  # of the compiler's estimate; it has not been held against a board by us
_CPU_LOW, _CPU_HIGH = 0.35, 2.0
_PUBLISHED_MARGIN, _BETWEEN_MARGIN = 0.05, 0.1  # of a published figure, and of one between two of them


@dataclass(frozen=True)
class Epoch:
    """One step of a compiled model.

    Attributes:
        number: as the compiler counts.
        unit: where it is computed.
        operations: what it computes, by ONNX's names, each once; () where the report does not say.
        layer: name of its first operation, "" where not told.
        values: numbers that it writes; None where not told.
        in_float: whether it writes or is said to compute floating point.
        cycles: of the NPU's clock, as the compiler estimates; None where not told.
    """

    number: int
    unit: Unit
    operations: tuple[str, ...] = ()
    layer: str = ""
    values: int | None = None
    in_float: bool = False
    cycles: int | None = None


@dataclass(frozen=True)
class PoolLife:
    """Bytes in use of one memory at each epoch, from epoch 0 on."""

    name: str
    size: int
    used: tuple[int, ...]

    @property
    def peak(self) -> int:
        """The most bytes in use at once."""
        return max(self.used, default=0)


@dataclass(frozen=True)
class Milliseconds:
    """A time that is not known exactly: where it probably lies, and between which bounds."""

    likely: float
    low: float
    high: float

    def __add__(self, other: "Milliseconds") -> "Milliseconds":
        return Milliseconds(self.likely + other.likely, self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        return f"{self.likely:.1f} ms ({self.low:.1f} to {self.high:.1f})"


NOTHING = Milliseconds(0.0, 0.0, 0.0)

# Cycles of the Cortex-M55 for each value that an operation writes.
_COPY, _TO_FLOAT, _TO_INT8, _ARITHMETIC, _CURVE = 8.0, 7.0, 12.0, 20.0, 65.0
_CYCLES = {
    "dequantizelinear": _TO_FLOAT,
    "dequantize": _TO_FLOAT,
    "quantizelinear": _TO_INT8,
    "quantize": _TO_INT8,
    "cast": _TO_FLOAT,
    "softmax": _CURVE,
    "sigmoid": _CURVE,
    "logistic": _CURVE,
    "tanh": _CURVE,
    "exp": _CURVE,
    "reshape": 0.0,
    **dict.fromkeys(
        ("concat", "concatenation", "slice", "strided_slice", "split", "split_v", "transpose", "gather", "pad"), _COPY
    ),
    **dict.fromkeys(("depthtospace", "depth_to_space", "spacetodepth", "expand_dims", "squeeze", "pack"), _COPY),
}


def cpu_time(operation: str, values: int) -> Milliseconds:
    """Return how long the processor takes for an operation that writes so many values."""
    likely = _CYCLES.get(operation.lower(), _ARITHMETIC) * values / (CPU_MHZ * 1000)
    return Milliseconds(likely, likely * _CPU_LOW, likely * _CPU_HIGH)


def npu_time(cycles: int) -> Milliseconds:
    """Return how long the NPU takes for so many cycles of the compiler's estimate."""
    likely = cycles / (NPU_MHZ * 1000)
    return Milliseconds(likely, likely * _NPU_LOW, likely * _NPU_HIGH)


def time_of(epoch: Epoch) -> Milliseconds | None:
    """Return how long a step of a compiled model takes; None where its report says too little."""
    if epoch.unit == Unit.NPU:
        return None if epoch.cycles is None else npu_time(epoch.cycles)
    if epoch.values is None:
        return None
    spent = cpu_time(epoch.operations[0] if epoch.operations else "", epoch.values)
    return spent + npu_time(epoch.cycles or 0) if epoch.unit == Unit.BOTH else spent


def time_by_unit(epochs: Iterable[Epoch]) -> dict[Unit, Milliseconds]:
    """Return the time that each unit takes; a unit one of whose steps is not known is left out."""
    found, unknown = dict.fromkeys(Unit, NOTHING), set()
    for epoch in epochs:
        spent = time_of(epoch)
        if spent is None:
            unknown.add(epoch.unit)
        else:
            found[epoch.unit] += spent
    return {unit: spent for unit, spent in found.items() if unit not in unknown}


@dataclass(frozen=True)
class SpeedEstimate:
    """What can be said of a model's speed from its file alone.

    Attributes:
        int8: the part that the compiler can give to the NPU, with what ST's own models leave to the processor.
        in_float: what the file computes in floating point besides, on the processor.
        operations: each of these with its time, longest first.
        source: where `int8` comes from, as a sentence.
    """

    int8: Milliseconds
    in_float: Milliseconds
    operations: tuple[tuple[FloatOperation, Milliseconds], ...]
    source: str

    @property
    def total(self) -> Milliseconds:
        """One inference, without camera, post-processing and display."""
        return self.int8 + self.in_float


def estimate_speed(facts: ModelFacts) -> SpeedEstimate | None:
    """Return what can be said of an int8 model's speed on the STM32N6570-DK; None where it is none."""
    if not facts.quantized or not facts.macs or facts.float_convolutions:
        return None
    timed = [(one, cpu_time(one.operation, _values(one.shape))) for one in facts.float_operations]
    timed.sort(key=lambda pair: -pair[1].likely)
    in_float = sum((spent for _, spent in timed), NOTHING)
    base, source = _int8_part(facts, facts.macs)
    return SpeedEstimate(base, in_float, tuple(timed), source)


def _int8_part(facts: ModelFacts, macs: int) -> tuple[Milliseconds, str]:
    known = estimate(facts.parameters, macs, facts.input_size)
    if known is not None:
        core, likely = max(known.milliseconds.items())
        margin = _PUBLISHED_MARGIN if known.exact else _BETWEEN_MARGIN
        spent = Milliseconds(likely, likely * (1 - margin), likely * (1 + margin))
        how = "ST's figure" if known.exact else "Between ST's figures"
        return spent, f"{how} for {known.model} with ST Edge AI Core {core} on the STM32N6570-DK."
    rates = sorted(max(row.milliseconds.items())[1] / macs_of(row) for row in PUBLISHED)
    low, middle, high = (macs * rate for rate in (rates[0], rates[len(rates) // 2], rates[-1]))
    return (
        Milliseconds(middle, low, 1.5 * high),
        "By its multiply-accumulates, at the rates of ST's published models; models of another build differ more.",
    )


def _values(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= max(1, size)
    return count
