"""What the live stream is made of: frames, and the results that a board attaches to them. Plain data.

A frame is a JPEG image as it came from its source. Where the source is a board with our firmware (or something that
plays one), results for exactly this frame travel inside the JPEG; `n6studio.link` takes them out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import ImageFractions, People
from n6studio.domain.pose.views import View

_MODEL_ID_DIGITS = 16


def model_id(sha256: str) -> str:
    """Return what the stream calls a model: the first 16 hex digits of its file's SHA-256."""
    return sha256[:_MODEL_ID_DIGITS]


@dataclass(frozen=True)
class Timings:
    """How long the board took for a frame, in microseconds; None where it does not say.

    Attributes:
        exposure_to_npu: from the end of exposure to the start of the model, without `encode` where that comes between.
        npu: the model.
        post_processing: from the model's output to people.
        encode: making the JPEG.
    """

    exposure_to_npu: int | None = None
    npu: int | None = None
    post_processing: int | None = None
    encode: int | None = None


@dataclass(frozen=True, eq=False)
class RawOutput:
    """An output of a model as it lies in a board's memory.

    Attributes:
        stored: what is there, int8, uint8 or float32: (channels, candidates), or (candidates, channels) where the
            values of a candidate lie together.
        candidates_first: which of the two it is.
        scale, zero: of integers: value = (stored - zero) * scale.
    """

    stored: npt.NDArray[np.generic]
    candidates_first: bool = False
    scale: float = 1.0
    zero: int = 0


@dataclass(frozen=True, eq=False)
class Answer:
    """What a frame says about an input that this computer sent for evaluation.

    Attributes:
        number: of the command that announced the input.
        checksum: CRC-32 of what the board received.
        outputs: the model's, where they were asked for: one, or those of a split head in `SplitHead`'s order.
    """

    number: int
    checksum: int
    outputs: tuple[RawOutput, ...] = ()


@dataclass(frozen=True, eq=False)
class FrameResults:
    """What a board (or the host in its place) says about one frame.

    Attributes:
        version: (major, minor) of the wire format that it came in.
        sequence: number of the frame, counted by the sender; wraps at 2**32. Gaps are frames that got lost.
        device_time: microseconds on the sender's clock at the end of exposure.
        timings: see `Timings`.
        model: `model_id` of the .tflite that ran, '' where not told.
        view: what of the frame the model saw; None where not told.
        people: everybody found, as fractions of the whole frame, whatever part of it the model saw. Always finite.
        top_score: highest score of any candidate before the threshold, 0..1; None where not told. It tells a model
            that sees nobody from one whose output is dead.
        exact_input: (height, width, 3) uint8 RGB, the model's very input for this frame, where it was asked for.
        answer: where the frame answers an input of this computer, which one and with what; else None.
        log: lines of text that the board wrote since the last frame.
        status: key -> value that the board tells of itself (thresholds, temperature...).
        by_host: True where this computer ran a model in the board's place.
    """

    version: tuple[int, int]
    sequence: int
    device_time: int
    timings: Timings
    model: str
    view: View | None
    people: People[ImageFractions]
    top_score: float | None = None
    exact_input: npt.NDArray[np.uint8] | None = None
    log: tuple[str, ...] = ()
    status: tuple[tuple[str, str], ...] = ()
    by_host: bool = False
    answer: Answer | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a stream.

    Attributes:
        jpeg: the image's bytes as they were received, from SOI to EOI, segments included; as they were sent where
            parity put them right.
        results: what was told about it, None where nothing (whole) was.
        received: `time.monotonic()` in seconds when its last byte arrived.
        number: counts the frames of this connection from 0, whatever the sender counts.
        size: (width, height) in pixels as the JPEG's header says; (0, 0) where not looked up.
        began: `time.monotonic()` in seconds when its first byte arrived; `received` - `began` is the time that it took
            over the wire.
    """

    jpeg: bytes
    results: FrameResults | None
    received: float
    number: int
    size: tuple[int, int] = (0, 0)
    began: float = 0.0


def all_zero(results: FrameResults) -> bool:
    """Return whether a model says that nothing is anything: its output is dead."""
    if results.top_score is not None:
        return results.top_score == 0.0
    return len(results.people) > 0 and not results.people.confidences.any()
