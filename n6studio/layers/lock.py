"""Lists of pinned versions with the digests of their files, in the form that pip and uv read as well.

A pin is ``name==version ; marker --hash=sha256:... --hash=sha256:...``, over several lines that end with a backslash.
Lines ``#: linux x86_64 123`` say how many bytes are downloaded on a system.
"""

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^;\s]+)\s*(?:;\s*(.*?))?\s*((?:--hash=sha256:[0-9a-f]{64}\s*)*)$")
_CLAUSE = re.compile(r'(sys_platform|python_version|platform_machine)\s*(==|!=|<|>=)\s*"([^"]+)"$')
_SIZE = re.compile(r"#: (\S+) (\S+) (\d{1,15})$")

# What machines call themselves -> the name in our lists.
MACHINES = {"AMD64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "aarch64", "ARM64": "arm64"}


@dataclass(frozen=True)
class Target:
    """A system that packages are chosen for.

    Attributes:
        system: as `sys.platform` has it: linux, win32, darwin.
        machine: x86_64, aarch64 or arm64.
        python: major and minor version.
    """

    system: str
    machine: str
    python: tuple[int, int]


@dataclass(frozen=True)
class Pin:
    """A package in one version.

    Attributes:
        name: as its project writes it.
        version: without a local part.
        marker: for which systems; '' for all.
        hashes: SHA-256 in hexadecimal of the files that may be installed.
    """

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return canonical(self.name)


def canonical(name: str) -> str:
    """Return a package's name as names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def here() -> Target:
    """Return the running Python's target."""
    machine = platform.machine()
    return Target(sys.platform, MACHINES.get(machine, machine), sys.version_info[:2])


def read_lock(path: Path, target: Target | None = None) -> tuple[Pin, ...]:
    """Return the pins of a list that apply to `target`, by default to this Python."""
    where = target or here()
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    found = (_PIN.match(line.strip()) for line in text.splitlines() if not line.startswith("#"))
    pins = (Pin(row[1], row[2], row[3] or "", tuple(re.findall(r"[0-9a-f]{64}", row[4]))) for row in found if row)
    return tuple(pin for pin in pins if applies(pin.marker, where))


def download_size(path: Path, target: Target | None = None) -> int | None:
    """Return how many bytes a list says are downloaded for `target`, None where it does not say."""
    where = target or here()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = _SIZE.match(line)
        if row and (row[1], row[2]) == (where.system, where.machine):
            return int(row[3])
    return None


def applies(marker: str, target: Target) -> bool:
    """Evaluate the markers that our lists use; the packaging library may be what is missing.

    Raises:
        ValueError: it is none of these.
    """
    return all(_clause(clause.strip(), target) for clause in marker.split(" and ")) if marker else True


def _clause(clause: str, target: Target) -> bool:
    row = _CLAUSE.match(clause)
    if row is None:
        raise ValueError(f"no marker that is known here: {clause}")
    name, operator, value = row.groups()
    if name == "python_version":
        wanted = tuple(int(part) for part in value.split("."))
        return {"<": target.python < wanted, ">=": target.python >= wanted}.get(
            operator, (target.python == wanted) == (operator == "==")
        )
    mine = target.system if name == "sys_platform" else target.machine
    return (mine == value) == (operator == "==")
