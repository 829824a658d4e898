"""The one way to publish: written beside, flushed to the disk, renamed, and the rename flushed, too.

Whoever looks, after a power cut as well, finds the old contents or the new ones, whole. Renames are atomic on every
file system that is supported, but a rename may reach the disk before the contents do: that is why files are flushed
first. Folders that are made on the way are flushed, too: their names are in their parents.

On Windows `os.fsync` is FlushFileBuffers and `os.replace` MoveFileEx with MOVEFILE_REPLACE_EXISTING. There is no flush
of a folder there: a rename may be lost in a power cut, and with it the new contents, never the old ones.
"""

import contextlib
import errno
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from n6studio.domain.errors.foreign import writing, writing_error

if sys.platform == "darwin":
    import fcntl

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

_NOT_SUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)  # what network and FUSE drives say to a folder's fsync


def replace_text(path: Path, text: str, durable: bool = True) -> None:
    """Write `text` to `path` as UTF-8, replacing it only when all is written; `durable` as in `replace_bytes`.

    Raises:
        DiskFull, NotWritable: the old contents are kept.
    """
    replace_bytes(path, text.replace("\n", os.linesep).encode(), durable)


def replace_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write `data` to `path`, replacing it only when all is written.

    Args:
        path: where to; missing folders are made.
        data: all of it.
        durable: wait until it is on the disk. False for what can be made again at any time.

    Raises:
        DiskFull, NotWritable: the old contents are kept.
    """
    with replacing(path, durable=durable) as part:
        new_bytes(part, data)


@contextlib.contextmanager
def replacing(path: Path, suffix: str = "", durable: bool = True) -> Iterator[Path]:
    """Give a name beside `path` to write to, which takes the place of `path` when the block ends well.

    Args:
        path: what shall be replaced; missing folders are made.
        suffix: how the name shall end, for programs that go by it.
        durable: wait until it is on the disk.

    Raises:
        DiskFull, NotWritable: the old contents are kept.
    """
    part = _beside(path, suffix)
    try:
        ensure_folder(path.parent, durable)
        part.unlink(missing_ok=True)
        yield part
        if durable:
            sync_file(part)
        part.replace(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise writing_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # a read-only disk refuses this, too
            part.unlink(missing_ok=True)


def publish_new(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write `data` to `path` if there is no such file: whoever comes second leaves what the first one wrote. Durable.

    Args:
        path: where to; missing folders are made.
        data: all of it.
        mode: as for `new_bytes`.

    Raises:
        DiskFull, NotWritable: there is no such file, or the one that was there.
    """
    part = _beside(path)
    with writing(path):
        ensure_folder(path.parent)
        part.unlink(missing_ok=True)
        try:
            new_bytes(part, data, mode)
            sync_file(part)
            with contextlib.suppress(FileExistsError):
                _take_name(part, path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _beside(path: Path, suffix: str = "") -> Path:
    """Return a name in the same folder that no other thread or process writes to."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part{suffix}")


def _take_name(part: Path, path: Path) -> None:
    """Give a file a name that must be free.

    Raises:
        FileExistsError: it is not.
    """
    try:
        os.link(part, path)  # unlike a rename it refuses a name that is taken, on every system
    except FileExistsError:
        raise
    except OSError:  # the file system has no links; two that begin at once are unlikely, and the later file stays
        part.replace(path)


def ensure_folder(path: Path, durable: bool = True) -> None:
    """Create `path` and those of its parents that are not there.

    Args:
        path: the folder; nothing is done where it exists.
        durable: wait until the names of those that were made are on the disk.

    Raises:
        OSError: as the system says.
    """
    made, place = [], path
    while place != place.parent and not place.exists():
        made.append(place)
        place = place.parent
    path.mkdir(parents=True, exist_ok=True)
    if durable:
        for folder in made:
            sync_folder(folder.parent)


def make_folder(path: Path) -> None:
    """Create `path` and its parents, and make sure that it can be written.

    Raises:
        DiskFull, NotWritable.
    """
    with writing(path):
        ensure_folder(path)
        probe = path / f".n6studio-{os.getpid()}"
        try:
            new_bytes(probe, b"x")
        except FileExistsError:  # of an earlier run under this number, or a link that is none of ours
            pass
        finally:
            probe.unlink(missing_ok=True)  # a full disk takes the name and refuses the contents


def keep_private() -> None:
    """Let the user alone read what this process and its children write: 0600 and 0700, where the system has it."""
    os.umask(0o077)


def new_folder(path: Path) -> None:
    """Create the folder `path`, which must not be there: not as a link to another one either.

    Raises:
        DiskFull, NotWritable.
    """
    with writing(path):
        path.mkdir()


def new_bytes(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write `data` to a file that must not be there: what somebody put there, such as a link, is never written through.

    Args:
        path: where to.
        data: all of it.
        mode: who may read and write it, less what the user's umask takes; 0o600 for the user alone.

    Raises:
        OSError: as the system says; FileExistsError.
    """
    with os.fdopen(os.open(path, _NEW, mode), "wb") as stream:
        stream.write(data)


def move_into_place(source: Path, target: Path) -> None:
    """Move a file or folder to `target`, replacing what is there; durable. Both must lie on the same file system.

    A folder that is there already is replaced in two steps: whoever needs the old or the new one after a power cut
    between them must be able to move again.

    Raises:
        DiskFull, NotWritable: `target` is what it was.
    """
    replaced = source.with_name(f".{source.name[:100]}.replaced")
    try:
        ensure_folder(target.parent)
        sync_tree(source)
        if target.is_dir():  # a folder cannot be replaced in one step
            target.replace(replaced)
            try:
                source.replace(target)
            except OSError:
                replaced.replace(target)
                raise
            sync_folder(target.parent)
            shutil.rmtree(replaced, ignore_errors=True)
        else:
            source.replace(target)
            sync_folder(target.parent)
    except OSError as error:
        raise writing_error(target, error) from error


def sync_tree(path: Path) -> None:
    """Wait until a file, or every file and folder below a folder, is on the disk.

    Raises:
        OSError: the disk does not take it.
    """
    if path.is_symlink():
        return
    if path.is_file():  # a pipe or a device has no contents to wait for, and opening it would wait for somebody else
        sync_file(path)
    if not path.is_dir():
        return
    for inner in path.iterdir():
        sync_tree(inner)
    sync_folder(path)


def sync_file(path: Path) -> None:
    """Wait until a file's contents are on the disk.

    Raises:
        OSError: the disk does not take them.
    """
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        sync_open(descriptor)
    finally:
        os.close(descriptor)


def sync_open(descriptor: int) -> None:
    """Wait until the contents of an open file are on the disk.

    Raises:
        OSError: the disk does not take them.
    """
    if sys.platform == "darwin":  # fsync leaves them in the drive's own memory there
        with contextlib.suppress(OSError):  # a network drive knows no such request
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that.

    Raises:
        OSError: the disk does not take them.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
    finally:
        os.close(descriptor)
