"""A model of any supported format, run on an image: one interface over LiteRT, ONNX Runtime and TensorFlow."""

import dataclasses
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import ModelDamaged, NotAPoseModel
from n6studio.domain.errors.starts import CheckpointNotRun, NotNumbers, OnnxNotKnown
from n6studio.domain.model.facts import TensorFacts
from n6studio.domain.model.readings import Channel, Reading
from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.split_decode import Codes, whole_output
from n6studio.domain.pose.split_head import SplitHead
from n6studio.gates.archives import Archive, ArchiveTooLarge
from n6studio.gates.files import read_bytes
from n6studio.gates.texts import yaml_file
from n6studio.stages.model.file_format import detect_format
from n6studio.stages.model.head_marks import channels_of
from n6studio.stages.model.layout import check_outputs, find_layout, image_size, one_reading, require_pose
from n6studio.stages.model.onnx_gate import admit_onnx
from n6studio.stages.model.onnx_metadata import parsed_metadata
from n6studio.stages.model.onnx_versions import what_is_not_known
from n6studio.stages.model.pixels import counted_in_int8, pixel_table, takes_pixels, takes_signed
from n6studio.stages.model.saved_model_path import loadable, why_not_loaded
from n6studio.stages.model.split import find_split, keypoint_factors, outputs_of, split_head
from n6studio.stages.model.tflite_gate import admit_tflite

Image = npt.NDArray[np.uint8]

# Of an image's own size, a coordinate may exceed 1 by a box that hangs over the edge, never by this much.
LARGEST_FRACTION = 4.0
_LARGEST_METADATA = 2**20  # bytes; what is unpacked of a zip may be far larger than the file


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without running it on data.

    Attributes:
        path: file or folder it came from.
        format: 'tflite', 'onnx', 'keras' or 'saved_model'.
        size: (width, height) of its input in pixels.
        layout: how its output is to be read.
        input_type: 'uint8', 'int8' or 'float'.
        output_type: likewise.
        metadata: what its maker embedded, as Ultralytics writes it; {} if nothing.
        layout_from: what says so: 'metadata', 'graph', 'told' by the user, or the 'labels' that it is judged by.
        split: how the outputs of a split head are put together; None where the model has one output.
        output_scale: what a step of its output stands for, counted in int8; None where the output is floating point.
    """

    path: Path
    format: str
    size: tuple[int, int]
    layout: OutputLayout
    input_type: str = "float"
    output_type: str = "float"
    metadata: dict[str, Any] = field(default_factory=dict)
    output_scale: OutputScale | None = None
    layout_from: str = "metadata"
    split: SplitHead | None = None


class Model(Protocol):
    """A model that is ready to run. One object belongs to one thread."""

    info: ModelInfo

    def run(self, image: Image) -> FloatArray:
        """Return the output, (channels, N) or (rows, channels) if end-to-end, as float32.

        Args:
            image: (height, width, 3) uint8, RGB, of the size `info.size` says.
        """
        ...


@runtime_checkable
class SplitModel(Protocol):
    """A model that may have a split head; `ModelInfo.split` says whether it has."""

    def codes(self, image: Image) -> list[Codes]:
        """Return its outputs as they lie in memory, in the order that `SplitHead` has: (height, width, channels) each.

        Args:
            image: as `Model.run` takes it.
        """
        ...


@dataclass(frozen=True)
class Hint:
    """What is known of an output from elsewhere, for files that do not say how it is to be read.

    Attributes:
        keypoints: K of the labels.
        told: what the user chose.
    """

    keypoints: int | None = None
    told: Reading | None = None


def open_model(path: Path, threads: int = 1, keypoints: int | None = None, told: Reading | None = None) -> Model:
    """Open a model.

    Args:
        path: .tflite, .onnx or Keras file, or SavedModel folder; by what it contains, whatever it is called.
        threads: threads for one inference.
        keypoints: K of the labels that it is judged by; decides where neither metadata nor graph do.
        told: how the user says that its output is to be read.

    Raises:
        FileMissing, UnknownFormat, CheckpointNotRun, ModelDamaged, ModelRefused, NotAPoseModel, WrongTask,
        LayoutUnknown, OutputPerLevel, InputSizeOpen.
    """
    hint = Hint(keypoints, told)
    kind = detect_format(path)
    if kind == "saved_model":
        return _SavedModelModel(path, hint)
    if kind == "tflite":
        return _TfliteModel(path, threads, hint)
    if kind == "onnx":
        return _OnnxModel(path, threads, hint)
    if kind == "keras":
        return _KerasModel(path, hint)
    raise CheckpointNotRun(path=path)


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what is appended to a .tflite as a zip (metadata.json, as Ultralytics does), or {}.

    Raises:
        ModelDamaged: it was cut off, so that what it says of the output would be lost without a word.
    """
    try:
        with Archive(path) as archive:
            for entry in archive.entries:
                if entry.filename.endswith(".json") and "/" not in entry.filename:
                    data = json.loads(archive.unpacked(entry, _LARGEST_METADATA))
                    return data if isinstance(data, dict) else {}
    except ArchiveTooLarge:
        return {}
    except zipfile.BadZipFile as error:
        if _was_appended(path):
            reason = "its end is missing or damaged, and with it the description of keypoints and classes"
            raise ModelDamaged(path=path, format=".tflite file", reason=reason) from error
        return {}
    except (OSError, NotImplementedError, RuntimeError, ValueError, struct.error):
        return {}
    return {}


