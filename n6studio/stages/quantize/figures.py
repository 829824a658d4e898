"""What a quantization finds."""

import msgspec

from n6studio.domain.evaluation.account import Account
from n6studio.domain.model.speed import SpeedEstimate
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.texts import bytes_text, counted


class CalibrationUse(msgspec.Struct, frozen=True, kw_only=True):
    """The images that a quantization was calibrated on.

    Attributes:
        images: how many; 0 for random noise.
        skipped: (path, why) of those that could not be used.
        digest: over their names and contents; "fake" for noise.
        account: how many images were found, and what became of them; None for noise, and in earlier results.
    """

    images: int
    skipped: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    account: Account | None = None


class HeadPrecision(msgspec.Struct, frozen=True, kw_only=True):
    """How the arithmetic after the last convolutions is computed.

    Attributes:
        precision: 'float', 'int8', or 'split' where there is none.
        float_operations: how many of its operations stay in floating point.
    """

    precision: str
    float_operations: int = 0


class End(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output tensor of the quantized model.

    Attributes:
        type: 'uint8', 'int8' or 'float'.
        scale: real value of one integer step; 0 where not quantized.
        zero_point: integer that stands for 0.
    """

    type: str
    scale: float = 0.0
    zero_point: int = 0


class OperationCount(msgspec.Struct, frozen=True, kw_only=True, rename={"in_float": "float"}):
    """How many operations the quantized model has.

    Attributes:
        total: all.
        in_float: those that compute in floating point.
        float_kinds: their kinds, each once, by the format's names: 'ADD', 'MUL'...
    """

    total: int
    in_float: int
    float_kinds: tuple[str, ...] = ()


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What the collapse guard saw on the first calibration images.

    Attributes:
        images: how many it looked at.
        float_people: people whom the float model finds in them.
        int8_people: those whom the quantized model finds again (OKS above 0.5).
        oks_mean: mean OKS of these, 0..1; None without any.
    """

    images: int
    float_people: int
    int8_people: int
    oks_mean: float | None = None


class RangeAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How two ways of choosing ranges agree with the float model on the calibration images.

    Attributes:
        people: whom the float model finds with a confidence of 0.25 or more.
        tuned: mean OKS of the same people with tuned ranges, 0..1; 0 for a person whose confidence is below 0.1.
        weighted: the same with ranges weighted by the answers.
    """

    people: int
    tuned: float
    weighted: float


class NarrowWeights(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the weights where 4 bits were wanted.

    Attributes:
        narrowed: convolutions whose weights have 4 bits.
        kept: convolutions whose weights stay at 8.
        int8_bytes: size of the int8 model that it was made of.
        people: whom the float model finds in calibration images with a confidence of 0.25 or more.
        int8, int4: mean OKS of the same people in the one and the other, 0..1; 0 for a person whose confidence is below
            0.1. None where there are no people.
    """

    narrowed: int
    kept: int
    int8_bytes: int
    people: int = 0
    int8: float | None = None
    int4: float | None = None

    def text(self, size: int) -> str:
        """Return all of it in sentences.

        Args:
            size: bytes of the model.
        """
        what = (
            f"4 bits in {counted(self.narrowed, 'convolution')}, 8 in {self.kept}, among them the first and the last "
            f"of each branch; {bytes_text(size)} instead of {bytes_text(self.int8_bytes)}."
        )
        if self.loss is None:
            cost = "What 4 bits cost was not measured: no people in the calibration images."
        else:
            verdict = f"4 bits lose {self.loss:.3f}" if self.loss > 0 else "nothing is lost"
            cost = f"Mean OKS to float on calibration images: int8 {self.int8:.3f}, int4 {self.int4:.3f}; {verdict}."
        return f"{what} {cost} An experiment, for ST Edge AI Core 3.0 and later."

    @property
    def loss(self) -> float | None:
        """What 4 bits lose of the mean OKS, below 0 where they gain; None where it was not measured."""
        return None if self.int8 is None or self.int4 is None else self.int8 - self.int4


class DoubledConvolutions(msgspec.Struct, frozen=True, kw_only=True):
    """Which convolutions are computed twice, differently rounded, and what that costs and brings.

    Attributes:
        budget: percent of multiply-accumulates that might be added.
        convolutions: their numbers in the order of computation, from 1 on.
        of: how many convolutions the model has.
        macs_before, macs: multiply-accumulates of all convolutions without and with it.
        added_bytes: by which the file grows.
        people: whom the float model finds in calibration images with a confidence of 0.25 or more.
        once, twice: mean OKS of the same people without and with it, 0..1; 0 for a person whose confidence is below
            0.1.
    """

    budget: int
    convolutions: tuple[int, ...]
    of: int
    macs_before: int
    macs: int
    added_bytes: int
    people: int
    once: float
    twice: float

    @property
    def text(self) -> str:
        """All of it in sentences."""
        numbers = ", ".join(str(number) for number in self.convolutions)
        more = 100 * (self.macs / self.macs_before - 1)
        return (
            f"{counted(len(self.convolutions), 'convolution')} of {self.of} computed twice, differently rounded: "
            f"{numbers}; multiply-accumulates +{more:.1f} %, file +{bytes_text(self.added_bytes)}. "
            f"Mean OKS to float on calibration images: {self.twice:.3f}, without {self.once:.3f}."
        )


class RamEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's activations take in memory; nothing here was measured.

    Attributes:
        bytes: that many.
        source: 'published' by ST for a model of this build and size; 'interpolated' between such; 'graph', the least by
            the order of its operations.
    """

    bytes: int
    source: str


class QuantizeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a quantization.

    Attributes:
        size_bytes: of the quantized model without its metadata.
        input_size: (width, height), pixels.
        calibration: the images that it was calibrated on.
        head: the output head's precision.
        ranges: how int8 ranges were chosen: 'extremes', 'tuned' or 'weighted'.
        agreement: what the last two were compared by; None where they were not, and in results of earlier releases.
        input, output: the tensors; of a split head's outputs the type alone. None in results of earlier releases, as is
            `operations`.
        operations: how many work in which type.
        trained: what became of the ranges of quantization-aware training; None where there are none, or unused.
        narrow: what became of the weights where 4 bits were wanted; None where they have 8.
        doubled: which convolutions are computed twice; None where none are.
        guard: the people that are found again; None on noise, or where the guard was switched off.
        speed: what can be said of the model's speed on the board; None in results of earlier releases.
        ram: what can be said of its memory on the board; None in results of earlier releases.
        macs: multiply-accumulates of one inference, counted as ST's figures are; None in results of earlier releases.
        weights_bytes: what weights and biases take; None in results of earlier releases.
        step_seconds: step -> seconds that it took.
    """

    size_bytes: int
    input_size: tuple[int, int]
    calibration: CalibrationUse
    head: HeadPrecision
    ranges: str
    agreement: RangeAgreement | None = None
    input: End | None = None
    output: End | None = None
    operations: OperationCount | None = None
    trained: TrainedRanges | None = None
    narrow: NarrowWeights | None = None
    doubled: DoubledConvolutions | None = None
    guard: Guard | None = None
    speed: SpeedEstimate | None = None
    ram: RamEstimate | None = None
    macs: int | None = None
    weights_bytes: int | None = None
    step_seconds: dict[str, float] = {}
