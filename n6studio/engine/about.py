"""What this installation is made of: build, layers, every package with its licence, as CycloneDX and as texts."""

import importlib.metadata
import json
import platform
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import n6studio
from n6studio.layers.get import READY_MARK
from n6studio.layers.install import installed_lock, lock_digest
from n6studio.layers.layer import LAYERS, TOOLS, Layer, lock_file
from n6studio.layers.lock import Pin, canonical, read_lock

_LICENCE_FILES = ("licen", "copying", "notice", "authors", "copyright")
LARGEST_TEXT = 400_000  # characters of one package's licences that are shown


@dataclass(frozen=True)
class Package:
    """A package that is installed.

    Attributes:
        name: as its project writes it.
        version: of it.
        licence: what it says of its licence, in a few words; '' where it says nothing.
        texts: paths of its licence files.
        layer: name of the layer that it belongs to; '' for the program itself.
        hashes: SHA-256 of the files that may have been installed.
    """

    name: str
    version: str
    licence: str
    texts: tuple[Path, ...]
    layer: str
    hashes: tuple[str, ...] = ()


class _Hash(TypedDict):
    alg: str
    content: str


class _Named(TypedDict):
    name: str


class _Licence(TypedDict):
    license: _Named


class _Component(TypedDict, total=False):
    type: str
    name: str
    version: str
    purl: str
    licenses: list[_Licence]
    hashes: list[_Hash]


class _Metadata(TypedDict):
    component: _Component


class Sbom(TypedDict):
    """A bill of materials in CycloneDX 1.5."""

    bomFormat: str
    specVersion: str
    serialNumber: str
    version: int
    metadata: _Metadata
    components: list[_Component]


def build() -> str:
    """Return which build this is: the digest of the installed program, 'source' for a checkout."""
    try:
        return str(json.loads((Path(sys.prefix) / READY_MARK).read_text(encoding="utf-8"))["build"])
    except (OSError, ValueError, KeyError, TypeError):
        return "source"


def layer_version(layer: Layer) -> str:
    """Return which list of versions a layer was installed from, '' where it is not there."""
    if not layer.present:
        return ""
    lock = lock_file(layer.name)
    return (installed_lock(layer) or (lock_digest(lock) if lock is not None else ""))[:12]


def versions_text() -> str:
    """Return program, build, Python and layers, a line each."""
    lines = [f"N6 Studio {n6studio.__version__} (build {build()})"]
    lines.append(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for layer in LAYERS.values():
        lines.append(f"{layer.title}: {layer_version(layer) or 'not installed'}")
    return "\n".join(lines)


def packages() -> tuple[Package, ...]:
    """Return everything inside: the program, and the packages of the layers that are there, by name."""
    found = []
    for layer in LAYERS.values():
        lock = lock_file(layer.name)
        pins = read_lock(lock) if lock is not None and layer.present else ()
        found += [one for pin in pins if pin.key not in TOOLS and (one := _package(pin, layer)) is not None]
    return tuple(sorted(found, key=lambda one: one.name.lower()))


def _package(pin: Pin, layer: Layer) -> Package | None:
    try:
        dist = importlib.metadata.distribution(pin.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    texts = tuple(
        Path(str(file.locate()))
        for file in dist.files or ()
        if file.parent.name.endswith((".dist-info", "licenses")) and file.name.lower().startswith(_LICENCE_FILES)
    )
    return Package(pin.name, dist.version, licence_of(dist.metadata), texts, layer.name, pin.hashes)


def licence_of(metadata: importlib.metadata.PackageMetadata) -> str:
    """Return what a package says of its licence, in a few words: an expression, a name, or its classifiers."""
    said = _said(metadata, "License-Expression")
    named = _said(metadata, "License").strip()
    classifiers = metadata.get_all("Classifier") or []
    classified = [text.rpartition(" :: ")[2] for text in map(str, classifiers) if text.startswith("License ::")]
    short = named.splitlines()[0] if named and len(named) < 80 else ""
    return said or short or ", ".join(dict.fromkeys(classified))


def _said(metadata: importlib.metadata.PackageMetadata, name: str) -> str:
    return str((metadata.get_all(name) or [""])[0])


def licence_text(package: Package) -> str:
    """Return the licence texts of a package, one after the other."""
    parts = []
    for path in package.texts:
        try:
            parts.append(f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')}")
        except OSError:
            continue
    return "\n\n".join(parts)[:LARGEST_TEXT] or "Its package carries no licence text."


def sbom(found: Iterable[Package] | None = None) -> Sbom:
    """Return the bill of materials of this installation."""
    listed = packages() if found is None else tuple(found)
    program: _Component = {"type": "application", "name": "n6studio", "version": n6studio.__version__}
    program["licenses"] = [{"license": {"name": "AGPL-3.0-only"}}]
    names = "".join(f"{one.name}=={one.version}\n" for one in listed)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, n6studio.__version__ + build() + names)}",
        "version": 1,
        "metadata": {"component": program},
        "components": [_component(one) for one in listed],
    }


def _component(package: Package) -> _Component:
    version = package.version.partition("+")[0]
    made: _Component = {"type": "library", "name": package.name, "version": package.version}
    made["purl"] = f"pkg:pypi/{canonical(package.name)}@{version}"
    if package.licence:
        made["licenses"] = [{"license": {"name": package.licence}}]
    made["hashes"] = [{"alg": "SHA-256", "content": digest} for digest in package.hashes]
    return made