def _was_appended(path: Path) -> bool:
    """Return whether the last bytes of a file are a JSON's zip that was cut off."""
    end = read_bytes(path)[-_LARGEST_METADATA:]
    start = end.rfind(b"PK\3\4")
    return start >= 0 and b".json" in end[start + 30 : start + 94]


def _layout_of(
    path: Path,
    shapes: list[tuple[int, ...]],
    size: tuple[int, int],
    metadata: dict[str, Any],
    hint: Hint,
    trace: Callable[[int], tuple[Channel, ...]],
) -> tuple[OutputLayout, str]:
    """Return how the one output is to be read, and why; the graph counts only where metadata do not say it in whole."""
    require_pose(path, metadata)
    check_outputs(path, shapes, size)
    found = find_layout(path, shapes[0], size, metadata, None, hint.told)
    if not found.known:
        found = find_layout(path, shapes[0], size, metadata, trace, hint.told)
    reading = one_reading(path, found, hint.keypoints)
    return found.layout(reading), found.source if found.known else "labels"


class NoFiniteOutput(ValueError):
    """A model gave NaN or infinity."""


def measure_normalised(run: Callable[[Image], FloatArray], layout: OutputLayout, size: tuple[int, int]) -> bool:
    """Return whether coordinates are fractions of the input, by running the model once on noise.

    Box centres are anchored on the grid: whatever the image and the weights, half of them lie beyond the middle of
    the input, at 0.5 or at half its size in pixels. Widths and heights tell nothing: those of an untrained model
    are many times the input. An end-to-end model gives corners of its best boxes only; their largest value counts.
    """
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    output = run(noise)
    if not np.isfinite(output).all():
        raise NoFiniteOutput
    coordinates = np.abs(output[:, :4] if layout.end_to_end else output[:2])
    typical = np.max if layout.end_to_end else np.median
    return coordinates.size == 0 or bool(typical(coordinates) < LARGEST_FRACTION)


def _with_measured_units(info: ModelInfo, run: Callable[[Image], FloatArray]) -> ModelInfo:
    """Run a model for the first time; one that its library cannot run is damaged, whatever the library raises.

    Raises:
        NotNumbers: it gives NaN or infinity.
        ModelDamaged.
    """
    try:
        normalised = measure_normalised(run, info.layout, info.size)
    except NoFiniteOutput as error:
        raise NotNumbers(path=info.path, found="shown an image, it gives some") from error
    except (MemoryError, StudioError):
        raise
    except Exception as error:  # ONNX Runtime's and TensorFlow's own
        raise ModelDamaged(path=info.path, format=info.format, reason=f"it does not run: {_brief(error)}") from error
    return dataclasses.replace(info, layout=dataclasses.replace(info.layout, normalised=normalised))


def _type_name(dtype: Any) -> str:
    name = str(np.dtype(dtype).name)
    return "float" if name.startswith("float") else name


