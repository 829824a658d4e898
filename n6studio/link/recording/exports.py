"""What can be made of a recording: the one list that the window's menu and the options of `live` stand for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.pose.skeleton import Skeleton
from n6studio.link.recording.export import export_images, export_json_lines, export_video
from n6studio.link.recording.mcap import export_mcap
from n6studio.link.recording.recording import Recording
from n6studio.link.recording.rerun import export_rerun
from n6studio.link.recording.values import export_values

Progress = Callable[[int, int], None]
"""Called with (done, total) frames; it may raise to stop."""

Write = Callable[[Recording, Path, Progress, Skeleton | None], int]
"""Makes it, and returns the number of frames; the skeleton is None for the one of so many keypoints."""


@dataclass(frozen=True)
class Export:
    """One thing that can be made of a recording.

    Attributes:
        name: as it is typed: `n6studio live --NAME`.
        ending: of its file; '' for a folder.
        write: see `Write`; raises as the function that it stands for.
        reported: its name in JSON, which scripts rely on.
    """

    name: str
    ending: str
    write: Write
    reported: str


EXPORTS = {
    export.name: export
    for export in (
        Export("video", ".mp4", export_video, "film"),
        Export("lines", ".jsonl", lambda read, path, progress, _: export_json_lines(read, path, progress), "lines"),
        Export("csv", ".csv", export_values, "csv"),
        Export("mcap", ".mcap", export_mcap, "mcap"),
        Export("rrd", ".rrd", export_rerun, "rrd"),
        Export("images", "", lambda read, path, progress, _: export_images(read, path, progress), "pictures"),
    )
}
