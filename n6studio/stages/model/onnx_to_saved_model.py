"""From an .onnx to a SavedModel, with onnx2tf and the arguments that Ultralytics uses."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.errors.stages import ExportFailed


def convert_onnx(source: Path, onnx_file: Path, folder: Path) -> Path:
    """Convert `onnx_file` into `folder`, without downloads and edits of installed packages; return the folder.

    Args:
        source: the file that the user knows, for messages.
        onnx_file: what is converted.
        folder: where to.

    Raises:
        ExportFailed: onnx2tf gave up.
    """
    # onnx2tf wants a sample file in the working folder and would download it otherwise. It only serves its own checks.
    sample = np.random.default_rng(0).random((20, 128, 128, 3), np.float32)
    np.save("calibration_image_sample_data_20x128x128x3_float32.npy", sample)
    import onnx2tf

    try:
        with _no_float16():
            onnx2tf.convert(
                input_onnx_file_path=str(onnx_file),
                output_folder_path=str(folder),
                not_use_onnxsim=True,
                verbosity="error",
                enable_batchmatmul_unfold=True,
                output_signaturedefs=True,
            )
    except (Exception, SystemExit) as error:  # onnx2tf leaves with sys.exit where it gives up
        raise ExportFailed(path=source, step="SavedModel", reason=_brief(error)) from error
    for empty in folder.glob("*_float16.tflite"):
        empty.unlink()
    return folder


@contextlib.contextmanager
def _no_float16() -> Iterator[None]:
    """Let TensorFlow make an empty file of a model in float16: onnx2tf has one made always, and nobody asked for it."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter
    convert = converter.convert

    def but_float16(self: Any) -> Any:
        return b"" if tf.float16 in self.target_spec.supported_types else convert(self)

    converter.convert = but_float16
    try:
        yield
    finally:
        converter.convert = convert


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no details'}"[:300]