class _TfliteModel:
    """A .tflite through LiteRT."""

    def __init__(self, path: Path, threads: int, hint: Hint) -> None:
        admit_tflite(path)
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelDamaged(path=path, format=".tflite file", reason=_brief(error)) from error
        self._input, output = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()
        inputs = [[int(n) for n in one["shape"]] for one in self._interpreter.get_input_details()]
        (width, height), self._channels_first = image_size(path, inputs)
        if not takes_pixels(self._input["dtype"], self._input["quantization"]):
            raise NotAPoseModel(path=path, found=f"an input of type {np.dtype(self._input['dtype']).name}")
        metadata = read_metadata(path)
        described = [_described(one) for one in output]
        self._split: SplitHead | None = None
        self._outputs = output[:1]
        split = find_split(described, (width, height), metadata, hint.told)
        if split is not None:
            require_pose(path, metadata)
            reading = one_reading(path, split, hint.keypoints)
            layout, source = split.layout(reading), split.source if split.known else "labels"
            self._split = split_head(described, (width, height), reading, keypoint_factors(path))
            self._outputs = [output[place] for place in outputs_of(described, (width, height), reading)]
        else:
            shapes = [one.shape for one in described]
            layout, source = _layout_of(
                path, shapes, (width, height), metadata, hint, lambda axis: _tflite_channels(path, axis)
            )
        self._output = self._outputs[0]
        self._in_type, self._out_type = _type_name(self._input["dtype"]), _type_name(self._output["dtype"])
        # One table look-up per pixel value instead of float arithmetic on every pixel.
        signed = self._in_type == "float" and takes_signed(path)
        self._table = pixel_table(self._input["dtype"], self._input["quantization"], signed)
        scale = counted_in_int8(self._output["dtype"], self._output["quantization"]) if split is None else None
        info = ModelInfo(
            path, "tflite", (width, height), layout, self._in_type, self._out_type, metadata, scale, source, self._split
        )
        self.info = info
        self.info = _with_measured_units(info, self.run)

    def run(self, image: Image) -> FloatArray:
        outputs = self.codes(image)
        if self._split is not None:
            return whole_output(self._split, outputs)
        output = turned(outputs[0], self.info.layout)
        if self._out_type == "float":
            return np.asarray(output, np.float32)
        scale, zero = self._output["quantization"]
        return np.asarray((output.astype(np.float32) - zero) * np.float32(scale), np.float32)

    def codes(self, image: Image) -> list[npt.NDArray[Any]]:
        """Return the outputs as they lie in memory; see `SplitModel`."""
        tensor = image if self._table is None else cv2.LUT(image, self._table)
        if self._channels_first:
            tensor = np.ascontiguousarray(tensor.transpose(2, 0, 1))
        self._interpreter.set_tensor(self._input["index"], tensor[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(one["index"])[0] for one in self._outputs]


def _described(output: dict[str, Any]) -> TensorFacts:
    scale, zero = output["quantization"]
    shape = tuple(int(size) for size in output["shape"])
    return TensorFacts(output["name"], shape, _type_name(output["dtype"]), float(scale) or None, int(zero))


class _OnnxModel:
    """An .onnx through ONNX Runtime."""

    def __init__(self, path: Path, threads: int, hint: Hint) -> None:
        model = admit_onnx(path)
        import onnxruntime

        from n6studio.stages.model.onnx_ends import input_table, output_steps

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Of quantized models, what the file says: on processors without VNNI, the int8 kernels add pairs of products in
        # 16 bits, where those of large codes do not fit.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            if reason := what_is_not_known(str(error)):
                raise OnnxNotKnown(path=path, reason=reason) from error
            raise ModelDamaged(path=path, format=".onnx file", reason=_brief(error)) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        taken = [[side if isinstance(side, int) else -1 for side in one.shape] for one in inputs]
        size, self._channels_first = image_size(path, taken)
        table = input_table(model, inputs[0].name, inputs[0].type)
        if table is None:
            raise NotAPoseModel(path=path, found=f"an input of type {inputs[0].type}")
        self._table, self._steps = table, output_steps(model, outputs[0].name)
        self._name = inputs[0].name
        metadata = parsed_metadata(self._session.get_modelmeta().custom_metadata_map)
        shapes = [tuple(side if isinstance(side, int) else -1 for side in one.shape) for one in outputs]
        layout, source = _layout_of(path, shapes, size, metadata, hint, lambda axis: _onnx_channels(model, axis))
        kinds = [_onnx_type(one.type) for one in (inputs[0], outputs[0])]
        info = ModelInfo(path, "onnx", size, layout, kinds[0], kinds[1], metadata, layout_from=source)
        self.info = info
        self.info = _with_measured_units(info, self.run)

    def run(self, image: Image) -> FloatArray:
        tensor = cv2.LUT(image, self._table) if self._table.dtype == np.float32 else self._table[image]
        if self._channels_first:
            tensor = np.ascontiguousarray(tensor.transpose(2, 0, 1))
        output = np.asarray(self._session.run(None, {self._name: tensor[None]})[0][0], np.float32)
        if self._steps is not None:
            output = (output - np.float32(self._steps[1])) * np.float32(self._steps[0])
        return turned(output, self.info.layout)


def _onnx_type(name: str) -> str:
    inner = name.removeprefix("tensor(").removesuffix(")")
    return "float" if inner.startswith("float") else inner


def turned(output: npt.NDArray[Any], layout: OutputLayout) -> npt.NDArray[Any]:
    """Return one image's output with channels first, whatever the file has."""
    return output.T if layout.candidates_first else output


def _tflite_channels(path: Path, axis: int) -> tuple[Channel, ...]:
    from n6studio.stages.model.head_tflite import open_tflite_head

    head, output = open_tflite_head(read_bytes(path))
    return channels_of(head, output, axis)


def _onnx_channels(model: Any, axis: int) -> tuple[Channel, ...]:
    import onnx

    from n6studio.stages.model.head_onnx import onnx_head

    return channels_of(onnx_head(onnx.shape_inference.infer_shapes(model)), model.graph.output[0].name, axis)


def _brief(error: BaseException) -> str:
    """Return the first line of what a library says, fit for the middle of a sentence."""
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:300].rstrip(". ")


