"""What a user has confirmed once and for all, kept for that user: the licence notice."""

import datetime
import json
from pathlib import Path
from typing import Any

import platformdirs

from n6studio.domain.licence_notice import VERSION
from n6studio.system.files import replace_text


def confirmations_file() -> Path:
    """Return where this user's confirmations lie."""
    return platformdirs.user_config_path("n6studio", appauthor=False) / "confirmations.json"


def notice_confirmed(file: Path) -> bool:
    """Return whether this user has confirmed the licence notice as it stands now."""
    return bool(_read(file).get("licence_notice", {}).get("version") == VERSION)


def confirm_notice(file: Path) -> None:
    """Remember that the licence notice was confirmed.

    Raises:
        DiskFull, NotWritable.
    """
    when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    known = {**_read(file), "licence_notice": {"version": VERSION, "confirmed": when}}
    replace_text(file, json.dumps(known, indent=1))


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
