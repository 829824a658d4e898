"""From a Keras file to a SavedModel with one image at a time, by way of `keras_gate`."""

import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.starts import KerasNotBuilt
from n6studio.domain.file_names import short_stem
from n6studio.stages.model.bounded import bounded
from n6studio.stages.model.keras_gate import admit_keras, is_keras_zip, time_for
from n6studio.stages.model.layout import image_size
from n6studio.stages.model.saved_model_frozen import save_frozen

_BUILDING_TIMES = 20.0  # as much of the processor as looking through the file may take: the network is built, too


def keras_as_saved_model(path: Path) -> Path:
    """Return a SavedModel folder of a Keras file, in this process' folder for passing things; made once.

    Raises:
        ModelDamaged, KerasForeign, KerasWeightsOnly: see `admit_keras`.
        KerasNotBuilt: the installed Keras does not take its layers.
        NotAPoseModel, BatchFixed, InputSizeOpen: it does not take one RGB image of one size.
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
        with bounded(_BUILDING_TIMES * time_for(named.stat().st_size)):
            model = keras.saving.load_model(str(named), compile=False, safe_mode=True)
    except (MemoryError, StudioError):
        raise
    except Exception as error:  # Keras' own, TensorFlow's, h5py's and Python's
        told = str(error).replace(str(named), path.name).replace(str(scratch), path.parent.name)  # not the copy's name
        reason = (told.strip().partition("\n")[0] or type(error).__name__)[:300].rstrip(". ")
        raise KerasNotBuilt(path=path, reason=reason) from error
    shapes = [[-1 if side is None else side for side in tensor.shape] for tensor in model.inputs]
    image_size(path, shapes)

    @tf.function(input_signature=[tf.TensorSpec([1, *shapes[0][1:]], tf.float32, name="image")])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> Any:
        found = model(image, training=False)
        outputs = list(found.values()) if isinstance(found, dict) else found
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return {f"output_{place}": tensor for place, tensor in enumerate(outputs)}

    return save_frozen(serve, scratch / f"{short_stem(path)}_saved_model")
