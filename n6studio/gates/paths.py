"""Paths that a file names: what cannot be one is told before the operating system is asked."""

import os
from pathlib import Path

LONGEST_NAME = 255  # bytes of one part, on all file systems in use
MOST_PARTS = 200  # folders inside folders; Python makes and removes them one inside the other
LONGEST_PATH = 2048  # bytes; systems take 4096, of which the folder that it counts from needs some


class NoPath(ValueError):
    """A value that cannot be a path; its text is the rest of a sentence that begins with the value's name."""


def path_of(value: object) -> Path:
    """Return what a file gives as a path; ~ is the home folder.

    Raises:
        NoPath: as for `plain_path`, or it names a home folder that there is not.
    """
    path = plain_path(value)
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise NoPath(f"begins with {path.parts[0]}, and there is no such home folder") from error


def plain_path(value: object) -> Path:
    """Return what a file gives as a path, as it stands.

    Raises:
        NoPath: it is empty, a list or mapping, has characters that no name can have, or is too long.
    """
    if value is None or value == "":
        raise NoPath("is empty where a path is needed")
    if not isinstance(value, str | int | float) and not hasattr(value, "isoformat"):  # 2020-01-31 is a fine name
        raise NoPath("is a list or mapping where a path is needed")
    text = str(value)
    try:
        parts = [os.fsencode(part) for part in Path(text).parts]
    except UnicodeEncodeError as error:
        raise NoPath("has characters that no file's name can have") from error
    if "\0" in text:
        raise NoPath("has characters that no file's name can have")
    if len(parts) > MOST_PARTS:
        raise NoPath("leads through more folders than a path can")
    if sum(len(part) + 1 for part in parts) > LONGEST_PATH or any(len(part) > LONGEST_NAME for part in parts):
        raise NoPath("is longer than a path can be")
    return Path(text)
