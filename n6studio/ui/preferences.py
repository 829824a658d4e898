"""What the window remembers between starts: the look, and which projects were open last."""

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors import StorageError
from n6studio.system.files import replace_text
from n6studio.ui.theme import Choice

MOST_RECENT = 8


@dataclass(frozen=True)
class Preferences:
    """What is remembered.

    Attributes:
        look: 'system', 'light' or 'dark'.
        recent: project folders, the latest first.
        log_open: whether the log was unfolded.
    """

    look: Choice = "system"
    recent: tuple[str, ...] = ()
    log_open: bool = False

    def with_recent(self, folder: Path) -> "Preferences":
        """Return the same with `folder` in front."""
        others = [item for item in self.recent if item != str(folder)]
        return dataclasses.replace(self, recent=(str(folder), *others)[:MOST_RECENT])


def preferences_file() -> Path:
    """Return where this user's preferences lie."""
    import platformdirs

    return platformdirs.user_config_path("n6studio", appauthor=False) / "window.json"


def load_preferences(file: Path) -> Preferences:
    """Read preferences; what is missing or not understood takes its default."""
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
        look = data.get("look")
        return Preferences(
            look=look if look in ("light", "dark") else "system",
            recent=tuple(str(item) for item in data.get("recent", ()))[:MOST_RECENT],
            log_open=bool(data.get("log_open", False)),
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return Preferences()


def save_preferences(preferences: Preferences, file: Path) -> None:
    """Write preferences; where that is not possible, they are forgotten, which must disturb nobody."""
    with contextlib.suppress(StorageError):
        replace_text(file, json.dumps(dataclasses.asdict(preferences), indent=1))
