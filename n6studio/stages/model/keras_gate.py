"""A Keras file is a list of Python classes to build: it is read and held against a list before Keras sees it.

`.keras` is a zip with config.json and the weights as HDF5; `.h5`, of former releases, is one HDF5 file with the same
list in an attribute. Keras looks classes up by module and name, calls functions by name, and unpacks code in a Lambda.
Admitted are Keras' own layers that compute, its initializers, and operations on tensors, all by name; of the weights,
numbers that lie in the file itself. The C library behind h5py can loop on a damaged .h5: `bounded` ends that.
"""

import io
import zipfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.errors.starts import KerasForeign, KerasWeightsOnly
from n6studio.gates.archives import Archive
from n6studio.gates.files import read_bytes
from n6studio.gates.json_texts import parsed_json
from n6studio.stages.model.bounded import bounded

LARGEST_FILE = 1024**3  # bytes; the largest pose networks have 7 * 10**7 weights, 280 MB in float
LARGEST_CONFIG = 2**25  # bytes; 300 layers take 300 KB
LARGEST_TENSOR = 2**28  # numbers
MOST_PARTS = 10**6  # values in a description
MOST_WEIGHTS = 20_000  # tensors and groups of a file; the largest pose networks have some thousands
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
_FILES = frozenset({CONFIG, WEIGHTS, "metadata.json"})
_FORMAT = "Keras file"
_LOOK_SECONDS = 5.0  # of the processor; a network of 300 layers takes a tenth of one...
_SECONDS_A_BYTE = 50e-9  # ...and a large file more
# What h5py raises of damaged files; its C library has no exception of its own.
_UNREADABLE = (OSError, RuntimeError, ValueError, LookupError, TypeError, OverflowError, AttributeError)

_MODELS = {"Functional", "Sequential", "InputLayer"}
_LAYERS = {
    "Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv2D",
    "Conv2DTranspose", "Cropping2D", "Dense", "DepthwiseConv2D", "Dot", "Dropout", "ELU", "Flatten",
    "GaussianNoise", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "GroupNormalization", "Identity",
    "LayerNormalization", "LeakyReLU", "MaxPooling2D", "Maximum", "Minimum", "Multiply", "MultiHeadAttention",
    "Normalization", "PReLU", "Permute", "ReLU", "Rescaling", "Reshape", "Resizing", "SeparableConv2D", "Softmax",
    "SpatialDropout2D", "Subtract", "UnitNormalization", "UpSampling2D", "ZeroPadding2D",
}  # fmt: skip
_BESIDE = {
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
    "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros", "L1", "L2", "L1L2",
    "DTypePolicy", "Policy", "SeedGenerator", "MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm",
}  # fmt: skip
_OPERATIONS = {
    "Absolute", "BroadcastTo", "Cast", "Clip", "Divide", "Exp", "ExpandDims", "GetItem", "Max", "Mean", "Min",
    "Negative", "Power", "Prod", "Relu", "Relu6", "Repeat", "Sigmoid", "Silu", "Split", "Sqrt", "Square", "Squeeze",
    "Stack", "Sum", "Take", "Tanh", "Tile", "Transpose", "TrueDivide", "Where",
}  # fmt: skip
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__tuple__", "__slice__", "slice"}
ADMITTED = _MODELS | _LAYERS | _BESIDE | _OPERATIONS | _VALUES
_MODULES = frozenset(
    {
        "keras", "keras.layers", "keras.models", "keras.initializers", "keras.regularizers", "keras.constraints",
        "keras.random", "keras.src.models.functional", "keras.src.models.sequential", "keras.src.ops.core",
        "keras.src.ops.nn", "keras.src.ops.numpy", "builtins",
    }
)  # fmt: skip


def is_keras_zip(path: Path) -> bool:
    """Return whether a file is a zip as Keras writes it."""
    try:
        with Archive(path) as archive:
            return {CONFIG, WEIGHTS} <= {entry.filename for entry in archive.entries}
    except zipfile.BadZipFile:
        return False


def admit_keras(path: Path) -> None:
    """Look through a Keras file; return where it is made of Keras' own layers and numbers only.

    Raises:
        FileMissing, FileUnreadable, NotAFile, FileTooLarge.
        ModelDamaged: its list or its weights cannot be read.
        KerasForeign: it names anything else.
        KerasWeightsOnly: it has no list.
    """
    with reading(path):
        size = path.stat().st_size
        with bounded(time_for(size)):
            config, weights = _parts(path)
    _admit_description(path, config)
    with bounded(time_for(size)):
        _admit_weights(path, weights)


