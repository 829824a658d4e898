"""Writing so that nothing is ever half there: to a temporary name first, renamed when complete."""

import contextlib
import os
import shutil
import threading
from pathlib import Path

from n6studio.domain.errors.foreign import writing, writing_error


def replace_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, replacing it only when all is written.

    Raises:
        DiskFull, NotWritable: the old contents are kept.
    """
    replace_bytes(path, text.replace("\n", os.linesep).encode())


def replace_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, replacing it only when all is written.

    Raises:
        DiskFull, NotWritable: the old contents are kept.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk refuses this, too
            part.unlink(missing_ok=True)
        raise writing_error(path, error) from error


def make_folder(path: Path) -> None:
    """Create `path` and its parents, and make sure that it can be written.

    Raises:
        DiskFull, NotWritable.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".n6studio-{os.getpid()}"
        try:
            probe.write_bytes(b"x")
        finally:
            probe.unlink(missing_ok=True)  # a full disk takes the name and refuses the contents


def move_into_place(source: Path, target: Path) -> None:
    """Move a file or folder to `target`, replacing what is there. Both must lie on the same file system.

    Raises:
        DiskFull, NotWritable: `target` is what it was.
    """
    replaced = source.with_name(f".{source.name[:100]}.replaced")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():  # a folder cannot be replaced in one step
            target.replace(replaced)
            try:
                source.replace(target)
            except OSError:
                replaced.replace(target)
                raise
            shutil.rmtree(replaced, ignore_errors=True)
        else:
            source.replace(target)
    except OSError as error:
        raise writing_error(target, error) from error
