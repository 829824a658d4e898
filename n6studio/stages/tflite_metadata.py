"""Metadata in a .tflite: a zip with metadata.json appended to the file, as Ultralytics does and reads."""

import json
import zipfile
from pathlib import Path
from typing import Any


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


def plain_content(path: Path) -> bytes:
    """Return the bytes of a .tflite without what is appended to it."""
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            first = min(info.header_offset for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError):
        return content
    return content[:first]
