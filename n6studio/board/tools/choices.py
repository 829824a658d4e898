"""Where the user said that tools are: one small file of this user, read at every search."""

import contextlib
import json
from pathlib import Path

import platformdirs

from n6studio.board.application.recognise import identify
from n6studio.board.tools.locations import APPLICATION, TITLES, TOOLS, in_folder, this_computer
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.tools import ToolMissing
from n6studio.gates.files import require_present
from n6studio.gates.json_texts import json_file
from n6studio.system.files import replace_text

NAMES = (*TOOLS, APPLICATION)


def choices_file() -> Path:
    """Return the file: 'tools.json' in this user's configuration folder."""
    return platformdirs.user_config_path("n6studio", appauthor=False) / "tools.json"


def read_choices(file: Path | None = None) -> dict[str, Path]:
    """Return name -> program or folder; a file that is missing or damaged says nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        values = json_file(file or choices_file())
        return {name: Path(path) for name, path in values.items() if name in NAMES and isinstance(path, str)}
    return {}


def choose(name: str, path: Path | None, file: Path | None = None) -> dict[str, Path]:
    """Remember where a tool or the application is, or forget it; return all choices.

    Args:
        name: one of `NAMES`.
        path: program or folder; None to forget.
        file: for tests.

    Raises:
        SettingInvalid: no such tool.
        FileMissing: no such file or folder.
        ToolMissing: the folder does not contain the tool.
        ApplicationUnknown, ApplicationWrong, ApplicationIncomplete: it is no application.
        DiskFull, NotWritable.
    """
    if name not in NAMES:
        raise SettingInvalid(name="tool", value=name, allowed=", ".join(NAMES))
    chosen = read_choices(file)
    chosen.pop(name, None)
    if path is not None:
        path = path.expanduser().absolute()
        with reading(path):
            require_present(path)
        _require(name, path)
        chosen[name] = path
    text = json.dumps({key: str(value) for key, value in sorted(chosen.items())}, indent=2)
    replace_text(file or choices_file(), text + "\n")
    return chosen


def _require(name: str, path: Path) -> None:
    if name == APPLICATION:
        identify(path)
    for tool in TOOLS:
        if name == tool and in_folder(tool, path, this_computer().kind) is None:
            raise ToolMissing(tool=TITLES[tool], path=path, reason="it is not in this folder")
