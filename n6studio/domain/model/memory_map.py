"""What fills a board's memories: regions and their parts, in bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What a part can be, in the order in which charts stack them.
KINDS = ("boot loader", "application", "weights", "activations", "program and data")


@dataclass(frozen=True)
class MemoryRegion:
    """A memory, or the part of one that is looked at.

    Attributes:
        name: as the vendor's reports call it.
        address: where it is mapped.
        size: bytes.
        parts: kind (of `KINDS`) -> bytes used.
    """

    name: str
    address: int
    size: int
    parts: tuple[tuple[str, int], ...]

    @property
    def used(self) -> int:
        """Bytes used."""
        return sum(size for _, size in self.parts)

    @property
    def free(self) -> int:
        """Bytes left; 0 where more is used than there is."""
        return max(0, self.size - self.used)

    def share(self, kind: str) -> float:
        """Return the percent of the region that parts of one kind fill."""
        return 100 * sum(size for name, size in self.parts if name == kind) / self.size if self.size else 0.0


def regions_from(figures: Iterable[Mapping[str, Any]]) -> tuple[MemoryRegion, ...]:
    """Return regions from a deployment's figures; what is not one is left out."""
    found = []
    for item in figures:
        parts = tuple((str(kind), int(size)) for kind, size in item.get("parts", {}).items())
        found.append(MemoryRegion(str(item["name"]), int(item["address"]), int(item["size"]), parts))
    return tuple(found)


def region_figures(regions: Iterable[MemoryRegion]) -> list[dict[str, Any]]:
    """Return regions as plain values for a deployment's figures."""
    return [{"name": one.name, "address": one.address, "size": one.size, "parts": dict(one.parts)} for one in regions]