def _saved_metadata(path: Path) -> dict[str, Any]:
    """Return what Ultralytics wrote beside a SavedModel; {} where there is nothing that can be read."""
    try:
        loaded = yaml_file(path)
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


class _SavedModelModel:
    """A SavedModel folder through TensorFlow."""

    def __init__(self, path: Path, hint: Hint, named: Path | None = None) -> None:
        named = named or path  # the file that it was made of
        if not (path / "saved_model.pb").is_file():
            raise UnknownFormat(path=path, found="a folder without saved_model.pb")
        import tensorflow as tf

        self._tf = tf
        try:
            with loadable(path) as place:
                self._module = tf.saved_model.load(place)
        except (MemoryError, StudioError):
            raise
        except Exception as error:  # TensorFlow's own exceptions, protobuf's and Python's
            raise ModelDamaged(path=named, format="SavedModel", reason=why_not_loaded(error)) from error
        try:
            self._call = self._module.signatures["serving_default"]
            specs = dict(self._call.structured_input_signature[1])
            shapes = [list(spec.shape) for spec in specs.values()]
            outputs = [tuple(output.shape) for output in self._call.structured_outputs.values()]
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # absent, or of unknown rank
            raise NotAPoseModel(path=named, found="no signature 'serving_default' of fixed shapes") from error
        size, self._channels_first = image_size(named, [[-1 if n is None else n for n in one] for one in shapes])
        (self._name,) = specs
        metadata = _saved_metadata(path / "metadata.yaml")
        known = [tuple(-1 if side is None else int(side) for side in one) for one in outputs]
        layout, source = _layout_of(named, known, size, metadata, hint, self._channels)
        info = ModelInfo(
            named,
            "saved_model" if named == path else "keras",
            size,
            layout,
            "float",
            "float",
            metadata,
            layout_from=source,
        )
        self.info = info
        self.info = _with_measured_units(info, self.run)

    def run(self, image: Image) -> FloatArray:
        tensor = image.astype(np.float32)[None] / np.float32(255)
        if self._channels_first:
            tensor = tensor.transpose(0, 3, 1, 2)
        (output,) = self._call(**{self._name: self._tf.constant(tensor)}).values()
        return np.asarray(turned(output.numpy()[0], self.info.layout), np.float32)

    def _channels(self, axis: int) -> tuple[Channel, ...]:
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        from n6studio.stages.model.head_saved_model import saved_model_head

        frozen = convert_variables_to_constants_v2(self._call)
        return channels_of(saved_model_head(frozen.graph), frozen.outputs[0].name, axis)


class _KerasModel(_SavedModelModel):
    """A Keras file, by way of a SavedModel."""

    def __init__(self, path: Path, hint: Hint) -> None:
        from n6studio.stages.model.keras_to_saved_model import keras_as_saved_model

        super().__init__(keras_as_saved_model(path), hint, path)
