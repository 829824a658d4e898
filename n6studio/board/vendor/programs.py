"""Which program a path stands for: through symbolic links, and through scripts that only start another program.

Exports: `real_program`, `loaders_of`, `beside`.
"""

import re
from pathlib import Path

_SCRIPT_BYTES = 64 << 10  # of a wrapper; what is longer is a program
_SCRIPT_HEADS = (b"#!", b"@echo", b"@ECHO", b"@set", b"rem ", b"REM ")
_STEPS = 5  # of links and scripts that lead to each other
_LOADERS = "ExternalLoader"


def real_program(path: Path) -> Path:
    """Return the program behind links and wrapper scripts; the path itself where nothing else can be found out.

    A script leads on where it names an existing file of its own name (with or without .exe) by an absolute path.
    """
    here = path.absolute()
    for _ in range(_STEPS):
        here = _resolved(here)
        target = _started_by(here)
        if target is None:
            break
        here = target
    return here


def loaders_of(program: Path) -> Path:
    """Return the folder of external loaders of a copy of STM32CubeProgrammer, also behind a link or a script.

    It need not exist.
    """
    places = [place.parent / _LOADERS for place in (program.absolute(), real_program(program))]
    return next((place for place in places if place.is_dir()), places[-1])


def beside(program: Path, other: str) -> Path:
    """Return the folder that holds a program and another one of its installation: its own or that behind it."""
    places = (program.absolute().parent, real_program(program).parent)
    return next((place for place in places if (place / other).is_file()), places[0])


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except OSError:
        return path


def _started_by(script: Path) -> Path | None:
    """Return the program of the same name that a script names, None where it is none or names none."""
    try:
        if not script.is_file() or script.stat().st_size > _SCRIPT_BYTES:
            return None
        content = script.read_bytes()
    except OSError:
        return None
    if not content.startswith(_SCRIPT_HEADS) and script.suffix.lower() not in (".bat", ".cmd"):
        return None
    name = re.escape(script.stem if script.suffix.lower() in (".bat", ".cmd") else script.name)
    text = content.decode("utf-8", "replace")
    quoted = rf"[\"']((?:[A-Za-z]:)?[/\\][^\"'\n]*?[/\\]{name}(?:\.exe)?)[\"']"
    bare = rf"(?<![\w\"'$}}])((?:[A-Za-z]:)?[/\\][^\s\"']*?[/\\]{name}(?:\.exe)?)(?![\w.])"
    for found in re.findall(f"{quoted}|{bare}", text):
        target = Path(found[0] or found[1])
        if target.is_file() and target != script:
            return target
    return None
