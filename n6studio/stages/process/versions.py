"""Which releases of the packages did the work."""

import importlib.metadata

from n6studio.layers.layer import installed_version


def versions_of(*packages: str) -> dict[str, str]:
    """Return package -> installed version; packages that are not installed are left out."""
    found: dict[str, str] = {}
    for package in packages:
        try:
            found[package] = installed_version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