def time_for(size: int) -> float:
    """Return how many seconds of the processor looking through a file of `size` bytes may take."""
    return _LOOK_SECONDS + size * _SECONDS_A_BYTE


def _parts(path: Path) -> tuple[bytes | str, bytes]:
    """Return the list of classes, and the HDF5 file."""
    if not zipfile.is_zipfile(path):
        content = read_bytes(path, LARGEST_FILE)
        return _config_of_hdf5(path, content), content
    try:
        with Archive(path, 2 * LARGEST_FILE) as archive:
            foreign = sorted({entry.filename for entry in archive.entries} - _FILES)
            if foreign:
                raise KerasForeign(path=path, names=tuple(f"the file {name}" for name in foreign[:8]))
            return archive.unpacked(CONFIG, LARGEST_CONFIG), archive.unpacked(WEIGHTS, LARGEST_FILE)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason=str(error).strip("'\". ") or "it is cut off") from error


def _config_of_hdf5(path: Path, content: bytes) -> bytes | str:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            config = file.attrs.get("model_config")
    except _UNREADABLE as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason="its HDF5 is cut off or damaged") from error
    if config is None:
        raise KerasWeightsOnly(path=path)
    if not isinstance(config, bytes | str) or len(config) > LARGEST_CONFIG:
        raise ModelDamaged(path=path, format=_FORMAT, reason="its description is no text")
    return config


def _admit_description(path: Path, config: bytes | str) -> None:
    try:
        described = parsed_json(config)
    except Unparsable as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason="its description is no JSON") from error
    if not isinstance(described, dict) or described.get("class_name") not in _MODELS:
        found = described.get("class_name") if isinstance(described, dict) else "none"
        raise KerasForeign(path=path, names=(f"a model of the class {found}",))
    described.pop("compile_config", None)  # of the training; it is not built
    refused = dict.fromkeys(_foreign(described))
    if refused:
        raise KerasForeign(path=path, names=tuple(refused)[:8])


def _foreign(described: Any) -> Iterator[str]:
    """Yield what a list names besides what is admitted; without recursion, whatever its depth."""
    waiting, seen = [described], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > MOST_PARTS:
            yield f"more than {MOST_PARTS} values"
            return
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            if "class_name" in one:
                yield from _named(one)
            elif one.keys() & {"registered_name", "module"}:
                yield "a class without a name"


def _named(one: dict[str, Any]) -> Iterator[str]:
    name, module, registered = (one.get(key) for key in ("class_name", "module", "registered_name"))
    if not isinstance(name, str) or name not in ADMITTED:
        yield f"the function {one.get('config')}" if name == "function" else f"the class {str(name)[:60]}"
    elif module is not None and (not isinstance(module, str) or module not in _MODULES):
        yield f"the module {str(module)[:60]}"
    elif registered is not None and registered != name:
        yield f"the class {str(registered)[:60]}"


def _admit_weights(path: Path, content: bytes) -> None:
    """Hold the weights to numbers that lie in the file: HDF5 can name other files, and sizes that no memory has."""
    import h5py

    refused: list[str] = []
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            waiting, count, seen = [file["/"]], 0, set()
            while waiting:
                group = waiting.pop()
                place = h5py.h5o.get_info(group.id).addr
                if place in seen:  # groups that hold each other
                    continue
                seen.add(place)
                for name in group:
                    count += 1
                    if count > MOST_WEIGHTS:
                        raise ValueError(f"more than {MOST_WEIGHTS} parts")
                    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                        refused.append("weights that lie elsewhere")
                        continue
                    item = group[name]
                    if isinstance(item, h5py.Group):
                        waiting.append(item)
                    elif isinstance(item, h5py.Dataset):
                        refused += _refused_numbers(item)
    except _UNREADABLE as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason="its weights are cut off or damaged") from error
    if refused:
        raise KerasForeign(path=path, names=tuple(dict.fromkeys(refused))[:8])


def _refused_numbers(item: Any) -> Iterator[str]:
    if item.external or item.is_virtual:
        yield "weights that lie elsewhere"
    if prod(item.shape or ()) > LARGEST_TENSOR:
        yield f"weights of shape {list(item.shape)}"
    if item.dtype.kind not in "fiubSO":
        yield f"weights of type {item.dtype}"
