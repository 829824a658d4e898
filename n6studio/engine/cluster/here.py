"""What decides whether two computers give the same results: the program, Python, system, packages of both layers."""

import functools
import hashlib
import importlib.metadata
import platform
import sys
from pathlib import Path

import n6studio
from n6studio.engine.cluster.job import Facts
from n6studio.gates.files import sha256_of
from n6studio.layers.layer import BASE, CONVERSION, TOOLS, installed_version, lock_file
from n6studio.layers.lock import read_lock

NONE = "none"
_DASK = ("dask", "distributed")
_SHOWN = 4  # differences of a worker that are named


@functools.cache
def facts() -> Facts:
    """Return what this computer has: name -> version, `NONE` for a package that is not installed."""
    lists = [path for layer in (BASE, CONVERSION) if (path := lock_file(layer.name)) is not None]
    names = {pin.name for path in lists for pin in read_lock(path) if pin.key not in TOOLS}
    return {
        "N6 Studio": n6studio.__version__,
        "code of N6 Studio": _code()[:12],
        "Python": ".".join(map(str, sys.version_info[:2])),
        "system": f"{sys.platform} {platform.machine().lower()}",
        **{name: _version(name) for name in sorted({*names, *_DASK}, key=str.lower)},
    }


def _version(package: str) -> str:
    try:
        return installed_version(package)
    except importlib.metadata.PackageNotFoundError:
        return NONE


def _code() -> str:
    """Return a digest of the program's own modules: two checkouts may have one version and differ."""
    top, digest = Path(n6studio.__file__).parent, hashlib.sha256()
    for path in sorted(top.rglob("*.py")):
        digest.update(f"{path.relative_to(top).as_posix()}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def difference(here: Facts, there: Facts) -> str:
    """Return in which a worker differs from this computer, as part of a sentence; "" where they are the same."""
    names = [name for name in {**here, **there} if here.get(name, NONE) != there.get(name, NONE)]
    shown = [f"{name} {there.get(name, NONE)} and not {here.get(name, NONE)}" for name in names[:_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])
