"""Where wheels come from: what the user's pip is set up with, else what pip takes by itself.

No address stands here. Indexes, folders, certificates and proxies are pip's, so what works for pip works for us, and a
company's mirror counts. uv's settings for the same count as well, and uv knows where PyTorch keeps its CPU builds.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 60.0
_DEFAULT = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


@dataclass(frozen=True)
class Places:
    """Where to look for wheels, in this order.

    Attributes:
        folders: with wheels in them.
        indexes: addresses of simple indexes.
        certificates: file with certificates to trust; '' for the system's.
    """

    folders: tuple[Path, ...] = ()
    indexes: tuple[str, ...] = ()
    certificates: str = ""


def known_places(folders: tuple[Path, ...] = (), offline: bool = False) -> Places:
    """Return the places of this user.

    Args:
        folders: with wheels, looked into before all others.
        offline: look nowhere else.
    """
    if offline:
        return Places(folders)
    settings = pip_settings(_ask_pip("-m", "pip", "config", "list"))
    index = settings.get("index-url", ()) or uv_index(os.environ) or (_ask_pip("-c", _DEFAULT).strip(),)
    links = settings.get("find-links", ())
    return Places(
        (*folders, *(Path(re.sub("^file://", "", link)) for link in links if not link.startswith("http"))),
        tuple(address.rstrip("/") for address in (*index[-1:], *settings.get("extra-index-url", ())) if address),
        next(iter(settings.get("cert", ())[-1:]), ""),
    )


def pip_settings(listed: str) -> dict[str, tuple[str, ...]]:
    """Return what ``pip config list`` printed, by the option's name; sections of other commands are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for line in listed.splitlines():
        row = re.match(r"(global|install|:env:)\.([a-z-]+)='(.*)'$", line)
        if row:
            found[row[2]] = (*found.get(row[2], ()), *row[3].replace("\\n", " ").split())
    return found


def uv_index(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the index that uv was told to use, if it was told."""
    address = variables.get("UV_DEFAULT_INDEX") or variables.get("UV_INDEX_URL") or ""
    return (address,) if address else ()


def cpu_index(uv: Path, requirement: str) -> str:
    """Ask uv where PyTorch's builds without CUDA lie; '' where it does not say. Takes seconds and the network.

    Args:
        uv: the program.
        requirement: such as 'torch==2.13.0'.
    """
    options = ["pip", "compile", "-", "--no-deps", "--no-header", "--emit-index-annotation", "--torch-backend=cpu"]
    try:
        done = subprocess.run(
            [str(uv), *options, "--quiet"],
            input=requirement,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"#\s+from (\S+)", done.stdout)
    return found[1].rstrip("/") if found and done.returncode == 0 else ""


def _ask_pip(*arguments: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
