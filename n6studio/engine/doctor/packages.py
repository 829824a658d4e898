"""The doctor's look at the layers of Python packages: which are there, and whether they are those that were pinned."""

import contextlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from n6studio.domain.states import FindingState
from n6studio.engine.doctor.finding import REPAIR, Finding, Need
from n6studio.engine.layers import is_outdated
from n6studio.layers.layer import BASE, CONVERSION, LAYERS, MEDIA, TOOLS, Layer, installed_version, lock_file
from n6studio.layers.lock import read_lock
from n6studio.layers.need import megabytes_to_get

DEVELOP = "develop"  # the list of packages for developers only
CHILD_SECONDS = 60.0


def look_at_layers() -> list[Finding]:
    """Say of every layer whether it is there, and of those that are, how each package is."""
    found = [look_at_layer(layer) for layer in LAYERS.values()]
    for layer in LAYERS.values():
        if layer is BASE or layer.present:
            found += look_at_packages(lock_file(layer.name), _need(layer))
    return found + look_at_packages(lock_file(DEVELOP), "everything", needed=False)


def package_names() -> frozenset[str]:
    """Return the names of the findings on packages."""
    lists = [path for name in (*LAYERS, DEVELOP) if (path := lock_file(name)) is not None]
    return frozenset(pin.name for path in lists for pin in read_lock(path))


def look_at_layer(layer: Layer) -> Finding:
    """Judge whether a layer is there."""
    need, wanted = _need(layer), layer.purpose
    missing = layer.missing()
    size = f"about {megabytes_to_get(layer)} MB to download"
    get = f"Run: n6studio layers get {layer.name} ({size})"
    if missing:
        base = layer.name == BASE.name
        found = f"without {', '.join(missing)}" if len(missing) < len(layer.modules) else ""
        return Finding(layer.title, FindingState.MISSING, found, wanted, REPAIR if base else get, need)
    if is_outdated(layer):
        return Finding(layer.title, FindingState.WRONG_VERSION, "of another version of N6 Studio", wanted, get, need)
    return Finding(layer.title, FindingState.OK, "installed", wanted, "", need)


def _need(layer: Layer) -> Need:
    needs: dict[str, Need] = {CONVERSION.name: "conversion", MEDIA.name: "some cameras and videos"}
    return needs.get(layer.name, "everything")


def look_at_packages(lock: Path | None, need: Need, needed: bool = True) -> list[Finding]:
    """Compare every installed package with its pinned version; nothing where there is no list."""
    if lock is None:
        return []
    pins = (pin for pin in read_lock(lock) if pin.key not in TOOLS)
    return [_look_at_package(pin.name, pin.version, need, needed) for pin in pins]


def _look_at_package(name: str, pinned: str, need: Need, needed: bool) -> Finding:
    purpose: Need = "the window" if name.lower().startswith(("pyside6", "shiboken6", "pyqtgraph")) else need
    try:
        found = installed_version(name)
    except importlib.metadata.PackageNotFoundError:
        if not needed:
            return Finding(name, FindingState.OK, "", f"{pinned}, for developers only", "", purpose)
        return Finding(name, FindingState.MISSING, "", pinned, REPAIR, purpose)
    # The local part (+cpu, +cu130) tells builds of one version apart.
    if found.partition("+")[0] != pinned:
        if not needed:
            return Finding(name, FindingState.OK, found, f"{pinned}, for developers only", "", purpose)
        return Finding(name, FindingState.WRONG_VERSION, found, pinned, REPAIR, purpose)
    return Finding(name, FindingState.OK, found, pinned, "", purpose)


def look_at_torch_pair(deep: bool = False) -> Iterable[Finding]:
    """Judge whether torchvision's compiled part fits torch, from what both say of themselves, or by trying.

    A pair that does not fit hurts Ultralytics' validation and training only: the rest reads torchvision's metadata.
    """
    if not CONVERSION.present:
        return
    name, wanted = "torch and torchvision", "both, from the same build"
    need: Need = "Ultralytics' own validation"
    try:
        versions = [importlib.metadata.version(package) for package in ("torch", "torchvision")]
    except importlib.metadata.PackageNotFoundError as error:
        yield Finding(name, FindingState.MISSING, "", wanted, f"{error.name or error} is missing. {REPAIR}", need)
        return
    torch_cuda, vision_cuda = _built_for("torch"), _built_for("torchvision")
    found = f"torch {versions[0]} ({torch_cuda or '?'}), torchvision {versions[1]} ({vision_cuda or '?'})"
    remedy = (
        "torchvision's binaries do not match torch. Export, quantization and evaluation are not affected; for "
        "Ultralytics validation and training, install both from the same build, as described on pytorch.org."
    )
    fits: bool | None = torch_cuda == vision_cuda if torch_cuda and vision_cuda else None
    if deep:
        answer = run_python(["-P", "-c", "import torchvision"])
        fits = fits if answer is None else answer == 0
    if fits is None:
        yield Finding(name, FindingState.UNKNOWN, found, wanted, "Run: n6studio doctor --deep", need)
    elif fits:
        yield Finding(name, FindingState.OK, found, wanted, "", need)
    else:
        yield Finding(name, FindingState.WRONG_VERSION, found, wanted, remedy, need)


def _built_for(package: str) -> str:
    """Return 'cpu', 'cu130', ... as the package's version.py has it, '' where it does not say."""
    with contextlib.suppress(OSError, ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec(package)  # of a top-level package: finds the folder and imports nothing
        text = (Path(str(spec.origin if spec else "")).parent / "version.py").read_text(encoding="utf-8")
        local = re.search(r"__version__\s*=\s*['\"][^'\"+]*\+([a-z]+[0-9]*)", text)
        if local:
            return local.group(1)
    return ""


def run_python(arguments: Sequence[str]) -> int | None:
    """Run a fresh Python; return its exit code, None when it took too long or could not start."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode
