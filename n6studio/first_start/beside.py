"""An environment made from one with the same base: its files are linked, not copied or fetched again.

What is installed later replaces files and changes none in place, so two environments can share them; removing one
leaves the other whole. On a file system without links they are copied.
"""

import os
import shutil
import threading
from pathlib import Path

from n6studio.layers.download import Stopped

OWN = "n6studio"  # the program's own packages and data begin so, and come from its wheel
_MARKS = "n6studio-layer-*.json"


def site_packages(folder: Path) -> Path:
    """Return where the packages of an environment lie."""
    if os.name == "nt":
        return folder / "Lib" / "site-packages"
    return next((folder / "lib").glob("python3.*")) / "site-packages"


def link_layers(source: Path, target: Path, stop: threading.Event) -> None:
    """Give an environment the layers of another one, but not its program.

    Args:
        source: the environment that has them.
        target: an environment of the same Python, without packages.
        stop: when set, it ends soon.

    Raises:
        Stopped, OSError.
    """
    site, own = site_packages(source), site_packages(target)
    for path in sorted(site.iterdir()):
        if path.name == "__pycache__" or path.name.startswith(OWN):
            continue
        _link(path, own / path.name, stop)
    if (source / "layers").is_dir():
        _link(source / "layers", target / "layers", stop)
    for entry in site.glob(f"{OWN}-*.pth"):
        text = entry.read_text(encoding="utf-8").replace(str(source), str(target))
        (own / entry.name).write_text(text, encoding="utf-8")
    for mark in source.glob(_MARKS):
        shutil.copyfile(mark, target / mark.name)


def _link(source: Path, target: Path, stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped
    if source.is_dir() and not source.is_symlink():
        target.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            _link(path, target / path.name, stop)
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
