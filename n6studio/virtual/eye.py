"""The model as the board runs it: image in, people out, with the thresholds of ST's application."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.fit import ModelNotQuantized, QdqOnDevice
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.link import InputNotQuantized
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.live import RawOutput, model_id
from n6studio.domain.model.published import estimate
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.people import FloatArray, ImageFractions, People
from n6studio.domain.pose.preprocess import Image, Placement, Resize, lay_in, place
from n6studio.domain.pose.views import Part, View, view_of
from n6studio.gates.files import sha256_of
from n6studio.stages.model.file_format import FORMATS, detect_format
from n6studio.stages.model.onnx_gate import admit_onnx
from n6studio.stages.model.runner import ModelInfo, SplitModel, open_model


@dataclass(frozen=True)
class Thresholds:
    """When a candidate counts as a person. The defaults are those of ST's application.

    Attributes:
        confidence: score that it needs, 0..1.
        iou: overlap above which the weaker of two boxes goes, 0..1.
        max_detections: people per image at most.
        average: keypoints are averaged over all candidates of a person, which ST's application does not do.
    """

    confidence: float = 0.5
    iou: float = 0.5
    max_detections: int = 10
    average: bool = False


@dataclass(frozen=True, eq=False)
class Sight:
    """What the model made of one image.

    Attributes:
        people: whom it found.
        view: what of the frame it saw.
        tensor: (height, width, 3) uint8 RGB: exactly what it was given.
        best: the highest score of all candidates, whatever the threshold; 0 where there is none.
        model_us: microseconds for the model on this computer.
        decode_us: microseconds from its output to people.
        output: the model's, as floats.
    """

    people: People[ImageFractions]
    view: View
    tensor: Image
    best: float
    model_us: int
    decode_us: int
    output: FloatArray


class Eye:
    """A model and what stands before and behind it. One object belongs to one thread.

    Args:
        path: .tflite (or another file that `open_model` reads, unless `board`).
        threads: threads for one inference.
        board: refuse what the NPU could not run.

    Raises:
        FileMissing, FileUnreadable, UnknownFormat, ModelDamaged, NotAPoseModel.
        QdqOnDevice, ModelNotQuantized: for a board, an .onnx.
        InputNotQuantized: for a board, a model whose input is not uint8 or int8.
    """

    def __init__(self, path: Path, threads: int = 1, board: bool = True) -> None:
        kind = detect_format(path)
        if board and kind == "onnx":
            quantized = any(node.op_type == "QuantizeLinear" for node in admit_onnx(path).graph.node)
            raise QdqOnDevice(path=path) if quantized else ModelNotQuantized(path=path)
        if board and path.is_file() and kind != "tflite":
            raise UnknownFormat(path=path, found=f"{FORMATS[kind]}; a board runs a quantized .tflite")
        self.model = model_id(_sha256_of(path))
        self._model = open_model(path, threads)
        if board and self.info.input_type not in ("uint8", "int8"):
            raise InputNotQuantized(path=path, input_type=self.info.input_type)

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self._model.info

    def look(
        self, image: Image, resize: Resize, thresholds: Thresholds, blind: bool = False, part: Part | None = None
    ) -> Sight:
        """Return what is in an image, (H, W, 3) uint8 RGB of any size.

        Args:
            image: the frame.
            resize: how it is brought to the model's input.
            thresholds: who counts.
            blind: act as if all scores were zero.
            part: what of it fills the input, as fractions; None for what follows from `resize`.
        """
        height, width = image.shape[:2]
        placement = place((width, height), self.info.size, resize)
        if part is not None and resize is not Resize.LETTERBOX:
            left, top = min(width - 1, max(0, round(part[0] * width))), min(height - 1, max(0, round(part[1] * height)))
            across, down = round(part[2] * width), round(part[3] * height)
            source = (left, top, min(width - left, max(1, across)), min(height - top, max(1, down)))
            placement = Placement((width, height), self.info.size, source, (0, 0, *self.info.size))
        return self.look_exactly(lay_in(image, placement), view_of(placement, resize), thresholds, blind)

    def output(self, tensor: Image) -> FloatArray:
        """Return the model's output for an input, (height, width, 3) uint8 RGB of the size `info.size` says."""
        return self._model.run(tensor)

    def memory(self, tensor: Image, dead: bool = False) -> bytes:
        """Return what the NPU leaves in memory: its outputs one after the other; zeros where it is dead."""
        return b"".join(one.stored.tobytes() for one in self.stored(tensor, dead))

    def stored(self, tensor: Image, dead: bool = False, known: FloatArray | None = None) -> tuple[RawOutput, ...]:
        """Return the outputs as the NPU leaves them in memory: steps of int8, or floats.

        Args:
            tensor: the input.
            dead: whether they are zeros.
            known: what `output` gives for it, where somebody has it.
        """
        split, scale = self.info.split, self.info.output_scale
        if split is not None and isinstance(self._model, SplitModel):
            codes = self._model.codes(tensor)
            scales = [one for level in split.levels for one in level.scales]
            rows = [one.reshape(-1, one.shape[-1]) for one in codes]
            return tuple(
                RawOutput(np.zeros_like(one) if dead else one, True, of.scale, of.zero_point)
                for one, of in zip(rows, scales, strict=True)
            )
        output = self.output(tensor) if known is None else known
        output = np.zeros_like(output) if dead else output
        first = self.info.layout.end_to_end
        if scale is None:
            return (RawOutput(np.ascontiguousarray(output, np.float32), first),)
        return (RawOutput(np.ascontiguousarray(scale.steps(output)), first, scale.scale, scale.zero_point),)

    def look_exactly(self, tensor: Image, view: View, thresholds: Thresholds, blind: bool = False) -> Sight:
        """Return what is in a model input, (height, width, 3) uint8 RGB of the size `info.size` says."""
        begin = time.perf_counter_ns()
        output = self.output(tensor)
        between = time.perf_counter_ns()
        layout = self.info.layout
        if blind:
            output = np.zeros_like(output)
        limits = (thresholds.confidence, thresholds.iou, thresholds.max_detections)
        found = decode(output, layout, self.info.size, *limits, average=thresholds.average)
        people, best = input_to_fractions(found, view), best_confidence(output, layout)
        end = time.perf_counter_ns()
        return Sight(people, view, tensor, best, (between - begin) // 1000, (end - between) // 1000, output)


def best_confidence(output: FloatArray, layout: OutputLayout) -> float:
    """Return the highest score in a model's output; 0 where none is a number."""
    scores = output[:, 4] if layout.end_to_end else output[4 : 4 + layout.classes]
    finite = scores[np.isfinite(scores)]
    return float(finite.max()) if finite.size else 0.0


def _sha256_of(path: Path) -> str:
    """Return the hex digest of a file; '' for what is no file.

    Raises:
        FileUnreadable: the operating system refuses to let us read it.
    """
    if not path.is_file():
        return ""
    with reading(path):
        return sha256_of(path)


def published_milliseconds(path: Path) -> tuple[float | None, str]:
    """Return how long the NPU takes by ST's figures, and where that stands; None and why not where it does not."""
    from n6studio.stages.inspect.tflite import read_tflite

    known = None
    with contextlib.suppress(ModelDamaged):  # it runs, and that is what counts
        facts = read_tflite(path)
        _, height, width, _ = facts.inputs[0].shape
        known = estimate(facts.parameters, facts.macs, (width, height))
    if known is None:
        return None, "ST publishes no figure for this model and size; NPU time measured on this computer"
    core = max(known.milliseconds, key=lambda version: tuple(int(part) for part in version.split(".")))
    how = "published" if known.exact else "estimated"
    return known.milliseconds[core], f"NPU time as {how} for {known.model} {width}x{height}, ST Edge AI Core {core}"
