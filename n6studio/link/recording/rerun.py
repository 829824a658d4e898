"""A recording as Rerun's .rrd, written by a process of its own that loads Rerun's SDK where it is installed."""

from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.foreign import is_full
from n6studio.domain.errors.link import RecordingNotExported
from n6studio.domain.errors.registry import from_message
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.link.processes.child import Child
from n6studio.link.recording.recording import Recording, index_of
from n6studio.system.files import replacing
from n6studio.system.logs import log_file

_LOG = "rerun.log"


def export_rerun(
    recording: Recording, target: Path, progress: Callable[[int, int], None], skeleton: Skeleton | None = None
) -> int:
    """Write images, keypoints, figures and results as .rrd, and return the number of frames.

    Args:
        recording: where from.
        target: .rrd file; replaced when all is written.
        progress: called with (done, total) frames; it may raise to stop, and then nothing is left.
        skeleton: edges and colours; None for those that belong to the number of keypoints.

    Raises:
        RerunMissing: the SDK is not installed.
        FileUnreadable, RecordingUnreadable, RecordingNotExported.
        NotWritable, DiskFull: `target` is what it was.
    """
    log = log_file(_LOG)
    with replacing(target, ".rrd") as part:
        part.touch()
        files = {"--recording": recording.path, "--index": index_of(recording.path), "--target": part}
        child = Child(["rrd", *(word for name, path in files.items() for word in (name, str(path.absolute())))], log)
        try:
            child.send({} if skeleton is None else {"names": skeleton.names, "edges": skeleton.edges})
            count = _wait(child, progress)
        except (OSError, KeyError, TypeError, ValueError):  # it is gone, or says what it should not
            count = None
        finally:
            child.kill()
            how = child.how_it_ended()
            child.end()
        if is_full(target.parent):  # the SDK does not tell
            raise DiskFull(path=target)
        if count is None or part.stat().st_size == 0:
            raise RecordingNotExported(path=target, how=how, log=log)
    return count


def _wait(child: Child, progress: Callable[[int, int], None]) -> int | None:
    """Pass on how far it is; return the number of frames when it is done, None where it ended."""
    while (answer := child.receive()) is not None:
        message = answer[0]
        if message.get("type") == "error":
            raise from_message(message)
        if message.get("type") == "written":
            return int(message["count"])
        if message.get("type") != "progress":
            return None
        progress(int(message["done"]), int(message["total"]))
    return None
