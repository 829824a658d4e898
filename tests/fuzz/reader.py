"""What a reader of foreign files is, for those who damage files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.base import StudioError


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        read: is given a file's bytes and a folder for them; returns, or raises what its docstring says.
        seeds: makes sound files below a folder; returns their bytes.
        refusals: what it may raise beside errors for users.
        words: what its files are made of.
        slow: whether it imports TensorFlow or torch.
    """

    read: Callable[[bytes, Path], object]
    seeds: Callable[[Path], list[bytes]]
    refusals: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()
    slow: bool = False

    def judge(self, data: bytes, folder: Path) -> bool:
        """Return whether it took the file; what is no named refusal is raised."""
        try:
            self.read(data, folder)
        except StudioError as error:
            if error.code.startswith("N6S-X"):
                raise
            return False
        except self.refusals:
            return False
        return True


def placed(folder: Path, name: str, data: bytes) -> Path:
    """Write a file below a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
