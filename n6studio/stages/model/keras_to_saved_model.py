"""From a Keras file to a SavedModel with one image at a time, by way of `keras_gate`."""

import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import InputSizeOpen, NotAPoseModel
from n6studio.domain.errors.starts import KerasNotBuilt
from n6studio.domain.file_names import short_stem
from n6studio.stages.model.keras_gate import admit_keras, is_keras_zip
from n6studio.stages.model.saved_model_frozen import save_frozen


def keras_as_saved_model(path: Path) -> Path:
    """Return a SavedModel folder of a Keras file, in this process' folder for passing things; made once.

    Raises:
        ModelDamaged, KerasForeign, KerasWeightsOnly: see `admit_keras`.
        KerasNotBuilt: the installed Keras does not take its layers.
        NotAPoseModel: it does not take one RGB image.
        InputSizeOpen: of no fixed size.
    """
    status = path.stat()
    return _made(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=8)
def _made(path: Path, _changed: int, _size: int) -> Path:
    admit_keras(path)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf

    scratch = Path(tempfile.mkdtemp(prefix="keras-"))
    named = scratch / ("model.keras" if is_keras_zip(path) else "model.h5")  # Keras goes by the name
    shutil.copyfile(path, named)
    try:
        model = keras.saving.load_model(str(named), compile=False, safe_mode=True)
    except (MemoryError, StudioError):
        raise
    except Exception as error:  # Keras' own, TensorFlow's, h5py's and Python's
        reason = (str(error).strip().partition("\n")[0] or type(error).__name__)[:300].rstrip(". ")
        raise KerasNotBuilt(path=path, reason=reason) from error
    shapes = [list(tensor.shape) for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] != 3:
        raise NotAPoseModel(path=path, found=f"inputs {shapes}")
    if None in shapes[0][1:]:
        raise InputSizeOpen(path=path, found=str(shapes[0]))

    @tf.function(input_signature=[tf.TensorSpec([1, *shapes[0][1:]], tf.float32, name="image")])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> Any:
        found = model(image, training=False)
        outputs = list(found.values()) if isinstance(found, dict) else found
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return {f"output_{place}": tensor for place, tensor in enumerate(outputs)}

    return save_frozen(serve, scratch / f"{short_stem(path)}_saved_model")
