"""Frames of the live stream as files of a project: calibration images, worst cases, snapshots."""

import hashlib
from pathlib import Path

from n6studio.system.files import replace_bytes, replace_text

CALIBRATION = "live calibration"  # folder of a project that has chosen none
WORST = "worst cases"


def keep_frame(folder: Path, jpeg: bytes, when: str, facts: str = "") -> tuple[Path, bool]:
    """Write a frame to `folder` as it was received, with what is known of it beside it as JSON.

    The name carries the digest of the contents, so that the same frame is never kept twice.

    Args:
        folder: is made where it does not exist.
        jpeg: the image.
        when: begins the name, for example "20261124-140501".
        facts: a JSON object; "" for none.

    Returns:
        the image's file, and whether it is new.

    Raises:
        DiskFull, NotWritable: nothing half-written is left.
    """
    digest = hashlib.sha256(jpeg).hexdigest()[:8]
    known = next(folder.glob(f"live-*-{digest}.jpg"), None)
    if known is not None:
        return known, False
    path = folder / f"live-{when}-{digest}.jpg"
    if facts:  # first, so that an image is never without it
        replace_text(path.with_suffix(".json"), facts)
    replace_bytes(path, jpeg)
    return path, True
