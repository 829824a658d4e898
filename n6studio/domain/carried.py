"""Files that the program carries along, which are as constant as its code: where they lie, and which boards there are.

The only module of this room that looks at the disk, so that the table of settings can name the boards.
"""

import re
import sys
from pathlib import Path

_RANK = re.compile(r"^rank\s*=\s*(\d+)", re.MULTILINE)  # reading all of TOML would cost every command's help its time
LAST_RANK = 100  # of a board whose description gives it no place


def carried_places(name: str) -> tuple[Path, Path]:
    """Return where a carried file or folder may lie: in a checkout, and in an installed package's environment."""
    return Path(__file__).parents[2] / "resources" / name, Path(sys.prefix) / "share" / "n6studio" / name


def board_keys() -> tuple[str, ...]:
    """Return the keys of all boards that are described, in the order of their ranks; the first one is the default.

    A key is the name of a description file. Whether the descriptions are whole is `board.registry`'s business.
    """
    folder = next((place for place in carried_places("boards") if place.is_dir()), None)
    files = folder.glob("*.toml") if folder is not None else ()
    return tuple(path.stem for path in sorted(files, key=lambda path: (_rank(path), path.stem)))


def _rank(path: Path) -> int:
    try:
        found = _RANK.search(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return LAST_RANK
    return int(found[1]) if found else LAST_RANK
