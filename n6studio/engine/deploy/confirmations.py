"""What a user has confirmed once and for all, kept for that user: the licence notice, and tools that projects name."""

import datetime
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import platformdirs

from n6studio.domain.licence_notice import VERSION
from n6studio.gates.json_texts import json_file
from n6studio.system.files import replace_text


def confirmations_file() -> Path:
    """Return where this user's confirmations lie."""
    return platformdirs.user_config_path("n6studio", appauthor=False) / "confirmations.json"


def notice_confirmed(file: Path) -> bool:
    """Return whether this user has confirmed the licence notice as it stands now."""
    notice = _read(file).get("licence_notice")
    return isinstance(notice, dict) and notice.get("version") == VERSION


def confirm_notice(file: Path) -> None:
    """Remember that the licence notice was confirmed.

    Raises:
        DiskFull, NotWritable.
    """
    when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    known = {**_read(file), "licence_notice": {"version": VERSION, "confirmed": when}}
    replace_text(file, json.dumps(known, indent=1))


def tools_allowed(file: Path) -> frozenset[tuple[str, str, str]]:
    """Return what this user allowed projects to use: setting, path and digest of what is there."""
    entries = _read(file).get("tools")
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return frozenset((str(one.get("setting")), str(one.get("path")), str(one.get("sha256"))) for one in found)


def allow_tools(file: Path, tools: Iterable[tuple[str, str, str]]) -> None:
    """Remember that the user allowed these, as `tools_allowed` returns them.

    Raises:
        DiskFull, NotWritable.
    """
    entries = [
        {"setting": setting, "path": path, "sha256": sha256}
        for setting, path, sha256 in sorted(tools_allowed(file) | set(tools))
    ]
    replace_text(file, json.dumps({**_read(file), "tools": entries}, indent=1))


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json_file(file)
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
