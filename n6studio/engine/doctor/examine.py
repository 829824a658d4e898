"""What this machine has and lacks, looked at without importing anything heavy.

Each look is a small function that returns findings; `examine` runs them all. Looks never raise: what cannot be found
out is UNKNOWN. Looks at other tools join by being handed to `examine`, so this module need not know them.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import n6studio
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.states import FindingState
from n6studio.engine.doctor.finding import REPAIR, Finding
from n6studio.engine.doctor.packages import CHILD_SECONDS, look_at_layers, look_at_torch_pair

OLDEST_PYTHON, TOO_NEW_PYTHON = (3, 11), (3, 14)

# Peak use while converting YOLOv8n-pose at 256x256, with room for the operating system; larger sizes need more.
MEMORY_GB = 4.0
# A project with a few exports and evaluations; the environment itself is there already.
DISK_GB = 2.0

# What Qt's libraries load from a Linux system, with the Debian package that has it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}

Look = Callable[[], Iterable[Finding]]


def examine(folder: Path | None = None, deep: bool = False, more: Sequence[Look] = ()) -> tuple[Finding, ...]:
    """Look at everything and return what was found, what matters most first.

    Args:
        folder: where work is to be done; None for the current folder.
        deep: also import torchvision in a child process, which takes seconds, to be sure of the pair.
        more: looks from other rooms, run after ours.
    """
    where = folder or Path.cwd()
    looks: list[Look] = [
        lambda: [look_at_python()],
        lambda: [look_at_memory()],
        lambda: [look_at_processors()],
        lambda: [look_at_disk(where)],
        lambda: [look_at_data_folder()],
        lambda: [look_at_display()],
        look_at_qt_libraries,
        look_at_layers,
        lambda: look_at_torch_pair(deep),
    ]
    return tuple(finding for look in [*looks, *more] for finding in look())


def to_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the findings as a JSON-ready mapping, with a summary for scripts."""
    rows = list(findings)
    return {
        "schema": 1,
        "n6studio": n6studio.__version__,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "ok": is_fit(rows),
        "findings": [asdict(row) for row in rows],
    }


def is_fit(findings: Iterable[Finding]) -> bool:
    """Return whether the base works here; what only the window, conversion or deployment need is left out."""
    return all(
        row.state in (FindingState.OK, FindingState.UNKNOWN) for row in findings if row.needed_for == "everything"
    )


# --- Python -----------------------------------------------------------------------------------------


def look_at_python(version: tuple[int, int] | None = None) -> Finding:
    """Judge the running Python, or one of the given version."""
    major, minor = version or sys.version_info[:2]
    fits = OLDEST_PYTHON <= (major, minor) < TOO_NEW_PYTHON
    remedy = "" if fits else "Install Python 3.12, then run: python3 bootstrap.py --repair"
    return Finding(
        "Python", FindingState.OK if fits else FindingState.WRONG_VERSION, f"{major}.{minor}", "3.11 to 3.13", remedy
    )


# --- the machine -----------------------------------------------------------------------------------------------------


def look_at_memory() -> Finding:
    """Judge how much memory the machine has."""
    wanted = f"{MEMORY_GB:.0f} GB"
    try:
        import psutil

        memory = psutil.virtual_memory()
    except (ImportError, OSError):
        return Finding("memory", FindingState.UNKNOWN, "", wanted, "psutil is missing. " + REPAIR)
    found = f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free"
    if memory.total < MEMORY_GB * 1e9:
        return Finding(
            "memory", FindingState.TOO_LITTLE, found, wanted, "Use a small input size, or a machine with more memory."
        )
    if memory.available < MEMORY_GB / 2 * 1e9:
        return Finding("memory", FindingState.TOO_LITTLE, found, wanted, "Close other programs before a conversion.")
    return Finding("memory", FindingState.OK, found, wanted)


def look_at_processors() -> Finding:
    """Say how many processors this program may use."""
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return Finding("processors", FindingState.OK, f"{count}, {platform.machine()}", "1 or more")


def look_at_disk(folder: Path) -> Finding:
    """Judge the room on the disk of `folder`, which need not exist yet."""
    wanted = f"{DISK_GB:.0f} GB free"
    try:
        free = shutil.disk_usage(_existing(folder)).free
    except OSError as error:
        return Finding("disk", FindingState.UNKNOWN, str(error), wanted, f"Check that {folder} is accessible.")
    found = f"{free / 1e9:.1f} GB free for {folder}"
    if free < DISK_GB * 1e9:
        return Finding(
            "disk", FindingState.TOO_LITTLE, found, wanted, "Free up space, or work in a folder on another disk."
        )
    return Finding("disk", FindingState.OK, found, wanted)


def data_folder() -> Path | None:
    """Return where settings and caches of this user go, None where that cannot be told."""
    try:
        import platformdirs
    except ImportError:
        return None
    return platformdirs.user_data_path("n6studio", appauthor=False)


def look_at_data_folder(folder: Path | None = None) -> Finding:
    """Judge whether the user's data folder can be written, by writing beside where it will be."""
    wanted = "writable"
    where = folder or data_folder()
    if where is None:
        return Finding("data folder", FindingState.UNKNOWN, "", wanted, "platformdirs is missing. " + REPAIR)
    try:
        with tempfile.TemporaryFile(dir=_existing(where)):
            pass
    except OSError as error:
        found = f"{where}: {reason_of(error)}"
        return Finding("data folder", FindingState.MISSING, found, wanted, "Grant your user write permission there.")
    return Finding("data folder", FindingState.OK, str(where), wanted)


def _existing(folder: Path) -> Path:
    folder = folder.expanduser().absolute()
    return next((path for path in (folder, *folder.parents) if path.is_dir()), folder)


# --- the window ------------------------------------------------------------------------------------------------------


def look_at_display(system: str = "", variables: "os._Environ[str] | dict[str, str] | None" = None) -> Finding:
    """Judge whether a window can be shown, on this machine or on one with the given system and variables."""
    values = os.environ if variables is None else variables
    wanted = "a display"
    if (system or platform.system()) in ("Windows", "Darwin"):
        return Finding("display", FindingState.OK, "the desktop", wanted, "", "the window")
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if values.get(name):
            return Finding("display", FindingState.OK, f"{name}={values[name]}", wanted, "", "the window")
    remedy = "All commands work without a display. For the window, use a desktop session or ssh -X."
    return Finding("display", FindingState.MISSING, "", wanted, remedy, "the window")


def look_at_qt_libraries(libraries: Sequence[str] = tuple(QT_LIBRARIES)) -> list[Finding]:
    """Ask Linux's loader for the libraries that Qt wants; elsewhere Qt brings its own.

    A child process loads them: the loader's own answer is the only sure one, and none of them shall stay in ours.
    """
    if sys.platform != "linux":
        return []
    code = (
        "import ctypes, sys\nfor name in sys.argv[1:]:\n    try: ctypes.CDLL(name)\n    except OSError: print(name)\n"
    )
    name, wanted = "system libraries", f"{len(libraries)} libraries that Qt loads"
    try:
        answer = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code, *libraries],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [Finding(name, FindingState.UNKNOWN, str(error), wanted, "", "the window")]
    missing = answer.stdout.split()
    if not missing:
        return [Finding(name, FindingState.OK, "all found", wanted, "", "the window")]
    packages = " ".join(QT_LIBRARIES.get(library, library) for library in missing)
    remedy = f"On Debian and Ubuntu: sudo apt-get install {packages}. On other systems install these libraries."
    return [Finding(name, FindingState.MISSING, "missing: " + ", ".join(missing), wanted, remedy, "the window")]
