"""What quantization starts from: a SavedModel as it is, one with its batch fixed, or one made of a float .onnx."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import AlreadyQuantized, NotASavedModel, PixelOutputs
from n6studio.domain.model.readings import BOX_VALUES
from n6studio.domain.pose.decode import OutputLayout
from n6studio.gates.files import LARGEST_TEXT, read_bytes
from n6studio.stages.model.file_format import FORMATS, detect_format
from n6studio.stages.model.keras_to_saved_model import keras_as_saved_model
from n6studio.stages.model.onnx_gate import admit_onnx
from n6studio.stages.model.runner import Hint, Model, ModelInfo, open_model
from n6studio.stages.model.saved_model_frozen import save_frozen
from n6studio.stages.model.saved_model_path import loadable

_QUANTIZED = ("QuantizeLinear", "QLinearConv", "ConvInteger", "DynamicQuantizeLinear")


def saved_model_of(source: Path, folder: Path, hint: Hint, require: Callable[[ModelInfo], None]) -> tuple[Path, Model]:
    """Return the SavedModel to quantize, and the float model that it is judged by.

    Args:
        source: a SavedModel folder, a float .onnx, or a Keras file.
        folder: where what is made on the way goes.
        hint: how the output is read, where the file does not say.
        require: raises where the model is not one to quantize, before minutes are spent on its conversion.

    Raises:
        NotASavedModel: it is none of these.
        AlreadyQuantized: an .onnx that computes in integers.
        PixelOutputs: coordinates are in pixels, and the end of the graph is not one that can be scaled.
        ExportFailed: onnx2tf refused.
        as `open_model` and `require`.
    """
    try:
        kind = detect_format(source)
    except UnknownFormat as error:
        raise NotASavedModel(path=source, found=error.found) from error
    if kind == "onnx":
        return _of_onnx(source, folder, hint, require)
    if kind == "keras":
        return _of_keras(source, hint, require)
    if kind != "saved_model":
        raise NotASavedModel(path=source, found=FORMATS[kind])
    model = open_model(source, 2, hint.keypoints, hint.told)
    require(model.info)
    return _ready_to_convert(source, folder, model), model


def _of_keras(source: Path, hint: Hint, require: Callable[[ModelInfo], None]) -> tuple[Path, Model]:
    """Convert a Keras file, and state beside what comes of it how its output is read."""
    model = open_model(source, 2, hint.keypoints, hint.told)
    require(model.info)
    made = keras_as_saved_model(source)
    _state(made, model)
    return made, model


def _state(made: Path, model: Model) -> None:
    """Write Ultralytics' metadata beside a SavedModel."""
    read = model.info.layout
    stated = {**model.info.metadata, "task": "pose", "kpt_shape": [read.keypoints, read.dims]}
    stated.setdefault("names", {number: f"class{number}" for number in range(read.classes)})
    (made / "metadata.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")


def _of_onnx(source: Path, folder: Path, hint: Hint, require: Callable[[ModelInfo], None]) -> tuple[Path, Model]:
    """Convert an .onnx; coordinates in pixels become fractions before they are joined with the confidences."""
    import onnx

    from n6studio.stages.model.onnx_to_saved_model import convert_onnx

    graph = admit_onnx(source)
    if any(node.op_type in _QUANTIZED for node in graph.graph.node):
        raise AlreadyQuantized(path=source)
    model = open_model(source, 2, hint.keypoints, hint.told)
    require(model.info)
    loaded = onnx.load(str(source))
    if not model.info.layout.normalised:
        _normalise(source, loaded, model.info.layout, model.info.size)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    whole = scratch / f"{source.stem}.onnx"
    onnx.save(loaded, str(whole))
    made = convert_onnx(source, whole, scratch / f"{source.stem}_saved_model")
    _state(made, model)
    return made, open_model(made, threads=2)


def _normalise(source: Path, graph: Any, layout: OutputLayout, size: tuple[int, int]) -> None:
    """Divide coordinates in pixels by the input's size, each before the last concatenation.

    Raises:
        PixelOutputs: the graph does not end in one along the channels.
    """
    from onnx import helper, numpy_helper, shape_inference

    inferred = {info.name: info for info in shape_inference.infer_shapes(graph).graph.value_info}
    name = graph.graph.output[0].name
    last = next((node for node in graph.graph.node if name in node.output), None)
    axis = next((item.i for item in last.attribute if item.name == "axis"), None) if last is not None else None
    if last is None or last.op_type != "Concat" or axis not in (1, -2) or layout.end_to_end or layout.candidates_first:
        raise PixelOutputs(path=source, largest=f"{max(size)} and more")
    factors = _factors(layout, size)
    first = 0
    for place, part in enumerate(list(last.input)):
        info = inferred.get(part)
        count = info.type.tensor_type.shape.dim[1].dim_value if info is not None else 0
        if not count:
            raise PixelOutputs(path=source, largest=f"{max(size)} and more")
        own = factors[first : first + count]
        first += count
        if np.all(own == 1):
            continue
        graph.graph.initializer.append(numpy_helper.from_array(own.reshape(1, count, 1), f"fractions_{place}"))
        scaled = helper.make_node("Mul", [part, f"fractions_{place}"], [f"scaled_{place}"], name=f"scale_{place}")
        graph.graph.node.insert(list(graph.graph.node).index(last), scaled)
        last.input[place] = f"scaled_{place}"


def _factors(layout: OutputLayout, size: tuple[int, int]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Return by what each channel is multiplied, so that coordinates become fractions."""
    fractions = [1 / size[0], 1 / size[1]]
    point = [*fractions, 1.0][: layout.dims]
    values = [*fractions * (BOX_VALUES // 2), *[1.0] * layout.classes, *point * layout.keypoints]
    return np.array(values, np.float32)


def _ready_to_convert(source: Path, folder: Path, model: Model) -> Path:
    """Return a SavedModel whose batch is 1 and whose weights are constants: itself, or one made of it."""
    import tensorflow as tf

    with loadable(source) as place:
        loaded = tf.saved_model.load(place)
    call = loaded.signatures["serving_default"]
    ((name, spec),) = call.structured_input_signature[1].items()
    if spec.shape[0] == 1 and not call.variables:
        return source
    shape = [1, model.info.size[1], model.info.size[0], 3]

    @tf.function(input_signature=[tf.TensorSpec(shape, spec.dtype, name=name)])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> Any:
        return dict(call(**{name: image}))

    target = save_frozen(serve, folder / "scratch" / source.name)
    if (source / "metadata.yaml").is_file():
        (target / "metadata.yaml").write_bytes(read_bytes(source / "metadata.yaml", LARGEST_TEXT))
    return target
