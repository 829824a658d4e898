"""Metadata in a .tflite: a zip with metadata.json appended to the file, as Ultralytics does and reads."""

import json
import zipfile
from pathlib import Path
from typing import Any

from n6studio.domain.pose.decode import OutputLayout


def embed_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Append `metadata` to the .tflite at `path`, in place. Interpreters ignore what is appended.

    Args:
        path: a .tflite without metadata.
        metadata: JSON-ready; Ultralytics reads task, stride, imgsz, names, kpt_shape, channels, batch and end2end.
    """
    entry = zipfile.ZipInfo("metadata.json", date_time=(1980, 1, 1, 0, 0, 0))  # the same network, the same bytes
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, json.dumps(metadata, sort_keys=True))


def pose_metadata(size: tuple[int, int], layout: OutputLayout) -> dict[str, Any]:
    """Return what Ultralytics needs to know of a pose model; without it, it assumes 999 classes.

    Args:
        size: (width, height) of the input in pixels.
        layout: how the output is to be read.
    """
    return {
        "task": "pose",
        "stride": 32,
        "batch": 1,
        "channels": 3,
        "imgsz": [size[1], size[0]],
        "names": {str(index): "person" for index in range(layout.classes)},
        "kpt_shape": [layout.keypoints, layout.dims],
        "end2end": layout.end_to_end,
    }
