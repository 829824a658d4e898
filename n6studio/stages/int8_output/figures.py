"""What a measurement of int8 output finds."""

import msgspec


class PrecisionLoss(msgspec.Struct, frozen=True, kw_only=True, rename={"of_float": "float", "of_int8": "int8"}):
    """An average precision with the output in float and rounded to int8; fractions, None without labels.

    Attributes:
        of_float, of_int8: the two.
        difference: int8 less float.
        interval: 95 % interval of the difference; None where images are too few.
    """

    of_float: float | None = None
    of_int8: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None


class Int8OutputFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of what int8 output would cost.

    Attributes:
        lossless: whether the model computes its output in int8 anyway; then nothing was run, and the rest is None.
        scale: real value of one integer step of the output.
        images: how many were looked at.
        people: how many are labelled in them.
        oks_lost_mean: mean OKS lost per person; None without anybody.
        ap: COCO's keypoint AP over OKS 0.50 to 0.95.
        ap50: the same at OKS 0.50.
        step_seconds: step -> seconds that it took.
    """

    lossless: bool
    scale: float
    images: int | None = None
    people: int | None = None
    oks_lost_mean: float | None = None
    ap: PrecisionLoss | None = None
    ap50: PrecisionLoss | None = None
    step_seconds: dict[str, float] = {}
