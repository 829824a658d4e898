"""Zip archives: so many files, so many bytes of them together, and each unpacked no further than the archive says.

`zipfile` reads a directory of any length, unpacks as much as there is, and asks for as much memory as a file's entry
says it is packed into, whatever the archive's size. An archive inside an archive is a file like any other.
"""

import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from n6studio.domain.texts import bytes_text
from n6studio.gates.files import opened

MOST_FILES = 20_000  # checkpoints have a file for each tensor, some hundreds
LARGEST_DIRECTORY = 4 << 20  # bytes: as many files with long names
LARGEST_UNPACKED = 8 << 30  # bytes of all files together


class ArchiveTooLarge(zipfile.BadZipFile):
    """An archive with more in it than is unpacked; its text is part of a sentence, such as "it has 70000 files"."""


class Archive:
    """A zip archive that somebody else may have made, open for reading.

    Args:
        source: the file, or its path; closed with the archive.
        largest: bytes that all its files may have together, both as it says and as they are unpacked.

    Attributes:
        entries: its files, in order; two may have one name.

    Raises:
        OSError: as for `opened`.
        zipfile.BadZipFile: it is none, or its directory is damaged.
        ArchiveTooLarge: it has more than `MOST_FILES` files, or more than `largest` bytes.
    """

    def __init__(self, source: Path | BinaryIO, largest: int = LARGEST_UNPACKED) -> None:
        self._stream = opened(source) if isinstance(source, Path) else source
        self._left = largest
        try:
            self._archive = zipfile.ZipFile(directory := _Directory(self._stream))
            directory.read_already = True
            self.entries = tuple(self._archive.infolist())
            if len(self.entries) > MOST_FILES:
                raise ArchiveTooLarge(f"it has {len(self.entries)} files")
            if (size := sum(entry.file_size for entry in self.entries)) > largest:
                raise ArchiveTooLarge(f"its files have {bytes_text(size)} together")
        except (ValueError, struct.error, NotImplementedError, OverflowError) as error:
            self._stream.close()
            raise zipfile.BadZipFile(f"its directory is damaged ({error})") from error
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()
        self._stream.close()

    def entry(self, name: str) -> zipfile.ZipInfo:
        """Return the file of a name, the last of several.

        Raises:
            KeyError: there is none.
        """
        return self._archive.getinfo(name)

    def unpacked(self, entry: zipfile.ZipInfo | str, largest: int) -> bytes:
        """Return what is in one file of the archive.

        Args:
            entry: the file, or its name.
            largest: bytes that it may have.

        Raises:
            KeyError: there is no file of that name.
            zipfile.BadZipFile: it is larger, damaged, or packed in a way that is not known; or more is unpacked, with
                what was before, than the archive may have.
        """
        info = self.entry(entry) if isinstance(entry, str) else entry
        if info.file_size > largest:
            raise zipfile.BadZipFile(f"{info.filename[:80]!r} has {info.file_size} bytes")
        self._left -= info.file_size
        if self._left < 0:
            raise ArchiveTooLarge("its files are unpacked again and again")
        try:
            with self._archive.open(info) as stream:
                content = stream.read(info.file_size)
        except zipfile.BadZipFile:
            raise
        except (
            zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
        ) as error:  # fmt: skip
            raise zipfile.BadZipFile(f"{info.filename[:80]!r} cannot be unpacked ({error})") from error
        if len(content) != info.file_size:
            raise zipfile.BadZipFile(f"{info.filename[:80]!r} is cut off")
        return content


class _Directory:
    """A file of which no more than a directory is read at once, until that is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self.read_already = False

    def read(self, size: int = -1) -> bytes:
        if not self.read_already and not size <= LARGEST_DIRECTORY:
            raise ArchiveTooLarge(f"its directory has {bytes_text(size)}")
        return self._stream.read(size)
