"""Files in zip archives, unpacked no further than the archive itself says that they go.

`ZipFile.read` unpacks as much as there is, and asks for as much memory as a file's entry says it is packed into,
whatever the archive's size.
"""

import lzma
import struct
import zipfile
import zlib


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | str, largest: int) -> bytes:
    """Return what is in one file of an archive.

    Args:
        archive: the archive.
        entry: the file, or its name.
        largest: bytes that it may have.

    Raises:
        KeyError: there is no file of that name.
        zipfile.BadZipFile: it is larger, damaged, or packed in a way that is not known.
    """
    info = archive.getinfo(entry) if isinstance(entry, str) else entry
    if info.file_size > largest:
        raise zipfile.BadZipFile(f"{info.filename[:80]!r} has {info.file_size} bytes")
    try:
        with archive.open(info) as stream:
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
