"""What fills a board's memories: regions and their parts, in bytes."""

from dataclasses import dataclass

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
    parts: dict[str, int]

    @property
    def used(self) -> int:
        """Bytes used."""
        return sum(self.parts.values())

    @property
    def free(self) -> int:
        """Bytes left; 0 where more is used than there is."""
        return max(0, self.size - self.used)

    def share(self, kind: str) -> float:
        """Return the percent of the region that parts of one kind fill."""
        return 100 * self.parts.get(kind, 0) / self.size if self.size else 0.0
