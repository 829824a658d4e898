"""From an .onnx to a SavedModel, with onnx2tf and the arguments that Ultralytics uses."""

from pathlib import Path

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
    return folder


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no details'}"[:300]
