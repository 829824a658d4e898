"""What an inspection finds out about a model file: plain data, the same for every format."""

from dataclasses import dataclass
from typing import Any

import msgspec

from n6studio.domain.model.numbers import Numbers
from n6studio.domain.model.readings import Reading
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.pose.split_head import SplitHead


@dataclass(frozen=True)
class TensorFacts:
    """An input or output of a model.

    Attributes:
        name: as the file calls it.
        shape: sizes, batch included; -1 where the file leaves one open.
        type: 'uint8', 'int8', 'float' or another type's name.
        scale: real value of one integer step; None where not quantized.
        zero_point: integer that stands for 0; None where not quantized.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True)
class OutputStrips:
    """Which values of a candidate mean what, as half-open ranges of its channels.

    Attributes:
        boxes: [first, end) of centre x, centre y, width, height; corners in end-to-end models.
        scores: [first, end) of the class scores; in end-to-end models the score and the class number.
        keypoints: [first, end) of K times x, y (and visibility).
        candidates: N, how many candidates there are.
        channels_first: True for (1, channels, N), as the board's application reads it; False for (1, N, channels).
        end_to_end: True where the model suppresses overlaps itself and gives finished rows.
    """

    boxes: tuple[int, int]
    scores: tuple[int, int]
    keypoints: tuple[int, int]
    candidates: int
    channels_first: bool = True
    end_to_end: bool = False


@dataclass(frozen=True)
class FloatOperation:
    """An operation that a quantized file still computes in floating point.

    Attributes:
        operation: the format's name for it, for example 'MUL' or 'Mul'.
        tensor: name of its first output.
        shape: shape of that output.
    """

    operation: str
    tensor: str
    shape: tuple[int, ...]


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a model file. Unknown is None, "" or empty, never a guess.

    Attributes:
        format: 'pt', 'onnx', 'keras', 'saved_model' or 'tflite'.
        size_bytes: of the file, or of all files in the folder.
        sha256: hex digest of the contents.
        task: 'pose'; None where several readings of its output fit.
        family: what the file says it is, for example 'yolov8n-pose' or 'Ultralytics YOLO26n-pose model'.
        keypoints: K.
        keypoint_dims: 3 where every keypoint has a visibility, 2 where not.
        keypoint_names: K names, if stored.
        classes: class id -> name; "" where the file does not name it.
        input_size: (width, height) in pixels; of a .pt the size it was trained at.
        input, output: the tensors; None for a .pt. Of several outputs the first.
        parameters: number of trained values (weights and biases).
        macs: multiply-accumulates of one inference at `input_size`, counted as ST's figures are: the products below,
            and one more for every bias added and every value that element-wise arithmetic yields.
        product_macs: those of convolutions and matrix products alone, as Ultralytics counts them.
        weights_bytes: what the weights and biases take in the file.
        strips: how the output is to be read; None for a .pt.
        normalised: whether coordinates are fractions of the input (True) or its pixels (False); None if unknown.
        granularity: 'per_channel', 'per_tensor', or 'none' for a float model.
        integer_convolutions: convolutions and matrix products of weights that are computed in integers.
        float_convolutions: those computed in floating point.
        float_operations: what a quantized file computes in floating point; empty for a float model.
        output_scale: one integer step of the output, also where it is turned into float at the very end; None where
            the last operations are in float, and of a split head.
        metadata: what its maker embedded or stored: version, date, licence...; texts, numbers and lists.
        readings: every reading that fits the output; one where it is known, several where the file does not tell.
        layout_from: what singles the reading out: 'metadata', 'graph' or 'told'; "" where nothing does.
        strides: of the detection levels, in pixels; () where not known.
        numbers: with which numbers it computes: widths, ranges, operations.
        split: how the outputs of a split head are put together; None where the model has one output.
        trained: the int8 ranges of quantization-aware training in a .pt; None where it was trained in float.
        metadata_embedded: whether a .tflite carries metadata.json, so that Ultralytics' own tools can read it.
    """

    format: str
    size_bytes: int
    sha256: str
    task: str | None = None
    family: str = ""
    keypoints: int | None = None
    keypoint_dims: int | None = None
    keypoint_names: tuple[str, ...] = ()
    classes: dict[int, str] = {}
    input_size: tuple[int, int] | None = None
    input: TensorFacts | None = None
    output: TensorFacts | None = None
    parameters: int | None = None
    macs: int | None = None
    product_macs: int | None = None
    weights_bytes: int | None = None
    strips: OutputStrips | None = None
    normalised: bool | None = None
    granularity: str = "none"
    integer_convolutions: int = 0
    float_convolutions: int = 0
    float_operations: tuple[FloatOperation, ...] = ()
    output_scale: float | None = None
    metadata: dict[str, Any] = {}
    metadata_embedded: bool = False
    readings: tuple[Reading, ...] = ()
    layout_from: str = ""
    strides: tuple[int, ...] = ()
    numbers: Numbers = Numbers()
    split: SplitHead | None = None
    trained: TrainedRanges | None = None

    @property
    def quantized(self) -> bool:
        """Whether its weights are integers."""
        return self.granularity != "none"

    @property
    def ambiguous(self) -> bool:
        """Whether several readings of its output fit, and nothing in the file singles one out."""
        return bool(self.readings) and not self.layout_from
