"""What may be handed to the system to be opened with another program: what it is for, and never a program."""

import re
from pathlib import Path

from n6studio.domain.errors.files import NotOpened
from n6studio.domain.errors.foreign import reading
from n6studio.gates.files import opened

_HEAD = 4096  # bytes that tell what a file is
_PNG = b"\x89PNG\r\n\x1a\n"
# Folders that macOS or Windows take for something else than folders.
_BUNDLE = re.compile(
    r"\.(app|bundle|command|framework|kext|pkg|mpkg|plugin|prefpane|saver|service|workflow)$|\.\{.*\}$"
)


def require_openable(path: Path) -> None:
    """Make sure that a path is a folder, an HTML report, a PNG image or a log, by its name and by what is in it.

    Raises:
        FileMissing, FileUnreadable, NotAFile: it cannot be read.
        NotOpened: it is something else, or a link.
    """
    if path.is_dir():
        if _BUNDLE.search(path.name.lower()) or (path / "Contents").is_dir():
            raise NotOpened(path=path, found="a folder that some systems start as a program")
        return
    if path.is_symlink():
        raise NotOpened(path=path, found="a symbolic link")
    with reading(path), opened(path) as stream:
        head = stream.read(_HEAD)
    kinds = {".html": _is_report, ".png": _is_png, ".log": _is_log}
    is_it = kinds.get(path.suffix.lower())
    if is_it is None:
        raise NotOpened(path=path, found=f"a {path.suffix or 'nameless'} file")
    if not is_it(head):
        raise NotOpened(path=path, found=f"not what a {path.suffix} file contains")


def _is_report(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(b"<!doctype html")


def _is_png(head: bytes) -> bool:
    return head.startswith(_PNG)


def _is_log(head: bytes) -> bool:
    return b"\0" not in head and not head.startswith(b"#!")
