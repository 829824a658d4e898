"""What became of the int8 ranges that quantization-aware training left in a checkpoint."""

import msgspec

from n6studio.domain.texts import counted, plural


class TrainedRanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many ranges were read, which are used, and why others are not.

    Attributes:
        read: ranges that the file holds.
        weights: convolutions whose weights are used as they were trained: on the steps of their ranges.
        inputs: convolutions whose input's range is used.
        left_out: reason -> how many ranges, in the order in which they were met.
    """

    read: int
    weights: int = 0
    inputs: int = 0
    left_out: dict[str, int] = {}

    @property
    def used(self) -> int:
        """Ranges that are used."""
        return self.weights + self.inputs

    @property
    def text(self) -> str:
        """All of it in a sentence or two: "126 of 147 int8 ranges used..."."""
        said = f"{self.used:,} of {counted(self.read, 'int8 range')} used"
        if self.used:
            convolutions = plural(max(self.weights, self.inputs), "convolution")
            said += f", for the weights of {self.weights} and the inputs of {self.inputs} {convolutions}"
        left = "; ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        return f"{said}. Left out: {left}." if left else f"{said}."
