"""What the window remembers between starts: theme, keys, what was unfolded, and which projects were open last."""

import contextlib
import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from n6studio.domain.errors.files import StorageError
from n6studio.gates.json_texts import json_file
from n6studio.system.files import replace_text
from n6studio.ui.theme import Choice

MOST_RECENT = 8
TEXT_SIZES = (90, 100, 115, 130, 150)


@dataclass(frozen=True)
class Preferences:
    """What is remembered.

    Attributes:
        theme: 'system', 'light' or 'dark'.
        recent: project folders, the latest first.
        log_open: whether the log was unfolded.
        details_open: whether the details were shown.
        notify: whether the desktop tells of a job's end while the window is not in use.
        calm: whether nothing moves by itself, even if the system asks for no such thing.
        text_percent: size of all texts, in percent of the system's.
        welcomed: whether the self-test of the first start was put away.
        keys: action -> its shortcut where the user chose one, in Qt's portable text; '' for none.
    """

    theme: Choice = "system"
    recent: tuple[str, ...] = ()
    log_open: bool = False
    details_open: bool = False
    notify: bool = True
    calm: bool = False
    welcomed: bool = False
    text_percent: int = 100
    keys: dict[str, str] = field(default_factory=dict)
    memory: dict[str, str] = field(default_factory=dict)

    def with_recent(self, folder: Path) -> "Preferences":
        """Return the same with `folder` in front."""
        others = [item for item in self.recent if item != str(folder)]
        return dataclasses.replace(self, recent=(str(folder), *others)[:MOST_RECENT])


def preferences_file() -> Path:
    """Return where this user's preferences lie."""
    import platformdirs

    return platformdirs.user_config_path("n6studio", appauthor=False) / "window.json"


def as_json(preferences: Preferences) -> str:
    """Return the preferences as their file holds them, where the theme has been called the look from the beginning."""
    values = dataclasses.asdict(preferences)
    return json.dumps({"look": values.pop("theme"), **values}, indent=1)


def load_preferences(file: Path) -> Preferences:
    """Read preferences; what is missing or not understood takes its default, one by one."""
    try:
        data: Any = json_file(file)
    except (OSError, ValueError, RecursionError):
        data = {}
    given = data if isinstance(data, dict) else {}
    known: dict[str, Any] = {}
    if given.get("look") in ("light", "dark"):
        known["theme"] = given["look"]
    if isinstance(given.get("recent"), list):
        known["recent"] = tuple(item for item in given["recent"] if isinstance(item, str))[:MOST_RECENT]
    for texts in ("keys", "memory"):
        if isinstance(given.get(texts), dict):
            known[texts] = {name: text for name, text in given[texts].items() if isinstance(text, str)}
    for switch in ("log_open", "details_open", "notify", "calm", "welcomed"):
        if isinstance(given.get(switch), bool):
            known[switch] = given[switch]
    if given.get("text_percent") in TEXT_SIZES:
        known["text_percent"] = given["text_percent"]
    return Preferences(**known)


def save_preferences(preferences: Preferences, file: Path) -> None:
    """Write preferences; where that is not possible, they are forgotten, which must disturb nobody."""
    with contextlib.suppress(StorageError):
        replace_text(file, as_json(preferences))
