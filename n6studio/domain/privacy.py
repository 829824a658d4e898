"""Texts that leave this computer: who uses it and where files lie is taken out, what they are called stays.

Paths in the project are told from the project on, all others by their last part only; paths of the system and of
packages stay readable, because they are the same everywhere. The names of the user and of the computer are replaced.
"""

import getpass
import json
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

_CUT = "..."
_EVERYWHERE = re.compile(
    r"(?:/(?:usr|lib|lib64|bin|sbin|etc|proc|sys|dev|opt|snap|nix|run|Applications|Library|System)(?:/|$)"
    r"|[A-Za-z]:[\\/]+(?:Windows|Program Files(?: \(x86\))?|ProgramData)(?:[\\/]|$))"
)
_PACKAGES = re.compile(r".*[\\/]((?:site-packages|dist-packages|lib[\\/]python3[.\d]*|n6studio)[\\/].*)", re.DOTALL)
_SEPARATORS = re.compile(r"[\\/]+")
# A path in quotes may hold blanks; one without ends with them.
_QUOTED = re.compile(r"""(["'])((?:~?[\\/]|[A-Za-z]:[\\/])[^"'\n]*)\1""")
_PLAIN = re.compile(
    r"""(?<![\w.~/\\:…-])(?:~?/[^\s"'<>|:;,()\[\]{}/]+(?:/[^\s"'<>|:;,()\[\]{}]+)+"""
    r"""|(?:[A-Za-z]:|~(?=\\)|\\(?=\\))[\\/]+[^\s"'<>|:;,()\[\]{}]+)"""
)
# Names that say nothing about anybody, and words of our own texts.
_COMMON = frozenset({
    "root", "user", "users", "admin", "administrator", "home", "guest", "test", "ubuntu", "debian", "fedora", "dev",
    "docker", "runner", "build", "localhost", "desktop", "laptop", "computer", "studio", "n6studio", "python", "model",
    "models", "image", "images", "board", "linux", "windows", "macos",
})  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Who uses this computer.

    Attributes:
        home: the user's folder.
        user, host: names; "" where they are not known.
    """

    home: str
    user: str
    host: str


def identity() -> Identity:
    """Return who uses this computer."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = ""
    try:
        home = str(Path.home())
    except RuntimeError:
        home = ""
    return Identity(home, user, platform.node())


def without_identity(
    text: str, project: Path | None = None, known: Iterable[Path | None] = (), who: Identity | None = None
) -> str:
    """Return `text` without names of the user and the computer, and without paths outside the project.

    Args:
        text: plain, JSON or a log.
        project: folder whose files are told from its own name on.
        known: further paths that the text may name, for those with blanks that stand there without quotes.
        who: None for whoever uses this computer.
    """
    me = who or identity()
    if project is not None:
        text = _replaced(text, str(project), project.name)
    for path in sorted({str(one) for one in known if one is not None}, key=len, reverse=True):
        if not _EVERYWHERE.match(path):
            text = _replaced(text, path, f"{_CUT}/{PurePath(path).name}")
    if len(me.home) > 1:
        text = _replaced(text, me.home, "~")
    text = _QUOTED.sub(lambda found: f"{found[1]}{shortened(found[2])}{found[1]}", text)
    text = _PLAIN.sub(lambda found: shortened(found[0]), text)
    for name, instead in ((me.host, "HOST"), (me.host.partition(".")[0], "HOST"), (me.user, "USER")):
        if len(name) > 2 and name.lower() not in _COMMON:
            text = re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", instead, text, flags=re.IGNORECASE)
    return text


def shortened(path: str) -> str:
    """Return a path in words that say nothing about this computer: its last part, or where it lies in a package."""
    if _EVERYWHERE.match(path):
        return path
    if packaged := _PACKAGES.match(path):
        return f"{_CUT}/{_SEPARATORS.sub('/', packaged[1])}"
    parts = [part for part in _SEPARATORS.split(path) if part]
    if parts[:1] == ["~"]:
        return path if len(parts) <= 2 else f"~/{_CUT}/{parts[-1]}"
    return f"{_CUT}/{parts[-1]}" if len(parts) > 1 else path


def shown(path: Path | str, project: Path | None) -> str:
    """Return a path as a report names it that others read: from the project's folder on, or its last part."""
    place = Path(path)
    if project is not None and place.is_relative_to(project):
        return place.relative_to(project).as_posix()
    return place.name


def _replaced(text: str, path: str, instead: str) -> str:
    """Replace a path however it is written: plain, in JSON, with slashes."""
    for written in dict.fromkeys((json.dumps(path)[1:-1], path, path.replace("\\", "/"))):
        text = re.sub(rf"{re.escape(written)}(?![\w-])", lambda _: instead, text)
    return text
